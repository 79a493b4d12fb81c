using System.Collections.Immutable;
using System.Runtime.InteropServices;
using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Plans;
using OmenDb.Storage;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Locks;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Engine.Catalog;

/// <summary>A table of the storage as plans use it: ordinals are positions in the catalog entry's columns.</summary>
internal sealed partial class StoredTable : ITableTarget
{
    private readonly Table _rows;
    private readonly int[] _physical; // by ordinal
    private readonly bool _isIdentity; // ordinal i is physical column i, and there are no others

    public StoredTable(TableEntry entry, Table rows, string schemaName)
    {
        Entry = entry;
        SchemaName = schemaName;
        _rows = rows;
        _physical = [.. entry.Columns.Select(c => c.Physical)];
        _isIdentity = rows.Columns.Count == _physical.Length && _physical.Select((p, i) => p == i).All(same => same);
    }

    public TableEntry Entry { get; }

    public string SchemaName { get; }

    public Table Rows => _rows;

    /// <summary>Set once, by the table info that owns this.</summary>
    public ImmutableArray<IndexInfo> Indexes { get; set; } = [];

    public ITableScan OpenScan(ExecutionContext context, ScanRequest request) => new StoredScan(this, StatementScope.Of(context).Snapshot, request);

    /// <summary>Physical columns of ordinals; -1 for system columns, which scans compute.</summary>
    internal int Physical(int ordinal) => ordinal < _physical.Length ? _physical[ordinal] : -1;

    public IRowIdCursor OpenIndex(ExecutionContext context, IndexInfo index, IReadOnlyList<IndexRangeSpec> ranges, bool backward, int skipColumns = 0)
    {
        var snapshot = StatementScope.Of(context).Snapshot;
        var tree = Usable(index, snapshot);
        var storageRanges = new IndexRange[ranges.Count];
        for (var i = 0; i < storageRanges.Length; i++)
            storageRanges[i] = IndexRange.Of(tree, ranges[i]);
        var traces = default(LookupTraceTotals);
        if (context.Instrument)
        {
            foreach (var range in storageRanges)
                traces.Add(tree.Trace(range));
        }
        return new Cursor(tree.OpenCursor(snapshot, storageRanges, backward, skipColumns), traces);
    }

    public IIndexLookup OpenLookup(ExecutionContext context, IndexInfo index, int columns)
    {
        var snapshot = StatementScope.Of(context).Snapshot;
        return new Lookup(new IndexLookup(Usable(index, snapshot), snapshot, columns) { Traced = context.Instrument });
    }

    private sealed class Lookup(IndexLookup lookup) : IIndexLookup
    {
        public LookupTraceTotals Traces => lookup.Traces;

        public int Find(Vector[] values, ReadOnlySpan<int> rows, ref int next, Span<long> rowIds, Span<int> pairs) =>
            lookup.Find(values, rows, ref next, MemoryMarshal.Cast<long, RowId>(rowIds), pairs);

        public void Dispose() => lookup.Dispose();
    }

    private TableIndex Usable(IndexInfo index, Storage.Mvcc.Snapshot snapshot)
    {
        var tree = Tree(index, snapshot);
        return tree.IsUsableBy(snapshot) ? tree
            : throw new SqlException(SqlState.SerializationFailure, $"could not serialize access: index \"{index.Name}\" is newer than this transaction");
    }

    public bool CanDecode(IndexInfo index, int keyColumn) => Tree(index).CanDecode(keyColumn);

    private sealed class Cursor(IndexCursor cursor, LookupTraceTotals traces) : IRowIdCursor
    {
        public int Next(Span<long> rowIds) => cursor.Next(MemoryMarshal.Cast<long, RowId>(rowIds));

        public int Next(Span<long> rowIds, int[] keyColumns, VectorWriter[] targets) => cursor.Next(MemoryMarshal.Cast<long, RowId>(rowIds), keyColumns, targets);

        public long EntriesRead => cursor.EntriesRead;

        public LookupTraceTotals Traces => traces;

