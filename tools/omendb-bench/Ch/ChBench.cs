using System.Globalization;
using System.Text.Json;
using OmenDb.Tools.Bench.Plots;
using OmenDb.Tools.Bench.Tpcc;
using OmenDb.Tools.Bench.Workloads;
using OmenDb.Tpcc;
using OmenDb.Tpcc.Loading;
using OmenDb.Workload.Sql;
using Spectre.Console;

namespace OmenDb.Tools.Bench.Ch;

/// <summary>Transactions alone, queries alone, both; or the frontier.</summary>
internal sealed class ChBench(ChBenchOptions options, IAnsiConsole console)
{
    /// <returns>False when a condition does not hold, or a query missed what had been committed before it.</returns>
    public bool Execute(CancellationToken cancellation)
    {
        using var host = new SystemHost(options.Place);
        var system = host.System;
        console.MarkupLineInterpolated($"CH-benCHmark, {options.Warehouses} warehouses, [bold]{system.Description}[/], fsync {(options.Place.IsDurable ? "on" : "off")}");
        TpccTables.Prepare(console, system, new TpccScale(options.Warehouses), options.LoadSeed, options.SkipLoad, new TpccLoadOptions(options.LoadThreads, WithCh: true), cancellation);
        var phases = Points().Select(point =>
        {
            var phase = ChPhaseResult.Run(console, system, options, point.Transactions, point.Analytics, cancellation);
            console.WriteLine(Line(phase));
            return phase;
        }).ToArray();
        if (options.Frontier)
            ReportFrontier(system.Description, phases);
        else
            ReportInterference(system, phases);
        if (options.JsonFile is { } file)
            WriteJson(file, system.Description, phases);
        var isRight = TpccTables.Check(console, system, "after", cancellation);
        var staleness = phases.Max(phase => phase.Staleness ?? TimeSpan.Zero);
        if (staleness > TimeSpan.Zero)
            console.MarkupLine(string.Create(CultureInfo.InvariantCulture, $"[red]a query did not see what had been answered {staleness.TotalMilliseconds:F3} ms before it[/]"));
        else
            console.MarkupLine("freshness: [bold]0 ms[/], every query saw all that had been answered before it");
        return isRight && staleness == TimeSpan.Zero;
    }

    /// <summary>Alone, alone, together; or a grid, after Milkai et al. 2022: lines of fixed numbers of either kind.</summary>
    private IEnumerable<(int Transactions, int Analytics)> Points()
    {
        var (t, a) = (options.Run.Clients, options.AnalyticClients);
        if (!options.Frontier)
            return [(t, 0), (0, a), (t, a)];
        int[] ts = [.. new[] { 0, (t + 3) / 4, (t + 1) / 2, t }.Distinct()];
        int[] analytics = [.. new[] { 0, (a + 1) / 2, a }.Distinct()];
        return ts.SelectMany(x => analytics.Select(y => (x, y))).Where(point => point.x + point.y > 0);
    }

    private static string Line(ChPhaseResult phase) => string.Create(CultureInfo.InvariantCulture,
        $"{phase.TransactionClients,3} transaction clients {phase.TransactionsPerSecond,10:N1} /s ({phase.TpmC:N0} tpmC, new-order p50 {Figures.Latency(phase.NewOrders.PercentileNs(50))}, p99 {Figures.Latency(phase.NewOrders.PercentileNs(99))})  {phase.AnalyticClients,3} analytic {phase.QueriesPerHour,8:N0} queries an hour");

