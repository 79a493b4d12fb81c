using System.Globalization;
using OmenDb.Index;
using Spectre.Console;

namespace OmenDb.Tools.Bench.Index;

/// <summary>The tables and charts at the end.</summary>
internal static class IndexReport
{
    public static void Write(IAnsiConsole console, IndexOptions options, IReadOnlyList<IndexFigures> figures)
    {
        foreach (var phase in options.Phases)
        {
            var stores = figures.Where(figure => figure.Phase == phase).ToArray();
            console.Write(TableOf(phase, options, stores));
            console.Write(ChartOf($"ns per random look-up, {Title(phase)}", stores));
            console.WriteLine();
            if (stores.FirstOrDefault(figure => figure.Statistics is not null) is { } alex)
                WriteStructure(console, alex);
        }
        console.MarkupLine("[dim]Times are processor time of the calling thread, best of the runs (worst in brackets); parallel load is wall-clock time.[/]");
    }

    private static string Title(BenchPhase phase) => phase switch
    {
        BenchPhase.Load => "after bulk load",
        BenchPhase.Insert => "after random inserts",
        _ => "after ascending appends",
    };

    private static Table TableOf(BenchPhase phase, IndexOptions options, IndexFigures[] stores)
    {
        var table = new Table().Border(TableBorder.Rounded)
            .Title(string.Create(CultureInfo.InvariantCulture, $"{options.Keys:N0} {options.Distribution.ToString().ToLowerInvariant()} keys {Title(phase)}"));
        table.AddColumn("");
        foreach (var store in stores)
            table.AddColumn(new TableColumn(store.Store).RightAligned());
        foreach (var store in stores.Skip(1))
            table.AddColumn(new TableColumn($"x {store.Store}").RightAligned());
        Row(phase == BenchPhase.Load ? "bulk load, M keys/s per core" : phase == BenchPhase.Insert ? "insert, ns" : "append, ns", figure => figure.Build,
            ns => phase == BenchPhase.Load ? Number(1000 / ns) : Number(ns));
        Row($"load by {options.Threads} threads, M keys/s", figure => figure.ParallelLoad, ns => Number(1000 / ns));
        Row("the same from random order, M keys/s", figure => figure.UnsortedLoad, ns => Number(1000 / ns));
        Row("look-up, ns", figure => figure.Lookup, Number);
        Row("look-up batched, ns", figure => figure.LookupBatched, Number);
        Row("look-up autocommit, ns", figure => figure.LookupAutocommit, Number);
        Row("scan of 100 rows, ns", figure => figure.Scan, Number);
        Row("delete, ns", figure => figure.Delete, Number);
        Plain("total bytes per key", figure => Number(figure.BytesPerKey));
        Plain("beyond key and row id (16)", figure => Number(figure.BytesPerKey - 16));
        Plain("reserved bytes per key", figure => Number((double)figure.ReservedBytes / figure.Keys));
        Plain("bytes per key left after deletes", figure => figure.UsedBytesAfterDeletes is { } bytes
            ? Number(bytes / Math.Max(1.0, figure.Keys - Math.Min(figure.Keys / 4, 1 << 20))) : "");
        Plain("height", figure => figure.Height?.ToString(CultureInfo.InvariantCulture) ?? "");
        Plain("nodes", figure => figure.Nodes?.ToString("N0", CultureInfo.InvariantCulture) ?? "");
        Plain("insert latency p50 / p99, ns", figure => figure.InsertLatency is { } latency ? $"{latency.MedianNs} / {latency.P99Ns}" : "");
        Plain("insert latency p99.99 / max, µs", figure => figure.InsertLatency is { } latency
            ? $"{Number(latency.P9999Ns / 1000.0)} / {Number(latency.MaxNs / 1000.0)}" : "");
        return table;

        void Row(string name, Func<IndexFigures, Samples> samples, Func<double, string> format)
        {
            if (stores.All(store => samples(store).Best is null))
                return;
            var ours = samples(stores[0]).Best;
            var cells = stores.Select(store => samples(store) is { Best: { } best, Worst: { } worst }
                ? worst > best * 1.02 ? $"{format(best)} ({format(worst)})" : format(best)
                : "");
            var ratios = stores.Skip(1).Select(store => samples(store).Best / ours is { } ratio ? Number(ratio) : "");
            table.AddRow([name, .. cells, .. ratios]);
        }

        void Plain(string name, Func<IndexFigures, string> cell)
        {
            var cells = stores.Select(cell).ToArray();
            if (Array.Exists(cells, text => text.Length > 0))
                table.AddRow([name, .. cells, .. stores.Skip(1).Select(_ => "")]);
        }
    }

    private static BarChart ChartOf(string title, IndexFigures[] stores)
    {
        var chart = new BarChart().Width(100).Label(title).LeftAlignLabel().UseValueFormatter((value, culture) => value.ToString("N0", culture));
        foreach (var store in stores)
        {
            var colour = store.Kind == StoreKind.Alex ? Color.Green : Color.Grey;
            if (store.Lookup.Best is { } single)
                chart.AddItem(store.Store, Math.Round(single), colour);
            if (store.LookupBatched.Best is { } batched)
                chart.AddItem($"{store.Store}, batched", Math.Round(batched), colour);
        }
        return chart;
    }

    private static void WriteStructure(IAnsiConsole console, IndexFigures figure)
    {
        var statistics = figure.Statistics!;
        console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"ALEX: {statistics.Entries:N0} entries, height {statistics.Height}; {statistics.ModelNodes:N0} model nodes, {statistics.SortedNodes:N0} sorted nodes, "
            + $"{statistics.GappedLeaves:N0} gapped leaves ({statistics.PlainLeaves:N0} plain, {statistics.AppendLeaves:N0} append), "
            + $"{statistics.RunLeaves:N0} run leaves with {statistics.Runs:N0} runs; "
            + $"{statistics.Expansions:N0} expansions, {statistics.Splits:N0} divisions, {statistics.Contractions:N0} contractions, {statistics.Merges:N0} merges"));
        if (statistics.ModelErrorLog2.Count == 0)
            return;
        console.Write(ErrorChart(statistics));
        console.WriteLine();
    }

    private static BarChart ErrorChart(AlexStatistics statistics)
    {
        var chart = new BarChart().Width(100).Label("% of entries by distance from their predicted slot").LeftAlignLabel()
            .UseValueFormatter((value, culture) => value.ToString("N2", culture));
        var sum = Math.Max(statistics.ModelErrorLog2.Sum(), 1);
        for (var i = 0; i < statistics.ModelErrorLog2.Count; i++)
        {
            var low = (1L << i) - 1;
            var high = (1L << (i + 1)) - 2;
            chart.AddItem(low == high ? $"{low}" : $"{low} to {high}", 100.0 * statistics.ModelErrorLog2[i] / sum, Color.Blue);
        }
        return chart;
    }

    private static string Number(double value) =>
        value.ToString(Math.Abs(value) < 10 ? "0.00" : Math.Abs(value) < 100 ? "0.0" : "N0", CultureInfo.InvariantCulture);
}
