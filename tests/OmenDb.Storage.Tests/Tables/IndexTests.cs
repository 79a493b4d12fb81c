using OmenDb.Arrow;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Tests.Tables;

public class IndexTests
{
    private static TableIndex Index(StorageEngine engine, Table table, bool unique, params IndexKeyColumn[] keys)
    {
        using var snapshot = engine.Transactions.OpenSnapshot();
        return table.CreateIndex(new IndexDefinition { Oid = 1, Keys = keys, IsUnique = unique }, snapshot, out _)!;
    }

    internal static List<long?> Ids(TableIndex index, Snapshot snapshot, bool backward = false, params IndexRange[] ranges)
    {
        using var cursor = index.OpenCursor(snapshot, ranges.Length == 0 ? [IndexRange.All] : ranges, backward);
        var rows = new RowId[7];
        var result = new List<long?>();
        using var batch = new Batch(3);
        using var selection = new Selection(2048);
        int count;
        while ((count = cursor.Next(rows)) > 0)
        {
            Assert.Equal(count, index.Table.Fetch(snapshot, rows.AsSpan(0, count), [0, 1, 2], batch, selection));
            for (var i = 0; i < count; i++)
                result.Add(batch.Columns[0].IsValid(i) ? batch.Columns[0].Get<long>(i) : null);
        }
        return result;
    }

    [Fact]
    public void Ordered_scans_put_nulls_where_the_index_says()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var loader = engine.Begin();
        Rows.Append(table, loader, (3, "c", 1), (null, "n", 2), (1, "a", 3));
        engine.Commit(loader);
        var index = Index(engine, table, unique: true, new IndexKeyColumn(0));
        loader = engine.Begin();
        Rows.Append(table, loader, (2, "b", 4), (null, "m", 5), (-7, "z", 5));
        engine.Commit(loader);
        using var snapshot = engine.Transactions.OpenSnapshot();
        Assert.Equal([-7, 1, 2, 3, null, null], Ids(index, snapshot));
        Assert.Equal([null, null, 3, 2, 1, -7], Ids(index, snapshot, backward: true));
        var descending = table.CreateIndex(new IndexDefinition { Oid = 2, Keys = [new IndexKeyColumn(0, true, true)] }, snapshot, out _)!;
        Assert.Equal([null, null, 3, 2, 1, -7], Ids(descending, snapshot));
        Assert.Equal(2, Ids(descending, snapshot, false, IndexRange.IsNull(descending, [], 0)).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Ranges_honour_both_kinds_of_bounds(bool descending)
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var index = Index(engine, table, unique: false, new IndexKeyColumn(0, descending, descending));
        var pair = table.CreateIndex(new IndexDefinition { Oid = 2, Keys = [new IndexKeyColumn(2), new IndexKeyColumn(0, descending, descending)] }, null, out _)!;
        var loader = engine.Begin();
        Rows.Append(table, loader, [.. Enumerable.Range(0, 100).Select(i => ((long?)i, (string?)null, (int?)(i % 2)))]);
        Rows.Append(table, loader, (null, "null", 1));
        engine.Commit(loader);
        using var snapshot = engine.Transactions.OpenSnapshot();
        using var bounds = Rows.Longs(10, 20, long.MaxValue, null);
        using var prefix = Rows.Ints(1);
        var v = bounds.Columns[0];
        List<long?> Expect(Func<long, bool> test, Func<long, bool>? also = null)
        {
            var result = Enumerable.Range(0, 100).Select(i => (long?)i).Where(i => test(i!.Value) && (also is null || also(i!.Value))).ToList();
            if (descending)
                result.Reverse();
            return result;
        }
        Assert.Equal(Expect(i => i is >= 10 and <= 20), Ids(index, snapshot, false, IndexRange.Between(index, [], 0, new(v, 0), new(v, 1))));
        Assert.Equal(Expect(i => i is > 10 and < 20), Ids(index, snapshot, false, IndexRange.Between(index, [], 0, new(v, 0, false), new(v, 1, false))));
        Assert.Equal(Expect(i => i > 10), Ids(index, snapshot, false, IndexRange.Between(index, [], 0, new(v, 0, false), IndexBound.None)));
        Assert.Equal(Expect(i => i <= 20), Ids(index, snapshot, false, IndexRange.Between(index, [], 0, IndexBound.None, new(v, 1))));
        Assert.Equal(Expect(i => i == 20), Ids(index, snapshot, false, IndexRange.Equal(index, [v], 1)));
        Assert.Empty(Ids(index, snapshot, false, IndexRange.Between(index, [], 0, new(v, 2, false), IndexBound.None)));
        Assert.Empty(Ids(index, snapshot, false, IndexRange.Equal(index, [v], 3)));
        Assert.Equal(Expect(i => i is >= 10 and < 20, i => i % 2 == 1),
            Ids(pair, snapshot, false, IndexRange.Between(pair, [prefix.Columns[0]], 0, new(v, 0), new(v, 1, false))));
        Assert.Equal(Expect(i => i > 20, i => i % 2 == 1),
            Ids(pair, snapshot, false, IndexRange.Between(pair, [prefix.Columns[0]], 0, new(v, 1, false), IndexBound.None)));
        Assert.Equal([null], Ids(pair, snapshot, false, IndexRange.IsNull(pair, [prefix.Columns[0]], 0)));
        Assert.Equal(51, Ids(pair, snapshot, true, IndexRange.Equal(pair, [prefix.Columns[0]], 0)).Count);
    }

