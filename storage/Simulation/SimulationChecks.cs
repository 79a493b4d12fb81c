using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using State = System.Collections.Immutable.ImmutableSortedDictionary<string, OmenDb.Storage.Simulation.TableState>;

namespace OmenDb.Storage.Simulation;

/// <summary>The database against the model: every table by a scan and through every index.</summary>
internal static class SimulationChecks
{
    /// <summary>How the committed state differs from one of the model's; null: not at all.</summary>
    public static string? Difference(StorageEngine engine, State expected)
    {
        var catalog = engine.Catalog;
        if (catalog.FindDatabase("omendb") is null)
            return expected.IsEmpty ? null : "the catalog has no database";
        using var snapshot = engine.Transactions.OpenSnapshot();
        var tables = 0;
        foreach (var entry in catalog.Objects.OfType<TableEntry>())
        {
            tables++;
            if (!expected.TryGetValue(entry.Name, out var state))
                return $"table {entry.Name} should not be there";
            if (Difference(engine, catalog, entry, snapshot, state) is { } difference)
                return difference;
        }
        return tables == expected.Count ? null : $"{expected.Count - tables} tables are missing";
    }

    /// <summary>The same for one table, as a snapshot sees it.</summary>
    public static string? Difference(StorageEngine engine, CatalogSnapshot catalog, TableEntry entry, Snapshot snapshot, TableState expected)
    {
        var table = engine.GetTable(entry);
        if (SimulatedRows.Difference(table, entry, snapshot, expected) is { } difference)
            return $"table {entry.Name}: {difference}";
        var indexes = catalog.IndexesOf(entry.Oid).ToList();
        if (indexes.Count != expected.Indexes.Count || indexes.Exists(index => !expected.Indexes.ContainsKey(index.Name)))
            return $"table {entry.Name} has indexes {string.Join(' ', indexes.Select(i => i.Name))} instead of {string.Join(' ', expected.Indexes.Keys)}";
        foreach (var index in indexes)
        {
            var tree = table.Indexes.FirstOrDefault(i => i.Oid == index.Oid); // also one whose drop is about to commit
            if (tree is null)
                return $"index {index.Name} of table {entry.Name} has no keys";
            if (tree.IsUsableBy(snapshot) && Difference(tree, snapshot, expected, expected.Indexes[index.Name]) is { } wrong)
                return $"index {index.Name} ({expected.Indexes[index.Name]}) of table {entry.Name}: {wrong}";
        }
        return null;
    }

    /// <summary>Whatever one snapshot finds through an index is what it finds by a scan, in the index's order, forward and backward.</summary>
    private static string? Difference(TableIndex index, Snapshot snapshot, TableState expected, SimulatedIndexKind kind)
    {
        var byPlace = expected.Rows.ToDictionary(row => row.Value.Place, row => (row.Key, row.Value));
        for (var direction = 0; direction < 2; direction++)
        {
            using var cursor = index.OpenCursor(snapshot, [IndexRange.All], backward: direction == 1);
            var places = new RowId[64];
            var found = new HashSet<RowId>();
            (long Id, SimulatedRow Row)? previous = null;
            for (var count = cursor.Next(places); count > 0; count = cursor.Next(places))
            {
                for (var i = 0; i < count; i++)
                {
                    if (!byPlace.TryGetValue(places[i], out var row))
                        return $"it has {places[i]}, where no row is";
                    if (!found.Add(places[i]))
                        return $"it has row {row.Key} twice";
                    if (previous is { } before && Order(kind, before, row) is var order && (direction == 0 ? order > 0 : order < 0))
                        return $"row {row.Key} comes after row {before.Id}";
                    previous = row;
                }
            }
            if (found.Count != byPlace.Count)
                return $"it has {found.Count} of {byPlace.Count} rows";
        }
        return kind is SimulatedIndexKind.UniqueId ? PointDifference(index, snapshot, expected) : null;
    }

    private static int Order(SimulatedIndexKind kind, (long Id, SimulatedRow Row) left, (long Id, SimulatedRow Row) right)
    {
        var keys = (left.Row.Key < 0 ? int.MaxValue : left.Row.Key).CompareTo(right.Row.Key < 0 ? int.MaxValue : right.Row.Key);
        return kind switch
        {
            SimulatedIndexKind.UniqueId => left.Id.CompareTo(right.Id),
            SimulatedIndexKind.Name => SimulatedRows.CompareNames(left.Row.Name, right.Row.Name),
            SimulatedIndexKind.KeyAndName when keys == 0 => SimulatedRows.CompareNames(left.Row.Name, right.Row.Name),
            _ => keys,
        };
    }

    private static string? PointDifference(TableIndex index, Snapshot snapshot, TableState expected)
    {
        using var batch = new Batch(1) { Length = 1 };
        foreach (var (id, row) in expected.Rows.Take(3))
        {
            new VectorWriter(ArrowType.Int64, batch.Columns[0], 1).Append(id);
            if (!index.TryFind(snapshot, batch.Columns, 0, out var place) || place != row.Place)
                return $"a look-up of {id} finds {place} instead of {row.Place}";
        }
        new VectorWriter(ArrowType.Int64, batch.Columns[0], 1).Append(-1L);
        return index.TryFind(snapshot, batch.Columns, 0, out var other) ? $"a look-up of -1 finds {other}" : null;
    }

    /// <summary>Nobody works and nobody looks: nothing of old versions is left, and indexes have exactly one entry per row.</summary>
    public static void Quiet(StorageEngine engine, State expected)
    {
        if (Difference(engine, expected) is { } difference)
            throw new SimulationFailure($"after all sessions have ended: {difference}");
        foreach (var entry in engine.Catalog.Objects.OfType<TableEntry>())
        {
            var table = engine.GetTable(entry);
            foreach (var segment in table.Segments)
            {
                for (var v = 0; v < segment.VectorCount; v++)
                {
                    if (segment.Vector(v).Versions is not null)
                        throw new SimulationFailure($"vector {v} of table {entry.Name} still has versions after all sessions have ended");
                }
            }
            foreach (var index in table.Indexes)
            {
                if (index.EntryCount != expected[entry.Name].Rows.Count)
                    throw new SimulationFailure(
                        $"an index of table {entry.Name} has {index.EntryCount} entries for {expected[entry.Name].Rows.Count} rows after all sessions have ended");
            }
            if (table.RowCount != expected[entry.Name].Rows.Count)
                throw new SimulationFailure($"table {entry.Name} counts {table.RowCount} rows and has {expected[entry.Name].Rows.Count}");
        }
    }
}
