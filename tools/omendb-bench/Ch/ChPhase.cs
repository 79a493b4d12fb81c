using OmenDb.Tools.Bench.Workloads;
using OmenDb.Tpcc;
using OmenDb.Tpcc.Ch;
using OmenDb.Tpcc.Running;
using OmenDb.Tpcc.Transactions;
using OmenDb.Workload.Measuring;
using OmenDb.Workload.Running;
using OmenDb.Workload.Sql;
using Spectre.Console;

namespace OmenDb.Tools.Bench.Ch;

/// <summary>What so many clients of both kinds reached together.</summary>
/// <param name="Staleness">The most that a query did not see; null: no query ran beside transactions.</param>
internal sealed record ChPhaseResult(int TransactionClients, int AnalyticClients, LoadResult Load, TimeSpan? Staleness)
{
    private static readonly int TransactionCount = TransactionKinds.All.Count;

    public double TransactionsPerSecond => Load.Kinds.Take(TransactionCount).Sum(kind => kind.Count) / Load.Seconds;

    public double TpmC => TpccRun.TpmC(Load);

    public double QueriesPerHour => Queries.Sum(kind => kind.Count) / Load.Seconds * 3600;

    public IEnumerable<KindResult> Queries => Load.Kinds.Skip(TransactionCount);

    public LatencyHistogram NewOrders => Load.Kinds[(int)TransactionKind.NewOrder].Latency;

    public static string[] KindNames => [.. TransactionKinds.All.Select(TransactionKinds.NameOf), .. ChQuery.All.Select(query => $"Q{query.Number}")];

    public static bool IsTransaction(int kind) => kind < TransactionCount;

    public static ChPhaseResult Run(IAnsiConsole console, WorkloadSystem system, ChBenchOptions options, int transactionClients, int analyticClients, CancellationToken cancellation)
    {
        FreshnessTracker.CreateTable(system, Math.Max(1, transactionClients));
        var driver = new LoadDriver(KindNames);
        var isMixed = transactionClients > 0 && analyticClients > 0;
        var freshness = new FreshnessTracker(Math.Max(1, transactionClients));
        if (transactionClients > 0)
        {
            TpccRun.AddTerminals(driver, system, new TpccScale(options.Warehouses), options.LoadSeed,
                options.Run with { Clients = transactionClients }, freshness.Answered);
        }
        var clients = new List<AnalyticClient>();
        for (var i = 0; i < analyticClients; i++)
        {
            var client = new AnalyticClient(system.Open(), driver.NewRecorder(), TransactionCount, i * ChQuery.All.Count / analyticClients, isMixed ? freshness : null);
            clients.Add(client);
            driver.AddWorker($"ch analytic {i + 1}", () => client.Run(() => driver.IsStopping));
            driver.Stopping += client.Cancel;
        }
        try
        {
            var live = new LiveRates(console, KindNames, _ => $"{transactionClients} transaction clients, {analyticClients} analytic");
            var result = live.Run(tick => driver.Run(options.Run.WarmUp, options.Run.Measured, options.Run.Interval, tick, cancellation));
            return new ChPhaseResult(transactionClients, analyticClients, result, isMixed ? clients.Max(client => client.MostStaleness) : null);
        }
        finally
        {
            foreach (var client in clients)
                client.Dispose();
        }
    }
}