        public void Dispose() => cursor.Dispose();
    }

    public void Fetch(ExecutionContext context, ReadOnlySpan<long> rowIds, int[] ordinals, Batch target, Selection visible)
    {
        Span<int> physical = stackalloc int[ordinals.Length];
        for (var i = 0; i < physical.Length; i++)
            physical[i] = Physical(ordinals[i]);
        if (physical.Contains(-1))
        {
            FetchWithSystemColumns(context, rowIds, ordinals, target, visible);
            return;
        }
        _rows.Fetch(StatementScope.Of(context).Snapshot, MemoryMarshal.Cast<long, RowId>(rowIds), physical, target, visible);
    }

    private void FetchWithSystemColumns(ExecutionContext context, ReadOnlySpan<long> rowIds, int[] ordinals, Batch target, Selection visible)
    {
        var stored = Enumerable.Range(0, ordinals.Length).Where(i => Physical(ordinals[i]) >= 0).ToArray();
        var batch = new Batch([.. stored.Select(i => target.Columns[i])], 0);
        _rows.Fetch(StatementScope.Of(context).Snapshot, MemoryMarshal.Cast<long, RowId>(rowIds), [.. stored.Select(i => Physical(ordinals[i]))], batch, visible);
        target.Length = batch.Length;
        target.Selection = batch.Selection;
        for (var i = 0; i < ordinals.Length; i++)
        {
            if (Physical(ordinals[i]) < 0)
                SystemColumns.Fill(this, ordinals[i] - _physical.Length, MemoryMarshal.Cast<long, RowId>(rowIds), target.Columns[i]);
        }
    }

    public TableIndex TreeOf(IndexInfo index) => Tree(index);

    private TableIndex Tree(IndexInfo index, Storage.Mvcc.Snapshot? snapshot = null) => _rows.FindIndex(((IndexEntry)index.Handle!).Oid, snapshot)
        ?? throw SqlException.Internal($"index \"{index.Name}\" has no entries");

