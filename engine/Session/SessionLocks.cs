using OmenDb.Planner.Syntax;
using OmenDb.Storage;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Locks;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>The locks of one session: holds them, waits for them.</summary>
internal sealed class SessionLocks(Session session) : LockOwner
{
    private readonly Dictionary<int, int> _relations = []; // modes as bits, for statements that come again and again in one transaction

    public Session Session { get; } = session;

    public override int ProcessId => Session.BackendId;

    private LockTable Table => Session.Database.Storage.Transactions.Locks;

    protected override long WaitDeadline() => Session.LockDeadline();

    protected override void OnReleased() => _relations.Clear();

    protected override void CheckInterrupts() => Session.CheckInterrupts();

    /// <exception cref="SqlException">40P01, 55P03, 57014.</exception>
    public void LockRelation(int oid, TableLockMode mode, string name, bool noWait)
    {
        var held = _relations.GetValueOrDefault(oid);
        if ((held & 1 << (int)mode) != 0)
            return;
        var tag = LockTag.Relation(oid, Session.DatabaseOid);
        if (Table.Acquire(this, tag, (int)mode, wait: !noWait) == LockOutcome.Busy)
            throw new SqlException(SqlState.LockNotAvailable, $"could not obtain lock on relation \"{name}\"");
        _relations[oid] = held | 1 << (int)mode;
    }

    /// <summary>Advisory locks.</summary>
    /// <returns>False: somebody else has it, and the caller does not wait.</returns>
    public bool LockAdvisory(long key, bool isPair, bool isShared, bool forSession, bool wait) =>
        Table.Acquire(this, Advisory(key, isPair), isShared ? LockModes.Share : LockModes.Exclusive, wait, forSession) != LockOutcome.Busy;

    public bool UnlockAdvisory(long key, bool isPair, bool isShared)
    {
        var mode = isShared ? LockModes.Share : LockModes.Exclusive;
        if (Table.ReleaseSession(this, Advisory(key, isPair), mode))
            return true;
        Session.Warning(SqlState.Warning, $"you don't own a lock of type {LockModes.Name(LockKind.Advisory, mode)}");
        return false;
    }

    public void UnlockAll() => Table.ReleaseSession(this);

    /// <summary>What the transaction holds; also after one that was never begun.</summary>
    public void ReleaseTransaction()
    {
        Table.ReleaseTo(this, 0);
    }

    /// <summary>Waits for whoever is in the way of a write.</summary>
    public void WaitFor(in WriteResult result) => Table.WaitFor(this, result);

    private LockTag Advisory(long key, bool isPair) => LockTag.Advisory(key, isPair, Session.DatabaseOid);

    /// <summary>As error details name a lock.</summary>
    public static string Describe(Database database, LockTag tag)
    {
        switch (tag.Kind)
        {
            case LockKind.Relation:
                return $"relation {tag.A} of database {tag.B}";
            case LockKind.Row:
                var row = new RowId((ulong)tag.B);
                var catalog = database.Storage.Catalog;
                var table = TableOf(catalog, tag);
                return $"tuple {row} of relation {table?.Oid ?? 0} of database {(table is null ? 0 : catalog.Find<SchemaEntry>(table.SchemaOid)?.DatabaseOid ?? 0)}";
            case LockKind.Advisory:
                return $"advisory lock [{tag.B / 4},{(uint)(tag.A >> 32)},{(uint)tag.A},{tag.B % 4}]";
            default:
                return $"transaction {tag.A}";
        }
    }

    /// <summary>The table that a locked row stands in; null: it is gone, or not committed.</summary>
    public static TableEntry? TableOf(CatalogSnapshot catalog, LockTag tag) => catalog.Objects.OfType<TableEntry>().FirstOrDefault(t => t.StorageId == tag.A);
}
