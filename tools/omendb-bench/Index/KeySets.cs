namespace OmenDb.Tools.Bench.Index;

/// <summary>The keys of one benchmark: different numbers below 2^63, sorted, and in the random order in which they arrive.</summary>
/// <remarks>The row id of a key is where it arrived: its rank where tables are filled in key order (seq, timeseries), else its place in
/// the random order.</remarks>
internal sealed class KeySets
{
    private const double LognormalScale = 1e9;

    private KeySets(ulong[] sorted, ulong[] rows, ulong[] arrivals)
    {
        Sorted = sorted;
        Rows = rows;
        Arrivals = arrivals;
    }

    public ulong[] Sorted { get; }

    /// <summary>Row ids of the sorted keys.</summary>
    public ulong[] Rows { get; }

    /// <summary>The same keys in random order; inserted in this order their row ids are 0, 1, 2, ...</summary>
    public ulong[] Arrivals { get; }

    public static KeySets Make(KeyDistribution distribution, int count, int seed)
    {
        var random = new Random(seed);
        var sorted = Distinct(distribution, count, random);
        var order = new int[count];
        for (var i = 0; i < count; i++)
            order[i] = i;
        random.Shuffle(order);
        var arrivals = new ulong[count];
        var rows = new ulong[count];
        var inKeyOrder = distribution is KeyDistribution.Seq or KeyDistribution.Timeseries;
        for (var i = 0; i < count; i++)
        {
            arrivals[i] = sorted[order[i]];
            rows[order[i]] = inKeyOrder ? (ulong)order[i] : (ulong)i;
        }
        return new KeySets(sorted, rows, arrivals);
    }

    private static ulong[] Distinct(KeyDistribution distribution, int count, Random random)
    {
        var keys = new ulong[count];
        var centres = new ulong[1000];
        for (var i = 0; i < centres.Length; i++)
            centres[i] = (ulong)random.NextInt64(long.MaxValue / 2);
        var spread = Math.Max(count / centres.Length * 4L, 16);
        if (distribution == KeyDistribution.Timeseries)
        {
            var time = 1_700_000_000_000_000UL;
            for (var i = 0; i < count; i++)
                keys[i] = time += 1 + (ulong)(-Math.Log(1 - random.NextDouble()) * (random.Next(1000) == 0 ? 1e6 : 100));
            return keys;
        }
        if (distribution == KeyDistribution.Seq)
        {
            for (var i = 0; i < count; i++)
                keys[i] = (ulong)i;
            return keys;
        }
        var filled = 0;
        while (filled < count)
        {
            for (var i = filled; i < count; i++)
            {
                keys[i] = distribution switch
                {
                    KeyDistribution.Uniform => (ulong)random.NextInt64(long.MaxValue),
                    KeyDistribution.Lognormal => (ulong)Math.Min(Math.Exp(2 * Normal(random)) * LognormalScale, 9e18),
                    KeyDistribution.Zipf => (ulong)Math.Pow(2, 48 * random.NextDouble()),
                    KeyDistribution.Clustered => centres[random.Next(centres.Length)] + (ulong)random.NextInt64(spread),
                    KeyDistribution.Exponential => (ulong)Math.Pow(2, 10 + 52.9 * random.NextDouble()),
                    KeyDistribution.Outlier => i == 0 ? 0 : i == 1 ? long.MaxValue - 1 : (1UL << 40) + (ulong)random.NextInt64(4L * count),
                    KeyDistribution.Hotspot => random.Next(10) == 0
                        ? (ulong)random.NextInt64(long.MaxValue)
                        : (1UL << 61) + (ulong)random.NextInt64(long.MaxValue / 1_000_000),
                    _ => throw new ArgumentOutOfRangeException(nameof(distribution)),
                };
            }
            Array.Sort(keys);
            filled = 0;
            for (var i = 0; i < count; i++)
            {
                if (filled == 0 || keys[i] != keys[filled - 1])
                    keys[filled++] = keys[i];
            }
            if (filled < count / 2)
                throw new BenchException($"the {distribution.ToString().ToLowerInvariant()} distribution does not have {count:N0} different keys");
        }
        return keys;
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
