using OmenDb.Arrow;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Locks;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Tests.Tables;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Tests.Locks;

/// <summary>Schedules that have been wrong once, step by step.</summary>
public sealed class LockScheduleTests : IDisposable
{
    private readonly StorageEngine _engine = StorageEngine.OpenInMemory();
    private readonly Table _table;
    private readonly RowId[] _rows;
    private readonly Steps _steps = new();

    public LockScheduleTests()
    {
        _table = Rows.Create(_engine);
        var loader = _engine.Begin();
        _rows = Rows.Append(_table, loader, (1, "one", 0), (2, "two", 0));
        _engine.Commit(loader);
    }

    public void Dispose()
    {
        _steps.Dispose();
        _engine.Dispose();
    }

    private WriteStatus Update(Transaction transaction, RowId row, int value)
    {
        using var snapshot = transaction.BeginStatement();
        using var values = Rows.Ints(value);
        return _table.Update(snapshot, [row], [2], values).Status;
    }

    private RowLockOutcome Lock(Transaction transaction, RowId row, RowLockMode mode)
    {
        using var snapshot = transaction.BeginStatement();
        return _table.Lock(snapshot, row, mode);
    }

    [Fact]
    public void Who_has_a_row_after_its_writer_went_back_to_a_savepoint_has_it_alone()
    {
        RowLockOutcome? outcome = null;
        WriteStatus? written = null;
        var first = _steps.Start("first", me =>
        {
            var transaction = _steps.Begin(_engine, me);
            var mark = transaction.Mark();
            Assert.Equal(WriteStatus.Ok, Update(transaction, _rows[0], 1));
            me.Pause();
            Assert.Equal(RowLockOutcome.Same, Lock(transaction, _rows[0], RowLockMode.Update)); // past the place of the second
            transaction.RollbackTo(mark);
            me.Pause();
            _engine.Rollback(transaction);
        });
        var second = _steps.Start("second", me =>
        {
            var transaction = _steps.Begin(_engine, me);
            outcome = Lock(transaction, _rows[0], RowLockMode.NoKeyUpdate);
            written = Update(transaction, _rows[0], 2);
            _engine.Rollback(transaction);
        });
        first.RunTo(LockStep.Written);
        first.Run();
        second.RunToBlock();
        // The moment in which those who waited for the version know that it is gone.
        first.RunTo(LockStep.Undone);
        first.RunTo(LockStep.SetFree);
        second.RunToEnd();
        Assert.Equal(RowLockOutcome.Same, outcome);
        Assert.Equal(WriteStatus.Ok, written);
        first.RunToEnd();
        Assert.Empty(_engine.Transactions.Locks.List());
    }

    [Fact]
    public void A_lock_is_not_confirmed_while_the_committed_writer_still_holds_his()
    {
        RowLockOutcome? outcome = null;
        var first = _steps.Start("first", me =>
        {
            var transaction = _steps.Begin(_engine, me);
            Assert.Equal(WriteStatus.Ok, Update(transaction, _rows[0], 1));
            me.Pause();
            Lock(transaction, _rows[0], RowLockMode.Update);
            _engine.Commit(transaction);
        });
        var second = _steps.Start("second", me =>
        {
            var transaction = _steps.Begin(_engine, me);
            outcome = Lock(transaction, _rows[0], RowLockMode.Update);
            Assert.Equal(WriteStatus.Ok, Update(transaction, _rows[0], 2));
            _engine.Rollback(transaction);
        });
        first.RunTo(LockStep.Written);
        first.Run();
        second.RunToBlock();
        first.RunTo(LockStep.Published);
        second.RunToBlock(); // first in the queue now
        first.RunToEnd();
        second.RunToEnd();
        Assert.Equal(RowLockOutcome.Changed, outcome);
        Assert.Empty(_engine.Transactions.Locks.List());
    }

    [Fact]
    public void Who_was_set_free_and_still_sleeps_closes_no_circle()
    {
        // The second has the other row, and waits for the first; the first goes back, and then wants that row before the second has woken up.
        var first = _steps.Start("first", me =>
        {
            var transaction = _steps.Begin(_engine, me);
            var mark = transaction.Mark();
            Assert.Equal(WriteStatus.Ok, Update(transaction, _rows[0], 1));
            me.Pause();
            transaction.RollbackTo(mark);
            me.Pause();
            Lock(transaction, _rows[1], RowLockMode.Update);
            _engine.Rollback(transaction);
        });
        var second = _steps.Start("second", me =>
        {
            var transaction = _steps.Begin(_engine, me);
            Lock(transaction, _rows[1], RowLockMode.Update);
            Assert.Equal(RowLockOutcome.Same, Lock(transaction, _rows[0], RowLockMode.Update));
            _engine.Rollback(transaction);
        });
        first.RunTo(LockStep.Written);
        second.RunToBlock();
        first.RunToBlock(); // 40P01 once, though the second waits for nobody any more
        second.RunToEnd();
        first.RunToEnd();
    }

