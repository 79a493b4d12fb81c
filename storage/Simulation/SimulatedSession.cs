using System.Collections.Immutable;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Transactions;
using OmenDb.Types;
using State = System.Collections.Immutable.ImmutableSortedDictionary<string, OmenDb.Storage.Simulation.TableState>;

namespace OmenDb.Storage.Simulation;

/// <summary>One client: a few statements, then commit or rollback; beside the engine it keeps what it should have done.</summary>
/// <remarks>PostgreSQL's table locks, which the engine leaves to its caller, are <see cref="SimulatedLocks"/> here: a statement that would
/// have to wait is left out.</remarks>
internal sealed class SimulatedSession(StorageEngine engine, CommitHistory history, SimulatedLocks locks, Random random)
{
    private readonly List<Func<State, State>> _changes = [];
    private Transaction? _transaction;

    /// <summary>Does the next thing. Problems are thrown as <see cref="SimulationFailure"/>.</summary>
    public void Step()
    {
        if (_transaction is null)
        {
            _transaction = engine.Begin();
            _transaction.SynchronousCommit = random.Next(4) != 0;
        }
        switch (random.Next(20))
        {
            case < 7: Statement(Insert); break;
            case < 10: Statement(Update); break;
            case < 12: Statement(Delete); break;
            case 12: Statement(Savepoint); break;
            case 13: Statement(DefineTable); break;
            case 14: Statement(ChangeTable); break;
            case 15: Rollback(); break;
            default: Commit(); break;
        }
    }

    public void Rollback()
    {
        if (_transaction is null)
            return;
        engine.Rollback(_transaction);
        End();
    }

    private State View
    {
        get
        {
            var state = history.Current;
            foreach (var change in _changes)
                state = change(state);
            return state;
        }
    }

    private void End()
    {
        _transaction = null;
        _changes.Clear();
        locks.Release(this);
    }

    private void Commit()
    {
        var transaction = _transaction!;
        if (!transaction.HasChanges)
        {
            engine.Commit(transaction);
            End();
            return;
        }
        history.Send(View);
        try
        {
            engine.Commit(transaction);
        }
        catch (SqlException e) when (e.SqlState == SqlState.DiskFull)
        {
            history.Refuse();
            Rollback();
            return;
        }
        if (transaction.SynchronousCommit)
            history.Acknowledge();
        End();
    }

    /// <summary>A statement leaves nothing when the engine refuses it.</summary>
    private void Statement(Func<Transaction, Snapshot, bool> work)
    {
        var mark = _transaction!.Mark();
        var changes = _changes.Count;
        using var snapshot = _transaction.BeginStatement();
        bool done;
        try
        {
            done = work(_transaction, snapshot) && _transaction.CheckDeferredUnique().IsOk;
        }
        catch (SqlException e) when (e.SqlState == SqlState.DiskFull)
        {
            done = false;
        }
        if (!done)
        {
            _transaction.RollbackTo(mark);
            _changes.RemoveRange(changes, _changes.Count - changes);
        }
    }

    private bool Savepoint(Transaction transaction, Snapshot snapshot)
    {
        var mark = transaction.Mark();
        var changes = _changes.Count;
        Insert(transaction, snapshot);
        ChangeTable(transaction, snapshot);
        if (random.Next(2) == 0)
        {
            transaction.RollbackTo(mark);
            _changes.RemoveRange(changes, _changes.Count - changes);
        }
        return true;
    }

    /// <summary>A table to work on, with its entry as the transaction sees it; null when there is none or it is locked.</summary>
    private (string Name, TableEntry Entry, Table Table)? Pick(Transaction transaction, bool exclusive)
    {
        var view = View;
        if (view.IsEmpty)
            return null;
        var name = view.Keys.ElementAt(random.Next(view.Count));
        if (!locks.Take(this, name, exclusive))
            return null;
        var entry = SimulatedCatalog.FindTable(transaction.CurrentCatalog, name) ?? throw new SimulationFailure($"table {name} is not in the catalog");
        return (name, entry, engine.GetTable(entry));
    }

    private bool Insert(Transaction transaction, Snapshot snapshot)
    {
        if (Pick(transaction, exclusive: false) is not var (name, entry, table))
            return false;
        var added = View[name].AddedColumns;
        var count = random.Next(8) == 0 ? random.Next(200, 1000) : random.Next(1, 12);
        var rows = Enumerable.Range(0, count).Select(_ => (history.NextRowId++, SimulatedRows.Make(random, added))).ToList();
        using var batch = SimulatedRows.ToBatch(table, entry, rows);
        if (!table.Append(transaction, batch, []).IsOk)
            return false;
        Change(name, state => state with { Rows = state.Rows.AddRange(rows.Select(r => KeyValuePair.Create(r.Item1, r.Item2))) });
        return true;
    }

