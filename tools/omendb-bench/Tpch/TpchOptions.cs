namespace OmenDb.Tools.Bench.Tpch;

/// <summary>What was asked for on the command line.</summary>
internal sealed record TpchOptions
{
    public const string DuckDb = "duckdb";

    /// <summary>As the other system: this one without sealing.</summary>
    public const string Hot = "hot";

    public required double ScaleFactor { get; init; }
    public int Threads { get; init; } = 1;

    /// <summary>Measured runs after the first.</summary>
    public int Runs { get; init; }

    public required IReadOnlyList<int> Queries { get; init; }

    /// <summary>Null: embedded.</summary>
    public string? ConnectionString { get; init; }

    public string? ReferenceConnectionString { get; init; }

    /// <summary>Null: measure one system; otherwise <see cref="DuckDb"/>, alone or with ":" and the library's path, <see cref="Hot"/>, or a connection string.</summary>
    public string? Against { get; init; }

    /// <summary>Times are this process's processor time, which a busy machine hardly changes; only against <see cref="Hot"/>.</summary>
    public bool CpuTime { get; init; }

    /// <summary>Rows in random order and keys made sparse after the load.</summary>
    public bool Scattered { get; init; }

    /// <summary>Rows per second that are committed into orders and lineitem beside the queries; 0: none.</summary>
    public int WriterRows { get; init; }

    /// <summary>What data and queries may take; 0: no limit.</summary>
    public long MemoryLimitBytes { get; init; }

    /// <summary>Null: validation parameters.</summary>
    public long? Seed { get; init; }

    /// <summary>Null: a temporary directory, removed at the end.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Print each query's plan with what happened in it.</summary>
    public bool Explain { get; init; }

    public bool Reload { get; init; }
    public string? JsonFile { get; init; }
    public string? GenerateDirectory { get; init; }
    public bool TrailingSeparator { get; init; }
}
