using System.Collections.Immutable;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Simulation;

internal sealed partial class SimulatedSession
{
    /// <summary>Rows of a large insert, in appends that stay in the first lane: at least one vector is filled, and logged as a file.</summary>
    private const int LargeInsert = 4200;
    private const int LargestAppend = 1000;

    private bool Insert(Transaction transaction, Snapshot snapshot)
    {
        if (Pick(transaction, exclusive: false) is not var (name, entry, table))
            return false;
        var count = _random.Next(world.LoadEvery) == 0 ? LargeInsert : _random.Next(30) == 0 ? _random.Next(40, 150) : _random.Next(1, 8);
        for (var done = 0; done < count; done += LargestAppend)
        {
            if (!InsertSome(transaction, name, entry, table, Math.Min(count - done, LargestAppend), isLarge: count > 10))
                return false;
        }
        return true;
    }

    private bool InsertSome(Transaction transaction, string name, TableEntry entry, Table table, int count, bool isLarge)
    {
        var state = Latest[name];
        var rows = new List<(long Id, SimulatedRow Row)>(count);
        for (var i = 0; i < count; i++)
        {
            // Many rows at once would never pass a unique index with keys from a small set.
            var key = isLarge ? 1000 + world.History.Next() : NewKey();
            rows.Add((world.History.Next(), new SimulatedRow(default, world.History.Next(), world.History.Next(), world.History.Next(), key,
                _random.Next(1000), state.NextOrdinal)));
        }
        using var batch = SimulatedRows.ToBatch(table, entry, state, rows);
        var places = new RowId[count];
        var result = table.Append(transaction, batch, places);
        var added = rows.Select((row, i) => KeyValuePair.Create(row.Id, row.Row with { Place = places[i] })).ToArray();
        Change(name, before => before with { Rows = before.Rows.AddRange(added) });
        TraceRows(name, added.Select(row => (row.Key, row.Value)));
        return Accept(result.IsOk ? transaction.CheckDeferredUnique() : result, name, []);
    }

    /// <summary>From a small set, so that keys collide; one in eight is null.</summary>
    private int NewKey() => _random.Next(8) == 0 ? -1 : _random.Next(200);

    /// <summary>Some rows that the snapshot should see, in the order of their places.</summary>
    private List<(long Id, SimulatedRow Row)> Choose(string name)
    {
        var rows = View[name].Rows;
        if (rows.IsEmpty)
            return [];
        if (_random.Next(20) == 0) // a share of all
        {
            var share = _random.NextDouble() * _random.NextDouble();
            return [.. rows.Where(_ => _random.NextDouble() < share).Select(r => (r.Key, r.Value)).OrderBy(r => r.Value.Place)];
        }
        var chosen = new SortedDictionary<RowId, (long, SimulatedRow)>();
        var ids = rows.Keys.ToArray();
        for (var i = _random.Next(1, 6); i > 0; i--)
        {
            var id = ids[_random.Next(ids.Length)];
            chosen[rows[id].Place] = (id, rows[id]);
        }
        return [.. chosen.Values];
    }

    private bool Update(Transaction transaction, Snapshot snapshot)
    {
        if (Pick(transaction, exclusive: false) is not var (name, _, table))
            return false;
        if (View[name].Rows.Count > 300)
            return Delete(transaction, snapshot, name, table);
        int[] columns = _random.Next(4) switch
        {
            0 => [SimulatedRows.KeyColumn],
            1 => [SimulatedRows.NameColumn, SimulatedRows.ScoreColumn, SimulatedRows.KeyColumn],
            2 => [SimulatedRows.ScoreColumn],
            _ => [SimulatedRows.NameColumn, SimulatedRows.ScoreColumn],
        };
        var rows = Choose(name);
        return UpdateRows(transaction, snapshot, name, table, rows, columns, [.. rows.Select(row => row.Row with
        {
            Name = Array.IndexOf(columns, SimulatedRows.NameColumn) >= 0 ? world.History.Next() : row.Row.Name,
            Score = Array.IndexOf(columns, SimulatedRows.ScoreColumn) >= 0 ? world.History.Next() : row.Row.Score,
            Key = Array.IndexOf(columns, SimulatedRows.KeyColumn) >= 0 ? NewKey() : row.Row.Key,
        })]);
    }

    /// <summary>Keys go round among some rows: unique again only at the statement's end.</summary>
    private bool SwapKeys(Transaction transaction, Snapshot snapshot)
    {
        if (Pick(transaction, exclusive: false) is not var (name, _, table))
            return false;
        var rows = Choose(name);
        return UpdateRows(transaction, snapshot, name, table, rows, [SimulatedRows.KeyColumn],
            [.. rows.Select((row, i) => row.Row with { Key = rows[(i + 1) % rows.Count].Row.Key })]);
    }

    private bool UpdateRows(Transaction transaction, Snapshot snapshot, string name, Table table,
        List<(long Id, SimulatedRow Row)> rows, int[] columns, List<SimulatedRow> values)
    {
        if (rows.Count == 0)
            return false;
        using var batch = SimulatedRows.ToUpdate(columns, values);
        var result = table.Update(snapshot, rows.Select(r => r.Row.Place).ToArray(), columns, batch);
        for (var i = 0; i < values.Count; i++)
            values[i] = values[i] with { Version = world.History.Next() };
        Change(name, state =>
        {
            var builder = state.Rows.ToBuilder();
            for (var i = 0; i < rows.Count; i++)
                builder[rows[i].Id] = values[i];
            return state with { Rows = builder.ToImmutable() };
        });
        TraceRows(name, rows);
        return Accept(result.IsOk ? transaction.CheckDeferredUnique() : result, name, rows);
    }

