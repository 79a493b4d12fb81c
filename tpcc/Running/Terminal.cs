using System.Diagnostics;
using OmenDb.Tpcc.Generation;
using OmenDb.Tpcc.Transactions;
using OmenDb.Workload;
using OmenDb.Workload.Measuring;
using OmenDb.Workload.Sql;

namespace OmenDb.Tpcc.Running;

/// <summary>A terminal with its home warehouse and district: draws a card, enters the input, waits for the answer, and again.</summary>
/// <param name="deferred">Takes deliveries; null: the terminal runs them itself.</param>
/// <param name="committed">Called when a transaction that counts freshness has been answered.</param>
internal sealed class Terminal(
    TpccSession session, TpccInputs inputs, WorkloadRandom random, Recorder recorder, bool thinks, DeliveryQueue? deferred = null, Action<TpccSession>? committed = null)
{
    private readonly CardDeck _deck = new(random);

    public static Terminal Create(TpccRunOptions options, TpccScale scale, long loadSeed, WorkloadSystem system, Recorder recorder, int number, DeliveryQueue? deferred,
        int? freshnessClient = null, Action<TpccSession>? committed = null)
    {
        // A stream of its own; the home warehouses go round.
        var random = new WorkloadRandom(options.Seed, number + 1);
        var (warehouse, district) = (number % scale.Warehouses + 1, number / scale.Warehouses % TpccScale.DistrictsPerWarehouse + 1);
        var inputs = new TpccInputs(scale, NonUniform.ForRun(NonUniform.ForLoad(loadSeed), options.Seed), random, warehouse, district);
        return new Terminal(new TpccSession(system.Open(), options.Isolation, freshnessClient), inputs, random, recorder, options.ThinkTimes, deferred, committed);
    }

    /// <param name="isStopping">Asked between transactions, and while the user thinks.</param>
    public void Run(Func<bool> isStopping)
    {
        using (session)
        {
            while (!isStopping())
            {
                var kind = _deck.Draw();
                if (thinks && !Rest(ThinkTimes.Keying(kind), isStopping))
                    return;
                RunOne(kind);
                if (thinks && !Rest(ThinkTimes.Thinking(kind, random), isStopping))
                    return;
            }
        }
    }

    /// <summary>One transaction with its repetitions.</summary>
    public void RunOne(TransactionKind kind)
    {
        var started = Stopwatch.GetTimestamp();
        var now = DateTime.SpecifyKind(DateTime.UtcNow, DateTimeKind.Unspecified);
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond)); // what a timestamp holds
        switch (kind)
        {
            case TransactionKind.NewOrder:
                var order = inputs.NewOrder(now);
                if (Repeat(kind, () => NewOrder.Run(session, order)).RolledBack)
                    recorder.RolledBack((int)kind);
                else
                    committed?.Invoke(session);
                break;
            case TransactionKind.Payment:
                var payment = inputs.Payment(now);
                Repeat(kind, () => Payment.Run(session, payment));
                committed?.Invoke(session);
                break;
            case TransactionKind.OrderStatus:
                var question = inputs.OrderStatus();
                Repeat(kind, () => OrderStatus.Run(session, question));
                break;
            case TransactionKind.Delivery when deferred is not null:
                deferred.Add(inputs.Delivery(now));
                break;
            case TransactionKind.Delivery:
                var delivery = inputs.Delivery(now);
                if (Repeat(kind, () => Delivery.Run(session, delivery)).Delivered > 0)
                    committed?.Invoke(session);
                break;
            default:
                var level = inputs.StockLevel();
                Repeat(kind, () => StockLevel.Run(session, level));
                break;
        }
        recorder.Done((int)kind, started);
    }

    private T Repeat<T>(TransactionKind kind, Func<T> transaction)
    {
        while (true)
        {
            try
            {
                return transaction();
            }
            catch (Exception exception) when (WorkloadErrors.IsRetryable(exception))
            {
                recorder.Retried((int)kind);
                session.Connection.Rollback();
            }
        }
    }

    /// <returns>False: the run has ended meanwhile.</returns>
    private static bool Rest(TimeSpan time, Func<bool> isStopping)
    {
        var slice = TimeSpan.FromMilliseconds(100);
        for (var left = time; left > TimeSpan.Zero; left -= slice)
        {
            if (isStopping())
                return false;
            Thread.Sleep(left < slice ? left : slice);
        }
        return true;
    }
}
