using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Execution;
using OmenDb.Planner.Catalog;
using OmenDb.Storage.Indexes;

namespace OmenDb.Engine.Sources;

/// <summary>Rows that a scan reads: a stored table, a computed system view, a test table. It is what <see cref="ITableInfo.Handle"/> holds.</summary>
public interface ITableSource
{
    ITableScan OpenScan(ExecutionContext context, ScanRequest request);
}

/// <summary>What a scan wants.</summary>
/// <param name="Ordinals">Table columns, by ordinal.</param>
/// <param name="WithRowId">An int8 column with the physical row id comes last.</param>
/// <param name="Bounds">Conditions that every row must meet: only for skipping, the scan's filter checks them again.</param>
public sealed record ScanRequest(int[] Ordinals, bool WithRowId, IReadOnlyList<ScanBound> Bounds);

/// <summary>column op value, with the value in row 0 of a constant vector of the column's type.</summary>
public sealed record ScanBound(int Ordinal, CompareOp Op, Vector Value);

/// <summary>An open scan; ended after the last batch is done with.</summary>
public interface ITableScan : IDisposable
{
    /// <summary>Workers that have something to do.</summary>
    int MaxWorkers { get; }

    /// <summary>Vectors that bounds have ruled out, so far.</summary>
    long SkippedVectors { get; }

    /// <summary>Columns of segments that were read from their checkpoint file, so far, and their bytes.</summary>
    (long Columns, long Bytes) Loaded => default;

    ITableScanWorker CreateWorker();
}

public interface ITableScanWorker : IDisposable
{
    /// <param name="target">Has one column per requested one (and the row id); receives the rows, valid until the next call.</param>
    /// <returns>False at the end.</returns>
    bool Next(Batch target);
}

/// <summary>A table with indexes and rows that have ids.</summary>
public interface IIndexedSource : ITableSource
{
    /// <summary>Row ids in index order, visible to the transaction and with the key re-checked.</summary>
    /// <param name="context">Whose snapshot counts.</param>
    /// <param name="index">Of this table.</param>
    /// <param name="ranges">Ascending and apart. Values in constant vectors, of the columns' types or of another width.</param>
    /// <param name="backward">From the end of the last range.</param>
    /// <param name="skipColumns">Of the rows that agree in so many leading key columns only the first one; 0: all.</param>
    IRowIdCursor OpenIndex(ExecutionContext context, IndexInfo index, IReadOnlyList<IndexRangeSpec> ranges, bool backward, int skipColumns = 0);

    /// <summary>For many keys, as joins have them.</summary>
    /// <param name="context">Whose snapshot counts.</param>
    /// <param name="index">Of this table.</param>
    /// <param name="columns">Leading key columns that are given.</param>
    IIndexLookup OpenLookup(ExecutionContext context, IndexInfo index, int columns) => new RangeLookup(this, context, index);

    /// <summary>Whether the cursor can give out the values of a key column, by position in the key.</summary>
    bool CanDecode(IndexInfo index, int keyColumn) => false;

    /// <summary>The rows of some ids; rows that are not visible are left out through the batch's selection.</summary>
    /// <param name="visible">Becomes the batch's selection when rows are missing; large enough.</param>
    void Fetch(ExecutionContext context, ReadOnlySpan<long> rowIds, int[] ordinals, Batch target, Selection visible);
}

public interface IRowIdCursor : IDisposable
{
    /// <returns>How many ids were written; 0: the end.</returns>
    int Next(Span<long> rowIds);

    /// <summary>The same with the values of some key columns that can be decoded.</summary>
    /// <param name="rowIds">Room for ids.</param>
    /// <param name="keyColumns">Positions in the key.</param>
    /// <param name="targets">One per column, empty, with room for as many values.</param>
    int Next(Span<long> rowIds, int[] keyColumns, VectorWriter[] targets) => throw Types.SqlException.Internal("the index gives out no keys");

    /// <summary>Entries looked at so far, those of invisible versions included.</summary>
    long EntriesRead => 0;

    /// <summary>How the beginnings of the ranges were found, where the execution is instrumented.</summary>
    LookupTraceTotals Traces => default;
}

/// <summary>Looks many keys up.</summary>
public interface IIndexLookup : IDisposable
{
    /// <summary>Finds the rows of some keys, as far as there is room.</summary>
    /// <param name="values">One vector per key column.</param>
    /// <param name="rows">Which rows of the vectors; a null finds nothing.</param>
    /// <param name="next">The first of them that has not been looked up; moves on.</param>
    /// <param name="rowIds">Room for ids.</param>
    /// <param name="pairs">Receives, for each id, the row of the vectors.</param>
    /// <returns>How many were found; 0: all has been given out.</returns>
    int Find(Vector[] values, ReadOnlySpan<int> rows, ref int next, Span<long> rowIds, Span<int> pairs);

