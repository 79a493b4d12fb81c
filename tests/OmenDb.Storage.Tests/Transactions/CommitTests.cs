using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Log;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Simulation;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Tests.Log;
using OmenDb.Storage.Tests.Tables;
using OmenDb.Types;

namespace OmenDb.Storage.Tests.Transactions;

/// <summary>From the log buffer to the device: groups, commits that nobody waits for, and a device that fails.</summary>
public sealed class CommitTests
{
    [Fact]
    public void One_flush_takes_all_that_came_during_the_last()
    {
        var files = new GatedFileSystem(new SimulatedFileSystem(1));
        using var log = LogTest.Open(files, out _);
        log.WaitDurable(log.Append(LogTest.Record(100, 100))); // makes the segment
        var before = log.FlushCount;
        files.Close();
        var first = new Thread(() => log.WaitDurable(log.Append(LogTest.Record(0, 100))));
        first.Start();
        files.Entered.Wait();
        // The device is busy, and nobody who appends notices.
        var ends = Enumerable.Range(1, 15).Select(i => log.Append(LogTest.Record(i, 100))).ToList();
        var others = ends.Select(end => new Thread(() => log.WaitDurable(end))).ToList();
        others.ForEach(t => t.Start());
        SpinWait.SpinUntil(() => log.WaitingCount == 15);
        Assert.True(log.DurableLsn < ends[0]);
        files.Reopen();
        first.Join();
        others.ForEach(t => t.Join());
        Assert.Equal(before + 2, log.FlushCount);
        Assert.True(log.DurableLsn >= ends[^1]);
    }

    [Fact]
    public void A_commit_that_nobody_waits_for_is_visible_at_once_and_soon_on_the_device()
    {
        var files = new SimulatedFileSystem(2);
        var engine = StorageEngine.Open(files, "/data", new StorageOptions { AsynchronousFlushDelay = TimeSpan.FromMilliseconds(1) });
        var table = Rows.Create(engine);
        var flushes = files.FlushCount;
        var transaction = engine.Begin();
        transaction.SynchronousCommit = false;
        Rows.Append(table, transaction, (1, "one", 1));
        engine.Commit(transaction);
        Assert.Single(Rows.All(engine, table));
        SpinWait.SpinUntil(() => files.FlushCount > flushes); // without any other commit
        using var again = StorageEngine.Open(files.Crash(), "/data");
        Assert.Single(Rows.All(again, Rows.Find(again)));
    }

    [Fact]
    public void Without_the_delayed_flush_such_a_commit_is_lost()
    {
        var files = new SimulatedFileSystem(2);
        var engine = StorageEngine.Open(files, "/data", new StorageOptions { AsynchronousFlushDelay = TimeSpan.Zero });
        var table = Rows.Create(engine);
        var transaction = engine.Begin();
        transaction.SynchronousCommit = false;
        Rows.Append(table, transaction, (1, "one", 1));
        engine.Commit(transaction);
        using var again = StorageEngine.Open(files.Crash(), "/data");
        Assert.Empty(Rows.All(again, Rows.Find(again)));
    }

    [Fact]
    public void After_a_failed_flush_reads_go_on_and_writers_get_58030()
    {
        var files = new SimulatedFileSystem(3);
        var engine = StorageEngine.Open(files, "/data");
        var table = Rows.Create(engine);
        var setup = engine.Begin();
        var ids = Rows.Append(table, setup, (1, "one", 1));
        engine.Commit(setup);

        var failing = engine.Begin();
        using (var statement = failing.BeginStatement())
        using (var values = Rows.Ints(2))
            Assert.True(table.Update(statement, ids, [2], values).IsOk);
        var waiting = engine.Begin();
        WriteResult busy;
        using (var statement = waiting.BeginStatement())
        using (var values = Rows.Ints(3))
            busy = table.Update(statement, ids, [2], values);
        Assert.Equal(WriteStatus.Busy, busy.Status);
        files.Faults.FailFlushAfter = 1;
        Assert.Equal(SqlState.IoError, Assert.Throws<SqlException>(() => engine.Commit(failing)).SqlState);
        // It may be on the device or not: nobody may see it, and nobody may wait for an end that never comes.
        Assert.Equal(SqlState.IoError, Assert.Throws<SqlException>(() => busy.Owner!.WaitForEnd(Timeout.InfiniteTimeSpan, CancellationToken.None)).SqlState);
        engine.Rollback(waiting);
        Assert.Equal([(1, "one", 1)], Rows.All(engine, table));
        Assert.NotNull(engine.WriteFailure);
        var late = engine.Begin();
        Assert.Equal(SqlState.IoError, Assert.Throws<SqlException>(() => Rows.Append(table, late, (2, "two", 2))).SqlState); // at once, not at its commit
        engine.Rollback(late);
        Assert.Equal([(1, "one", 1)], Rows.All(engine, table));
        engine.Dispose();
    }

    /// <summary>Holds back flushes of log files while it is closed.</summary>
    private sealed class GatedFileSystem(IFileSystem inner) : WrappedFileSystem(inner)
    {
        private readonly ManualResetEventSlim _open = new(true);

        public ManualResetEventSlim Entered { get; } = new();

        public void Close()
        {
            Entered.Reset();
            _open.Reset();
        }

        public void Reopen() => _open.Set();

        protected override void FlushFile(IFile file)
        {
            Entered.Set();
            _open.Wait();
            file.Flush();
        }
    }
}
