using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Catalog;

namespace OmenDb.Engine;

/// <summary>The table that an appender's INSERT reads: whatever batch was handed in last.</summary>
internal sealed class PushedRows(ImmutableArray<ColumnInfo> columns) : ITableInfo, ITableSource
{
    /// <summary>No user's name can look like this one.</summary>
    public const string RelationName = "\u0001rows";

    /// <summary>Valid while the INSERT runs.</summary>
    public Batch? Current { get; set; }

    public int Oid => 0;

    public string SchemaName => "pg_catalog";

    public string Name => RelationName;

    public TableKind Kind => TableKind.SystemTable;

    public ImmutableArray<ColumnInfo> Columns => columns;

    public double RowCount { get; init; } = Batch.DefaultCapacity;

    public ColumnStatistics? Statistics(int ordinal) => null;

    public ImmutableArray<IndexInfo> Indexes => [];

    public ImmutableArray<CheckInfo> Checks => [];

    public string? ViewSql => null;

    public object Handle => this;

    public ITableScan OpenScan(ExecutionContext context, ScanRequest request) =>
        new Scan(Current ?? throw new InvalidOperationException("no rows were handed in"), request.Ordinals, context.Settings.BatchCapacity);

    /// <summary>One worker: the rows keep their order.</summary>
    private sealed class Scan(Batch rows, int[] ordinals, int capacity) : ITableScan, ITableScanWorker
    {
        private int _next;

        public int MaxWorkers => 1;

        public long SkippedVectors => 0;

        public ITableScanWorker CreateWorker() => this;

        public bool Next(Batch target)
        {
            if (_next >= rows.Length)
                return false;
            // A selection stands for the whole batch, which then goes through in one piece.
            var count = rows.Selection is null ? Math.Min(capacity, rows.Length - _next) : rows.Length;
            for (var i = 0; i < ordinals.Length; i++)
                Gather.Slice(rows.Columns[ordinals[i]], _next, count, target.Columns[i]);
            target.Length = count;
            target.Selection = rows.Selection;
            _next += count;
            return true;
        }

        public void Dispose()
        {
        }
    }
}
