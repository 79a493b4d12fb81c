using BenchmarkDotNet.Attributes;
using OmenDb.Arrow;
using OmenDb.Engine;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Grammar;
using OmenDb.Planner.Rules;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using ExecutionContext = OmenDb.Engine.Execution.ExecutionContext;

namespace OmenDb.Benchmarks;

/// <summary>What multi-version storage costs a reader when nobody writes: the same plan over a quiet table, and over its buffers as a plain Arrow source.
/// At most 3 % are allowed.</summary>
public class QuietScanBenchmarks
{
    private const int Rows = 4_000_000;

    private Database _database = null!;
    private Session _session = null!;
    private PreparedPlan _overArrow = null!;
    private PreparedPlan _overTable = null!;
    private Snapshot _snapshot = null!;
    private TableScan _scan = null!;

    [Params(
        "SELECT sum(a) FROM t",
        "SELECT count(*) FROM t WHERE a < 100 AND b > 5",
        "SELECT c, count(*), sum(b), min(d) FROM t GROUP BY c",
        "SELECT count(*) FROM t WHERE s LIKE 'name 1%'")]
    public string Sql { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        _database = Database.OpenInMemory();
        _session = _database.CreateSession();
        foreach (var result in _session.ExecuteScript($"""
            CREATE TABLE t (a int NOT NULL, b bigint NOT NULL, c int NOT NULL, d date NOT NULL, s text NOT NULL);
            INSERT INTO t SELECT i % 1000, i, i % 7, date '2000-01-01' + i % 3000, 'name ' || i % 100 FROM generate_series(1, {Rows}) i;
            ANALYZE t;
            """))
        {
            while (result.Portal.NextBatch(out _))
            {
            }
        }
        var catalog = _session.CurrentNames;
        var stored = (Engine.Catalog.TableInfo)catalog.FindTable(null, "t")!;
        var arrow = new ArrowTable(stored, Borrow(stored));
        _overArrow = Plan(new CatalogWith(catalog, arrow));
        _overTable = Plan(catalog);
    }

    /// <summary>The table's buffers, retained for the whole measurement.</summary>
    private List<(Vector[] Columns, int Length)> Borrow(Engine.Catalog.TableInfo stored)
    {
        var columns = Enumerable.Range(0, stored.Entry.Columns.Length).ToArray();
        var vectors = new List<(Vector[], int)>();
        _snapshot = _database.Storage.Transactions.OpenSnapshot();
        _scan = stored.Table.Rows.OpenScan(_snapshot, columns);
        var scratch = new Selection(Batch.DefaultCapacity);
        while (_scan.TryNextMorsel(out var morsel))
        {
            for (var v = 0; v < morsel.VectorCount; v++)
            {
                var batch = new Batch(columns.Length);
                if (_scan.Read(morsel, v, batch, scratch, out _) > 0)
                    vectors.Add((batch.Columns, batch.Length));
            }
        }
        return vectors;
    }

    private PreparedPlan Plan(IPlannerCatalog catalog) =>
        QueryExecutor.Compile(Optimizer.Optimize(new Binder(catalog).Bind(SqlParser.ParseStatement(Sql)), catalog));

    [GlobalCleanup]
    public void Cleanup()
    {
        _scan.Dispose();
        _snapshot.Dispose();
        _session.Dispose();
        _database.Dispose();
    }

    [Benchmark(Baseline = true)]
    public long PlainArrow() => Run(_overArrow, null);

    [Benchmark]
    public long QuietTable()
    {
        var transaction = _database.Storage.Begin();
        using var snapshot = transaction.BeginStatement();
        var rows = Run(_overTable, new StatementScope(_session, transaction, snapshot));
        _database.Storage.Rollback(transaction);
        return rows;
    }

    private static long Run(PreparedPlan plan, StatementScope? scope)
    {
        using var context = new ExecutionContext { Transaction = scope };
        using var cursor = plan.Execute(context);
        var rows = 0L;
        while (cursor.NextBatch(out var batch))
            rows += batch.RowCount;
        return rows;
    }
}
