using System.Collections.Concurrent;
using System.Diagnostics;
using OmenDb.Tpcc.Transactions;
using OmenDb.Workload.Measuring;
using OmenDb.Workload.Sql;

namespace OmenDb.Tpcc.Running;

/// <summary>Deferred deliveries (clause 2.7.2): the terminal only queues them, one worker runs them in their order.</summary>
internal sealed class DeliveryQueue(TpccSession session, Recorder recorder)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    private readonly BlockingCollection<DeliveryInput> _queue = [];

    public void Add(DeliveryInput input) => _queue.Add(input);

    /// <summary>Until the end of the run; what is queued then stays undone.</summary>
    public void Run(Func<bool> isStopping)
    {
        using (session)
        {
            while (!isStopping())
            {
                if (!_queue.TryTake(out var input, Patience))
                    continue;
                var started = Stopwatch.GetTimestamp();
                while (!TryRun(input))
                {
                }
                recorder.Done((int)TransactionKind.DeferredDelivery, started);
            }
        }
    }

    private bool TryRun(DeliveryInput input)
    {
        try
        {
            Delivery.Run(session, input);
            return true;
        }
        catch (Exception exception) when (WorkloadErrors.IsRetryable(exception))
        {
            recorder.Retried((int)TransactionKind.DeferredDelivery);
            session.Connection.Rollback();
            return false;
        }
    }
}
