using System.Diagnostics;
using OmenDb.Tools.Bench.Workloads;
using OmenDb.Tpcc;
using OmenDb.Tpcc.Checks;
using OmenDb.Tpcc.Generation;
using OmenDb.Tpcc.Loading;
using OmenDb.Workload.Sql;
using Spectre.Console;

namespace OmenDb.Tools.Bench.Tpcc;

/// <summary>Loading and checking, for tpcc and ch.</summary>
internal static class TpccTables
{
    /// <summary>Makes the tables, or looks whether those that are there fit.</summary>
    /// <returns>Seconds of the load; null: not loaded.</returns>
    public static double? Prepare(IAnsiConsole console, WorkloadSystem system, TpccScale scale, long seed, bool skipLoad, TpccLoadOptions options, CancellationToken cancellation)
    {
        if (skipLoad)
        {
            var found = TpccLoader.WarehousesIn(system);
            if (found != scale.Warehouses || (options.WithCh && !system.HasTable("supplier")))
                throw new BenchException(found == 0 ? "there are no TPC-C tables; run without --skip-load" : $"the tables have {found} warehouses instead of {scale.Warehouses}, or lack those of CH");
            return null;
        }
        var watch = Stopwatch.StartNew();
        var loader = new TpccLoader(system, new TpccGenerator(scale, seed));
        LoadProgressBars.Run(console, loader.Estimate(options), bars => loader.Load(options, bars.Add, bars.Step, cancellation));
        console.MarkupLineInterpolated($"generated and loaded in {watch.Elapsed.TotalSeconds:F1} s");
        return watch.Elapsed.TotalSeconds;
    }

    /// <returns>True: all conditions hold.</returns>
    public static bool Check(IAnsiConsole console, WorkloadSystem system, string when, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        var broken = ConsistencyConditions.Check(system, cancellation: cancellation).Where(result => result.Violations > 0).ToArray();
        foreach (var result in broken)
            console.MarkupLineInterpolated($"[red]condition {result.Condition.Number} does not hold {when}[/]: {result.Condition.Title}, {result.Violations} times");
        if (broken.Length == 0)
            console.MarkupLineInterpolated($"all {ConsistencyConditions.All.Count} consistency conditions hold {when} ({watch.Elapsed.TotalSeconds:F1} s)");
        return broken.Length == 0;
    }
}
