using System.Collections.Immutable;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Storage.Simulation;

/// <summary>Catalog entries for the simulation.</summary>
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

    public static IndexEntry NewIndex(Transaction transaction, TableEntry table, string name, SimulatedIndexKind kind)
    {
        int[] columns = kind switch
        {
            SimulatedIndexKind.UniqueId => [0],
            SimulatedIndexKind.Name => [SimulatedRows.NameColumn],
            SimulatedIndexKind.KeyAndName => [SimulatedRows.KeyColumn, SimulatedRows.NameColumn],
            _ => [SimulatedRows.KeyColumn],
        };
        return new IndexEntry
        {
            Oid = transaction.Catalog.NewOid(), Name = name, SchemaOid = table.SchemaOid, TableOid = table.Oid,
            Keys = [.. columns.Select(column => new IndexKeyEntry(table.Columns[column].Id))],
            IsUnique = kind is SimulatedIndexKind.UniqueId or SimulatedIndexKind.UniqueKey,
        };
    }

    public static void AddColumn(StorageEngine engine, Transaction transaction, TableEntry table)
    {
        var (physical, entry) = engine.AddColumn(transaction, table, SqlType.Text, SimulatedRows.AddedDefault);
        transaction.Catalog.Put(entry with
        {
            Columns = entry.Columns.Add(new ColumnEntry
            {
                Id = entry.NextColumnId, Name = $"x{entry.NextColumnId}", Type = SqlType.Text, Physical = physical,
            }),
            NextColumnId = entry.NextColumnId + 1,
        });
    }

    public static void DropColumn(Transaction transaction, TableEntry table, int column) =>
        transaction.Catalog.Put(table with { Columns = table.Columns.RemoveAt(column) });

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
}
