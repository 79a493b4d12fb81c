using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Functions;
using OmenDb.Engine.Functions.Casts;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Grammar;
using OmenDb.Planner.Rules;
using OmenDb.Types;
using ExecutionContext = OmenDb.Engine.Execution.ExecutionContext;

namespace OmenDb.Engine.Tests;

/// <summary>SQL over tables in memory: parser, binder, rules and engine without storage.</summary>
internal sealed class TestDatabase : IPlannerCatalog
{
    private readonly Dictionary<string, Table> _tables = [];

    private sealed class Table(string name, ImmutableArray<ColumnInfo> columns, ITableSource source, int oid) : ITableInfo
    {
        public double Rows { get; set; } = 10;

        public int Oid => oid;

        public string SchemaName => "public";

        public string Name => name;

        public TableKind Kind => TableKind.Table;

        public ImmutableArray<ColumnInfo> Columns => columns;

        public double RowCount => Rows;

        public ColumnStatistics? Statistics(int ordinal) => null;

        public ImmutableArray<IndexInfo> Indexes { get; init; } = [];

        public ImmutableArray<CheckInfo> Checks => [];

        public string? ViewSql => null;

        public object? Handle => source;
    }

    public TestDatabase Add(string name, (string Name, SqlType Type)[] columns, params object?[][] rows)
    {
        _tables[name] = new Table(name, [.. columns.Select(c => new ColumnInfo(c.Name, c.Type))],
            new MemorySource([.. columns.Select(c => c.Type)], _ => rows), 20000 + _tables.Count) { Rows = rows.Length };
        return this;
    }

    /// <summary>A table with an index over some of its integer columns, the first index being unique.</summary>
    public IndexedSource AddIndexed(string name, (string Name, SqlType Type)[] columns, int[][] indexes, double rowCount, params object?[][] rows)
    {
        var source = new IndexedSource([.. columns.Select(c => c.Type)], rows);
        _tables[name] = new Table(name, [.. columns.Select(c => new ColumnInfo(c.Name, c.Type))], source, 20000 + _tables.Count)
        {
            Rows = rowCount,
            Indexes = [.. indexes.Select((ordinals, i) => new IndexInfo($"{name}_{i}", [.. ordinals.Select(o => new IndexColumnInfo(o))], Unique: i == 0))],
        };
        return source;
    }

    public ImmutableArray<string> SearchPath => ["pg_catalog", "public"];

    public string CurrentDatabase => "test";

    public ITableInfo? FindTable(string? schema, string name) => _tables.GetValueOrDefault(name);

    public bool SchemaExists(string name) => name is "public" or "pg_catalog";

    public IReadOnlyList<FunctionInfo> FindFunctions(string? schema, string name) => FunctionRegistry.Find(name);

    public SqlType? FindType(string? schema, string name) => null;

    public CastContext? FindCast(SqlType from, SqlType to) => CastTable.Find(from, to);

    public ConstantExpression Evaluate(Expression expression) => QueryExecutor.EvaluateConstant(expression);

    public PreparedPlan Prepare(string sql)
    {
        var bound = new Binder(this).Bind(SqlParser.ParseStatement(sql));
        return QueryExecutor.Compile(Optimizer.Optimize(bound, this));
    }

    public static readonly ExecutionSettings[] Modes =
    [
        ExecutionSettings.Default with { MaxParallelism = 1 },
        ExecutionSettings.Default with { BatchCapacity = 4, MaxParallelism = 1 },
        ExecutionSettings.Default with { BatchCapacity = 4, ConstantHash = true, MaxParallelism = 1 },
        ExecutionSettings.Default with { BatchCapacity = 64, MaxParallelism = 4 },
    ];

    private static readonly Lazy<SpillSpace> SpillSpace = new(() =>
    {
        var directory = Directory.CreateTempSubdirectory("omendb-spill-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(directory, recursive: true);
        return new SpillSpace(OmenDb.Storage.FileSystem.OsFileSystem.Instance, directory);
    });

    /// <summary>A context that may put aside what does not fit.</summary>
    public static ExecutionContext SpillingContext(ExecutionSettings settings) => new()
    {
        Settings = settings,
        Spill = SpillSpace.Value,
        Memory = new QueryMemory(MemoryAccountant.Unlimited, settings.QueryMemoryLimitBytes),
    };

    /// <summary>The rows as PostgreSQL's unaligned text, columns joined by '|', null as the empty string.</summary>
    public List<string> Query(string sql, ExecutionSettings? settings = null, ParameterSet? parameters = null)
    {
        using var context = new ExecutionContext { Settings = settings ?? Modes[0], Parameters = parameters ?? ParameterSet.Empty };
        using var cursor = Prepare(sql).Execute(context);
        return Read(cursor);
    }

    public static unsafe List<string> Read(ResultCursor cursor)
    {
        var lines = new List<string>();
        while (cursor.NextBatch(out var batch))
        {
            for (var row = 0; row < batch.Length; row++)
            {
                if (batch.Selection is { } s && !(s.IsSparse ? new ReadOnlySpan<int>(s.Indices, s.Count).Contains(row) : Arrow.Compute.Bits.Get(s.Mask, row)))
                    continue;
                lines.Add(string.Join("|", cursor.Columns.Select((c, i) =>
                    batch.Columns[i].IsValid(row) ? TypeIo.FormatString(c.Type, batch.Columns[i], row, IoContext.Default) : "")));
            }
        }
        return lines;
    }
}
