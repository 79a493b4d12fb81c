using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Expressions;
using OmenDb.Types;
using ExecutionContext = OmenDb.Engine.Execution.ExecutionContext;

namespace OmenDb.Benchmarks;

/// <summary>A stored table's own buffers, offered without versions, latches or zone maps: the least that a scan can cost.</summary>
/// <param name="stored">Whose columns and statistics the planner sees.</param>
/// <param name="vectors">By vector of 2,048 rows: its columns, as many as the table has.</param>
internal sealed class ArrowTable(ITableInfo stored, List<(Vector[] Columns, int Length)> vectors) : ITableInfo, ITableSource
{
    /// <summary>Vectors that a worker takes at a time, as for stored tables.</summary>
    private const int MorselVectors = 16;

    public int Oid => stored.Oid;

    public string SchemaName => stored.SchemaName;

    public string Name => stored.Name;

    public TableKind Kind => stored.Kind;

    public ImmutableArray<ColumnInfo> Columns => stored.Columns;

    public double RowCount => stored.RowCount;

    public ColumnStatistics? Statistics(int ordinal) => stored.Statistics(ordinal);

    public ImmutableArray<IndexInfo> Indexes => [];

    public ImmutableArray<CheckInfo> Checks => [];

    public string? ViewSql => null;

    public object Handle => this;

    public ITableScan OpenScan(ExecutionContext context, ScanRequest request) => new Scan(vectors, request.Ordinals);

    private sealed class Scan(List<(Vector[] Columns, int Length)> vectors, int[] ordinals) : ITableScan
    {
        private int _next;

        public int MaxWorkers => Math.Max(1, vectors.Count / MorselVectors);

        public long SkippedVectors => 0;

        public ITableScanWorker CreateWorker() => new Worker(this);

        public void Dispose()
        {
        }

        private sealed class Worker(Scan scan) : ITableScanWorker
        {
            private int _vector;
            private int _end;

            public bool Next(Batch target)
            {
                if (_vector == _end)
                {
                    _vector = Interlocked.Add(ref scan._next, MorselVectors) - MorselVectors;
                    _end = Math.Min(_vector + MorselVectors, scan.Count);
                    if (_vector >= scan.Count)
                    {
                        _end = _vector;
                        return false;
                    }
                }
                var (columns, length) = scan.At(_vector++);
                for (var i = 0; i < scan.Ordinals.Length; i++)
                    target.Columns[i].Reference(columns[scan.Ordinals[i]]);
                target.Length = length;
                target.Selection = null;
                return true;
            }

            public void Dispose()
            {
            }
        }

        private int Count => vectors.Count;

        private int[] Ordinals => ordinals;

        private (Vector[] Columns, int Length) At(int vector) => vectors[vector];
    }
}

/// <summary>A session's catalog with one table in the place of another.</summary>
internal sealed class CatalogWith(IPlannerCatalog catalog, ITableInfo table) : IPlannerCatalog
{
    public ImmutableArray<string> SearchPath => catalog.SearchPath;

    public string CurrentDatabase => catalog.CurrentDatabase;

    public ITableInfo? FindTable(string? schema, string name) => name == table.Name ? table : catalog.FindTable(schema, name);

    public bool SchemaExists(string name) => catalog.SchemaExists(name);

    public IReadOnlyList<FunctionInfo> FindFunctions(string? schema, string name) => catalog.FindFunctions(schema, name);

    public SqlType? FindType(string? schema, string name) => catalog.FindType(schema, name);

    public CastContext? FindCast(SqlType from, SqlType to) => catalog.FindCast(from, to);

    public ConstantExpression Evaluate(Expression expression) => catalog.Evaluate(expression);
}