    private void ReportInterference(WorkloadSystem system, ChPhaseResult[] phases)
    {
        var (transactions, queries, both) = (phases[0], phases[1], phases[2]);
        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumn("");
        foreach (var name in (string[])["alone, mean", "together, mean", "ratio"])
            table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var (alone, together) in queries.Load.Kinds.Zip(both.Load.Kinds).Concat(transactions.Load.Kinds.Zip(both.Load.Kinds)).Where(pair => pair.First.Count > 0))
        {
            table.AddRow(alone.Name, Figures.Latency(alone.Latency.MeanNs), Figures.Latency(together.Latency.MeanNs),
                together.Count > 0 ? (together.Latency.MeanNs / alone.Latency.MeanNs).ToString("F2", CultureInfo.InvariantCulture) : "");
        }
        console.Write(table);
        var left = both.TransactionsPerSecond / transactions.TransactionsPerSecond;
        console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"transactions keep {left:P0} of their rate, interference {1 - left:P0}; new-order p99 {Figures.Latency(transactions.NewOrders.PercentileNs(99))} becomes {Figures.Latency(both.NewOrders.PercentileNs(99))}"));
        if (AnalyticsLeft(queries, both) is { } kept)
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"queries keep {kept:P0} of their rate, interference {1 - kept:P0} (sum of the mean times of the queries that ran in both phases)"));
        if (options.PlotFile is { } file)
        {
            SvgPlot.WriteFile(file,
                LatencyPlots.Latency($"transactions alone, {system.Description}", transactions.Load, ChPhaseResult.IsTransaction),
                LatencyPlots.Latency("transactions beside queries", both.Load, ChPhaseResult.IsTransaction),
                LatencyPlots.Rate("transactions beside queries", both.Load, ChPhaseResult.IsTransaction));
        }
    }

    /// <summary>Queries differ in length, so that a count says little: the same queries' mean times are compared.</summary>
    private static double? AnalyticsLeft(ChPhaseResult alone, ChPhaseResult together)
    {
        var common = alone.Queries.Zip(together.Queries).Where(pair => pair.First.Count > 0 && pair.Second.Count > 0).ToArray();
        return common.Length == 0 ? null : common.Sum(pair => pair.First.Latency.MeanNs) / common.Sum(pair => pair.Second.Latency.MeanNs);
    }

    private void ReportFrontier(string target, ChPhaseResult[] phases)
    {
        var points = phases.Select(phase => (X: phase.TransactionsPerSecond, Y: phase.QueriesPerHour)).ToArray();
        var frontier = FrontierOf(points);
        var (mostX, mostY) = (frontier.Max(point => point.X), frontier.Max(point => point.Y));
        var plot = new Plot($"throughput frontier, {target}", "transactions per second", "queries per hour",
        [
            new PlotSeries("frontier", frontier), new PlotSeries("points", points, IsLine: false), new PlotSeries("proportional", [(0, mostY), (mostX, 0)]),
        ]);
        console.WriteLine(TerminalPlot.Render(plot));
        console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"area under the frontier: {AreaUnder(frontier) / Math.Max(1e-9, mostX * mostY):P0} of the rectangle (50%: the two share the machine as if it were cut in two; 100%: neither feels the other)"));
        if (options.PlotFile is { } file)
            SvgPlot.WriteFile(file, plot);
    }

    /// <summary>The points that no other exceeds in both, by rising transactions.</summary>
    internal static (double X, double Y)[] FrontierOf(IEnumerable<(double X, double Y)> points)
    {
        var frontier = new List<(double X, double Y)>();
        foreach (var point in points.OrderByDescending(point => point.X).ThenByDescending(point => point.Y))
        {
            if (frontier.Count == 0 || point.Y > frontier[^1].Y)
                frontier.Add(point);
        }
        frontier.Reverse();
        return [.. frontier];
    }

    /// <summary>By trapezoids, from the first point's height at zero.</summary>
    internal static double AreaUnder((double X, double Y)[] frontier)
    {
        var area = frontier[0].X * frontier[0].Y;
        for (var i = 1; i < frontier.Length; i++)
            area += (frontier[i].X - frontier[i - 1].X) * (frontier[i].Y + frontier[i - 1].Y) / 2;
        return area;
    }

    private void WriteJson(string file, string target, ChPhaseResult[] phases) => LoadReport.WriteFile(file, json =>
    {
        LoadReport.WriteMachine(json, "ch", target);
        json.WriteNumber("warehouses", options.Warehouses);
        json.WriteBoolean("fsync", options.Place.IsDurable);
        json.WriteStartArray("phases");
        foreach (var phase in phases)
            Write(json, phase);
        json.WriteEndArray();
    });

    private static void Write(Utf8JsonWriter json, ChPhaseResult phase)
    {
        json.WriteStartObject();
        json.WriteNumber("transaction_clients", phase.TransactionClients);
        json.WriteNumber("analytic_clients", phase.AnalyticClients);
        json.WriteNumber("transactions_per_second", Math.Round(phase.TransactionsPerSecond, 2));
        json.WriteNumber("tpmc", Math.Round(phase.TpmC, 1));
        json.WriteNumber("queries_per_hour", Math.Round(phase.QueriesPerHour, 1));
        if (phase.Staleness is { } staleness)
            json.WriteNumber("staleness_ms", Math.Round(staleness.TotalMilliseconds, 3));
        LoadReport.Write(json, phase.Load);
        json.WriteEndObject();
    }
}
