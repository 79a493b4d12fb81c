using OmenDb.Index;

namespace OmenDb.Tools.Bench.Index;

/// <summary>What was measured of one structure in one phase. Times are nanoseconds of processor time per operation, the best of the
/// runs; null where the structure has no such operation.</summary>
internal sealed class IndexFigures(BenchPhase phase, string store, StoreKind kind)
{
    public BenchPhase Phase { get; } = phase;

    public string Store { get; } = store;

    public StoreKind Kind { get; } = kind;

    /// <summary>Per key: bulk load, random inserts or ascending inserts.</summary>
    public Samples Build { get; } = new();

    /// <summary>Wall-clock time per key of a load by several threads.</summary>
    public Samples ParallelLoad { get; } = new();

    /// <summary>The same from entries in random order, sorting included.</summary>
    public Samples UnsortedLoad { get; } = new();

    public Samples Lookup { get; } = new();

    public Samples LookupBatched { get; } = new();

    public Samples LookupAutocommit { get; } = new();

    /// <summary>Per scan of 100 rows.</summary>
    public Samples Scan { get; } = new();

    public Samples Delete { get; } = new();

    public long Keys { get; set; }

    public long UsedBytes { get; set; }

    public long ReservedBytes { get; set; }

    /// <summary>After a quarter of the keys was deleted.</summary>
    public long? UsedBytesAfterDeletes { get; set; }

    public int? Height { get; set; }

    public long? Nodes { get; set; }

    public AlexStatistics? Statistics { get; set; }

    /// <summary>Of single inserts at the end of the phase, the cost of reading the clock included.</summary>
    public LatencyFigures? InsertLatency { get; set; }

    public double BytesPerKey => Keys == 0 ? 0 : (double)UsedBytes / Keys;

    public IEnumerable<(string Name, Samples Samples)> Times =>
    [
        ("build", Build), ("parallel_load", ParallelLoad), ("unsorted_load", UnsortedLoad), ("lookup", Lookup), ("lookup_batched", LookupBatched),
        ("lookup_autocommit", LookupAutocommit), ("scan_100", Scan), ("delete", Delete),
    ];
}

/// <summary>Repeated measurements of one thing.</summary>
internal sealed class Samples
{
    private readonly List<double> _values = [];

    public IReadOnlyList<double> Values => _values;

    public double? Best => _values.Count == 0 ? null : _values.Min();

    public double? Worst => _values.Count == 0 ? null : _values.Max();

    public void Add(double value) => _values.Add(value);
}

/// <param name="MedianNs">Half of the inserts took at most so long.</param>
/// <param name="P99Ns">99% of them.</param>
/// <param name="P9999Ns">99.99% of them.</param>
/// <param name="MaxNs">All of them.</param>
internal sealed record LatencyFigures(long MedianNs, long P99Ns, long P9999Ns, long MaxNs)
{
    public static LatencyFigures Of(long[] nanoseconds)
    {
        Array.Sort(nanoseconds);
        return new LatencyFigures(At(0.5), At(0.99), At(0.9999), nanoseconds[^1]);

        long At(double share) => nanoseconds[Math.Min((int)(nanoseconds.Length * share), nanoseconds.Length - 1)];
    }
}
