using OmenDb.Tools.Bench.Workloads;
using OmenDb.Tpcc.Running;

namespace OmenDb.Tools.Bench.Tpcc;

/// <summary>What was asked for on the command line.</summary>
internal sealed record TpccBenchOptions
{
    public required SystemPlace Place { get; init; }
    public required TpccRunOptions Run { get; init; }
    public int Warehouses { get; init; } = 1;
    public int LoadThreads { get; init; } = 1;
    public long LoadSeed { get; init; } = 1;
    public bool SkipLoad { get; init; }
    public bool SkipChecks { get; init; }
    public bool ForeignKeys { get; init; }
    public string? JsonFile { get; init; }
    public string? PlotFile { get; init; }
}
