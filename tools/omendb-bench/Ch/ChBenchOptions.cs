using OmenDb.Tools.Bench.Workloads;
using OmenDb.Tpcc.Running;

namespace OmenDb.Tools.Bench.Ch;

/// <summary>What was asked for on the command line.</summary>
internal sealed record ChBenchOptions
{
    public required SystemPlace Place { get; init; }

    /// <summary>Its clients are the transaction clients.</summary>
    public required TpccRunOptions Run { get; init; }

    public int AnalyticClients { get; init; } = 1;
    public int Warehouses { get; init; } = 1;
    public int LoadThreads { get; init; } = 1;
    public long LoadSeed { get; init; } = 1;
    public bool SkipLoad { get; init; }
    public bool Frontier { get; init; }

    /// <summary>A connection string: compare answers instead of measuring.</summary>
    public string? CompareWith { get; init; }

    public string? JsonFile { get; init; }
    public string? PlotFile { get; init; }
}
