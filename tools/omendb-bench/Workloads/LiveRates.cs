using System.Globalization;
using OmenDb.Workload.Measuring;
using OmenDb.Workload.Running;
using Spectre.Console;

namespace OmenDb.Tools.Bench.Workloads;

/// <summary>Rates and latencies while a load runs: a table that changes on a terminal, a line every five seconds elsewhere.</summary>
internal sealed class LiveRates(IAnsiConsole console, IReadOnlyList<string> kinds, Func<LoadInterval, string>? headline = null)
{
    private const double LineEverySeconds = 5;

    private Action<LoadProgress> _show = _ => { };
    private double _nextLine = LineEverySeconds;

    public LoadResult Run(Func<Action<LoadProgress>, LoadResult> load)
    {
        if (!console.Profile.Capabilities.Interactive)
        {
            _show = WriteLine;
            return load(progress => _show(progress));
        }
        LoadResult? result = null;
        console.Live(new Text("")).AutoClear(true).Start(context =>
        {
            _show = progress =>
            {
                context.UpdateTarget(TableOf(progress));
                context.Refresh();
            };
            result = load(progress => _show(progress));
        });
        return result!;
    }

    private void WriteLine(LoadProgress progress)
    {
        var seconds = progress.Elapsed.TotalSeconds;
        if (progress.IsWarmUp || seconds < _nextLine)
            return;
        _nextLine += LineEverySeconds;
        var all = new LatencyHistogram();
        foreach (var latency in progress.Interval.Latencies)
            all.Add(latency);
        console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{seconds,6:F0} s  {Headline(progress.Interval)}  {all.Count / progress.Interval.Length,10:N0} /s  p50 {Figures.Latency(all.PercentileNs(50))}  p99 {Figures.Latency(all.PercentileNs(99))}"));
    }

    private Table TableOf(LoadProgress progress)
    {
        var table = new Table().Border(TableBorder.Rounded).Title(string.Create(CultureInfo.InvariantCulture,
            $"{(progress.IsWarmUp ? "warm-up" : "measuring")} {progress.Elapsed.TotalSeconds:F0} of {progress.Total.TotalSeconds:F0} s  {Headline(progress.Interval)}"));
        table.AddColumn("");
        foreach (var name in (string[])["per second", "p50", "p95", "p99", "max"])
            table.AddColumn(new TableColumn(name).RightAligned());
        for (var i = 0; i < kinds.Count; i++)
        {
            var latency = progress.Interval.Latencies[i];
            if (latency.Count == 0)
                continue;
            table.AddRow(kinds[i], (latency.Count / progress.Interval.Length).ToString("N0", CultureInfo.InvariantCulture), Figures.Latency(latency.PercentileNs(50)),
                Figures.Latency(latency.PercentileNs(95)), Figures.Latency(latency.PercentileNs(99)), Figures.Latency(latency.MaxNs));
        }
        return table;
    }

    private string Headline(LoadInterval interval) => headline?.Invoke(interval) ?? "";
}
