using System.Diagnostics;

namespace OmenDb.Workload.Measuring;

/// <summary>What one thread has done, by kind of operation. Written by that thread alone.</summary>
public sealed class Recorder
{
    private readonly LatencyHistogram[] _latencies;
    private readonly long[] _retries;
    private readonly long[] _rollbacks;
    private readonly Func<bool> _isMeasuring;

    internal Recorder(int kinds, Func<bool> isMeasuring)
    {
        _latencies = [.. Enumerable.Range(0, kinds).Select(_ => new LatencyHistogram())];
        _retries = new long[kinds];
        _rollbacks = new long[kinds];
        _isMeasuring = isMeasuring;
    }

    /// <summary>An operation has ended well. Those that end outside the measured time do not count.</summary>
    /// <param name="started"><see cref="Stopwatch.GetTimestamp"/> at its beginning.</param>
    public void Done(int kind, long started)
    {
        if (_isMeasuring())
            _latencies[kind].Record((long)((Stopwatch.GetTimestamp() - started) * (1e9 / Stopwatch.Frequency)));
    }

    /// <summary>An operation had to begin again: serialization failure or deadlock.</summary>
    public void Retried(int kind)
    {
        if (_isMeasuring())
            Volatile.Write(ref _retries[kind], _retries[kind] + 1);
    }

    /// <summary>An operation ended with the rollback that it had to end with; it counts as done too.</summary>
    public void RolledBack(int kind)
    {
        if (_isMeasuring())
            Volatile.Write(ref _rollbacks[kind], _rollbacks[kind] + 1);
    }

    internal LatencyHistogram Latency(int kind) => _latencies[kind];

    internal long Retries(int kind) => Volatile.Read(ref _retries[kind]);

    internal long Rollbacks(int kind) => Volatile.Read(ref _rollbacks[kind]);
}
