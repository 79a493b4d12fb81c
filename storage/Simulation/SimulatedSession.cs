using System.Collections.Immutable;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Transactions;
using OmenDb.Types;
using State = System.Collections.Immutable.ImmutableSortedDictionary<string, OmenDb.Storage.Simulation.TableState>;

namespace OmenDb.Storage.Simulation;

/// <summary>One client: transactions of a few statements with savepoints; beside the engine it keeps what it should have done.</summary>
/// <remarks>
/// <para>A change is a function from state to state, so that the model can be asked twice: what this transaction should see (its
/// snapshot's state with its changes), and what the database will be when it commits (the newest state with its changes). In
/// READ COMMITTED the two are the same.</para>
/// <para>PostgreSQL's table locks, which the engine leaves to its caller, are <see cref="SimulatedLocks"/>: a statement that would have to wait for
/// one, or for a row, is left out. What the engine refuses must be refused by the model too, and the other way round.</para>
/// </remarks>
internal sealed partial class SimulatedSession(int number, Simulated world)
{
    private readonly List<Func<State, State>> _changes = [];
    private readonly List<(UndoMark Mark, int Changes)> _savepoints = [];
    private readonly HashSet<string> _touched = [];
    private readonly Random _random = world.Random;
    private readonly Applied _latest = new();
    private readonly Applied _view = new();
    private Transaction? _transaction;
    private State? _base; // REPEATABLE READ: the state at its first statement

    public bool IsIdle => _transaction is null;

    /// <summary>Does the next thing. Problems are thrown as <see cref="SimulationFailure"/>.</summary>
    public void Step()
    {
        if (_transaction is null)
            Begin();
        switch (_random.Next(100))
        {
            case < 28: Statement("insert", Insert); break;
            case < 46: Statement("update", Update); break;
            case < 54: Statement("delete", Delete); break;
            case < 58: Statement("swap", SwapKeys); break;
            case < 62: Statement("read", Read); break;
            case < 66: Statement("ddl", ChangeTable); break;
            case < 68: Statement("ddl", DefineTable); break;
            case < 72: Savepoint(); break;
            case < 75: RollbackToSavepoint(); break;
            case < 77: ReleaseSavepoint(); break;
            case < 81: Rollback(); break;
            default: Commit(); break;
        }
    }

    public void Rollback()
    {
        if (_transaction is null)
            return;
        world.Trace($"s{number} rollback");
        world.CountTransaction(_transaction.HasChanges);
        world.Engine.Rollback(_transaction);
        End();
    }

    private void Begin()
    {
        var isolation = _random.Next(10) < 3 ? IsolationLevel.RepeatableRead : IsolationLevel.ReadCommitted;
        _transaction = world.Engine.Begin(isolation);
        _transaction.SynchronousCommit = _random.Next(4) != 0;
        world.Trace($"s{number} begin {isolation}{(_transaction.SynchronousCommit ? "" : " asynchronous")}");
    }

    /// <summary>What the database will be when this transaction commits now.</summary>
    private State Latest => _latest.With(world.History.Current, _changes);

    /// <summary>What the current statement should see.</summary>
    private State View => _base is null ? Latest : _view.With(_base, _changes);

    /// <summary>A state with the first changes of a list applied, to go on from.</summary>
    private sealed class Applied
    {
        private State? _from;
        private State? _to;
        private readonly List<Func<State, State>> _done = [];

        public State With(State state, List<Func<State, State>> changes)
        {
            var isPrefix = ReferenceEquals(state, _from) && _done.Count <= changes.Count && (_done.Count == 0 || _done[^1] == changes[_done.Count - 1]);
            if (!isPrefix)
            {
                (_from, _to) = (state, state);
                _done.Clear();
            }
            for (var i = _done.Count; i < changes.Count; i++)
            {
                _to = changes[i](_to!);
                _done.Add(changes[i]);
            }
            return _to!;
        }
    }

    private void End()
    {
        _transaction = null;
        _base = null;
        _changes.Clear();
        _savepoints.Clear();
        _touched.Clear();
        world.Locks.Release(this);
    }

    private void Commit()
    {
        var transaction = _transaction!;
        var changed = transaction.HasChanges;
        world.Trace($"s{number} commit");
        if (changed)
        {
            var state = Latest;
            foreach (var name in _touched)
            {
                if (state.TryGetValue(name, out var table) && table.Duplicate() is var (first, second))
                    throw new SimulationFailure($"rows {first} and {second} of table {name} are about to be committed with the same unique key");
            }
            world.History.Send(state);
        }
        try
        {
            world.Engine.Commit(transaction);
        }
        catch (SqlException e) when (e.SqlState == SqlState.DiskFull && world.DiskIsFull)
        {
            world.History.Refuse();
            Rollback();
            return;
        }
        if (changed)
            world.History.Answered(transaction.SynchronousCommit);
        world.CountTransaction(changed);
        End();
    }

    private void Savepoint()
    {
        world.Trace($"s{number} savepoint");
        _savepoints.Add((_transaction!.Mark(), _changes.Count));
    }

    private void RollbackToSavepoint()
    {
        if (_savepoints.Count == 0)
            return;
        var at = _random.Next(_savepoints.Count);
        world.Trace($"s{number} rollback to savepoint {at}");
        var (mark, changes) = _savepoints[at];
        _savepoints.RemoveRange(at + 1, _savepoints.Count - at - 1); // the savepoint itself stays
        _transaction!.RollbackTo(mark);
        _changes.RemoveRange(changes, _changes.Count - changes);
        // At once, before anything else covers it up.
        foreach (var name in _touched.Order(StringComparer.Ordinal).ToArray())
            Statement("look", (transaction, snapshot) => Look(transaction, snapshot, name));
    }