    [Fact]
    public void A_key_share_lock_is_not_passed_by_who_wrote_no_key()
    {
        // The second's place is no wait for the first's write: it is about to be confirmed.
        RowLockOutcome? shared = null;
        var first = _steps.Start("first", me =>
        {
            var transaction = _steps.Begin(_engine, me);
            Assert.Equal(WriteStatus.Ok, Update(transaction, _rows[0], 1));
            me.Pause();
            using (var snapshot = transaction.BeginStatement())
                Assert.Equal(WriteStatus.Busy, _table.Delete(snapshot, [_rows[0]]).Status);
            Lock(transaction, _rows[0], RowLockMode.Update);
            _engine.Rollback(transaction);
        });
        var second = _steps.Start("second", me =>
        {
            var transaction = _steps.Begin(_engine, me);
            shared = Lock(transaction, _rows[0], RowLockMode.KeyShare);
            me.Pause();
            _engine.Rollback(transaction);
        });
        first.RunTo(LockStep.Written);
        second.RunTo(LockStep.Granted); // not confirmed yet
        first.RunToBlock();
        second.RunToEnd();
        Assert.Equal(RowLockOutcome.Same, shared);
        first.RunToEnd();
    }

    [Fact]
    public void Who_holds_a_weak_lock_and_waits_for_the_writer_of_the_row_with_a_strong_one_is_not_in_his_way()
    {
        // PostgreSQL: the first's second update needs nothing that it does not have; no deadlock.
        var first = _steps.Start("first", me =>
        {
            var transaction = _steps.Begin(_engine, me);
            Assert.Equal(WriteStatus.Ok, Update(transaction, _rows[0], 1));
            me.Pause();
            Assert.Equal(WriteStatus.Ok, Update(transaction, _rows[0], 2));
            _engine.Commit(transaction);
        });
        RowLockOutcome? strong = null;
        var second = _steps.Start("second", me =>
        {
            var transaction = _steps.Begin(_engine, me);
            Assert.Equal(RowLockOutcome.Same, Lock(transaction, _rows[0], RowLockMode.KeyShare));
            me.Pause();
            strong = Lock(transaction, _rows[0], RowLockMode.Update);
            _engine.Rollback(transaction);
        });
        second.RunTo(LockStep.Granted);
        second.Run();
        first.RunTo(LockStep.Written);
        second.RunToBlock();
        first.RunToEnd();
        second.RunToEnd();
        Assert.Equal(RowLockOutcome.Changed, strong);
    }

    [Fact]
    public void Two_who_insert_one_anothers_keys_are_in_a_circle()
    {
        // Each tries again whenever it is woken, and takes back what it tried.
        Assert.NotNull(_table.CreateIndex(new IndexDefinition { Oid = 1, Keys = [new IndexKeyColumn(0)], IsUnique = true }, null, out _));
        var deadlocks = 0;
        _steps.Start("first", me => Insert(me, 10, 20));
        _steps.Start("second", me => Insert(me, 20, 10));

        void Insert(Steps.Actor me, params long[] keys)
        {
            var transaction = _steps.Begin(_engine, me);
            try
            {
                foreach (var key in keys)
                {
                    using var batch = Rows.Batch((key, "new", 0));
                    var ids = new RowId[1];
                    while (_table.Append(transaction, batch, ids) is { Status: WriteStatus.Busy } busy)
                        transaction.Locks.WaitFor(me, busy);
                    me.Pause();
                }
                _engine.Commit(transaction);
            }
            catch (Types.SqlException e) when (e.SqlState == Types.SqlState.DeadlockDetected)
            {
                deadlocks++;
                _engine.Rollback(transaction);
            }
        }

        var (first, second) = (_steps.Actors[0], _steps.Actors[1]);
        for (var turn = 0; turn < 200 && !(first.IsDone && second.IsDone); turn++)
        {
            foreach (var actor in new[] { first, second })
            {
                if (actor.CanRun)
                    actor.Run();
            }
        }
        Assert.True(first.IsDone && second.IsDone, "they wake each other for ever");
        Assert.Equal(1, deadlocks);
    }
}
