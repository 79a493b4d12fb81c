using OmenDb.Storage.Indexes;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Tests.Tables;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Tests.Mvcc;

/// <summary>An old snapshot stays open while others write: what stands between the versions that somebody sees must go.</summary>
public class PruneTests
{
    private static int ChainLength(Table table, RowId row)
    {
        var slot = table.SlotOf(row);
        var length = 0;
        if (slot.Versions is not { } versions || versions.Find(row.RowInVector) is not (>= 0 and var found))
            return 0;
        for (var link = versions.Entries[found].Undo; link.Record is { } record; link = record.Next[link.Index])
            length++;
        return length;
    }

    private static void Update(StorageEngine engine, Table table, RowId row, int column, object value)
    {
        var transaction = engine.Begin();
        using (var snapshot = transaction.BeginStatement())
        {
            using var batch = value switch { long id => Rows.Longs(id), int score => Rows.Ints(score), _ => Rows.Texts((string)value) };
            Assert.True(table.Update(snapshot, [row], [column], batch).IsOk);
        }
        engine.Commit(transaction);
    }

    private static RowId Insert(StorageEngine engine, Table table, long id)
    {
        var transaction = engine.Begin();
        var row = Rows.Append(table, transaction, (id, "n", 0))[0];
        engine.Commit(transaction);
        return row;
    }

