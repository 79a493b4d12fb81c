using System.Numerics;

namespace OmenDb.Workload.Measuring;

/// <summary>Counts of durations in buckets whose width grows with the value, after HdrHistogram: every value is kept to within one part in 128.</summary>
/// <remarks>
/// Values below 256 ns have a bucket each; above, every power of two has 128 buckets:
/// <code>
/// value            0 .. 255    256 .. 511   512 .. 1023  ...
/// buckets          256         128          128
/// width of each    1           2            4
/// </code>
/// One thread records; others may read at the same time and see counts of a moment ago.
/// </remarks>
public sealed class LatencyHistogram
{
    private const int SubBits = 7;
    private const int SubCount = 1 << SubBits;

    /// <summary>About 18 minutes; longer ones count as this.</summary>
    public const long LargestNs = (1L << 40) - 1;

    private readonly long[] _counts = new long[BucketOf(LargestNs) + 1];
    private long _count;
    private long _sum;
    private long _max;
    private long _min = long.MaxValue;

    public long Count => Volatile.Read(ref _count);

    public long MaxNs => Volatile.Read(ref _max);

    /// <summary>0 when empty.</summary>
    public long MinNs => Count == 0 ? 0 : Volatile.Read(ref _min);

    /// <summary>0 when empty.</summary>
    public double MeanNs => Count == 0 ? 0 : (double)Volatile.Read(ref _sum) / Count;

    public void Record(long ns)
    {
        ns = Math.Clamp(ns, 0, LargestNs);
        _counts[BucketOf(ns)]++;
        _sum += ns;
        if (ns > _max)
            _max = ns;
        if (ns < _min)
            _min = ns;
        Volatile.Write(ref _count, _count + 1);
    }

    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
            _counts[i] += Volatile.Read(ref other._counts[i]);
        _count += other.Count;
        _sum += Volatile.Read(ref other._sum);
        _max = Math.Max(_max, other.MaxNs);
        _min = Math.Min(_min, Volatile.Read(ref other._min));
    }

    /// <summary>What has come since <paramref name="earlier"/>, an older copy of the same counts. Smallest and largest value are those of their buckets.</summary>
    public LatencyHistogram Since(LatencyHistogram earlier)
    {
        var difference = new LatencyHistogram();
        for (var i = 0; i < _counts.Length; i++)
        {
            var count = _counts[i] - earlier._counts[i];
            if (count <= 0)
                continue;
            difference._counts[i] = count;
            difference._count += count;
            difference._min = Math.Min(difference._min, LowestOf(i));
            difference._max = Math.Max(difference._max, HighestOf(i));
        }
        difference._sum = _sum - earlier._sum;
        return difference;
    }

    /// <summary>The smallest recorded value, to the precision of its bucket, that so many percent of all values do not exceed. 0 when empty.</summary>
    public long PercentileNs(double percent)
    {
        var count = 0L;
        for (var i = 0; i < _counts.Length; i++)
            count += _counts[i];
        if (count == 0)
            return 0;
        var wanted = Math.Max(1, (long)Math.Ceiling(count * Math.Clamp(percent, 0, 100) / 100));
        var seen = 0L;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= wanted)
                return Math.Min(HighestOf(i), MaxNs);
        }
        return MaxNs;
    }

    internal static int BucketOf(long ns)
    {
        if (ns < 2 * SubCount)
            return (int)ns;
        var shift = BitOperations.Log2((ulong)ns) - SubBits;
        return (shift << SubBits) + (int)(ns >> shift);
    }

    internal static long LowestOf(int bucket)
    {
        if (bucket < 2 * SubCount)
            return bucket;
        var shift = (bucket >> SubBits) - 1;
        return (long)(bucket - (shift << SubBits)) << shift;
    }

    internal static long HighestOf(int bucket) => LowestOf(bucket + 1) - 1;
}
