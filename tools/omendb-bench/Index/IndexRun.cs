using System.Diagnostics;
using Spectre.Console;

namespace OmenDb.Tools.Bench.Index;

/// <summary>Builds every structure in every way that was asked for and measures it: all structures of a phase in turn, run by run, so
/// that ratios come from the same minutes of the same machine.</summary>
internal sealed class IndexRun(IndexOptions options, IAnsiConsole console)
{
    private const int ScanRows = 100;
    private const int ReadsPerRun = 1 << 20;
    private const int PartKeys = 1 << 17;
    private const int ChunkKeys = 1 << 20;
    private const int MaxDeletes = 1 << 20;
    private const int MaxTimedInserts = 1 << 19;

    /// <summary>Keys up to which building is repeated.</summary>
    private const int RepeatedBuildKeys = 2_000_000;

    private readonly ulong[] _rows = new ulong[ChunkKeys];

    public IReadOnlyList<IndexFigures> Execute(CancellationToken cancellation)
    {
        var figures = new List<IndexFigures>();
        // Bars are drawn between measurements, never during one.
        console.Progress().AutoRefresh(false).HideCompleted(false).Start(context =>
        {
            var prepare = context.AddTask("warm-up and keys", maxValue: 2);
            var bars = options.Phases.ToDictionary(phase => phase, phase => context.AddTask(phase.ToString().ToLowerInvariant(), autoStart: false));
            context.Refresh();
            WarmUp();
            prepare.Increment(1);
            context.Refresh();
            var keys = KeySets.Make(options.Distribution, options.Keys, options.Seed);
            prepare.Increment(1);
            context.Refresh();
            foreach (var phase in options.Phases)
            {
                cancellation.ThrowIfCancellationRequested();
                var bar = bars[phase];
                bar.StartTask();
                figures.AddRange(Measure(phase, keys, step =>
                {
                    bar.MaxValue = step.Of;
                    bar.Value = step.Done;
                    context.Refresh();
                    cancellation.ThrowIfCancellationRequested();
                }));
                bar.StopTask();
            }
        });
        return figures;
    }

    /// <summary>Every operation often enough to be compiled for good.</summary>
    private void WarmUp()
    {
        var small = KeySets.Make(KeyDistribution.Uniform, 50_000, options.Seed);
        var watch = Stopwatch.StartNew();
        while (watch.ElapsedMilliseconds < 600)
        {
            foreach (var phase in options.Phases)
                Measure(phase, small, _ => { });
        }
    }

    private List<IndexFigures> Measure(BenchPhase phase, KeySets keys, Action<(int Done, int Of)> report)
    {
        var kinds = options.Against.Prepend(StoreKind.Alex).ToArray();
        var count = keys.Sorted.Length;
        var steps = kinds.Length + options.Runs * kinds.Length + kinds.Length;
        var done = 0;
        var stores = new List<(IndexStore Store, IndexFigures Figures)>();
        try
        {
            foreach (var kind in kinds)
            {
                Build(phase, kind, keys, stores);
                report((++done, steps));
            }
            var random = new Random(options.Seed + 1);
            var wanted = new ulong[Math.Min(ReadsPerRun, Math.Max(count, 1000))];
            for (var run = 0; run < options.Runs; run++)
            {
                for (var i = 0; i < wanted.Length; i++)
                    wanted[i] = keys.Sorted[random.Next(count)];
                foreach (var (store, figures) in stores)
                {
                    Read(store, figures, wanted);
                    report((++done, steps));
                }
            }
            foreach (var (store, figures) in stores)
            {
                Describe(store, figures);
                if (phase == BenchPhase.Insert)
                    Delete(store, figures, keys);
                report((++done, steps));
            }
            return [.. stores.Select(pair => pair.Figures)];
        }
        finally
        {
            foreach (var (store, _) in stores)
                store.Dispose();
        }
    }

    private void Build(BenchPhase phase, StoreKind kind, KeySets keys, List<(IndexStore, IndexFigures)> stores)
    {
        var count = keys.Sorted.Length;
        var store = IndexStore.Create(kind);
        if (count > store.MaxKeys)
        {
            store.Dispose();
            return;
        }
        var figures = new IndexFigures(phase, store.Name, kind) { Keys = count };
        for (var repeat = count <= RepeatedBuildKeys ? options.Runs : 1; repeat > 0; repeat--)
        {
            if (phase == BenchPhase.Load && store.HasParallelLoad)
            {
                var watch = Stopwatch.StartNew();
                store.BulkLoadParallel(keys.Sorted, keys.Rows, options.Threads);
                figures.ParallelLoad.Add(watch.Elapsed.TotalNanoseconds / count);
                store.Dispose();
                store = IndexStore.Create(kind);
                var unsorted = (ulong[])keys.Arrivals.Clone();
                var rows = new ulong[count];
                for (var i = 0; i < count; i++)
                    rows[i] = (ulong)i;
                watch.Restart();
                store.BulkLoadUnsorted(unsorted, rows, options.Threads);
                figures.UnsortedLoad.Add(watch.Elapsed.TotalNanoseconds / count);
                store.Dispose();
                store = IndexStore.Create(kind);
            }
            figures.Build.Add(BuildOnce(phase, store, figures, keys));
            if (repeat > 1)
            {
                store.Dispose();
                store = IndexStore.Create(kind);
            }
        }
        stores.Add((store, figures));
    }

