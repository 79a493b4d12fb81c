using OmenDb.Engine;
using OmenDb.Planner.Rules;

namespace OmenDb.Slt.Tests;

/// <summary>Settings under which the whole suite must give the same results.</summary>
public sealed record Mode(string Name, params string[] Settings)
{
    /// <summary>How the database keeps its segments.</summary>
    public Sealing Sealing { get; init; } = Sealing.InBackground;

    public static readonly Mode Default = new("default");

    /// <summary>Many batches, with borders in every operator, from a handful of rows.</summary>
    public static readonly Mode TinyVectors = new("tiny-vectors", "SET omendb.vector_size = 4");

    /// <summary>Every hash table becomes one chain.</summary>
    public static readonly Mode ConstantHash = new("constant-hash", "SET omendb.constant_hash = on");

    /// <summary>Every table is re-encoded after every commit, however small it is.</summary>
    public static readonly Mode Sealed = new("sealed") { Sealing = Sealing.AfterEveryCommit };

    /// <summary>Everything that can spill goes through temporary files, batch by batch.</summary>
    public static readonly Mode Spilling = new("spilling", "SET omendb.force_spill = on");

    /// <summary>Results must not depend on any rule that can be off.</summary>
    public static readonly Mode[] All =
    [
        Default, Sealed, TinyVectors, ConstantHash, Spilling,
        .. RuleList.All.Where(rule => rule.IsSwitchable).Select(rule => new Mode("no-" + rule.Name.Replace('_', '-'), $"SET omendb.disable_rule = '{rule.Name}'")),
    ];
}
