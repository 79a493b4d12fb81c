using OmenDb.Workload;

namespace OmenDb.Ycsb.Choice;

/// <summary>Chooses records among those that are there. Used by one thread.</summary>
public abstract class RecordChooser
{
    /// <param name="count">Records that are there: numbers 0 to count - 1.</param>
    public abstract long Next(WorkloadRandom random, long count);

    public static RecordChooser Create(KeyChoice choice, long count) => choice switch
    {
        KeyChoice.Zipfian => new ScrambledZipfianChooser(),
        KeyChoice.Latest => new LatestChooser(count),
        KeyChoice.Hotspot => new HotspotChooser(),
        _ => new UniformChooser(),
    };
}

public sealed class UniformChooser : RecordChooser
{
    public override long Next(WorkloadRandom random, long count) => random.NextBelow(count);
}

/// <summary>Zipfian over a fixed, very large number of items, which are hashed onto the records: the popular ones are anywhere, and stay popular
/// when records are added.</summary>
public sealed class ScrambledZipfianChooser : RecordChooser
{
    /// <summary>As YCSB does, so that the skew does not depend on the number of records.</summary>
    private const long Items = 10_000_000_000;

    private readonly Zipfian _zipfian = new(Items);

    public override long Next(WorkloadRandom random, long count) => Fnv.Hash(_zipfian.Next(random)) % count;
}

/// <summary>Zipfian by age: the newest record most often.</summary>
public sealed class LatestChooser(long count) : RecordChooser
{
    private readonly Zipfian _zipfian = new(count);

    public override long Next(WorkloadRandom random, long count)
    {
        _zipfian.Grow(count);
        return count - 1 - _zipfian.Next(random);
    }
}

/// <summary>80% of the operations on the first 20% of the records, uniform within each part.</summary>
public sealed class HotspotChooser : RecordChooser
{
    private const int HotPercent = 20;
    private const int HotOperationsPercent = 80;

    public override long Next(WorkloadRandom random, long count)
    {
        var hot = Math.Max(1, count * HotPercent / 100);
        return random.Percent(HotOperationsPercent) || hot == count ? random.NextBelow(hot) : hot + random.NextBelow(count - hot);
    }
}
