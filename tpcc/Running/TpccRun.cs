using OmenDb.Tpcc.Transactions;
using OmenDb.Workload.Measuring;
using OmenDb.Workload.Running;
using OmenDb.Workload.Sql;

namespace OmenDb.Tpcc.Running;

/// <summary>How to run the transactions.</summary>
public sealed record TpccRunOptions
{
    /// <summary>Terminals, each with a thread and a connection.</summary>
    public int Clients { get; init; } = 16;

    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan Measured { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    public bool ThinkTimes { get; init; }

    /// <summary>Deliveries go through a queue.</summary>
    public bool DeferredDelivery { get; init; }

    public TpccIsolation Isolation { get; init; } = TpccIsolation.ReadCommitted;

    /// <summary>Of the run; the constants of the load's skew are known by its own seed.</summary>
    public long Seed { get; init; } = 42;
}

/// <summary>Terminals under load.</summary>
public static class TpccRun
{
    /// <summary>Adds the terminals to a driver whose kinds begin with those of <see cref="TransactionKinds.All"/>.</summary>
    /// <param name="freshness">Terminals count in the freshness table: terminal i is client i + 1, and the call says that its newest transaction has been answered.</param>
    public static void AddTerminals(LoadDriver driver, WorkloadSystem system, TpccScale scale, long loadSeed, TpccRunOptions options, Action<TpccSession>? freshness = null)
    {
        DeliveryQueue? queue = null;
        if (options.DeferredDelivery)
        {
            queue = new DeliveryQueue(new TpccSession(system.Open(), options.Isolation), driver.NewRecorder());
            driver.AddWorker("tpcc delivery", () => queue.Run(() => driver.IsStopping));
        }
        for (var i = 0; i < options.Clients; i++)
        {
            var terminal = Terminal.Create(options, scale, loadSeed, system, driver.NewRecorder(), i, queue, freshness is null ? null : i + 1, freshness);
            driver.AddWorker($"tpcc terminal {i + 1}", () => terminal.Run(() => driver.IsStopping));
        }
    }

    public static LoadResult Run(WorkloadSystem system, TpccScale scale, long loadSeed, TpccRunOptions options, Action<LoadProgress>? tick = null, CancellationToken cancellation = default)
    {
        var driver = new LoadDriver(TransactionKinds.All.Select(TransactionKinds.NameOf));
        AddTerminals(driver, system, scale, loadSeed, options);
        return driver.Run(options.WarmUp, options.Measured, options.Interval, tick, cancellation);
    }

    /// <summary>New-order transactions a minute, those that had to be rolled back included (clause 5.4.2).</summary>
    public static double TpmC(LoadResult result) => result.RatePerSecond(kind => kind.Name == TransactionKinds.NameOf(TransactionKind.NewOrder)) * 60;
}
