using System.Globalization;
using OmenDb.Arrow;
using OmenDb.Storage.Locks;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Simulation;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Tests.Tables;
using OmenDb.Storage.Transactions;
using OmenDb.Types;
using Xunit.Abstractions;

namespace OmenDb.Storage.Tests.Locks;

/// <summary>Random schedules of random transactions that lock, write, go back and end, one step at a time, against <see cref="LockModel"/>.</summary>
/// <remarks>What must hold: nobody has what another has; a row that is locked can be written; nobody sleeps when nobody is left to wake him; 40P01 only
/// for a circle; who came first is served first; no update is lost. A seed repeats its schedule; OMENDB_LOCK_SCHEDULES says how many to try.</remarks>
public sealed class LockExplorerTests(ITestOutputHelper output)
{
    private const int RowCount = 3;

    [Fact]
    public void Any_schedule_of_lockers_and_writers_is_right()
    {
        var schedules = int.Parse(Environment.GetEnvironmentVariable("OMENDB_LOCK_SCHEDULES") ?? "60", CultureInfo.InvariantCulture);
        var deadlocks = 0;
        var waits = 0;
        for (var seed = 1; seed <= schedules; seed++)
        {
            using var run = new Exploration(seed);
            run.Run();
            deadlocks += run.Model.Deadlocks;
            waits += run.Model.Waits;
        }
        // Schedules in which nothing happens prove nothing.
        Assert.True(waits >= schedules, $"{waits} waits in {schedules} schedules");
        Assert.True(deadlocks >= schedules / 20, $"{deadlocks} deadlocks in {schedules} schedules");
    }

    [Theory]
    [InlineData((int)PlantedBug.UnconfirmedLock)]
    [InlineData((int)PlantedBug.SleeperInCircle)]
    [InlineData((int)PlantedBug.IgnoredQueue)]
    [InlineData((int)PlantedBug.IgnoredLock)]
    public void A_planted_bug_is_found(int bug)
    {
        for (var seed = 1; seed <= 500; seed++)
        {
            using var run = new Exploration(seed, (PlantedBug)bug);
            if (Record.Exception(run.Run) is not { } problem)
                continue;
            output.WriteLine(problem.ToString());
            return;
        }
        Assert.Fail("500 schedules passed");
    }

    private sealed class Exploration : IDisposable
    {
        private readonly PlantedBug _bug;
        private readonly int _seed;
        private readonly StorageEngine _engine = StorageEngine.OpenInMemory();
        private readonly Table _table;
        private readonly RowId[] _rows;
        private readonly Steps _steps = new();
        private readonly int[] _committed = new int[RowCount];
        private readonly List<string> _trace = [];

        public Exploration(int seed, PlantedBug bug = PlantedBug.None)
        {
            _seed = seed;
            _bug = bug;
            _table = Rows.Create(_engine);
            var loader = _engine.Begin();
            _rows = Rows.Append(_table, loader, [.. Enumerable.Range(0, RowCount).Select(i => ((long?)i, (string?)"row", (int?)0))]);
            _engine.Commit(loader);
            Model = new LockModel(Fail, _engine.Transactions.Locks, tag => Array.FindIndex(_rows, r => LockTag.Row(_table.StorageId, r) == tag));
        }

        public LockModel Model { get; }

        private void Fail(string message) =>
            throw new InvalidOperationException($"seed {_seed}: {message}\n{string.Join('\n', _trace)}");

        public void Run()
        {
            var random = new Random(_seed);
            var actors = 2 + random.Next(3);
            for (var i = 0; i < actors; i++)
            {
                var own = new Random(_seed * 31 + i);
                var actor = _steps.Start($"a{i}", me => Work(me, own));
                actor.Seen = step => Model.Seen(actor, step);
                Model.Add(actor);
            }
            var switches = random.Next(3) switch { 0 => 0.2, 1 => 0.5, _ => 1.0 };
            Steps.Actor? current = null;
            _steps.RunAll(() =>
            {
                if (current is { CanRun: true } && random.NextDouble() >= switches)
                    return current;
                var ready = _steps.Actors.Where(a => a.CanRun).ToList();
                return current = ready.Count == 0 ? null : ready[random.Next(ready.Count)];
            });
            if (_steps.Actors.Exists(a => !a.IsDone))
                Fail($"nobody wakes {string.Join(", ", _steps.Actors.Where(a => !a.IsDone).Select(a => a.Name))}");
            if (_engine.Transactions.Locks.List().Count > 0)
                Fail("locks are left behind");
            using var snapshot = _engine.Transactions.OpenSnapshot();
            for (var row = 0; row < RowCount; row++)
            {
                if (Read(snapshot, row) is { } value && value != _committed[row])
                    Fail($"row {row} counts {value} of {_committed[row]} updates");
            }
        }

        private int? Read(Snapshot snapshot, int row)
        {
            using var batch = new Batch(1);
            using var selection = new Selection(64);
            return _table.Fetch(snapshot, [_rows[row]], [2], batch, selection) == 1 ? batch.Columns[0].Get<int>(0) : null;
        }

