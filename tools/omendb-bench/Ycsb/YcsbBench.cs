using System.Diagnostics;
using System.Globalization;
using OmenDb.Tools.Bench.Plots;
using OmenDb.Tools.Bench.Workloads;
using OmenDb.Workload.Measuring;
using OmenDb.Ycsb;
using OmenDb.Ycsb.Running;
using OmenDb.Ycsb.Targets;
using Spectre.Console;

namespace OmenDb.Tools.Bench.Ycsb;

/// <summary>What was asked for on the command line.</summary>
internal sealed record YcsbBenchOptions
{
    public required IReadOnlyList<YcsbWorkload> Workloads { get; init; }
    public required YcsbTable Table { get; init; }

    /// <summary>Its workload is set for each run.</summary>
    public required YcsbRunOptions Run { get; init; }

    /// <summary>"embedded", "sqlite", or a connection string.</summary>
    public required string Target { get; init; }

    /// <summary>Another one of these, in turn; null: none.</summary>
    public string? Against { get; init; }

    public int Rounds { get; init; } = 1;
    public string? DataDirectory { get; init; }
    public bool IsDurable { get; init; } = true;
    public bool SkipLoad { get; init; }
    public string? JsonFile { get; init; }
    public string? PlotFile { get; init; }
}

/// <summary>Load, run, report; with two systems in turn, so that both see the same state of the machine.</summary>
internal sealed class YcsbBench(YcsbBenchOptions options, IAnsiConsole console)
{
    public const string Sqlite = "sqlite";

    private sealed record Contender(YcsbTarget Target, bool IsEmbedded, List<IDisposable> Owned)
    {
        /// <summary>Grows with every workload that inserts.</summary>
        public long Records { get; set; }
    }

    private sealed record Outcome(YcsbWorkload Workload, string Target, IReadOnlyList<double> Rates, LoadResult Result);

    public bool Execute(CancellationToken cancellation)
    {
        var contenders = new List<Contender>();
        try
        {
            contenders.Add(Open(options.Target));
            if (options.Against is { } other)
                contenders.Add(Open(other));
            console.MarkupLineInterpolated(
                $"YCSB, {options.Table.Records:N0} records of {options.Table.Fields} fields of {options.Table.FieldLength} characters, {options.Run.Threads} clients, fsync {(options.IsDurable ? "on" : "off")}");
            foreach (var contender in contenders)
                Load(contender, cancellation);
            var outcomes = options.Workloads.SelectMany(workload => Measure(workload, contenders, cancellation)).ToArray();
            Report(outcomes);
            return true;
        }
        finally
        {
            foreach (var owned in contenders.SelectMany(contender => contender.Owned))
                owned.Dispose();
        }
    }

    private Contender Open(string target)
    {
        if (target == Sqlite)
        {
            var directory = new OwnedDirectory(options.DataDirectory);
            var sqlite = new SqliteTarget(directory.Path, options.IsDurable);
            return new Contender(sqlite, true, [sqlite, directory]);
        }
        var isEmbedded = target == Commands.CommandOptions.Embedded;
        var host = new SystemHost(new SystemPlace(isEmbedded ? null : target, isEmbedded ? options.DataDirectory : null, options.IsDurable));
        return new Contender(new SqlYcsbTarget(host.System), isEmbedded, [host]);
    }

    private void Load(Contender contender, CancellationToken cancellation)
    {
        var found = contender.Target.CountRecords(options.Table);
        if (options.SkipLoad)
        {
            if (found < options.Table.Records)
                throw new BenchException($"{contender.Target.Description} has no table of that shape with {options.Table.Records} records; run without --skip-load");
            contender.Records = found;
            return;
        }
        var watch = Stopwatch.StartNew();
        LoadProgressBars.Run(console, [(contender.Target.Description, options.Table.Records)], bars =>
            YcsbLoader.Load(contender.Target, options.Table, Environment.ProcessorCount, options.Run.Seed, records => bars.Add(contender.Target.Description, records), cancellation));
        contender.Records = options.Table.Records;
        console.MarkupLineInterpolated($"{contender.Target.Description}: loaded in {watch.Elapsed.TotalSeconds:F1} s");
    }

