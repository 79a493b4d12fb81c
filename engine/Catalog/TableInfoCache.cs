using System.Collections.Concurrent;
using OmenDb.Storage;
using OmenDb.Storage.Catalog;

namespace OmenDb.Engine.Catalog;

/// <summary>Descriptions of tables, made once per version of the catalog and shared by all sessions.</summary>
internal sealed class TableInfoCache(StorageEngine storage)
{
    private readonly ConcurrentDictionary<int, (long Version, TableInfo Info)> _infos = new();

    public TableInfo Get(TableEntry table, SchemaEntry schema, CatalogSnapshot snapshot)
    {
        if (_infos.TryGetValue(table.Oid, out var cached) && cached.Version == snapshot.Version)
            return cached.Info;
        var info = new TableInfo(table, schema, snapshot, storage);
        // Staged versions belong to one transaction: not worth a place that all look at.
        if (snapshot.Version >= 0)
            _infos[table.Oid] = (snapshot.Version, info);
        return info;
    }

    public void Forget(int oid) => _infos.TryRemove(oid, out _);
}
