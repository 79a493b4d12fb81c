using OmenDb.Workload.Measuring;

namespace OmenDb.Tools.Bench.Plots;

/// <summary>Plots of a load over time.</summary>
internal static class LatencyPlots
{
    private static readonly (double Percent, string Name)[] Lines = [(50, "p50"), (95, "p95"), (99, "p99"), (100, "max")];

    /// <param name="which">Kinds that count, by their place.</param>
    public static Plot Latency(string title, LoadResult result, Func<int, bool>? which = null) => new(title, "seconds", "milliseconds",
        [.. Lines.Select(line => new PlotSeries(line.Name, [.. result.Intervals.Select(interval => (interval.Seconds, Merge(interval, which).PercentileNs(line.Percent) / 1e6))]))],
        IsLogarithmic: true);

    public static Plot Rate(string title, LoadResult result, Func<int, bool>? which = null) => new(title, "seconds", "per second",
        [new PlotSeries("rate", [.. result.Intervals.Select(interval => (interval.Seconds, Merge(interval, which).Count / interval.Length))])]);

    private static LatencyHistogram Merge(LoadInterval interval, Func<int, bool>? which)
    {
        var all = new LatencyHistogram();
        for (var i = 0; i < interval.Latencies.Count; i++)
        {
            if (which is null || which(i))
                all.Add(interval.Latencies[i]);
        }
        return all;
    }
}
