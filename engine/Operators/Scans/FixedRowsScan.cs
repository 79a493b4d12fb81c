using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Sources;

namespace OmenDb.Engine.Operators.Scans;

/// <summary>Stands in for the scan of a table: gives some rows, by id, and no others.</summary>
internal sealed class FixedRowsScan(IIndexedSource source, ExecutionContext context, FixedRows rows, int[] ordinals, bool withRowId) : ITableScan
{
    private int _next;

    public int MaxWorkers => 1;

    public long SkippedVectors => 0;

    public ITableScanWorker CreateWorker() => new Worker(this);

    public void Dispose()
    {
    }

    private sealed class Worker(FixedRowsScan scan) : ITableScanWorker
    {
        private readonly Selection _visible = new(Batch.DefaultCapacity);
        private readonly ExecutionContext _context = scan.Context.Under(scan.Rows.Transaction);
        private Batch? _columns;

        public unsafe bool Next(Batch target)
        {
            var first = scan._next;
            var count = Math.Min(Batch.DefaultCapacity, scan.Rows.RowIds.Length - first);
            if (count <= 0)
                return false;
            scan._next += count;
            var ids = scan.Rows.RowIds.AsSpan(first, count);
            _columns ??= new Batch([.. target.Columns.Take(scan.Ordinals.Length)], 0);
            scan.Source.Fetch(_context, ids, scan.Ordinals, _columns, _visible);
            target.Length = count;
            target.Selection = _columns.Selection;
            if (!scan.WithRowId)
                return true;
            var column = target.Columns[^1];
            column.ResetFlat(ArrowType.Int64, count);
            ids.CopyTo(new Span<long>(column.Values, count));
            return true;
        }

        public void Dispose() => _visible.Dispose();
    }

    private IIndexedSource Source => source;

    private ExecutionContext Context => context;

    private FixedRows Rows => rows;

    private int[] Ordinals => ordinals;

    private bool WithRowId => withRowId;
}
