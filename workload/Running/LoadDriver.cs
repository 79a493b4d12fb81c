using System.Diagnostics;
using OmenDb.Workload.Measuring;

namespace OmenDb.Workload.Running;

/// <summary>Where a run is.</summary>
public sealed record LoadProgress(bool IsWarmUp, TimeSpan Elapsed, TimeSpan Total, LoadInterval Interval);

/// <summary>Runs workers on threads of their own: a warm-up, then the measured time. The first failure ends the run.</summary>
public sealed class LoadDriver
{
    private readonly string[] _kinds;
    private readonly List<Recorder> _recorders = [];
    private readonly List<(string Name, Action Run)> _workers = [];
    private volatile bool _measuring;
    private volatile bool _stopping;
    private Exception? _failure;

    /// <param name="kinds">Names of the operations that are told apart.</param>
    public LoadDriver(IEnumerable<string> kinds) => _kinds = [.. kinds];

    /// <summary>Raised when the measured time is over, on the thread that runs the load: for workers in a long operation.</summary>
    public event Action? Stopping;

    /// <summary>Workers return soon after this becomes true.</summary>
    public bool IsStopping => _stopping;

    /// <summary>For a worker to be, made before the run.</summary>
    public Recorder NewRecorder()
    {
        var recorder = new Recorder(_kinds.Length, () => _measuring);
        _recorders.Add(recorder);
        return recorder;
    }

    /// <param name="run">Loops until <see cref="IsStopping"/>, or until it has done all that it was to do.</param>
    public void AddWorker(string name, Action run) => _workers.Add((name, run));

    /// <param name="measured">The run ends then, or when all workers have returned.</param>
    /// <param name="tick">Called every <paramref name="interval"/> on the calling thread.</param>
    /// <exception cref="OperationCanceledException">All workers have ended.</exception>
    public LoadResult Run(TimeSpan warmUp, TimeSpan measured, TimeSpan interval, Action<LoadProgress>? tick = null, CancellationToken cancellation = default)
    {
        using var allEnded = new CountdownEvent(_workers.Count);
        var threads = _workers.Select(worker => new Thread(() => Guard(worker.Run, allEnded)) { Name = worker.Name, IsBackground = true }).ToArray();
        _measuring = warmUp <= TimeSpan.Zero;
        var before = RuntimeNow();
        foreach (var thread in threads)
            thread.Start();
        var watch = Stopwatch.StartNew();
        if (!_measuring)
        {
            Watch(watch, warmUp, interval, isWarmUp: true, tick, allEnded, cancellation);
            before = RuntimeNow();
            _measuring = true;
            watch.Restart();
        }
        var intervals = Watch(watch, measured, interval, isWarmUp: false, tick, allEnded, cancellation);
        _measuring = false;
        var seconds = watch.Elapsed.TotalSeconds;
        var after = RuntimeNow();
        _stopping = true;
        Stopping?.Invoke();
        foreach (var thread in threads)
            thread.Join();
        if (_failure is { } failure)
            throw new LoadFailedException(failure);
        cancellation.ThrowIfCancellationRequested();
        return new LoadResult(seconds, Collect(), intervals, new RuntimeUse(after.AllocatedBytes - before.AllocatedBytes,
            after.Gen0 - before.Gen0, after.Gen1 - before.Gen1, after.Gen2 - before.Gen2, after.CpuSeconds - before.CpuSeconds));
    }

    private List<LoadInterval> Watch(Stopwatch watch, TimeSpan total, TimeSpan every, bool isWarmUp, Action<LoadProgress>? tick, CountdownEvent allEnded,
        CancellationToken cancellation)
    {
        var intervals = new List<LoadInterval>();
        var last = TimeSpan.Zero;
        var seen = Merge();
        while (true)
        {
            var left = total - watch.Elapsed;
            if (left <= TimeSpan.Zero || _stopping || cancellation.IsCancellationRequested)
                return intervals;
            var ended = allEnded.Wait(left < every ? left : every, CancellationToken.None); // asked about above, after the last figures
            var now = watch.Elapsed;
            var merged = Merge();
            var part = new LoadInterval(now.TotalSeconds, (now - last).TotalSeconds, [.. merged.Select((histogram, i) => histogram.Since(seen[i]))]);
            (seen, last) = (merged, now);
            if (!isWarmUp)
                intervals.Add(part);
            tick?.Invoke(new LoadProgress(isWarmUp, now, total, part));
            if (ended)
                return intervals;
        }
    }

    private void Guard(Action run, CountdownEvent allEnded)
    {
        try
        {
            run();
        }
#pragma warning disable CA1031 // whatever ended the worker ends the run, and is thrown there
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _failure, exception, null);
            _stopping = true;
        }
        finally
        {
            allEnded.Signal();
        }
    }

    private LatencyHistogram[] Merge()
    {
        var merged = new LatencyHistogram[_kinds.Length];
        for (var kind = 0; kind < merged.Length; kind++)
        {
            merged[kind] = new LatencyHistogram();
            foreach (var recorder in _recorders)
                merged[kind].Add(recorder.Latency(kind));
        }
        return merged;
    }

    private KindResult[] Collect()
    {
        var merged = Merge();
        return [.. _kinds.Select((name, i) => new KindResult(name, merged[i], _recorders.Sum(r => r.Retries(i)), _recorders.Sum(r => r.Rollbacks(i))))];
    }

    private static RuntimeUse RuntimeNow()
    {
        using var process = Process.GetCurrentProcess();
        return new RuntimeUse(GC.GetTotalAllocatedBytes(), GC.CollectionCount(0), GC.CollectionCount(1), GC.CollectionCount(2), process.TotalProcessorTime.TotalSeconds);
    }
}

/// <summary>A worker failed; the cause is the inner exception.</summary>
public sealed class LoadFailedException(Exception cause) : Exception(cause.Message, cause);
