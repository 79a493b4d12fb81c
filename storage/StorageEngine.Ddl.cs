using System.Collections.Immutable;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Storage;

/// <summary>Objects that have rows or keys behind them. The caller holds PostgreSQL's lock for the statement; everything is undone by
/// rolling back, also to a savepoint.</summary>
public sealed partial class StorageEngine
{
    /// <summary>Adds a table with its storage. The entry's storage id, physical columns and column numbers are filled in here: column i
    /// of the entry becomes physical column i.</summary>
    /// <returns>The entry as staged.</returns>
    public TableEntry CreateTable(Transaction transaction, TableEntry entry)
    {
        var changes = transaction.Catalog;
        var columns = entry.Columns.Select((c, i) => c with { Physical = i }).ToImmutableArray();
        var staged = entry with
        {
            StorageId = _catalog.NewStorageId(),
            Columns = columns,
            PhysicalColumns = [.. columns.Select(c => new PhysicalColumnEntry(c.Type))],
            NextColumnId = Math.Max(entry.NextColumnId, columns.Length == 0 ? 1 : columns.Max(c => c.Id) + 1),
        };
        changes.Put(staged); // first: it may refuse
        AddStorage(changes, staged);
        return staged;
    }

    /// <summary>Removes a table with its indexes; what else depends on it is the caller's business.</summary>
    public void DropTable(Transaction transaction, TableEntry entry)
    {
        var changes = transaction.Catalog;
        foreach (var index in changes.Current.IndexesOf(entry.Oid).ToArray())
            changes.Drop(index.Oid);
        changes.Drop(entry.Oid);
        changes.Attach(onCommit: () => _tables.Drop(entry.StorageId), onRollback: null);
    }

    /// <summary>TRUNCATE: the table goes on with an empty storage and empty indexes; the old one stays for those who still read it.</summary>
    /// <returns>The entry as staged.</returns>
    public TableEntry Truncate(Transaction transaction, TableEntry entry)
    {
        var changes = transaction.Catalog;
        var old = GetTable(entry);
        var staged = entry with { StorageId = _catalog.NewStorageId() };
        changes.Put(staged);
        var table = AddStorage(changes, staged);
        changes.Attach(onCommit: () => _tables.Drop(old.StorageId), onRollback: null);
        foreach (var index in changes.Current.IndexesOf(entry.Oid))
            table.CreateIndex(Definition(staged, index), null, out _);
        return staged;
    }

    /// <summary>Adds a sequence; its values go when the transaction is rolled back.</summary>
    public void CreateSequence(Transaction transaction, SequenceEntry entry)
    {
        transaction.Catalog.Put(entry);
        transaction.Catalog.Attach(onCommit: null, onRollback: () => _sequences.Drop(entry));
    }

    public void DropSequence(Transaction transaction, SequenceEntry entry)
    {
        transaction.Catalog.Drop(entry.Oid);
        transaction.Catalog.Attach(onCommit: () => _sequences.Drop(entry), onRollback: null);
    }

    /// <summary>RESTART: the sequence goes on with a new state; the old one stays for a rollback.</summary>
    /// <returns>The entry as staged.</returns>
    public SequenceEntry RestartSequence(Transaction transaction, SequenceEntry entry, long first)
    {
        var staged = entry with { StateOid = _catalog.NewOid(), RestartedAt = first };
        transaction.Catalog.Put(staged);
        // The old state is not dropped at the commit: who has looked the sequence up before may still take a value, which must not be its first again.
        transaction.Catalog.Attach(onCommit: null, onRollback: () => _sequences.Drop(staged));
        return staged;
    }

    /// <summary>Adds a physical column; rows there are hold the default without being touched. The caller adds or repoints the entry's column and
    /// stages it.</summary>
    /// <param name="transaction">Who.</param>
    /// <param name="entry">As the transaction sees it.</param>
    /// <param name="type">Of the new column.</param>
    /// <param name="defaultImage">As in <see cref="TableColumn"/>.</param>
    /// <returns>The physical number, and the entry with its list of physical columns.</returns>
    public (int Physical, TableEntry Entry) AddColumn(Transaction transaction, TableEntry entry, SqlType type, byte[]? defaultImage)
    {
        var table = GetTable(entry);
        var physical = table.AddColumn(new TableColumn(type, defaultImage));
        // From the storage, not from the entry: a rolled back column has left its number behind.
        var staged = entry with { PhysicalColumns = [.. table.Columns.Select(c => new PhysicalColumnEntry(c.Type, c.DefaultImage))] };
        transaction.Catalog.Put(staged);
        return (physical, staged);
    }

    private Table AddStorage(CatalogChanges changes, TableEntry entry)
    {
        var table = _tables.Add(entry.StorageId, entry.PhysicalColumns.Select(c => new TableColumn(c.Type, c.Default)));
        changes.Attach(onCommit: null, onRollback: () => _tables.Drop(entry.StorageId));
        return table;
    }
}
