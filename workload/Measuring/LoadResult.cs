namespace OmenDb.Workload.Measuring;

/// <summary>All operations of one kind in the measured time.</summary>
public sealed record KindResult(string Name, LatencyHistogram Latency, long Retries, long Rollbacks)
{
    public long Count => Latency.Count;
}

/// <summary>One interval of the measured time, for plots.</summary>
/// <param name="Seconds">Since the beginning of the measured time, at the interval's end.</param>
/// <param name="Latencies">Per kind: what ended in the interval.</param>
public sealed record LoadInterval(double Seconds, double Length, IReadOnlyList<LatencyHistogram> Latencies);

/// <summary>What the runtime of this process did in the measured time; says much about an embedded system and only the driver's part otherwise.</summary>
public sealed record RuntimeUse(long AllocatedBytes, int Gen0, int Gen1, int Gen2, double CpuSeconds);

/// <param name="Seconds">Measured time, without the warm-up.</param>
public sealed record LoadResult(double Seconds, IReadOnlyList<KindResult> Kinds, IReadOnlyList<LoadInterval> Intervals, RuntimeUse Runtime)
{
    public double RatePerSecond(Func<KindResult, bool> which) => Kinds.Where(which).Sum(kind => kind.Count) / Seconds;

    public LatencyHistogram Merged(Func<KindResult, bool> which)
    {
        var all = new LatencyHistogram();
        foreach (var kind in Kinds.Where(which))
            all.Add(kind.Latency);
        return all;
    }
}
