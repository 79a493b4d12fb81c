using System.Collections.Concurrent;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Locks;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Storage;

// Indexes: made alone or beside writers, made anew, dropped.
public sealed partial class StorageEngine
{
    private readonly ConcurrentDictionary<IndexProgress, bool> _building = new();

    /// <summary>Indexes that are being filled beside writers.</summary>
    public IEnumerable<IndexProgress> IndexesInProgress => _building.Keys;

    /// <inheritdoc cref="CatalogStore.NewOid"/>
    public int NewOid() => _catalog.NewOid();

    /// <summary>Adds an index and fills it; nobody else writes the table until the transaction ends.</summary>
    /// <param name="transaction">Who.</param>
    /// <param name="snapshot">Of the statement.</param>
    /// <param name="entry">Key columns by id; its table as the transaction sees it.</param>
    /// <param name="duplicate">Unique: two rows with the same key.</param>
    /// <returns>Null when there is such a duplicate: nothing was staged.</returns>
    public TableIndex? CreateIndex(Transaction transaction, Snapshot snapshot, IndexEntry entry, out (RowId First, RowId Second) duplicate)
    {
        var changes = transaction.Catalog;
        var (table, rows) = TableOf(changes, entry);
        var mark = transaction.Mark();
        changes.Put(entry);
        var index = rows.CreateIndex(Definition(table, entry), snapshot, out duplicate, Transactions.LastVisible);
        if (index is null)
        {
            transaction.RollbackTo(mark);
            return null;
        }
        changes.Attach(onCommit: null, onRollback: () => rows.DropIndex(index, []));
        return index;
    }

    /// <summary>Adds an index and fills it while others write the table. They and new plans have it from the commit on, which is to follow at once.</summary>
    /// <param name="transaction">Who: it has changed nothing in the table, and holds a lock that keeps others from changing the table's definition.</param>
    /// <param name="progress">With the index's entry.</param>
    /// <param name="duplicate">Unique: two rows with the same key.</param>
    /// <returns>Null when there is such a duplicate: nothing was staged.</returns>
    /// <exception cref="SqlException">What ends the wait for writers, see <see cref="LockTable.Acquire"/>, and what the interrupts say: nothing is left.</exception>
    public TableIndex? BuildIndex(Transaction transaction, IndexProgress progress, out (RowId First, RowId Second) duplicate)
    {
        var index = Fill(transaction, progress, out var rows, out duplicate);
        if (index is null)
            return null;
        Publish(transaction, rows, index, progress.Index, onCommit: null);
        return index;
    }

    /// <summary>Makes an index anew while others read and write the table. The former one stays for those who are there already.</summary>
    /// <inheritdoc cref="BuildIndex"/>
    public TableIndex? RebuildIndex(Transaction transaction, IndexProgress progress, out (RowId First, RowId Second) duplicate)
    {
        var index = Fill(transaction, progress, out var rows, out duplicate);
        if (index is null)
            return null;
        var former = rows.Indexes.Where(i => i.Oid == index.Oid && i != index).ToArray();
        var tag = RelationTag(transaction.CurrentCatalog, progress.Index.TableOid);
        // The entry is the same; a new version of the catalog lets everybody look the index up again.
        Publish(transaction, rows, index, progress.Index with { }, onCommit: () => DropWhenLeft(rows, former, tag));
        return index;
    }

    private TableIndex? Fill(Transaction transaction, IndexProgress progress, out Table rows, out (RowId First, RowId Second) duplicate)
    {
        (var table, rows) = TableOf(transaction.Catalog, progress.Index);
        var tag = RelationTag(transaction.CurrentCatalog, table.Oid);
        _building.TryAdd(progress, true);
        var index = rows.ListEmpty(Definition(table, progress.Index));
        index.Making = progress.Index;
        var isDone = false;
        try
        {
            isDone = new OnlineBuild(index, transaction, Transactions, tag, progress).Run(out duplicate);
            return isDone ? index : null;
        }
        finally
        {
            _building.TryRemove(progress, out _);
            if (!isDone)
                GiveUp(rows, index, tag);
        }
    }

    private void Publish(Transaction transaction, Table rows, TableIndex index, IndexEntry entry, Action? onCommit)
    {
        var tag = RelationTag(transaction.CurrentCatalog, entry.TableOid);
        transaction.Catalog.Put(entry);
        transaction.Catalog.Attach(() =>
        {
            index.Making = null;
            onCommit?.Invoke();
        }, () => GiveUp(rows, index, tag));
        index.IsHidden = false; // before the commit: who sees the new catalog looks for it
    }

    /// <summary>An index that will never be: writers forget it. One who is in a call goes on with it until his transaction ends.</summary>
    private void GiveUp(Table rows, TableIndex index, LockTag tag)
    {
        index.IsLenient = true;
        Forget(rows, index, tag);
    }