    /// <summary>Some visible rows in the order of their places; compares all rows with the model on the way.</summary>
    private List<(long Id, RowId Place)> Choose(string name, TableEntry entry, Table table, Snapshot snapshot)
    {
        var places = new Dictionary<long, RowId>();
        var expected = View[name];
        var found = expected with { Rows = SimulatedRows.Read(table, entry, snapshot, places) };
        if (found.Difference(expected) is { } difference)
            throw new SimulationFailure($"table {name} as seen by a statement: {difference}");
        var share = random.NextDouble() * random.NextDouble();
        return [.. places.Where(_ => random.NextDouble() < share).Select(p => (p.Key, p.Value)).OrderBy(p => p.Value)];
    }

    private bool Update(Transaction transaction, Snapshot snapshot)
    {
        if (Pick(transaction, exclusive: false) is not var (name, entry, table))
            return false;
        var rows = Choose(name, entry, table, snapshot);
        if (rows.Count == 0)
            return false;
        var values = rows.Select(_ => SimulatedRows.Make(random, 0)).ToList();
        using var batch = SimulatedRows.ToUpdate(values);
        if (!table.Update(snapshot, rows.Select(r => r.Place).ToArray(), [1, 2], batch).IsOk)
            return false;
        Change(name, state =>
        {
            var builder = state.Rows.ToBuilder();
            for (var i = 0; i < rows.Count; i++)
            {
                var rest = builder[rows[i].Id].Split('|').Skip(2);
                builder[rows[i].Id] = string.Join('|', rest.Prepend(values[i]));
            }
            return state with { Rows = builder.ToImmutable() };
        });
        return true;
    }

    private bool Delete(Transaction transaction, Snapshot snapshot)
    {
        if (Pick(transaction, exclusive: false) is not var (name, entry, table))
            return false;
        var rows = Choose(name, entry, table, snapshot);
        if (rows.Count == 0 || !table.Delete(snapshot, rows.Select(r => r.Place).ToArray()).IsOk)
            return false;
        Change(name, state => state with { Rows = state.Rows.RemoveRange(rows.Select(r => r.Id)) });
        return true;
    }

    private bool DefineTable(Transaction transaction, Snapshot snapshot)
    {
        if (View.Count >= 4 || random.Next(4) == 0)
        {
            if (Pick(transaction, exclusive: true) is not var (old, entry, _))
                return false;
            engine.DropTable(transaction, entry);
            _changes.Add(state => state.Remove(old));
            return true;
        }
        var name = $"t{history.NextName++}";
        locks.Take(this, name, exclusive: true);
        engine.CreateTable(transaction, SimulatedCatalog.NewTable(transaction, name));
        _changes.Add(state => state.Add(name, TableState.Empty));
        return true;
    }

    private bool ChangeTable(Transaction transaction, Snapshot snapshot)
    {
        if (Pick(transaction, exclusive: true) is not var (name, entry, table))
            return false;
        switch (random.Next(4))
        {
            case 0:
                engine.Truncate(transaction, entry);
                Change(name, state => state with { Rows = TableState.Empty.Rows });
                return true;
            case 1 when View[name].AddedColumns < 3:
                SimulatedCatalog.AddColumn(engine, transaction, entry);
                Change(name, state => state with
                {
                    AddedColumns = state.AddedColumns + 1,
                    Rows = state.Rows.ToImmutableSortedDictionary(r => r.Key, r => r.Value + "|" + SimulatedRows.AddedDefault),
                });
                return true;
            case 2 when View[name].Indexes is { IsEmpty: false } indexes:
                engine.DropIndex(transaction, transaction.CurrentCatalog.IndexesOf(entry.Oid).Single(i => i.Name == indexes[0]));
                Change(name, state => state with { Indexes = state.Indexes.Remove(indexes[0]) });
                return true;
            default:
                var index = SimulatedCatalog.NewIndex(transaction, entry, $"i{history.NextName++}", random);
                if (engine.CreateIndex(transaction, snapshot, index, out _) is null)
                    throw new SimulationFailure($"a unique index on {name} found a duplicate");
                Change(name, state => state with { Indexes = state.Indexes.Add(index.Name) });
                return true;
        }
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

/// <summary>The simulation has found the engine wrong.</summary>
internal sealed class SimulationFailure(string message) : Exception(message);