    /// <returns>Nanoseconds per key.</returns>
    private double BuildOnce(BenchPhase phase, IndexStore store, IndexFigures figures, KeySets keys)
    {
        var count = keys.Sorted.Length;
        if (phase == BenchPhase.Load)
        {
            var start = ThreadClock.Now();
            store.BulkLoad(keys.Sorted, keys.Rows);
            return (double)(ThreadClock.Now() - start) / count;
        }
        var order = phase == BenchPhase.Append ? keys.Sorted : keys.Arrivals;
        var timedAlone = phase == BenchPhase.Insert && store is AlexStore or BTreeStore ? Math.Min(count / 8, MaxTimedInserts) : 0;
        long sum = 0;
        for (var at = 0; at < count - timedAlone; at += ChunkKeys)
        {
            var chunk = order.AsSpan(at, Math.Min(ChunkKeys, count - timedAlone - at));
            var rows = RowsFrom(at, chunk.Length);
            var start = ThreadClock.Now();
            store.Insert(chunk, rows);
            sum += ThreadClock.Now() - start;
        }
        if (timedAlone > 0)
            figures.InsertLatency = TimeInserts(store, order, count - timedAlone);
        return (double)sum / Math.Max(count - timedAlone, 1);
    }

    private static LatencyFigures TimeInserts(IndexStore store, ulong[] order, int from)
    {
        var times = new long[order.Length - from];
        for (var i = 0; i < times.Length; i++)
        {
            var row = (ulong)(from + i);
            var start = ThreadClock.Now();
            store.Insert(order.AsSpan(from + i, 1), new ReadOnlySpan<ulong>(in row));
            times[i] = ThreadClock.Now() - start;
        }
        return LatencyFigures.Of(times);
    }

    private static void Read(IndexStore store, IndexFigures figures, ulong[] wanted)
    {
        // Systems behind a statement interface are slower by an order of magnitude: fewer calls say as much.
        var keys = store.HasAutocommit ? wanted.AsSpan(0, Math.Min(wanted.Length, 100_000)) : wanted;
        Check(Time(figures.Lookup, keys.Length, store.Lookup, keys), keys.Length);
        if (store.HasBatchedLookups)
            Check(Time(figures.LookupBatched, keys.Length, store.LookupBatched, keys), keys.Length);
        if (store.HasAutocommit)
            Check(Time(figures.LookupAutocommit, keys.Length, store.LookupAutocommit, keys), keys.Length);
        if (store.HasScans)
        {
            var starts = keys[..(keys.Length / 16)];
            Time(figures.Scan, starts.Length, s => (int)store.Scan(s, ScanRows), starts);
        }

        void Check(int found, int expected)
        {
            if (found != expected)
                throw new BenchException($"{figures.Store} found {found:N0} of {expected:N0} keys after phase {figures.Phase}");
        }
    }

    private delegate int Operation(ReadOnlySpan<ulong> keys);

    private static int Time(Samples samples, int count, Operation operation, ReadOnlySpan<ulong> keys)
    {
        // In parts: what disturbs one of them leaves the others alone.
        var result = 0;
        for (var at = 0; at < count; at += PartKeys)
        {
            var part = keys.Slice(at, Math.Min(PartKeys, count - at));
            var start = ThreadClock.Now();
            result += operation(part);
            if (part.Length == PartKeys || at == 0)
                samples.Add((double)(ThreadClock.Now() - start) / part.Length);
        }
        return result;
    }

    private static void Describe(IndexStore store, IndexFigures figures)
    {
        figures.UsedBytes = store.UsedBytes;
        figures.ReservedBytes = store.ReservedBytes;
        figures.Height = store.Height;
        figures.Nodes = store.NodeCount;
        figures.Statistics = store.Statistics;
    }

    private void Delete(IndexStore store, IndexFigures figures, KeySets keys)
    {
        var count = Math.Min(keys.Arrivals.Length / 4, MaxDeletes);
        if (count == 0)
            return;
        var doomed = keys.Arrivals.AsSpan(0, count);
        var rows = RowsFrom(0, count);
        var start = ThreadClock.Now();
        var removed = store.Remove(doomed, rows);
        figures.Delete.Add((double)(ThreadClock.Now() - start) / count);
        if (removed != count)
            throw new BenchException($"{store.Name} removed {removed:N0} of {count:N0} keys");
        figures.UsedBytesAfterDeletes = store.UsedBytes;
    }

    private ReadOnlySpan<ulong> RowsFrom(int first, int count)
    {
        for (var i = 0; i < count; i++)
            _rows[i] = (ulong)(first + i);
        return _rows.AsSpan(0, count);
    }
}
