using System.Globalization;
using OmenDb.Tools.Bench.Plots;
using OmenDb.Tools.Bench.Workloads;
using OmenDb.Tpcc;
using OmenDb.Tpcc.Loading;
using OmenDb.Tpcc.Running;
using OmenDb.Tpcc.Transactions;
using OmenDb.Workload.Measuring;
using Spectre.Console;

namespace OmenDb.Tools.Bench.Tpcc;

/// <summary>Load, check, run, check, report.</summary>
internal sealed class TpccBench(TpccBenchOptions options, IAnsiConsole console)
{
    /// <returns>False when a condition does not hold.</returns>
    public bool Execute(CancellationToken cancellation)
    {
        using var host = new SystemHost(options.Place);
        var system = host.System;
        var scale = new TpccScale(options.Warehouses);
        console.MarkupLineInterpolated(
            $"TPC-C, {options.Warehouses} warehouses, [bold]{system.Description}[/], {options.Run.Clients} terminals, fsync {(options.Place.IsDurable ? "on" : "off")}");
        var loadSeconds = TpccTables.Prepare(console, system, scale, options.LoadSeed, options.SkipLoad, new TpccLoadOptions(options.LoadThreads, options.ForeignKeys), cancellation);
        var isRight = options.SkipChecks || TpccTables.Check(console, system, "before", cancellation);
        var names = TransactionKinds.All.Select(TransactionKinds.NameOf).ToArray();
        var live = new LiveRates(console, names, interval =>
            string.Create(CultureInfo.InvariantCulture, $"{interval.Latencies[(int)TransactionKind.NewOrder].Count / interval.Length * 60,10:N0} tpmC"));
        var result = live.Run(tick => TpccRun.Run(system, scale, options.LoadSeed, options.Run, tick, cancellation));
        console.Write(LoadReport.ToTable(result));
        console.WriteLine(LoadReport.Describe(result.Runtime, result, system.IsEmbedded));
        var tpmC = TpccRun.TpmC(result);
        isRight &= options.SkipChecks || TpccTables.Check(console, system, "after", cancellation);
        Plot(system.Description, result);
        if (options.JsonFile is { } file)
            WriteJson(file, system.Description, tpmC, loadSeconds, isRight, result);
        console.MarkupLine(string.Create(CultureInfo.InvariantCulture, $"[bold]{tpmC:N0} tpmC[/] ({result.RatePerSecond(_ => true):N0} transactions a second of all kinds)"));
        return isRight;
    }

    private void Plot(string target, LoadResult result)
    {
        var latency = LatencyPlots.Latency($"TPC-C new-order latency, {target}", result, kind => kind == (int)TransactionKind.NewOrder);
        if (console.Profile.Capabilities.Interactive && result.Intervals.Count > 2)
            console.WriteLine(TerminalPlot.Render(latency));
        if (options.PlotFile is { } file)
            SvgPlot.WriteFile(file, latency, LatencyPlots.Rate($"TPC-C transactions, {target}", result));
    }

    private void WriteJson(string file, string target, double tpmC, double? loadSeconds, bool isRight, LoadResult result) => LoadReport.WriteFile(file, json =>
    {
        LoadReport.WriteMachine(json, "tpcc", target);
        json.WriteNumber("warehouses", options.Warehouses);
        json.WriteNumber("clients", options.Run.Clients);
        json.WriteBoolean("fsync", options.Place.IsDurable);
        json.WriteBoolean("foreign_keys", options.ForeignKeys);
        json.WriteBoolean("think_times", options.Run.ThinkTimes);
        json.WriteString("isolation", options.Run.Isolation.ToString());
        if (loadSeconds is { } load)
            json.WriteNumber("load_seconds", Math.Round(load, 2));
        json.WriteNumber("tpmc", Math.Round(tpmC, 1));
        json.WriteBoolean("conditions_hold", isRight);
        LoadReport.Write(json, result);
    });
}
