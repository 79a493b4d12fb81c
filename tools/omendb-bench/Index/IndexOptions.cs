namespace OmenDb.Tools.Bench.Index;

/// <summary>What `omendb-bench index` was asked for.</summary>
internal sealed record IndexOptions
{
    public required int Keys { get; init; }

    public required KeyDistribution Distribution { get; init; }

    /// <summary>Rivals beside the index itself.</summary>
    public required IReadOnlyList<StoreKind> Against { get; init; }

    public required IReadOnlyList<BenchPhase> Phases { get; init; }

    /// <summary>Measured rounds of each read; the best counts.</summary>
    public required int Runs { get; init; }

    public required int Threads { get; init; }

    public required int Seed { get; init; }

    public string? JsonFile { get; init; }
}

/// <summary>How an index came to its content before it is read.</summary>
internal enum BenchPhase
{
    /// <summary>Bulk loaded from sorted input.</summary>
    Load,

    /// <summary>Filled by inserts in random order.</summary>
    Insert,

    /// <summary>Filled by ascending inserts.</summary>
    Append,
}

internal enum StoreKind
{
    Alex,
    BTree,
    Sqlite,
    SortedDictionary,
}
