using System.Diagnostics;
using OmenDb.Workload;
using OmenDb.Workload.Measuring;
using OmenDb.Workload.Running;
using OmenDb.Workload.Sql;
using OmenDb.Ycsb.Choice;
using OmenDb.Ycsb.Targets;

namespace OmenDb.Ycsb.Running;

/// <summary>How to run a workload.</summary>
public sealed record YcsbRunOptions
{
    public required YcsbWorkload Workload { get; init; }

    /// <summary>Null: the workload's own.</summary>
    public KeyChoice? Choice { get; init; }

    public int Threads { get; init; } = 1;

    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(2);

    public TimeSpan Measured { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>0: as many as the time allows.</summary>
    public long Operations { get; init; }

    public long Seed { get; init; } = 42;
}

/// <summary>Threads with a client each, under load.</summary>
public static class YcsbRun
{
    /// <param name="table">Its number of records is that before the run.</param>
    /// <exception cref="LoadFailedException">A client failed, or did not find a record that is there.</exception>
    public static LoadResult Run(YcsbTarget target, YcsbTable table, YcsbRunOptions options, Action<LoadProgress>? tick = null, CancellationToken cancellation = default)
    {
        var driver = new LoadDriver(Enum.GetValues<YcsbOperation>().Select(YcsbWorkload.NameOf));
        var inserts = new InsertCounter(table.Records);
        var values = new FieldValues(table.FieldLength, options.Seed);
        var left = options.Operations > 0 ? options.Operations : long.MaxValue;
        for (var i = 0; i < options.Threads; i++)
        {
            var worker = new Worker(target.OpenClient(table), table, options, inserts, values, driver.NewRecorder(), new WorkloadRandom(options.Seed, i + 1));
            driver.AddWorker($"ycsb {i + 1}", () => worker.Run(() => driver.IsStopping || Interlocked.Decrement(ref left) < 0));
        }
        // A given number of operations is measured from the first to the last.
        return driver.Run(options.Operations > 0 ? TimeSpan.Zero : options.WarmUp, options.Operations > 0 ? TimeSpan.FromDays(1) : options.Measured,
            TimeSpan.FromSeconds(1), tick, cancellation);
    }

    private sealed class Worker(
        YcsbClient client, YcsbTable table, YcsbRunOptions options, InsertCounter inserts, FieldValues values, Recorder recorder, WorkloadRandom random)
    {
        private readonly RecordChooser _chooser = RecordChooser.Create(options.Choice ?? options.Workload.Choice, table.Records);

        public void Run(Func<bool> isOver)
        {
            using (client)
            {
                while (!isOver())
                {
                    var operation = Draw();
                    var started = Stopwatch.GetTimestamp();
                    while (!TryRun(operation))
                    {
                        // an error that asks for another try
                    }
                    recorder.Done((int)operation, started);
                }
            }
        }

        private YcsbOperation Draw()
        {
            var card = random.Next(0, 99);
            var operation = 0;
            for (; card >= options.Workload.Shares[operation]; operation++)
                card -= options.Workload.Shares[operation];
            return (YcsbOperation)operation;
        }

        private bool TryRun(YcsbOperation operation)
        {
            try
            {
                RunOne(operation);
                return true;
            }
            catch (Exception exception) when (WorkloadErrors.IsRetryable(exception))
            {
                recorder.Retried((int)operation);
                client.Rollback();
                return false;
            }
        }

        private void RunOne(YcsbOperation operation)
        {
            if (operation == YcsbOperation.Insert)
            {
                var record = inserts.Take();
                var fields = new string[table.Fields];
                for (var i = 0; i < fields.Length; i++)
                    fields[i] = values.NextText(random);
                client.Insert(table.KeyOf(record), fields);
                inserts.Acknowledge(record);
                return;
            }
            var key = table.KeyOf(_chooser.Next(random, inserts.Count));
            var isRight = operation switch
            {
                YcsbOperation.Read => client.Read(key) == (long)table.Fields * table.FieldLength,
                YcsbOperation.Update => client.Update(key, random.Next(0, table.Fields - 1), values.NextText(random)),
                YcsbOperation.Scan => client.Scan(key, random.Next(1, YcsbTable.LongestScan)) > 0,
                _ => client.ReadModifyWrite(key, random.Next(0, table.Fields - 1), values.NextText(random)),
            };
            if (!isRight)
                throw new InvalidOperationException($"{YcsbWorkload.NameOf(operation)} of {key}: the record is missing, or not of the length that it should have");
        }
    }
}
