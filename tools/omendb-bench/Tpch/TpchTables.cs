using System.Diagnostics;
using OmenDb.Tpch.Generation;
using OmenDb.Tpch.Loading;
using OmenDb.Tpch.Targets;
using Spectre.Console;

namespace OmenDb.Tools.Bench.Tpch;

/// <summary>Sees to it that a target holds the tables.</summary>
internal static class TpchTables
{
    /// <returns>Seconds; null when the tables were there.</returns>
    /// <exception cref="BenchException">Other tables are in the way.</exception>
    public static double? Load(TpchTarget target, TpchOptions options, IAnsiConsole console, CancellationToken cancellation)
    {
        var loader = new TpchLoader(target, new TpchGenerator(options.ScaleFactor, options.Threads));
        if (!options.Reload)
        {
            var state = loader.Inspect(options.Scattered, out var found);
            if (state == TpchTablesState.Complete)
            {
                console.MarkupLine("the tables are loaded already (--reload loads them again)");
                return null;
            }
            if (state == TpchTablesState.Different)
                throw new BenchException($"there are other TPC-H tables: {found}; --reload drops them");
        }
        var watch = Stopwatch.StartNew();
        var generator = new TpchGenerator(options.ScaleFactor, options.Threads);
        TableProgress.Run(console, generator, progress =>
            new TpchLoader(target, generator).Load(options.Threads, options.Scattered, progress.Add, progress.Step, cancellation));
        var seconds = watch.Elapsed.TotalSeconds;
        var memory = target is EmbeddedTarget ? $", peak memory {PeakMemoryBytes() / 1e6:N0} MB" : "";
        console.MarkupLineInterpolated($"generated and loaded in {seconds:F1} s{memory}");
        return seconds;
    }

    /// <summary>Of this process.</summary>
    public static long PeakMemoryBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
