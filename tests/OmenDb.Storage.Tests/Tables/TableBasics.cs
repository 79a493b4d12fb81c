using OmenDb.Arrow;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Tests.Tables;

public class TableBasics
{
    [Fact]
    public void Own_rows_are_seen_by_later_statements_only_and_by_others_after_commit()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var writer = engine.Begin();
        using var first = writer.BeginStatement();
        Rows.Append(table, writer, (1, "one", 10), (2, "a name that is longer than twelve bytes", null));
        Assert.Empty(Rows.Scan(table, first));
        using var second = writer.BeginStatement();
        Assert.Equal(2, Rows.Scan(table, second).Count);
        Assert.Empty(Rows.All(engine, table));
        engine.Commit(writer);
        Assert.Equal([(1L, "one", 10), (2L, "a name that is longer than twelve bytes", null)], Rows.All(engine, table));
    }

    [Fact]
    public void Updates_and_deletes_leave_old_snapshots_alone()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var loader = engine.Begin();
        var ids = Rows.Append(table, loader, (1, "one", 10), (2, "two", 20), (3, "three", 30));
        engine.Commit(loader);
        using var before = engine.Transactions.OpenSnapshot();
        var writer = engine.Begin();
        using (var statement = writer.BeginStatement())
        {
            using var values = Rows.Texts("a new name, longer than twelve bytes", null);
            Assert.True(table.Update(statement, [ids[0], ids[1]], [1], values).IsOk);
            Assert.True(table.Delete(statement, [ids[2]]).IsOk);
        }
        Assert.Equal([(1L, "one", 10), (2L, "two", 20), (3L, "three", 30)], Rows.All(engine, table));
        engine.Commit(writer);
        Assert.Equal([(1L, "one", 10), (2L, "two", 20), (3L, "three", 30)], Rows.Scan(table, before).Select(r => r.Values));
        Assert.Equal([(1L, "a new name, longer than twelve bytes", 10), (2L, null, 20)], Rows.All(engine, table));
    }

    [Fact]
    public void Rollback_and_savepoints_take_back_everything_after_them()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var loader = engine.Begin();
        var ids = Rows.Append(table, loader, (1, "one", 10), (2, "two", 20));
        engine.Commit(loader);
        var writer = engine.Begin();
        using (var statement = writer.BeginStatement())
        using (var values = Rows.Ints(11))
            Assert.True(table.Update(statement, [ids[0]], [2], values).IsOk);
        var mark = writer.Mark();
        using (var statement = writer.BeginStatement())
        using (var values = Rows.Ints(12))
        {
            Assert.True(table.Update(statement, [ids[0]], [2], values).IsOk);
            Assert.True(table.Delete(statement, [ids[1]]).IsOk);
            Rows.Append(table, writer, (3, "three", 30));
        }
        writer.RollbackTo(mark);
        using (var statement = writer.BeginStatement())
            Assert.Equal([(1L, "one", 11), (2L, "two", 20)], Rows.Scan(table, statement).Select(r => r.Values));
        engine.Rollback(writer);
        Assert.Equal([(1L, "one", 10), (2L, "two", 20)], Rows.All(engine, table));
        Assert.Equal(2, table.RowCount);
    }

    [Fact]
    public void Conflicts_name_the_owner_or_the_newer_commit()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var loader = engine.Begin();
        var ids = Rows.Append(table, loader, (1, "one", 10), (2, "two", 20));
        engine.Commit(loader);
        var first = engine.Begin();
        var second = engine.Begin(IsolationLevel.RepeatableRead);
        using var early = second.BeginStatement();
        using var mine = first.BeginStatement();
        using var values = Rows.Ints(99);
        Assert.True(table.Update(mine, [ids[1]], [2], values).IsOk);
        using var both = Rows.Ints(1, 2);
        var result = table.Update(early, ids, [2], both);
        Assert.Equal((WriteStatus.Busy, 1, first), (result.Status, result.Row, result.Owner));
        Assert.Equal(WaitOutcome.TimedOut, first.WaitForEnd(TimeSpan.Zero, default));
        engine.Commit(first);
        Assert.Equal(WaitOutcome.Ended, first.WaitForEnd(TimeSpan.Zero, default));
        Assert.Equal(WriteStatus.Changed, table.Update(early, ids, [2], both).Status);
        engine.Rollback(second);
        Assert.Equal([(1L, "one", 10), (2L, "two", 99)], Rows.All(engine, table));
    }

    [Fact]
    public void Fetch_gathers_rows_in_the_order_asked_and_tells_which_are_not_there()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var loader = engine.Begin();
        var ids = Rows.Append(table, loader, (1, "one", 10), (2, "a second name of more than twelve bytes", null), (3, "three", 30));
        engine.Commit(loader);
        var deleter = engine.Begin();
        using (var statement = deleter.BeginStatement())
            table.Delete(statement, [ids[0]]);
        engine.Commit(deleter);
        using var snapshot = engine.Transactions.OpenSnapshot();
        using var batch = new Batch(3);
        using var selection = new Selection(2048);
        var found = table.Fetch(snapshot, [ids[2], ids[0], ids[1], RowId.Of(7, 5)], [0, 1, 2], batch, selection);
        Assert.Equal(2, found);
        Assert.Equal([true, false, true, false], Enumerable.Range(0, 4).Select(r => Rows.IsSelected(batch.Selection!, r)));
        Assert.Equal((3L, "three", 30), Rows.Row(batch, 0));
        Assert.Equal((2L, "a second name of more than twelve bytes", null), Rows.Row(batch, 2));
    }

    [Fact]
    public void A_quiet_vector_carries_no_versions()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var loader = engine.Begin();
        var ids = Rows.Append(table, loader, (1, "one", 10), (2, "two", 20));
        engine.Commit(loader);
        var slot = table.SlotOf(ids[0]);
        Assert.Null(slot.Versions);
        var reader = engine.Transactions.OpenSnapshot();
        var writer = engine.Begin();
        using (var statement = writer.BeginStatement())
        using (var values = Rows.Ints(11))
            table.Update(statement, [ids[0]], [2], values);
        engine.Commit(writer);
        Assert.NotNull(slot.Versions);
        reader.Dispose();
        Assert.Null(slot.Versions);
    }

    [Fact]
    public void A_borrowed_buffer_is_never_written()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var loader = engine.Begin();
        var ids = Rows.Append(table, loader, (1, "one", 10));
        engine.Commit(loader);
        using var snapshot = engine.Transactions.OpenSnapshot();
        using var scan = table.OpenScan(snapshot, [2]);
        using var batch = new Batch(1);
        using var selection = new Selection(2048);
        Assert.True(scan.TryNextMorsel(out var morsel));
        Assert.Equal(1, scan.Read(morsel, 0, batch, selection, out _));
        var writer = engine.Begin();
        using (var statement = writer.BeginStatement())
        using (var values = Rows.Ints(11))
            table.Update(statement, ids, [2], values);
        engine.Commit(writer);
        Assert.Equal(10, batch.Columns[0].Get<int>(0));
        Assert.Equal(11, Rows.All(engine, table)[0].Item3);
    }

    [Fact]
    public void Large_appends_span_vectors_and_segments()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var loader = engine.Begin();
        using var batch = Rows.Batch([.. Enumerable.Range(0, 2048).Select(i => ((long?)i, (string?)$"row number {i} with some length", (int?)i))]);
        Rows.Append(table, loader, (-1, "first", 0)); // so that batches do not meet vector borders
        for (var i = 0; i < 70; i++)
            Assert.True(table.Append(loader, batch, default).IsOk);
        engine.Commit(loader);
        var rows = Rows.All(engine, table);
        Assert.Equal(70 * 2048 + 1, rows.Count);
        Assert.Equal(70L * 2047 * 1024 - 1, rows.Sum(r => r.Item1));
        Assert.All(rows.Skip(1), r => Assert.Equal($"row number {r.Item1} with some length", r.Item2));
    }
}
