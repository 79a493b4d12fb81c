namespace OmenDb.Index;

/// <summary>State of an index, collected by a walk over its nodes.</summary>
public sealed record AlexStatistics
{
    public required long Entries { get; init; }

    /// <summary>Levels, the leaf included.</summary>
    public required int Height { get; init; }
    public required long ModelNodes { get; init; }
    public required long SortedNodes { get; init; }
    public required long GappedLeaves { get; init; }

    /// <summary>Of the gapped leaves, those whose entries are spread evenly because the model fits them badly.</summary>
    public required long PlainLeaves { get; init; }

    /// <summary>Of the gapped leaves, those without gaps that take ascending appends.</summary>
    public required long AppendLeaves { get; init; }

    /// <summary>Leaves that store runs: entries whose keys and row ids both advance by constant steps.</summary>
    public required long RunLeaves { get; init; }

    /// <summary>Runs in these leaves.</summary>
    public required long Runs { get; init; }

    /// <summary>Entries in these leaves.</summary>
    public required long RunEntries { get; init; }

    /// <summary>Nodes without a useful model: sorted inner nodes and plain leaves.</summary>
    public long FallbackNodes => SortedNodes + PlainLeaves;

    public long Nodes => ModelNodes + SortedNodes + GappedLeaves + RunLeaves;

    /// <summary>Slots of the gapped leaves.</summary>
    public required long LeafSlots { get; init; }

    /// <summary>Memory in use for nodes and copied keys, in bytes.</summary>
    public required long UsedBytes { get; init; }

    /// <summary>Memory taken from the system, in bytes.</summary>
    public required long ReservedBytes { get; init; }

    /// <summary>Bytes in use per entry, the entry's own key and row id included; 0 for an empty index.</summary>
    public double BytesPerEntry => Entries == 0 ? 0 : (double)UsedBytes / Entries;

    /// <summary>Of the bytes per entry, those beyond raw 8-byte key and 8-byte row id; negative where entries are stored in less.</summary>
    public double OverheadPerEntry => Entries == 0 ? 0 : BytesPerEntry - 16;

    /// <summary>Blocks rebuilt in place since the index was made, contractions among them.</summary>
    public required long Expansions { get; init; }

    public required long Contractions { get; init; }

    /// <summary>Leaves divided.</summary>
    public required long Splits { get; init; }

    public required long Merges { get; init; }

    /// <summary>Entries by the distance d between predicted and actual slot: element i counts those with floor(log2(1 + d)) = i.</summary>
    public required IReadOnlyList<long> ModelErrorLog2 { get; init; }
}
