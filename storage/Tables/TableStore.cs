using System.Collections.Concurrent;
using OmenDb.Storage.Catalog;

namespace OmenDb.Storage.Tables;

/// <summary>All tables' rows by storage id, those of running transactions included.</summary>
internal sealed class TableStore : IDisposable
{
    private readonly ConcurrentDictionary<long, Table> _tables = new();

    public IEnumerable<Table> All => _tables.Values;

    /// <summary>For tables made from now on, see <see cref="Table.ReplayStamp"/>.</summary>
    public ulong ReplayStamp { get; set; } = 1;

    /// <summary>For tables made from now on.</summary>
    public Sealed.TableMemory? Memory { get; set; }

    public Table? Find(long storageId) => _tables.GetValueOrDefault(storageId);

    public Table Add(long storageId, IEnumerable<TableColumn> columns)
    {
        var table = new Table(storageId, columns) { ReplayStamp = ReplayStamp, Memory = Memory };
        _tables[storageId] = table;
        return table;
    }

    /// <summary>At start: the table of a catalog entry, with all its columns.</summary>
    public Table Ensure(TableEntry entry)
    {
        var table = Find(entry.StorageId) ?? Add(entry.StorageId, entry.PhysicalColumns.Select(c => new TableColumn(c.Type, c.Default)));
        for (var c = table.Columns.Count; c < entry.PhysicalColumns.Length; c++)
            table.AddColumn(new TableColumn(entry.PhysicalColumns[c].Type, entry.PhysicalColumns[c].Default));
        return table;
    }

    /// <summary>Its memory goes when the last scan has ended.</summary>
    public void Drop(long storageId)
    {
        if (_tables.TryRemove(storageId, out var table))
            table.Release();
    }

    public void Dispose()
    {
        foreach (var table in _tables.Values)
            table.Release();
        _tables.Clear();
    }
}