        private void Work(Steps.Actor me, Random random)
        {
            PlantedBugs.Plant(_bug); // of this thread
            for (var i = 0; i < 3; i++)
            {
                var transaction = _steps.Begin(_engine, me);
                try
                {
                    One(me, random, transaction);
                }
                catch (SqlException e) when (e.SqlState == SqlState.DeadlockDetected)
                {
                    _trace.Add($"{me.Name} deadlock");
                    Model.CheckDeadlock(me);
                    Model.GoBack(me, 0);
                    _engine.Rollback(transaction);
                }
            }
        }

        private void One(Steps.Actor me, Random random, Transaction transaction)
        {
            var marks = new List<(UndoMark Mark, int Holds, int[] Counts)>();
            var counts = new int[RowCount];
            var operations = 1 + random.Next(6);
            for (var o = 0; o < operations; o++)
            {
                me.Pause();
                var row = random.Next(RowCount);
                switch (random.Next(20))
                {
                    case < 8:
                        Lock(me, transaction, row, (RowLockMode)(1 + random.Next(4)), wait: random.Next(5) > 0);
                        break;
                    case < 13:
                        Write(me, transaction, random.Next(3) == 0 ? [row, (row + 1) % RowCount] : [row], counts);
                        break;
                    case < 14:
                        Delete(me, transaction, row);
                        break;
                    case < 17:
                        _trace.Add($"{me.Name} savepoint");
                        marks.Add((transaction.Mark(), Model.CountOf(me), [.. counts]));
                        break;
                    case var _ when marks.Count > 0:
                        var at = random.Next(marks.Count);
                        _trace.Add($"{me.Name} back to {at}");
                        Model.GoBack(me, marks[at].Holds);
                        transaction.RollbackTo(marks[at].Mark);
                        marks[at].Counts.CopyTo(counts, 0);
                        marks.RemoveRange(at + 1, marks.Count - at - 1);
                        break;
                }
            }
            me.Pause();
            var commits = random.Next(4) > 0;
            _trace.Add($"{me.Name} {(commits ? "commits" : "rolls back")}");
            Model.GoBack(me, 0);
            if (!commits)
            {
                _engine.Rollback(transaction);
                return;
            }
            for (var row = 0; row < RowCount; row++)
                _committed[row] += counts[row];
            _engine.Commit(transaction);
        }

        private bool Lock(Steps.Actor me, Transaction transaction, int row, RowLockMode mode, bool wait)
        {
            using var snapshot = transaction.BeginStatement();
            return Lock(me, snapshot, row, mode, wait);
        }

        private bool Lock(Steps.Actor me, Snapshot snapshot, int row, RowLockMode mode, bool wait)
        {
            _trace.Add($"{me.Name} locks {row} {mode}{(wait ? "" : " nowait")}");
            Model.Begin(me, row, mode);
            var outcome = _table.Lock(snapshot, _rows[row], mode, wait);
            _trace.Add($"{me.Name} {outcome}");
            var isLocked = outcome is RowLockOutcome.Same or RowLockOutcome.Changed;
            Model.End(me, isLocked);
            return isLocked;
        }

        /// <summary>As READ COMMITTED does it: at once, or else once the rows are locked, as they are then.</summary>
        private void Write(Steps.Actor me, Transaction transaction, int[] rows, int[] counts)
        {
            using var snapshot = transaction.BeginStatement();
            _trace.Add($"{me.Name} writes {string.Join(' ', rows)}");
            var present = rows.Where(row => Read(snapshot, row) is not null).ToArray();
            if (present.Length == 0)
                return;
            if (!Add(snapshot, present))
            {
                present = [.. present.Where(row => Lock(me, snapshot, row, RowLockMode.NoKeyUpdate, wait: true))];
                if (present.Length == 0)
                    return;
                using var newest = transaction.OpenBefore();
                if (!Add(newest, present))
                    Fail($"{me.Name} cannot write what it has locked");
            }
            foreach (var row in present)
            {
                Model.Hold(me, row, RowLockMode.NoKeyUpdate, isWritten: true);
                counts[row]++;
            }
            _trace.Add($"{me.Name} has written");
        }

        private bool Add(Snapshot snapshot, int[] rows)
        {
            using var values = Rows.Ints([.. rows.Select(row => Read(snapshot, row) + 1)]);
            return _table.Update(snapshot, [.. rows.Select(row => _rows[row])], [2], values).IsOk;
        }

        private void Delete(Steps.Actor me, Transaction transaction, int row)
        {
            using var snapshot = transaction.BeginStatement();
            _trace.Add($"{me.Name} deletes {row}");
            if (Read(snapshot, row) is null)
                return;
            if (!_table.Delete(snapshot, [_rows[row]]).IsOk)
            {
                if (!Lock(me, snapshot, row, RowLockMode.Update, wait: true))
                    return;
                using var newest = transaction.OpenBefore();
                if (!_table.Delete(newest, [_rows[row]]).IsOk)
                    Fail($"{me.Name} cannot delete what it has locked");
            }
            Model.Hold(me, row, RowLockMode.Update, isWritten: true);
        }

        public void Dispose()
        {
            _steps.Dispose();
            _engine.Dispose();
        }
    }
}