    private bool Delete(Transaction transaction, Snapshot snapshot)
    {
        return Pick(transaction, exclusive: false) is var (name, _, table) && Delete(transaction, snapshot, name, table);
    }

    private bool Delete(Transaction transaction, Snapshot snapshot, string name, Table table)
    {
        // Tables that have grown shrink again, so that a history stays quick.
        var rows = View[name].Rows is { Count: > 80 } all ? [.. all.Select(r => (r.Key, r.Value)).OrderBy(r => r.Value.Place).Skip(_random.Next(40))] : Choose(name);
        if (rows.Count == 0)
            return false;
        var result = table.Delete(snapshot, rows.Select(r => r.Row.Place).ToArray());
        Change(name, state => state with { Rows = state.Rows.RemoveRange(rows.Select(r => r.Id)) });
        TraceRows(name, rows);
        return Accept(result, name, rows);
    }

    /// <summary>A whole table, by a scan and through its indexes.</summary>
    private bool Read(Transaction transaction, Snapshot snapshot)
    {
        var view = View;
        return !view.IsEmpty && Look(transaction, snapshot, view.Keys.ElementAt(_random.Next(view.Count)));
    }

    private bool Look(Transaction transaction, Snapshot snapshot, string name)
    {
        if (Open(transaction, name, exclusive: false) is not var (_, entry, _))
            return false;
        // Indexes are those of the newest catalog, also for an older snapshot.
        var expected = View[name] with { Indexes = Latest[name].Indexes };
        if (SimulationChecks.Difference(world.Engine, transaction.CurrentCatalog, entry, snapshot, expected) is { } difference)
            throw new SimulationFailure($"as seen by s{number}: {difference}");
        return true;
    }

    private void TraceRows(string name, IEnumerable<(long Id, SimulatedRow Row)> rows)
    {
        if (world.IsTraced)
            world.Trace($"s{number}   table {name}, rows {string.Join(' ', rows.Take(20).Select(row => $"{row.Id}@{row.Row.Place}"))}");
    }

    private bool DefineTable(Transaction transaction, Snapshot snapshot)
    {
        if (Latest.Count >= 3 || (Latest.Count > 1 && _random.Next(3) == 0))
        {
            if (Pick(transaction, exclusive: true) is not var (old, entry, _))
                return false;
            world.Engine.DropTable(transaction, entry);
            _changes.Add(state => state.Remove(old));
            return true;
        }
        var name = $"t{world.History.Next()}";
        world.Locks.Take(this, name, exclusive: true);
        _touched.Add(name);
        var made = world.Engine.CreateTable(transaction, SimulatedCatalog.NewTable(transaction, name));
        var definition = world.History.Next();
        _changes.Add(state => state.Add(name, TableState.Empty(definition)));
        if (_random.Next(3) > 0)
            AddIndex(transaction, snapshot, name, made, SimulatedIndexKind.UniqueKey);
        return true;
    }

    private bool ChangeTable(Transaction transaction, Snapshot snapshot)
    {
        if (Pick(transaction, exclusive: true) is not var (name, entry, _))
            return false;
        var state = Latest[name];
        var definition = world.History.Next();
        world.Trace($"s{number}   table {name}, definition {definition}");
        switch (_random.Next(8))
        {
            case 0:
                world.Engine.Truncate(transaction, entry);
                Change(name, before => before with { Rows = ImmutableSortedDictionary<long, SimulatedRow>.Empty, Definition = definition });
                return true;
            case 1 when state.Added.Length < 3:
                SimulatedCatalog.AddColumn(world.Engine, transaction, entry);
                Change(name, before => before with
                {
                    Added = before.Added.Add(before.NextOrdinal), NextOrdinal = before.NextOrdinal + 1, Definition = definition,
                });
                return true;
            case 2 when !state.Added.IsEmpty:
                var dropped = _random.Next(state.Added.Length);
                SimulatedCatalog.DropColumn(transaction, entry, SimulatedRows.Types.Length + dropped);
                Change(name, before => before with { Added = before.Added.RemoveAt(dropped), Definition = definition });
                return true;
            case 3 or 4 when !state.Indexes.IsEmpty:
                var index = state.Indexes.Keys.ElementAt(_random.Next(state.Indexes.Count));
                world.Engine.DropIndex(transaction, transaction.CurrentCatalog.IndexesOf(entry.Oid).Single(i => i.Name == index));
                Change(name, before => before with { Indexes = before.Indexes.Remove(index) });
                return true;
            default:
                return state.Indexes.Count < 4 && AddIndex(transaction, snapshot, name, entry, (SimulatedIndexKind)_random.Next(5));
        }
    }

    private bool AddIndex(Transaction transaction, Snapshot snapshot, string name, TableEntry table, SimulatedIndexKind kind)
    {
        var entry = SimulatedCatalog.NewIndex(transaction, table, $"i{world.History.Next()}", kind);
        var made = world.Engine.CreateIndex(transaction, snapshot, entry, out _) is not null;
        var mayBe = kind != SimulatedIndexKind.UniqueKey || Latest[name].DuplicateKey() is null;
        if (made != mayBe)
            throw new SimulationFailure($"a unique index on table {name} {(made ? "was made over duplicates" : "was refused without a duplicate")}");
        if (made)
            Change(name, state => state with { Indexes = state.Indexes.Add(entry.Name, kind) });
        return made;
    }
}