    private void ReleaseSavepoint()
    {
        if (_savepoints.Count == 0)
            return;
        var at = _random.Next(_savepoints.Count);
        _savepoints.RemoveRange(at, _savepoints.Count - at);
    }

    /// <summary>Runs a statement; one that is refused, or whose rest fails, leaves nothing.</summary>
    private void Statement(string what, Func<Transaction, Snapshot, bool> work)
    {
        var mark = _transaction!.Mark();
        var changes = _changes.Count;
        using var snapshot = _transaction.BeginStatement();
        if (_transaction.Isolation != IsolationLevel.ReadCommitted)
            _base ??= world.History.Current;
        var done = false;
        try
        {
            done = work(_transaction, snapshot);
        }
        catch (SqlException e) when (e.SqlState == SqlState.DiskFull && world.DiskIsFull)
        {
            what += " (disk full)";
        }
        if (done && _changes.Count > changes && _random.Next(12) == 0)
            done = false; // something else in the statement failed
        world.Trace($"s{number} {what}: {(done ? "done" : "nothing")}");
        if (done)
            return;
        _transaction.RollbackTo(mark);
        _changes.RemoveRange(changes, _changes.Count - changes);
    }

    /// <summary>The engine's answer against the model's; true when the statement goes on.</summary>
    /// <param name="result">Of the call, or else of the check at the statement's end.</param>
    /// <param name="name">The table; the model has the change already.</param>
    /// <param name="targets">Rows changed that were there before.</param>
    private bool Accept(in WriteResult result, string name, IReadOnlyList<(long Id, SimulatedRow Row)> targets)
    {
        var duplicate = Latest[name].Duplicate();
        var changed = _base is not null && targets.Any(target => IsChangedSince(name, target));
        switch (result.Status)
        {
            case WriteStatus.Ok:
                if (duplicate is var (first, second))
                    throw new SimulationFailure($"rows {first} and {second} of table {name} were given the same unique key");
                if (changed)
                    throw new SimulationFailure($"a row of table {name} was changed although somebody else has changed it since the snapshot");
                return true;
            case WriteStatus.Busy:
                if (result.Owner is not { } owner || owner == _transaction || !world.IsActive(owner))
                    throw new SimulationFailure($"a row of table {name} is held by a transaction that has ended");
                return false;
            case WriteStatus.Changed or WriteStatus.Deleted:
                if (!changed)
                    throw new SimulationFailure($"a row of table {name} counts as changed since the snapshot, and nobody has");
                return false;
            default:
                if (duplicate is null)
                    throw new SimulationFailure($"a key of table {name} was refused as a duplicate, and it is none");
                return false;
        }
    }

    /// <summary>Whether a row that the snapshot sees has a newer committed version.</summary>
    private bool IsChangedSince(string name, (long Id, SimulatedRow Row) target)
    {
        if (!_base!.TryGetValue(name, out var old) || !old.Rows.TryGetValue(target.Id, out var before))
            return false; // our own
        return !world.History.Current[name].Rows.TryGetValue(target.Id, out var now) || now.Version != before.Version;
    }

    internal bool Owns(Transaction transaction) => transaction == _transaction && transaction.State == TransactionState.Active;

    /// <summary>A table to work on, with its entry as the transaction sees it; null when there is none, it is locked, or it was redefined since the snapshot.</summary>
    private (string Name, TableEntry Entry, Table Table)? Pick(Transaction transaction, bool exclusive)
    {
        var view = View;
        if (view.IsEmpty)
            return null;
        return Open(transaction, view.Keys.ElementAt(_random.Next(view.Count)), exclusive);
    }

    private (string Name, TableEntry Entry, Table Table)? Open(Transaction transaction, string name, bool exclusive)
    {
        if (!world.Locks.Take(this, name, exclusive))
            return null;
        if (!Latest.TryGetValue(name, out var latest) || !View.TryGetValue(name, out var seen) || latest.Definition != seen.Definition)
            return null;
        _touched.Add(name);
        var entry = SimulatedCatalog.FindTable(transaction.CurrentCatalog, name) ?? throw new SimulationFailure($"table {name} is not in the catalog");
        return (name, entry, world.Engine.GetTable(entry));
    }

    private void Change(string table, Func<TableState, TableState> change) => _changes.Add(state => state.SetItem(table, change(state[table])));
}

/// <summary>Shared and exclusive table locks that never wait.</summary>
internal sealed class SimulatedLocks
{
    private readonly Dictionary<string, HashSet<SimulatedSession>> _holders = [];
    private readonly Dictionary<string, SimulatedSession> _exclusive = [];

    public bool Take(SimulatedSession session, string table, bool exclusive)
    {
        if (!_holders.TryGetValue(table, out var holders))
            _holders.Add(table, holders = []);
        if (_exclusive.TryGetValue(table, out var owner) && owner != session)
            return false;
        if (exclusive && holders.Any(h => h != session))
            return false;
        holders.Add(session);
        if (exclusive)
            _exclusive[table] = session;
        return true;
    }

    public void Release(SimulatedSession session)
    {
        foreach (var (table, holders) in _holders)
        {
            holders.Remove(session);
            if (_exclusive.TryGetValue(table, out var owner) && owner == session)
                _exclusive.Remove(table);
        }
    }
}