    /// <summary>How the keys were found, where the execution is instrumented.</summary>
    LookupTraceTotals Traces => default;
}

/// <summary>One range per key: for sources without something better.</summary>
internal sealed class RangeLookup(IIndexedSource source, ExecutionContext context, IndexInfo index) : IIndexLookup
{
    private IRowIdCursor? _cursor;

    public int Find(Vector[] values, ReadOnlySpan<int> rows, ref int next, Span<long> rowIds, Span<int> pairs)
    {
        var count = 0;
        while (count < rowIds.Length)
        {
            if (_cursor is null)
            {
                if (next >= rows.Length)
                    break;
                var row = rows[next++];
                if (!Array.TrueForAll(values, v => v.IsValid(row)))
                    continue;
                _cursor = source.OpenIndex(context, index, [new IndexRangeSpec { Prefix = values, Row = row }], backward: false);
            }
            var read = _cursor.Next(rowIds[count..]);
            pairs.Slice(count, read).Fill(rows[next - 1]);
            count += read;
            if (read > 0)
                continue;
            _cursor.Dispose();
            _cursor = null;
        }
        return count;
    }

    public void Dispose() => _cursor?.Dispose();
}

/// <summary>How a write of rows ended.</summary>
/// <param name="Duplicate">The unique index that already holds the key; null: written.</param>
/// <param name="Row">Which of the rows given.</param>
/// <param name="ExistingRowId">The row that holds the key.</param>
public readonly record struct WriteOutcome(IndexInfo? Duplicate, int Row, long ExistingRowId)
{
    /// <summary>READ COMMITTED: a row was changed, or is being changed or locked, by somebody else. Nothing was written: lock the rows, look at them again,
    /// and write them under <see cref="ITableTarget.OpenNewest"/>.</summary>
    public bool IsConflict { get; init; }
}

/// <summary>How locking a row ended.</summary>
public enum RowLockResult : byte
{
    /// <summary>Locked, and its newest version is the one that the statement sees.</summary>
    Same,
    /// <summary>Locked, but its newest version is younger than the statement's snapshot (READ COMMITTED only).</summary>
    Changed,
    /// <summary>The row has been deleted (READ COMMITTED only).</summary>
    Gone,
    /// <summary>SKIP LOCKED: somebody else has it.</summary>
    Skipped,
}

/// <summary>A table that can be changed. Implementations wait for other transactions' locks, check cancellation while they wait, and raise
/// 40001, 40P01 and 55P03 themselves.</summary>
public interface ITableTarget : IIndexedSource
{
    /// <summary>Appends the selected rows, one vector per table column by ordinal: all or none.</summary>
    /// <param name="arbiter">The unique index to look at before all others; null: any order.</param>
    WriteOutcome Append(ExecutionContext context, Batch rows, Span<long> rowIds, IndexInfo? arbiter = null);

    /// <summary>The row that has a row's key in a unique index, as the context's snapshot sees it; null: none, or the row does not belong to the index.</summary>
    /// <param name="rows">One vector per table column.</param>
    long? FindKey(ExecutionContext context, IndexInfo index, Batch rows, int row);

    /// <summary>Gives rows new values in some columns: all or none.</summary>
    WriteOutcome Update(ExecutionContext context, ReadOnlySpan<long> rowIds, int[] ordinals, Batch values);

    /// <summary>Deletes rows: all or none.</summary>
    WriteOutcome Delete(ExecutionContext context, ReadOnlySpan<long> rowIds);

    /// <summary>The 23505 error for a duplicate, with its detail line.</summary>
    Types.SqlException DuplicateKey(ExecutionContext context, IndexInfo index, Batch rows, int row);

    /// <summary>Row locks of SELECT ... FOR UPDATE/SHARE.</summary>
    /// <param name="results">By row.</param>
    void LockRows(ExecutionContext context, ReadOnlySpan<long> rowIds, Planner.Plans.RowLockStrength strength, Planner.Plans.RowLockWait wait, Span<RowLockResult> results);

    /// <summary>How strong a lock the rows need before some of their columns are changed.</summary>
    Planner.Plans.RowLockStrength StrengthFor(int[] ordinals);

    /// <summary>A statement's view of the newest versions: for rows that it has locked. Dispose it.</summary>
    NewestRows OpenNewest(ExecutionContext context);
}

/// <summary>The newest committed versions of everything, for rows that were locked before this was opened.</summary>
public sealed class NewestRows(ExecutionContext context, IDisposable scope) : IDisposable
{
    public ExecutionContext Context => context;

    public void Dispose() => scope.Dispose();
}
