namespace OmenDb.Storage.Checkpoint;

/// <summary>How fast this machine repeats the log: measured at recoveries, kept in the manifest.</summary>
internal sealed class ReplayRate
{
    private const string Counter = "replay_bytes_per_second";

    /// <summary>Before the first measurement. On the careful side: two virtual cores replay wide inserts at 150 MB/s, single-row updates at 40.</summary>
    private const long Assumed = 40L << 20;

    /// <summary>Less than this proves nothing.</summary>
    private const long MeasurableBytes = 16L << 20;

    /// <summary>A checkpoint for less than one log segment would cost more than it saves.</summary>
    private const long LeastLogBytes = 16L << 20;

    private const long MostLogBytes = 16L << 30;

    private long _bytesPerSecond = Assumed;
    private bool _isMeasured;

    /// <summary>For the manifest; empty before the first measurement.</summary>
    public IReadOnlyDictionary<string, long> Counters =>
        _isMeasured ? new Dictionary<string, long> { [Counter] = _bytesPerSecond } : new Dictionary<string, long>();

    public void Load(IReadOnlyDictionary<string, long> counters)
    {
        if (counters.TryGetValue(Counter, out var known) && known > 0)
            (_bytesPerSecond, _isMeasured) = (known, true);
    }

    /// <summary>A recovery has repeated so much in so long.</summary>
    public void Measured(long bytes, TimeSpan elapsed)
    {
        if (bytes >= MeasurableBytes && elapsed > TimeSpan.Zero)
            (_bytesPerSecond, _isMeasured) = (Math.Max(1 << 20, (long)(bytes / elapsed.TotalSeconds)), true);
    }

    /// <summary>Log that can be repeated in a time.</summary>
    public long BytesIn(TimeSpan target) => (long)Math.Clamp(_bytesPerSecond * target.TotalSeconds, LeastLogBytes, MostLogBytes);
}