    private void Forget(Table rows, TableIndex index, LockTag tag)
    {
        index.IsHidden = true;
        Interlocked.MemoryBarrier(); // who announces a read from here on sees it
        Transactions.Locks.Readers.AwaitReaders(tag.A);
        rows.DropIndex(index, Transactions.Locks.Holders(null, tag, LockModes.AccessExclusive));
    }

    /// <summary>Stages the end of an index. The caller's lock keeps everybody else from the table, and the index is gone with the commit; or it does
    /// not, and others may use the index in statements that they have begun before the commit.</summary>
    public void DropIndex(Transaction transaction, IndexEntry entry)
    {
        var changes = transaction.Catalog;
        var (table, rows) = TableOf(changes, entry);
        var tag = RelationTag(changes.Current, table.Oid);
        changes.Drop(entry.Oid);
        var dropped = rows.Indexes.Where(i => i.Oid == entry.Oid && !i.IsHidden).ToArray();
        // Until the end it must hold all rows, for a rollback; but it no longer stands in the way of this transaction's.
        foreach (var index in dropped)
            (index.IsHidden, index.IsLenient) = (true, true);
        changes.Attach(onCommit: () => Array.ForEach(dropped, index => rows.DropIndex(index, Transactions.Locks.Holders(transaction.Owner, tag, LockModes.AccessExclusive))),
            onRollback: () => Array.ForEach(dropped, index => (index.IsHidden, index.IsLenient) = (false, false)));
    }

    /// <summary>Stages the end of an index while others read and write the table: their statements that have begun before the commit may use it still.</summary>
    /// <param name="transaction">Its lock keeps others from changing the table's definition.</param>
    /// <param name="entry">As the transaction sees it.</param>
    public void DropIndexOnline(Transaction transaction, IndexEntry entry)
    {
        var changes = transaction.Catalog;
        var (table, rows) = TableOf(changes, entry);
        var tag = RelationTag(changes.Current, table.Oid);
        changes.Drop(entry.Oid);
        var dropped = rows.Indexes.Where(i => i.Oid == entry.Oid).ToArray();
        changes.Attach(onCommit: () =>
        {
            foreach (var index in dropped)
                index.IsLenient = true; // who does not know it any more is not refused by it
            DropWhenLeft(rows, dropped, tag);
        }, onRollback: null);
    }

    /// <summary>After a commit that makes some indexes superfluous: they go when all who hold the table now have left it.</summary>
    /// <remarks>Two steps, since a writer who came after the commit may still tell an index what he does when the last of those before him leaves:
    /// <code>
    /// reader R (before the commit)       writer W (after it)              the index
    /// ---------------------------------  -------------------------------  ---------------------------------
    /// holds the table                                                     found by R, kept up to date
    ///                                    takes the table's list
    /// leaves                                                              out of the list
    ///                                    adds an entry                    memory stays: W held the table
    ///                                    leaves                           memory goes
    /// </code>
    /// Readers who hold no locks are waited for: they read one row.</remarks>
    private void DropWhenLeft(Table rows, TableIndex[] indexes, LockTag tag)
    {
        var left = 1;
        foreach (var holder in Transactions.Locks.Holders(null, tag, LockModes.AccessExclusive))
        {
            Interlocked.Increment(ref left);
            if (!holder.TryOnEnd(OneLeft))
                OneLeft();
        }
        OneLeft();

        void OneLeft()
        {
            if (Interlocked.Decrement(ref left) > 0 || !rows.TryRetain())
                return;
            foreach (var index in indexes)
                Forget(rows, index, tag);
            rows.Release();
        }
    }

    private (TableEntry Entry, Table Rows) TableOf(CatalogChanges changes, IndexEntry index)
    {
        var table = changes.Current.Find<TableEntry>(index.TableOid) ?? throw SqlException.Internal($"table {index.TableOid} does not exist");
        return (table, GetTable(table));
    }

    private static LockTag RelationTag(CatalogSnapshot catalog, int tableOid) =>
        LockTag.Relation(tableOid, catalog.Find<TableEntry>(tableOid) is { } table ? catalog.Find<SchemaEntry>(table.SchemaOid)?.DatabaseOid ?? 0 : 0);

    /// <summary>An index's entry in terms of physical columns.</summary>
    public static IndexDefinition Definition(TableEntry table, IndexEntry index)
    {
        int Physical(int columnId) => table.ColumnById(columnId)?.Physical
            ?? throw SqlException.Internal($"index \"{index.Name}\" names column {columnId}, which table \"{table.Name}\" does not have");
        return new IndexDefinition
        {
            Oid = index.Oid,
            Keys = [.. index.Keys.Select(k => new IndexKeyColumn(Physical(k.ColumnId), k.Descending, k.NullsFirst))],
            IsUnique = index.IsUnique,
            NullsNotDistinct = index.NullsNotDistinct,
            IsDeferrable = table.Constraints.Any(c => c.IndexOid == index.Oid && c.IsDeferrable),
            PredicateColumn = index.PredicateColumnId == 0 ? -1 : Physical(index.PredicateColumnId),
        };
    }
}
