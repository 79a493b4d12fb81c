using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Rows;
using OmenDb.Types;

namespace OmenDb.Engine.Sources;

/// <summary>Rows in memory, computed when a scan opens: system views and tests.</summary>
/// <param name="types">By ordinal.</param>
/// <param name="rows">The rows, boxed as in ConstantExpression; called once per scan.</param>
public sealed class MemorySource(IReadOnlyList<SqlType> types, Func<ExecutionContext, IEnumerable<object?[]>> rows) : ITableSource
{
    public ITableScan OpenScan(ExecutionContext context, ScanRequest request)
    {
        var columns = request.Ordinals.Select(o => new ColumnBuilder(types[o].Arrow, context.Memory)).ToArray();
        var count = 0;
        foreach (var row in rows(context))
        {
            for (var i = 0; i < columns.Length; i++)
                ValueBox.AppendBoxed(columns[i], row[request.Ordinals[i]], types[request.Ordinals[i]]);
            count++;
        }
        return new Scan(columns, count, context.Settings.BatchCapacity, request.WithRowId);
    }

    private sealed class Scan(ColumnBuilder[] builders, int count, int capacity, bool withRowId) : ITableScan
    {
        private readonly Vector[] _columns = Array.ConvertAll(builders, b => b.View());
        private int _next;

        public int MaxWorkers => Math.Max(1, (count + 4095) / 4096);

        public long SkippedVectors => 0;

        public ITableScanWorker CreateWorker() => new Worker(this);

        public void Dispose()
        {
            foreach (var builder in builders)
                builder.Dispose();
        }

        private sealed class Worker(Scan scan) : ITableScanWorker
        {
            public unsafe bool Next(Batch target)
            {
                var (size, total) = scan.Bounds;
                var start = Interlocked.Add(ref scan._next, size) - size;
                if (start >= total || start < 0)
                    return false;
                target.Length = Math.Min(size, total - start);
                target.Selection = null;
                for (var i = 0; i < scan._columns.Length; i++)
                    Gather.Slice(scan._columns[i], start, target.Length, target.Columns[i]);
                if (scan.WithRowId)
                {
                    var ids = target.Columns[^1];
                    ids.ResetFlat(ArrowType.Int64, target.Length);
                    for (var i = 0; i < target.Length; i++)
                        ((long*)ids.Values)[i] = start + i;
                }
                return true;
            }

            public void Dispose()
            {
            }
        }

        private (int Size, int Total) Bounds => (capacity, count);

        private bool WithRowId => withRowId;
    }
}