    [Fact]
    public void Changed_keys_are_found_by_each_snapshot_under_its_own_key_only()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var index = Index(engine, table, unique: true, new IndexKeyColumn(1));
        var loader = engine.Begin();
        var ids = Rows.Append(table, loader, (1, "alpha", 1), (2, "beta, which is longer than twelve bytes", 2));
        engine.Commit(loader);
        var before = engine.Transactions.OpenSnapshot();
        var writer = engine.Begin();
        using (var statement = writer.BeginStatement())
        using (var values = Rows.Texts("gamma", "alpha"))
        {
            Assert.True(table.Update(statement, ids, [1], values).IsOk);
            Assert.True(writer.CheckDeferredUnique().IsOk);
        }
        engine.Commit(writer);
        using var alpha = Rows.Texts("alpha");
        var point = IndexRange.Equal(index, [alpha.Columns[0]], 0);
        using (var after = engine.Transactions.OpenSnapshot())
        {
            Assert.Equal([2], Ids(index, after, false, point));
            Assert.Equal([1], Ids(index, before, false, point));
            Assert.Equal([2, 1], Ids(index, after));
            Assert.Equal([1, 2], Ids(index, before));
        }
        Assert.Equal(4, index.EntryCount);
        before.Dispose();
        Assert.Equal(2, index.EntryCount);
    }

    [Fact]
    public void Unique_keys_are_refused_waited_for_or_swapped()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var index = Index(engine, table, unique: true, new IndexKeyColumn(0));
        var loader = engine.Begin();
        var ids = Rows.Append(table, loader, (1, "one", 1), (2, "two", 2));
        engine.Commit(loader);
        var first = engine.Begin();
        using (var batch = Rows.Batch((5, "five", 5), (1, "again", 1)))
        {
            var result = table.Append(first, batch, default);
            Assert.Equal((WriteStatus.DuplicateKey, 1, index, ids[0]), (result.Status, result.Row, result.Index, result.Other));
        }
        Assert.Equal(2, index.EntryCount);
        Rows.Append(table, first, (7, "seven", 7));
        var second = engine.Begin();
        using (var batch = Rows.Batch((7, "mine", 7)))
        {
            Assert.Equal((WriteStatus.Busy, first), (table.Append(second, batch, default) is var busy ? busy.Status : default, busy.Owner));
            engine.Rollback(first);
            Assert.True(table.Append(second, batch, default).IsOk);
        }
        using (var statement = second.BeginStatement())
        using (var swapped = Rows.Longs(2, 1))
        {
            Assert.True(table.Update(statement, ids, [0], swapped).IsOk);
            Assert.True(second.CheckDeferredUnique().IsOk);
        }
        using (var statement = second.BeginStatement())
        using (var same = Rows.Longs(7))
        {
            Assert.True(table.Update(statement, [ids[0]], [0], same).IsOk);
            Assert.Equal(WriteStatus.DuplicateKey, second.CheckDeferredUnique().Status);
        }
        engine.Rollback(second);
        Assert.Equal(2, index.EntryCount);
        using var snapshot = engine.Transactions.OpenSnapshot();
        Assert.Equal([1, 2], Ids(index, snapshot));
    }

    [Fact]
    public void A_deleted_key_may_be_taken_by_the_deleter_at_once_and_by_others_after_the_commit()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var index = Index(engine, table, unique: true, new IndexKeyColumn(0));
        var loader = engine.Begin();
        var ids = Rows.Append(table, loader, (1, "one", 1));
        engine.Commit(loader);
        var deleter = engine.Begin();
        using (var statement = deleter.BeginStatement())
            Assert.True(table.Delete(statement, ids).IsOk);
        var other = engine.Begin();
        using var batch = Rows.Batch((1, "new", 2));
        Assert.Equal(WriteStatus.Busy, table.Append(other, batch, default).Status);
        Assert.True(table.Append(deleter, batch, default).IsOk);
        engine.Commit(deleter);
        Assert.Equal(WriteStatus.DuplicateKey, table.Append(other, batch, default).Status);
        engine.Rollback(other);
        Assert.Equal(1, index.EntryCount);
        Assert.Equal([(1L, "new", 2)], Rows.All(engine, table));
    }

    [Fact]
    public void A_unique_index_over_duplicates_is_refused()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var loader = engine.Begin();
        var ids = Rows.Append(table, loader, (1, "same", 1), (2, null, 2), (3, null, 2), (4, "same", 4));
        engine.Commit(loader);
        Assert.Null(table.CreateIndex(new IndexDefinition { Oid = 1, Keys = [new IndexKeyColumn(1)], IsUnique = true }, null, out var duplicate));
        Assert.Equal((ids[0], ids[3]), duplicate);
        Assert.Empty(table.Indexes);
    }
}
