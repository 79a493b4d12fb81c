using OmenDb.Tpcc.Ch;
using OmenDb.Tpcc.Transactions;
using OmenDb.Workload.Running;

namespace OmenDb.Tpcc.Tests;

/// <summary>The 22 queries over a small load. Numbers of rows are those of PostgreSQL 15 over the same data.</summary>
public sealed class ChTests(SharedDatabase shared) : IClassFixture<SharedDatabase>
{
    public static TheoryData<int> Numbers => new(Enumerable.Range(1, 22));

    /// <summary>Columns and rows of each query.</summary>
    private static readonly (int Columns, int Rows)[] Shapes =
    [
        (6, 15), (8, 0), (5, 1), (2, 11), (2, 5), (1, 1), (4, 0), (2, 0), (3, 0), (6, 210), (2, 0), (3, 11), (2, 5), (1, 1), (5, 99), (4, 199), (1, 1), (6, 90), (1, 1), (2, 0), (2, 0), (3, 0),
    ];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Query_has_its_shape(int number)
    {
        using var connection = shared.Small.System.Open();
        var rows = connection.Query(ChQuery.All[number - 1].Text);
        Assert.Equal(Shapes[number - 1].Rows, rows.Count);
        Assert.All(rows, row => Assert.Equal(Shapes[number - 1].Columns, row.Count));
    }

    [Fact]
    public void A_query_that_misses_an_answered_transaction_is_stale()
    {
        var tracker = new FreshnessTracker(2);
        tracker.Answered(1, 100);
        tracker.Answered(1, 200);
        tracker.Answered(2, 150);
        Assert.Equal(TimeSpan.Zero, tracker.StalenessOf([(1, 2), (2, 1)], 1000));
        // Client 1's second transaction was answered at 200, client 2's first at 150.
        Assert.Equal(System.Diagnostics.Stopwatch.GetElapsedTime(200, 1000), tracker.StalenessOf([(1, 1), (2, 1)], 1000));
        Assert.Equal(System.Diagnostics.Stopwatch.GetElapsedTime(150, 1000), tracker.StalenessOf([(1, 1), (2, 0)], 1000));
        // Answered after the question: need not be seen.
        Assert.Equal(TimeSpan.Zero, tracker.StalenessOf([(1, 1), (2, 1)], 180));
    }

    [Fact]
    public void Queries_beside_transactions_see_all_that_was_answered_before()
    {
        using var database = new SmallDatabase(withCh: true);
        FreshnessTracker.CreateTable(database.System, 2);
        var tracker = new FreshnessTracker(2);
        var driver = new LoadDriver([.. TransactionKinds.All.Select(TransactionKinds.NameOf), .. ChQuery.All.Select(query => $"Q{query.Number}")]);
        Running.TpccRun.AddTerminals(driver, database.System, database.Scale, SmallDatabase.Seed, new Running.TpccRunOptions { Clients = 2 }, tracker.Answered);
        var asked = 0;
        using var client = new AnalyticClient(database.System.Open(), driver.NewRecorder(), TransactionKinds.All.Count, 0, tracker);
        driver.AddWorker("analytic", () =>
        {
            client.Run(() => asked++ == 22);
            throw new OperationCanceledException("enough");
        });
        Assert.IsType<OperationCanceledException>(Assert.Throws<LoadFailedException>(() => driver.Run(TimeSpan.Zero, TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(1))).InnerException);
        Assert.Equal(23, asked);
        Assert.Equal(TimeSpan.Zero, client.MostStaleness);
        Assert.NotEqual(0, database.Number("SELECT sum(f_sequence) FROM freshness"));
        Assert.All(Checks.ConsistencyConditions.Check(database.System), result => Assert.Equal(0, result.Violations));
    }
}
