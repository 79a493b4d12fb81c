using System.Collections.Immutable;
using System.Text;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Storage.Simulation;

/// <summary>Catalog entries for the simulation, and the whole database as the model writes it.</summary>
internal static class SimulatedCatalog
{
    public const string SequenceName = "s";

    public static int SchemaOid(CatalogSnapshot catalog) => catalog.FindSchema(catalog.FindDatabase("omendb")!.Oid, "public")!.Oid;

    public static TableEntry? FindTable(CatalogSnapshot catalog, string name) => catalog.FindRelation(SchemaOid(catalog), name) as TableEntry;

    public static TableEntry NewTable(Transaction transaction, string name) => new()
    {
        Oid = transaction.Catalog.NewOid(), Name = name, SchemaOid = SchemaOid(transaction.CurrentCatalog), StorageId = 0,
        Columns = [.. SimulatedRows.Types.Select((type, i) => new ColumnEntry { Id = i + 1, Name = "c" + i, Type = type, Physical = i })],
    };

    /// <summary>Unique on the id, or plain on one of the others.</summary>
    public static IndexEntry NewIndex(Transaction transaction, TableEntry table, string name, Random random)
    {
        var column = random.Next(3);
        return new IndexEntry
        {
            Oid = transaction.Catalog.NewOid(), Name = name, SchemaOid = table.SchemaOid, TableOid = table.Oid,
            Keys = [new IndexKeyEntry(table.Columns[column].Id)], IsUnique = column == 0,
        };
    }

    public static void AddColumn(StorageEngine engine, Transaction transaction, TableEntry table)
    {
        var (physical, entry) = engine.AddColumn(transaction, table, SqlType.Text, Encoding.UTF8.GetBytes(SimulatedRows.AddedDefault));
        transaction.Catalog.Put(entry with
        {
            Columns = entry.Columns.Add(new ColumnEntry
            {
                Id = entry.NextColumnId, Name = $"x{entry.NextColumnId}", Type = SqlType.Text, Physical = physical,
            }),
            NextColumnId = entry.NextColumnId + 1,
        });
    }

    public static SequenceEntry Sequence(StorageEngine engine)
    {
        var schema = SchemaOid(engine.Catalog);
        if (engine.Catalog.FindRelation(schema, SequenceName) is SequenceEntry found)
            return found;
        var transaction = engine.Begin();
        var entry = new SequenceEntry { Oid = transaction.Catalog.NewOid(), Name = SequenceName, SchemaOid = schema };
        transaction.Catalog.Put(entry);
        engine.Commit(transaction);
        return entry;
    }

    /// <summary>All tables as committed; checks on the way that indexes have as many entries as there are rows.</summary>
    public static ImmutableSortedDictionary<string, TableState> Read(StorageEngine engine)
    {
        var result = ImmutableSortedDictionary.CreateBuilder<string, TableState>();
        var catalog = engine.Catalog;
        if (catalog.FindDatabase("omendb") is null)
            throw new SimulationFailure("the catalog has no database");
        using var snapshot = engine.Transactions.OpenSnapshot();
        foreach (var entry in catalog.Objects.OfType<TableEntry>())
        {
            var table = engine.GetTable(entry);
            var rows = SimulatedRows.Read(table, entry, snapshot, []);
            foreach (var index in table.Indexes.Where(index => index.EntryCount != rows.Count))
                throw new SimulationFailure($"table {entry.Name} has {rows.Count} rows, its index {index.EntryCount} entries");
            result.Add(entry.Name, new TableState(rows, entry.Columns.Length - SimulatedRows.Types.Length,
                [.. catalog.IndexesOf(entry.Oid).Select(index => index.Name)]));
        }
        return result.ToImmutable();
    }
}