    public long? FindKey(ExecutionContext context, IndexInfo index, Batch rows, int row)
    {
        if (((IndexEntry)index.Handle!).PredicateColumnId is not 0 and var predicate)
        {
            var ordinal = 0;
            while (Entry.Columns[ordinal].Id != predicate)
                ordinal++;
            var belongs = rows.Columns[ordinal];
            if (!belongs.IsValid(row) || !belongs.GetBool(row))
                return null;
        }
        var snapshot = StatementScope.Of(context).Snapshot;
        var tree = Tree(index, snapshot);
        if (!tree.IsUsableBy(snapshot))
            return null;
        var values = new Vector[index.Columns.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = rows.Columns[index.Columns[i].Ordinal];
        // What a part of the same statement has deleted is still in its snapshot, and in nobody's way.
        return tree.TryFind(snapshot, values, row, out var found) && !_rows.IsDeletedByOwner(snapshot, found) ? (long)found.Value : null;
    }

    public WriteOutcome Append(ExecutionContext context, Batch rows, Span<long> rowIds, IndexInfo? arbiter = null)
    {
        var scope = StatementScope.Of(context);
        var batch = _isIdentity && rows.Columns.Length == _physical.Length ? rows : Arrange(rows, Enumerable.Range(0, _physical.Length), _rows.Columns.Count);
        while (true)
        {
            var result = _rows.Append(scope.Transaction, batch, MemoryMarshal.Cast<long, RowId>(rowIds), arbiter is null ? 0 : ((IndexEntry)arbiter.Handle!).Oid);
            switch (result.Status)
            {
                case WriteStatus.Ok:
                    Appended(scope, rows, rowIds);
                    return default;
                case WriteStatus.DuplicateKey:
                    return new WriteOutcome(InfoOf(scope, result.Index!), result.Row, (long)result.Other.Value);
                case WriteStatus.Busy:
                    scope.Session.WaitFor(result);
                    break;
                default:
                    throw SqlException.Internal($"an insertion into \"{Entry.Name}\" ended with {result.Status}");
            }
        }
    }

    /// <summary>A batch in the order of the storage; columns that nobody has any more are null.</summary>
    private Batch Arrange(Batch rows, IEnumerable<int> ordinals, int width)
    {
        var columns = new Vector[width];
        var source = 0;
        foreach (var ordinal in ordinals)
            columns[_physical[ordinal]] = rows.Columns[source++];
        return new Batch(columns, rows.Length) { Selection = rows.Selection };
    }

    public WriteOutcome Update(ExecutionContext context, ReadOnlySpan<long> rowIds, int[] ordinals, Batch values)
    {
        var scope = StatementScope.Of(context);
        Span<int> physical = stackalloc int[ordinals.Length];
        for (var i = 0; i < physical.Length; i++)
            physical[i] = Physical(ordinals[i]);
        while (true)
        {
            var result = _rows.Update(scope.Snapshot, RowIds(rowIds), physical, values);
            switch (result.Status)
            {
                case WriteStatus.Ok:
                    Updated(scope, rowIds, ordinals, values);
                    return default;
                case WriteStatus.DuplicateKey:
                    return new WriteOutcome(InfoOf(scope, result.Index!), result.Row, (long)result.Other.Value);
                case WriteStatus.Busy when result.Index is not null:
                    scope.Session.WaitFor(result);
                    break;
                default:
                    if (IsConflict(scope, result, rowIds, (RowLockMode)((int)StrengthFor(ordinals) + 1), "updating"))
                        return new WriteOutcome { IsConflict = true };
                    break;
            }
        }
    }

    public WriteOutcome Delete(ExecutionContext context, ReadOnlySpan<long> rowIds)
    {
        var scope = StatementScope.Of(context);
        while (true)
        {
            var result = _rows.Delete(scope.Snapshot, RowIds(rowIds));
            if (result.IsOk)
            {
                Deleted(scope, rowIds);
                return default;
            }
            if (IsConflict(scope, result, rowIds, RowLockMode.Update, "deleting"))
                return new WriteOutcome { IsConflict = true };
        }
    }

    /// <summary>Whether an update of some columns may change a unique key.</summary>
    public RowLockStrength StrengthFor(int[] ordinals) =>
        Indexes.Any(index => index.Unique && index.PredicateSql is null && index.Columns.Any(c => ordinals.Contains(c.Ordinal)))
            ? RowLockStrength.ForUpdate : RowLockStrength.ForNoKeyUpdate;

    /// <summary>What becomes of a row that somebody else has changed, or is changing or locking.</summary>
    /// <returns>True: the caller locks the rows and looks at them again. False: the lock was free in the end, and the row is as it was.</returns>
    private bool IsConflict(StatementScope scope, in WriteResult result, ReadOnlySpan<long> rowIds, RowLockMode mode, string doing)
    {
        if (scope.Transaction.Isolation == IsolationLevel.ReadCommitted || result.Owner == scope.Transaction)
            return true;
        if (result.Status != WriteStatus.Busy)
            throw CannotSerialize(result.Status == WriteStatus.Deleted);
        var outcome = Lock(scope, new RowId((ulong)rowIds[result.Row]), mode, wait: true, doing);
        if (outcome is RowLockOutcome.Changed or RowLockOutcome.Deleted)
            throw CannotSerialize(outcome == RowLockOutcome.Deleted);
        return outcome != RowLockOutcome.Same;
    }

    private RowLockOutcome Lock(StatementScope scope, RowId row, RowLockMode mode, bool wait, string doing)
    {
        try
        {
            return _rows.Lock(scope.Snapshot, row, mode, wait);
        }
        catch (SqlException error) when (error.Where is null && error.SqlState is SqlState.DeadlockDetected or SqlState.LockNotAvailable or SqlState.QueryCanceled)
        {
            error.Where = $"while {doing} tuple {row} in relation \"{Entry.Name}\"";
            throw;
        }
    }

    public void LockRows(ExecutionContext context, ReadOnlySpan<long> rowIds, RowLockStrength strength, RowLockWait wait, Span<RowLockResult> results)
    {
        var scope = StatementScope.Of(context);
        for (var i = 0; i < rowIds.Length; i++)
        {
            var outcome = Lock(scope, new RowId((ulong)rowIds[i]), (RowLockMode)((int)strength + 1), wait == RowLockWait.Block, "locking");
            if (outcome == RowLockOutcome.Busy && wait == RowLockWait.NoWait)
                throw new SqlException(SqlState.LockNotAvailable, $"could not obtain lock on row in relation \"{Entry.Name}\"");
            if (outcome is RowLockOutcome.Changed or RowLockOutcome.Deleted && scope.Transaction.Isolation != IsolationLevel.ReadCommitted)
                throw CannotSerialize(outcome == RowLockOutcome.Deleted);
            results[i] = outcome switch
            {
                RowLockOutcome.Same => RowLockResult.Same,
                RowLockOutcome.Changed => RowLockResult.Changed,
                RowLockOutcome.Busy => RowLockResult.Skipped,
                _ => RowLockResult.Gone,
            };
        }
    }

    /// <summary>Locks rows that the statement has just read.</summary>
    /// <param name="locked">By row: false when it is gone or changed.</param>
    public void Lock(ExecutionContext context, ReadOnlySpan<long> rowIds, RowLockStrength strength, RowLockWait wait, Span<bool> locked)
    {
        Span<RowLockResult> result = stackalloc RowLockResult[1];
        for (var i = 0; i < rowIds.Length; i++)
        {
            LockRows(context, rowIds.Slice(i, 1), strength, wait, result);
            if (result[0] == RowLockResult.Changed)
                throw new RestartStatementException();
            locked[i] = result[0] == RowLockResult.Same;
        }
    }

    public NewestRows OpenNewest(ExecutionContext context)
    {
        var scope = StatementScope.Of(context);
        var newest = new StatementScope(scope.Session, scope.Transaction, scope.Transaction.OpenBefore());
        return new NewestRows(context.Under(newest), newest);
    }

    internal static SqlException CannotSerialize(bool isDelete) =>
        new(SqlState.SerializationFailure, $"could not serialize access due to concurrent {(isDelete ? "delete" : "update")}");

    /// <remarks>An index that is being made, or that was made since the statement was planned, refuses keys already.</remarks>
    private IndexInfo InfoOf(StatementScope scope, TableIndex index)
    {
        foreach (var info in Indexes)
        {
            if (((IndexEntry)info.Handle!).Oid == index.Oid)
                return info;
        }
        var entry = index.Making ?? scope.Transaction.CurrentCatalog.Find<IndexEntry>(index.Oid)
            ?? throw SqlException.Internal($"table \"{Entry.Name}\" has an index {index.Oid} that the statement does not know");
        return TableInfo.Index(Entry, entry);
    }

    public SqlException DuplicateKey(ExecutionContext context, IndexInfo index, Batch rows, int row)
    {
        if (rows.Selection is { } selection)
            row = selection.FillIndices(rows.Length)[row];
        return RowErrors.Duplicate(this, index, i => rows.Columns[i], row, StatementScope.Of(context).Session.Settings.Io);
    }

    /// <summary>The 23505 of a key that two rows still share at the end of the statement.</summary>
    public SqlException DuplicateKey(StatementScope scope, TableIndex tree, RowId other)
    {
        var index = InfoOf(scope, tree);
        using var snapshot = scope.Transaction.BeginStatement();
        using var batch = new Batch(index.Columns.Length);
        using var visible = new Selection(1);
        _rows.Fetch(snapshot, [other], [.. index.Columns.Select(c => Physical(c.Ordinal))], batch, visible);
        return RowErrors.Duplicate(this, index, ordinal => batch.Columns[index.Columns.Select(c => c.Ordinal).ToList().IndexOf(ordinal)], 0, scope.Session.Settings.Io);
    }
}
