using OmenDb.Tpcc.Transactions;
using OmenDb.Workload;

namespace OmenDb.Tpcc.Running;

/// <summary>How long a user keys and thinks (clause 5.2.5.7, table 5.2).</summary>
internal static class ThinkTimes
{
    public static TimeSpan Keying(TransactionKind kind) => TimeSpan.FromSeconds(kind switch
    {
        TransactionKind.NewOrder => 18,
        TransactionKind.Payment => 3,
        _ => 2,
    });

    /// <summary>Negative exponential, cut at ten times its mean (clause 5.2.5.4).</summary>
    public static TimeSpan Thinking(TransactionKind kind, WorkloadRandom random)
    {
        var mean = kind switch
        {
            TransactionKind.NewOrder or TransactionKind.Payment => 12.0,
            TransactionKind.OrderStatus => 10.0,
            _ => 5.0,
        };
        return TimeSpan.FromSeconds(Math.Min(-Math.Log(1 - random.NextDouble()) * mean, mean * 10));
    }
}
