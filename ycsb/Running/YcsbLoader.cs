using OmenDb.Workload;
using OmenDb.Ycsb.Targets;

namespace OmenDb.Ycsb.Running;

/// <summary>Fills the table.</summary>
public static class YcsbLoader
{
    /// <summary>Records that one unit of work adds.</summary>
    private const int UnitRecords = 10_000;

    /// <param name="progress">Records added since the last call; called by many threads.</param>
    public static void Load(YcsbTarget target, YcsbTable table, int workers, long seed, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        target.CreateTable(table);
        var values = new FieldValues(table.FieldLength, seed);
        var next = 0L;
        Exception? failure = null;
        var threads = Enumerable.Range(0, Math.Clamp(workers, 1, target.MostLoaders)).Select(_ => new Thread(Work) { IsBackground = true, Name = "ycsb load" }).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        cancellation.ThrowIfCancellationRequested();
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        target.FinishLoad(table);

        void Work()
        {
            try
            {
                using var session = target.OpenLoad(table);
                var random = new WorkloadRandom(seed, 0);
                var fields = new ReadOnlyMemory<byte>[table.Fields];
                while (failure is null && !cancellation.IsCancellationRequested)
                {
                    var first = Interlocked.Add(ref next, UnitRecords) - UnitRecords;
                    if (first >= table.Records)
                        break;
                    random.Restart(seed, first);
                    var end = Math.Min(first + UnitRecords, table.Records);
                    for (var record = first; record < end; record++)
                    {
                        for (var i = 0; i < fields.Length; i++)
                            fields[i] = values.NextBytes(random);
                        session.Add(table.KeyOf(record), fields);
                    }
                    progress?.Invoke(end - first);
                }
                if (failure is null && !cancellation.IsCancellationRequested)
                    session.Complete();
            }
#pragma warning disable CA1031 // thrown again by the thread that waits
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Interlocked.CompareExchange(ref failure, exception, null);
            }
        }
    }
}
