using OmenDb.Storage.Catalog;
using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Locks;
using OmenDb.Storage.Simulation;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Tests.Locks;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Storage.Tests.Indexes;

/// <summary>Indexes filled while the table is written: at every place where others may come in, they do everything that rows can go through.</summary>
public sealed class OnlineIndexTests
{
    /// <summary>Does something at one step of a build.</summary>
    private sealed class At(LockStep step, Action action, Action? interrupts = null) : LockOwner
    {
        protected internal override void CheckInterrupts() => interrupts?.Invoke();

        internal override void OnStep(LockStep now)
        {
            if (now == step)
                action();
        }
    }

    public static TheoryData<int, int> KindsAndSteps()
    {
        var data = new TheoryData<int, int>();
        for (var kind = 0; kind < IndexedRows.Kinds; kind++)
        {
            foreach (var step in _steps)
                data.Add(kind, (int)step);
        }
        return data;
    }

    private static readonly LockStep[] _steps = [LockStep.IndexListed, LockStep.IndexScanning, LockStep.IndexLoaded, LockStep.IndexChecking, LockStep.Logged, LockStep.Published];

    [Theory]
    [MemberData(nameof(KindsAndSteps))]
    public void Writers_go_on_at_every_step_and_the_index_has_what_they_did(int kind, int step)
    {
        using var engine = StorageEngine.OpenInMemory();
        var rows = new IndexedRows(engine);
        var ids = rows.Insert([.. Enumerable.Range(0, 40).Select(i => ((long?)i, (string?)$"name {i}", i % 5 == 0 ? null : (int?)(i % 7), (bool?)(i % 3 == 0)))]);
        var open = new List<Transaction>();
        var came = 0;
        var index = rows.Build(kind, new At((LockStep)step, () =>
        {
            if (came++ > 0)
                return; // commits of the others pass the same steps
            // Committed: a new row, a new key, a key that comes back, a deleted row.
            var writer = rows.BeginWrite();
            var added = rows.Insert(writer, (100, "added", 1, true), (101, null, null, true), (null, "no id", 2, false));
            Assert.True(rows.Update(writer, ids[0], (200, "moved", 9, true)).IsOk);
            Assert.True(rows.Update(writer, ids[1], (201, "away", 9, false)).IsOk);
            Assert.True(rows.Update(writer, ids[1], (1, "name 1", 1, true)).IsOk);
            Assert.True(rows.Update(writer, added[0], (102, "added, moved", 1, false)).IsOk);
            Assert.True(rows.Delete(writer, ids[2]).IsOk);
            engine.Commit(writer);
            // Taken back, as a whole and to a mark.
            writer = rows.BeginWrite();
            rows.Insert(writer, (300, "never", 1, true));
            Assert.True(rows.Update(writer, ids[3], (301, "never", 2, true)).IsOk);
            Assert.True(rows.Delete(writer, ids[4]).IsOk);
            engine.Rollback(writer);
            writer = rows.BeginWrite();
            Assert.True(rows.Update(writer, ids[5], (400, "stays", 3, true)).IsOk);
            var mark = writer.Mark();
            Assert.True(rows.Update(writer, ids[5], (401, "goes", 4, true)).IsOk);
            Assert.True(rows.Update(writer, ids[6], (402, "goes too", 4, true)).IsOk);
            rows.Insert(writer, (403, "goes as well", 5, true));
            writer.RollbackTo(mark);
            engine.Commit(writer);
            if ((LockStep)step == LockStep.IndexListed)
                return;
            // Still running when the index is there.
            foreach (var row in (int[])[7, 8])
            {
                writer = rows.BeginWrite();
                rows.Insert(writer, (500 + row, "late", row, true));
                Assert.True(rows.Update(writer, ids[row], (600 + row, "late", 10 + row, true)).IsOk);
                Assert.True(rows.Delete(writer, ids[row + 10]).IsOk);
                open.Add(writer);
            }
        }));
        Assert.NotNull(index);
        using (var snapshot = engine.Transactions.OpenSnapshot())
        {
            Assert.True(index.IsUsableBy(snapshot));
            Assert.Null(rows.Difference(index, kind, snapshot));
            if (open.Count > 0)
            {
                engine.Commit(open[0]);
                engine.Rollback(open[1]);
                Assert.Null(rows.Difference(index, kind, snapshot)); // still as it was
            }
        }
        Assert.Null(rows.DifferenceAtRest(index, kind));
        var after = rows.Insert((1000, "after", 1, true))[0];
        var last = rows.BeginWrite();
        Assert.True(rows.Update(last, after, (1001, "after that", 2, true)).IsOk);
        Assert.True(rows.Update(last, ids[9], (1002, null, null, null)).IsOk);
        engine.Commit(last);
        Assert.Null(rows.DifferenceAtRest(index, kind));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Who_wrote_before_is_waited_for_and_who_comes_later_is_not_kept_waiting(bool commits)
    {
        using var engine = StorageEngine.OpenInMemory();
        using var steps = new Steps();
        var rows = new IndexedRows(engine);
        var ids = rows.Insert((1, "one", 1, true), (2, "two", 2, true));
        var before = rows.BeginWrite();
        Assert.True(rows.Update(before, ids[0], (10, "ten", 10, true)).IsOk);
        TableIndex? index = null;
        var builder = steps.Start("builder", me => index = rows.Build(0, me));
        builder.RunToBlock();
        Assert.Equal(IndexPhase.WaitingForWriters, engine.IndexesInProgress.Single().Phase);
        var later = rows.BeginWrite();
        rows.Insert(later, (3, "three", 3, true));
        Assert.True(rows.Update(later, ids[1], (20, "twenty", 20, true)).IsOk);
        engine.Commit(later);
        Assert.True(builder.IsBlocked);
        if (commits)
            engine.Commit(before);
        else
            engine.Rollback(before);
        builder.RunToEnd();
        Assert.Empty(engine.IndexesInProgress);
        Assert.Null(rows.DifferenceAtRest(index!, 0));
    }

    public static TheoryData<int> Steps() => [.. _steps.Take(4).Select(s => (int)s)];

    [Theory]
    [MemberData(nameof(Steps))]
    public void A_key_that_two_rows_get_meanwhile_ends_the_build_or_is_refused(int step)
    {
        using var engine = StorageEngine.OpenInMemory();
        var rows = new IndexedRows(engine);
        var ids = rows.Insert((1, "one", 1, true), (2, "two", 2, true));
        var came = false;
        var refused = false;
        var index = rows.Build(5, new At((LockStep)step, () =>
        {
            if (came)
                return;
            came = true;
            var writer = rows.BeginWrite();
            refused = rows.TryInsert(writer, (2, "again", 3, true)).Result.Status == WriteStatus.DuplicateKey;
            engine.Commit(writer);
        }));
        Assert.Equal((LockStep)step == LockStep.IndexChecking, refused);
        Assert.Equal(refused, index is not null);
        if (index is not null)
        {
            Assert.Null(rows.DifferenceAtRest(index, 5));
            return;
        }
        AssertNothingLeft(rows);
        // Nothing stands in the way of what was refused because of it.
        rows.Insert((2, "and again", 4, true));
        var last = rows.BeginWrite();
        Assert.True(rows.Update(last, ids[0], (2, "all of them", 5, true)).IsOk);
        Assert.True(last.CheckDeferredUnique().IsOk);
        engine.Commit(last);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_key_that_somebody_may_still_take_back_is_waited_for(bool takesBack)
    {
        using var engine = StorageEngine.OpenInMemory();
        using var steps = new Steps();
        var rows = new IndexedRows(engine);
        rows.Insert((1, "one", 1, true), (2, "two", 2, true));
        var writer = engine.Begin();
        TableIndex? index = null;
        var builder = steps.Start("builder", me => index = rows.Build(5, me));
        builder.RunTo(LockStep.IndexScanning);
        writer = rows.BeginWrite();
        rows.Insert(writer, (2, "perhaps", 3, true));
        builder.RunToBlock();
        Assert.Equal(IndexPhase.Checking, engine.IndexesInProgress.Single().Phase);
        if (takesBack)
            engine.Rollback(writer);
        else
            engine.Commit(writer);
        builder.RunToEnd();
        Assert.Equal(takesBack, index is not null);
        if (index is not null)
            Assert.Null(rows.DifferenceAtRest(index, 5));
        else
            AssertNothingLeft(rows);
    }

    [Fact]
    public void Rows_that_had_one_key_before_leave_nothing()
    {
        using var engine = StorageEngine.OpenInMemory();
        var rows = new IndexedRows(engine);
        rows.Insert((1, "one", 1, true), (1, "uno", 1, true));
        Assert.Null(rows.Build(5));
        AssertNothingLeft(rows);
        Assert.NotNull(rows.Build(6));
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public void A_build_that_is_cancelled_leaves_nothing(int step)
    {
        using var engine = StorageEngine.OpenInMemory();
        var rows = new IndexedRows(engine);
        var ids = rows.Insert([.. Enumerable.Range(0, 3000).Select(i => ((long?)i, (string?)$"name {i}", (int?)i, (bool?)true))]);
        var isOver = false;
        Transaction? open = null;
        void Interrupts()
        {
            if (isOver)
                throw new SqlException(SqlState.QueryCanceled, "canceling statement due to user request");
        }
        var error = Assert.Throws<SqlException>(() => rows.Build(0, new At((LockStep)step, () =>
        {
            if (isOver)
                return;
            var writer = rows.BeginWrite();
            Assert.True(rows.Update(writer, ids[0], (-1, "moved", 1, true)).IsOk);
            engine.Commit(writer);
            open = rows.BeginWrite();
            Assert.True(rows.Update(open, ids[1], (-2, "moved", 1, true)).IsOk);
            isOver = true;
            if ((LockStep)step == LockStep.IndexChecking)
                throw new SqlException(SqlState.QueryCanceled, "canceling statement due to user request"); // nothing is left to be looked at
        }, Interrupts), Interrupts));
        Assert.Equal(SqlState.QueryCanceled, error.SqlState);
        Assert.True(rows.Update(open!, ids[2], (-3, "moved", 1, true)).IsOk);
        engine.Commit(open!);
        AssertNothingLeft(rows);
        var index = rows.Build(0);
        Assert.Null(rows.DifferenceAtRest(index!, 0));
    }

    private static void AssertNothingLeft(IndexedRows rows)
    {
        Assert.Empty(rows.Table.Indexes);
        Assert.Empty(rows.Engine.Catalog.IndexesOf(rows.Entry.Oid));
        Assert.Empty(rows.Engine.IndexesInProgress);
        foreach (var segment in rows.Table.Segments)
        {
            for (var v = 0; v < segment.VectorCount; v++)
                Assert.Null(segment.Vector(v).Versions);
        }
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public void A_crash_in_the_middle_leaves_the_rows_and_no_index(int step)
    {
        var files = new SimulatedFileSystem(1);
        var came = false;
        var options = new StorageOptions { AutoAnalyzeInterval = TimeSpan.Zero };
        var engine = StorageEngine.Open(files, "data", options);
        var rows = new IndexedRows(engine);
        var ids = rows.Insert((1, "one", 1, true), (2, "two", 2, false), (3, "three", 3, true));
        Assert.Throws<IOException>(() => rows.Build(0, new At((LockStep)step, () =>
        {
            if (came)
                return;
            came = true;
            var writer = rows.BeginWrite();
            Assert.True(rows.Update(writer, ids[1], (20, "twenty", 2, true)).IsOk);
            engine.Commit(writer);
            Assert.NotNull(engine.Checkpoint());
            rows.Insert((4, "four", 4, true));
            files = files.Crash();
            throw new IOException("the power is off");
        })));
        using var again = StorageEngine.Open(files, "data", options);
        var table = Rows(again);
        Assert.Empty(table.Indexes);
        Assert.DoesNotContain(again.Catalog.Objects, o => o is IndexEntry);
        using var snapshot = again.Transactions.OpenSnapshot();
        Assert.Equal(4, Tests.Tables.Rows.Scan(table, snapshot).Count);
    }

    private static Table Rows(StorageEngine engine) => Tests.Tables.Rows.Find(engine);

    [Fact]
    public void A_former_tree_serves_those_who_were_there_and_goes_with_the_last_of_them()
    {
        using var engine = StorageEngine.OpenInMemory();
        var rows = new IndexedRows(engine);
        var ids = rows.Insert([.. Enumerable.Range(0, 3000).Select(i => ((long?)i, (string?)$"name {i}", (int?)i, (bool?)true))]);
        var former = rows.Build(0)!;
        var entry = rows.Last;
        var reader = engine.Begin(IsolationLevel.RepeatableRead);
        engine.Transactions.Locks.Acquire(reader.Owner, rows.Tag, LockModes.AccessShare, wait: true);
        using var old = reader.BeginStatement();
        var writer = rows.BeginWrite();
        Assert.True(rows.Update(writer, ids[5], (-5, "moved", 1, true)).IsOk);
        engine.Commit(writer);

        var anew = rows.Rebuild(entry)!;
        Assert.Same(former, rows.Table.FindIndex(entry.Oid, old));
        Assert.Same(anew, rows.Table.FindIndex(entry.Oid));
        writer = rows.BeginWrite();
        Assert.True(rows.Update(writer, ids[6], (-6, "moved", 1, true)).IsOk);
        engine.Commit(writer);
        Assert.Null(rows.Difference(former, 0, old));
        using (var now = engine.Transactions.OpenSnapshot())
        {
            Assert.Null(rows.Difference(anew, 0, now));
            Assert.Null(rows.Difference(former, 0, now));
        }
        var late = rows.BeginWrite();
        engine.Rollback(reader);
        old.Dispose();
        Assert.Same(anew, Assert.Single(rows.Table.Indexes));
        Assert.True(former.TryRetain()); // the writer may have found it before
        former.Release();
        engine.Rollback(late);
        Assert.False(former.TryRetain());
        Assert.Null(rows.DifferenceAtRest(anew, 0));
        Assert.Equal(entry.Oid, engine.Catalog.IndexesOf(rows.Entry.Oid).Single().Oid);
    }

    [Fact]
    public void An_index_dropped_beside_others_refuses_nobody_and_serves_who_was_there()
    {
        using var engine = StorageEngine.OpenInMemory();
        var rows = new IndexedRows(engine);
        rows.Insert((1, "one", 1, true), (2, "two", 2, true));
        var index = rows.Build(5)!;
        var reader = engine.Begin();
        engine.Transactions.Locks.Acquire(reader.Owner, rows.Tag, LockModes.AccessShare, wait: true);
        var dropper = rows.BeginDefinition(null);
        engine.DropIndexOnline(dropper, rows.Last);
        var writer = rows.BeginWrite();
        Assert.Equal(WriteStatus.DuplicateKey, rows.TryInsert(writer, (1, "not yet", 1, true)).Result.Status);
        engine.Rollback(writer);
        engine.Commit(dropper);
        rows.Insert((1, "now", 1, true));
        using (var snapshot = engine.Transactions.OpenSnapshot())
        {
            Assert.Same(index, rows.Table.FindIndex(rows.Last.Oid, snapshot));
            Assert.Null(rows.Difference(index, 5, snapshot));
        }
        engine.Rollback(reader);
        Assert.Empty(rows.Table.Indexes);
        Assert.False(index.TryRetain());
    }
}
