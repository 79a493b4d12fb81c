using OmenDb.Workload;
using OmenDb.Workload.Measuring;

namespace OmenDb.Tpcc.Tests;

public sealed class HistogramTests
{
    [Fact]
    public void Every_value_lies_in_its_bucket_and_buckets_are_narrow()
    {
        var random = new WorkloadRandom(1);
        for (var i = 0; i < 100_000; i++)
        {
            var value = (long)(random.NextBits() >> random.Next(24, 63));
            var bucket = LatencyHistogram.BucketOf(value);
            Assert.InRange(value, LatencyHistogram.LowestOf(bucket), LatencyHistogram.HighestOf(bucket));
            Assert.True(LatencyHistogram.HighestOf(bucket) - LatencyHistogram.LowestOf(bucket) <= value / 128);
        }
        Assert.Equal(LatencyHistogram.BucketOf(LatencyHistogram.LargestNs), LatencyHistogram.BucketOf(LatencyHistogram.LargestNs - 1));
    }

    [Fact]
    public void Percentiles_are_those_of_the_sorted_values()
    {
        var random = new WorkloadRandom(2);
        var values = Enumerable.Range(0, 10_000).Select(_ => (long)Math.Exp(random.NextDouble() * 20)).ToArray();
        var parts = Enumerable.Range(0, 4).Select(_ => new LatencyHistogram()).ToArray();
        for (var i = 0; i < values.Length; i++)
            parts[i % 4].Record(values[i]);
        var all = new LatencyHistogram();
        foreach (var part in parts)
            all.Add(part);
        Array.Sort(values);
        foreach (var percent in (double[])[0.01, 1, 50, 90, 99, 99.9, 100])
        {
            var exact = values[(int)Math.Ceiling(values.Length * percent / 100) - 1];
            Assert.InRange(all.PercentileNs(percent), exact, exact * (1 + 1.0 / 128));
        }
        Assert.Equal((values[0], values[^1], values.Length), (all.MinNs, all.MaxNs, (int)all.Count));
        Assert.Equal(values.Average(), all.MeanNs, 1.0);
    }

    [Fact]
    public void A_difference_holds_what_came_between()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(5);
        var earlier = new LatencyHistogram();
        earlier.Add(histogram);
        histogram.Record(1000);
        histogram.Record(LatencyHistogram.LargestNs * 2);
        var between = histogram.Since(earlier);
        Assert.Equal(2, between.Count);
        Assert.InRange(between.PercentileNs(50), 1000, 1008);
        Assert.Equal(0, new LatencyHistogram().PercentileNs(99));
    }
}
