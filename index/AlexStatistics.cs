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

    /// <summary>Slots of all leaves.</summary>
    public required long LeafSlots { get; init; }

    /// <summary>Memory in use for nodes and copied keys, in bytes.</summary>
    public required long UsedBytes { get; init; }

    /// <summary>Memory taken from the system, in bytes.</summary>
    public required long ReservedBytes { get; init; }

    /// <summary>Blocks rebuilt in place since the index was made, contractions among them.</summary>
    public required long Expansions { get; init; }

    public required long Contractions { get; init; }

    /// <summary>Leaves divided.</summary>
    public required long Splits { get; init; }

    public required long Merges { get; init; }

    /// <summary>Entries by the distance d between predicted and actual slot: element i counts those with floor(log2(1 + d)) = i.</summary>
    public required IReadOnlyList<long> ModelErrorLog2 { get; init; }
}

/// <summary>How one look-up went.</summary>
/// <param name="InnerLevels">Inner nodes visited.</param>
/// <param name="SortedLevels">Of those, sorted fallback nodes.</param>
/// <param name="PredictedSlot">Where the leaf's model expected the entry.</param>
/// <param name="ActualSlot">Where it (or its place) was.</param>
/// <param name="SearchSteps">Probes of the search in the leaf.</param>
/// <param name="PlainLeaf">Whether the leaf was one of the evenly spread ones.</param>
public readonly record struct LookupTrace(
    int InnerLevels, int SortedLevels, int PredictedSlot, int ActualSlot, int SearchSteps, bool PlainLeaf);
