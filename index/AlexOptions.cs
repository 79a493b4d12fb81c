namespace OmenDb.Index;

/// <summary>Sizes and densities of an index. The defaults suit all data; tests make nodes small to reach deep trees with few keys.</summary>
public sealed record AlexOptions
{
    /// <summary>Slots of the largest leaf: 8,192 slots are 129 KiB (8-byte keys) or 193 KiB (byte keys), rewritten in some 20 µs.</summary>
    public int MaxLeafSlots { get; init; } = 8192;

    /// <summary>Child pointers of the largest model node.</summary>
    public int MaxModelFanout { get; init; } = 1 << 18;

    /// <summary>Children of the largest sorted node.</summary>
    public int MaxSortedFanout { get; init; } = 64;

    /// <summary>Share of occupied slots at which a leaf grows or divides.</summary>
    public double MaxDensity { get; init; } = 0.8;

    /// <summary>Share of occupied slots after a leaf was built.</summary>
    public double InitialDensity { get; init; } = 0.7;

    /// <summary>Share of occupied slots below which a leaf shrinks.</summary>
    public double MinDensity { get; init; } = 0.2;

    /// <summary>Model nodes above a leaf from which on divisions use sorted nodes only: that bounds the depth for every input.</summary>
    public int MaxModelDepth { get; init; } = 4;

    internal int LeafTarget => (int)(MaxLeafSlots * InitialDensity);

    internal void Check()
    {
        if (MaxLeafSlots < 64 || MaxLeafSlots % 64 != 0 || MaxModelFanout < 16 || MaxSortedFanout < 4 || MaxModelDepth < 0)
            throw new ArgumentException("sizes are out of range");
        if (!(MinDensity > 0 && MinDensity < InitialDensity / 2 && InitialDensity < MaxDensity && MaxDensity <= 0.95))
            throw new ArgumentException("densities must satisfy 0 < 2 * MinDensity < InitialDensity < MaxDensity <= 0.95");
    }
}