    private List<Outcome> Measure(YcsbWorkload workload, List<Contender> contenders, CancellationToken cancellation)
    {
        var rounds = contenders.Count > 1 ? options.Rounds : 1;
        var results = contenders.Select(_ => new List<LoadResult>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < contenders.Count; i++)
            {
                var contender = contenders[i];
                var live = new LiveRates(console, [.. Enum.GetValues<YcsbOperation>().Select(YcsbWorkload.NameOf)], _ => $"{workload.Name} {contender.Target.Description}");
                var result = live.Run(tick => YcsbRun.Run(contender.Target, options.Table with { Records = contender.Records },
                    options.Run with { Workload = workload, Seed = options.Run.Seed + round }, tick, cancellation));
                if (workload.Inserts)
                    contender.Records = contender.Target.CountRecords(options.Table);
                results[i].Add(result);
            }
        }
        return [.. contenders.Select((contender, i) =>
        {
            var byRate = results[i].OrderBy(result => result.RatePerSecond(_ => true)).ToArray();
            var median = byRate[byRate.Length / 2];
            console.MarkupLineInterpolated($"workload [bold]{workload.Name}[/] ({workload.Title}), {contender.Target.Description}");
            console.Write(LoadReport.ToTable(median));
            if (contender.IsEmbedded)
                console.WriteLine(LoadReport.Describe(median.Runtime, median, isEmbedded: true));
            return new Outcome(workload, contender.Target.Description, [.. results[i].Select(result => result.RatePerSecond(_ => true))], median);
        })];
    }

    private void Report(Outcome[] outcomes)
    {
        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumn("workload");
        table.AddColumn("system");
        foreach (var name in (string[])["per second", "spread", "p50", "p95", "p99", "p99.9", "ratio"])
            table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var group in outcomes.GroupBy(outcome => outcome.Workload))
        {
            foreach (var outcome in group)
            {
                var all = outcome.Result.Merged(_ => true);
                var rate = outcome.Result.RatePerSecond(_ => true);
                var ratio = rate / group.Last().Result.RatePerSecond(_ => true);
                table.AddRow(
                [
                    group.Key.Name, outcome.Target, Figures.Rate(rate), $"{Figures.Rate(outcome.Rates.Min())} to {Figures.Rate(outcome.Rates.Max())}",
                    .. LoadReport.Percentiles.Select(p => Figures.Latency(all.PercentileNs(p))), group.Count() > 1 ? ratio.ToString("F2", CultureInfo.InvariantCulture) : "",
                ]);
            }
        }
        console.Write(table);
        if (options.PlotFile is { } plot)
            SvgPlot.WriteFile(plot, [.. outcomes.Select(outcome => LatencyPlots.Latency($"YCSB {outcome.Workload.Name}, {outcome.Target}", outcome.Result))]);
        if (options.JsonFile is { } file)
            WriteJson(file, outcomes);
    }

    private void WriteJson(string file, Outcome[] outcomes) => LoadReport.WriteFile(file, json =>
    {
        LoadReport.WriteMachine(json, "ycsb", outcomes[0].Target);
        json.WriteNumber("records", options.Table.Records);
        json.WriteNumber("fields", options.Table.Fields);
        json.WriteNumber("field_length", options.Table.FieldLength);
        json.WriteNumber("clients", options.Run.Threads);
        json.WriteBoolean("fsync", options.IsDurable);
        json.WriteStartArray("workloads");
        foreach (var outcome in outcomes)
        {
            json.WriteStartObject();
            json.WriteString("workload", outcome.Workload.Name);
            json.WriteString("system", outcome.Target);
            json.WriteStartArray("rates");
            foreach (var rate in outcome.Rates)
                json.WriteNumberValue(Math.Round(rate, 1));
            json.WriteEndArray();
            LoadReport.Write(json, outcome.Result);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    /// <summary>The directory that was asked for, or one that is removed at the end.</summary>
    private sealed class OwnedDirectory : IDisposable
    {
        private readonly bool _isTemporary;

        public OwnedDirectory(string? wanted)
        {
            _isTemporary = wanted is null;
            Path = wanted is null ? Directory.CreateTempSubdirectory("omendb-bench-").FullName : Directory.CreateDirectory(wanted).FullName;
        }

        public string Path { get; }

        public void Dispose()
        {
            if (_isTemporary)
                Directory.Delete(Path, recursive: true);
        }
    }
}