    [Fact]
    public void A_hot_row_keeps_one_version_per_snapshot_that_differs()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var row = Insert(engine, table, 1);
        var readers = new List<(Snapshot Snapshot, int Score)>();
        for (var i = 1; i <= 3000; i++)
        {
            if (i % 1000 == 500)
                readers.Add((engine.Transactions.OpenSnapshot(), i - 1));
            Update(engine, table, row, 2, i);
            Assert.True(ChainLength(table, row) <= readers.Count + 1);
        }
        foreach (var (snapshot, score) in readers)
            Assert.Equal(score, Rows.Scan(table, snapshot).Single().Values.Item3);
        // The middle one goes: its version with it, once the row is written again.
        readers[1].Snapshot.Dispose();
        Update(engine, table, row, 2, 0);
        Assert.Equal(2, ChainLength(table, row));
        Assert.Equal(readers[0].Score, Rows.Scan(table, readers[0].Snapshot).Single().Values.Item3);
        Assert.Equal(readers[2].Score, Rows.Scan(table, readers[2].Snapshot).Single().Values.Item3);
        readers[0].Snapshot.Dispose();
        readers[2].Snapshot.Dispose();
        Assert.Null(table.SlotOf(row).Versions);
        Assert.Equal(0, engine.Transactions.Garbage.Waiting);
    }

    [Fact]
    public void Changes_of_different_columns_keep_one_version_per_column()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var row = Insert(engine, table, 1);
        using var reader = engine.Transactions.OpenSnapshot();
        for (var i = 1; i <= 100; i++)
        {
            Update(engine, table, row, 2, i);
            Update(engine, table, row, 1, "name " + i);
            Assert.True(ChainLength(table, row) <= 3);
        }
        Assert.Equal((1L, "n", 0), Rows.Scan(table, reader).Single().Values);
    }

    [Fact]
    public void Commits_that_leave_nothing_do_not_wait()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var row = Insert(engine, table, 1);
        using var reader = engine.Transactions.OpenSnapshot();
        for (var i = 1; i <= 5000; i++)
            Update(engine, table, row, 2, i);
        Assert.InRange(engine.Transactions.Garbage.Waiting, 1, 300);
    }

    [Fact]
    public void Keys_that_came_and_went_leave_the_index()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var index = table.CreateIndex(new IndexDefinition { Oid = 1, Keys = [new IndexKeyColumn(0)], IsUnique = true }, null, out _)!;
        var row = Insert(engine, table, 1);
        var reader = engine.Transactions.OpenSnapshot();
        for (var i = 2; i <= 2000; i++)
            Update(engine, table, row, 0, (long)i);
        Assert.InRange(index.EntryCount, 2, 800);
        Assert.Equal([1L], IndexTests.Ids(index, reader));
        using (var now = engine.Transactions.OpenSnapshot())
            Assert.Equal([2000L], IndexTests.Ids(index, now));
        reader.Dispose();
        Assert.Equal(1, index.EntryCount);
        Assert.Null(table.SlotOf(row).Versions);
    }

    [Fact]
    public void Rows_that_came_and_went_leave_nothing()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var index = table.CreateIndex(new IndexDefinition { Oid = 1, Keys = [new IndexKeyColumn(0)], IsUnique = true }, null, out _)!;
        var first = Insert(engine, table, 0);
        var reader = engine.Transactions.OpenSnapshot();
        for (var i = 1; i <= 2000; i++)
        {
            var row = Insert(engine, table, i);
            var transaction = engine.Begin();
            using (var snapshot = transaction.BeginStatement())
                Assert.True(table.Delete(snapshot, [row]).IsOk);
            engine.Commit(transaction);
        }
        Assert.InRange(engine.Transactions.Garbage.Waiting, 0, 900);
        Assert.InRange(index.EntryCount, 1, 900);
        Assert.Equal((0L, "n", 0), Rows.Scan(table, reader).Single().Values);
        Assert.Equal((0L, "n", 0), Rows.All(engine, table).Single());
        reader.Dispose();
        Assert.Equal(1, index.EntryCount);
        Assert.Null(table.SlotOf(first).Versions);
    }

    [Fact]
    public void Inserted_rows_share_their_ranges()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var first = Insert(engine, table, 0);
        var reader = engine.Transactions.OpenSnapshot();
        for (var i = 1; i <= 2000; i++)
            Insert(engine, table, i);
        Assert.InRange(engine.Transactions.Garbage.Waiting, 1, 900);
        Assert.InRange(table.SlotOf(first).Versions!.RangeCount, 1, 900);
        Assert.Single(Rows.Scan(table, reader));
        Assert.Equal(2001, Rows.All(engine, table).Count);
        reader.Dispose();
        Assert.Null(table.SlotOf(first).Versions);
    }

    [Fact]
    public void A_key_that_was_changed_in_between_is_still_known_to_be()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        table.CreateIndex(new IndexDefinition { Oid = 1, Keys = [new IndexKeyColumn(0)], IsUnique = true }, null, out _);
        var row = Insert(engine, table, 1);
        var old = engine.Begin(IsolationLevel.RepeatableRead);
        using (var snapshot = old.BeginStatement())
            Assert.Single(Rows.Scan(table, snapshot));
        Update(engine, table, row, 0, 1L); // the same key
        Update(engine, table, row, 0, 2L);
        using (var snapshot = old.BeginStatement())
            Assert.Equal(RowLockOutcome.Changed, table.Lock(snapshot, row, Storage.Locks.RowLockMode.KeyShare));
        engine.Rollback(old);
    }

    [Fact]
    public void A_vector_whose_rows_are_all_gone_gives_back_its_memory()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var transaction = engine.Begin();
        var rows = Rows.Append(table, transaction, [.. Enumerable.Range(0, RowId.VectorRows + 1).Select(i => ((long?)i, (string?)"n", (int?)i))]);
        engine.Commit(transaction);
        var slot = table.SlotOf(rows[0]);
        using (var reader = engine.Transactions.OpenSnapshot())
        {
            transaction = engine.Begin();
            using (var snapshot = transaction.BeginStatement())
                Assert.True(table.Delete(snapshot, rows).IsOk);
            engine.Commit(transaction);
            Assert.All(slot.Columns, column => Assert.NotNull(column.Values)); // somebody sees them
            Assert.Equal(rows.Length, Rows.Scan(table, reader).Count);
        }
        Insert(engine, table, -1); // a commit collects the garbage
        Assert.All(slot.Columns, column => Assert.Null(column.Values));
        using var now = engine.Transactions.OpenSnapshot();
        Assert.Equal([-1L], Rows.Scan(table, now).Select(r => r.Values.Item1!.Value));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Strings_that_nobody_reaches_make_room_for_others(bool withReader)
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var row = Insert(engine, table, 1);
        Update(engine, table, row, 1, "what the reader sees, a long string");
        using var reader = withReader ? engine.Transactions.OpenSnapshot() : null;
        for (var i = 0; i < 1000; i++)
            Update(engine, table, row, 1, $"a string above the inline length {i:D4}");
        // Now, what a pruned version had before it went, and the reader's.
        Assert.InRange(table.MemoryBytes - EmptyBytes(), 0, 300);
        if (reader is not null)
            Assert.Equal("what the reader sees, a long string", Rows.Scan(table, reader).Single().Values.Item2);
        using var now = engine.Transactions.OpenSnapshot();
        Assert.Equal("a string above the inline length 0999", Rows.Scan(table, now).Single().Values.Item2);

        static long EmptyBytes()
        {
            using var engine = StorageEngine.OpenInMemory();
            var table = Rows.Create(engine);
            Insert(engine, table, 1);
            return table.MemoryBytes;
        }
    }
}
