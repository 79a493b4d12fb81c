using System.Diagnostics;
using System.Globalization;
using OmenDb.Engine;
using OmenDb.Tpch.Queries;
using OmenDb.Tpch.Reference;
using OmenDb.Tpch.Targets;
using OmenDb.Tpch.Targets.DuckDb;
using Spectre.Console;

namespace OmenDb.Tools.Bench.Tpch;

/// <summary>Two systems in one run, on the same data: after a first run of both, their runs of each query alternate, so that whatever else the
/// machine does meets both.</summary>
internal sealed class TpchDuel(TpchOptions options, IAnsiConsole console)
{
    /// <returns>False when an answer was wrong or a query failed.</returns>
    public bool Execute(TpchTarget ours, CancellationToken cancellation)
    {
        using var hot = options.Against == TpchOptions.Hot ? new HotDatabase() : null;
        using var theirs = hot is null ? Open(options.Against!) : new EmbeddedTarget(hot.Database, "OmenDB with hot segments");
        console.MarkupLineInterpolated(
            $"TPC-H SF {options.ScaleFactor}, [bold]{ours.Description}[/] against [bold]{theirs.Description}[/], {options.Threads} thread{(options.Threads == 1 ? "" : "s")}");
        var pairs = new List<(QueryResult Ours, QueryResult Theirs)>();
        var loads = new double?[2];
        foreach (var (target, i) in ((TpchTarget[])[ours, theirs]).Select((target, i) => (target, i)))
        {
            console.MarkupLineInterpolated($"loading {target.Description}");
            loads[i] = TpchTables.Load(target, options, console, cancellation);
            target.SetThreads(options.Threads);
        }
        if (hot is not null)
            TpchSegments.Seal(ours, theirs, console);
        using var ourWriter = TpchWriter.Start(ours, options);
        using var theirWriter = TpchWriter.Start(theirs, options);
        foreach (var number in options.Queries)
        {
            cancellation.ThrowIfCancellationRequested();
            pairs.Add(Measure(ours, theirs, TpchQueries.Get(number)));
        }
        Write(ours, theirs, pairs);
        TpchWriter.Report(ourWriter, ours, console);
        TpchWriter.Report(theirWriter, theirs, console);
        if (options.JsonFile is { } file)
            TpchJson.Write(file, Result(ours, 0), Result(theirs, 1));
        return pairs.TrueForAll(pair => IsFine(pair.Ours) && IsFine(pair.Theirs));

        TpchRunResult Result(TpchTarget target, int i) => new(
            target.Description, options, loads[i], target is EmbeddedTarget ? TpchTables.PeakMemoryBytes() : null, null,
            [.. pairs.Select(pair => i == 0 ? pair.Ours : pair.Theirs)]);
    }

    private TpchTarget Open(string against) => against.StartsWith(TpchOptions.DuckDb, StringComparison.Ordinal)
        ? new DuckDbTarget(against[TpchOptions.DuckDb.Length..].TrimStart(':'), options.Threads)
        : new PostgresTarget(against);

    private (QueryResult Ours, QueryResult Theirs) Measure(TpchTarget ours, TpchTarget theirs, TpchQuery query)
    {
        var mine = new Runs(ours, options.CpuTime);
        var other = new Runs(theirs, options.CpuTime);
        for (var run = 0; run <= options.Runs; run++)
        {
            // With substituted parameters every run has others, so that nothing of a run can serve the next.
            var sql = (options.Seed is { } seed ? query.SubstitutedText(seed + run, options.ScaleFactor) : query.ValidationText).TrimEnd().TrimEnd(';');
            // Who is first changes: the other finds caches as the first has left them.
            var (first, second) = run % 2 == 0 ? (mine, other) : (other, mine);
            first.Run(sql, run == 0);
            second.Run(sql, run == 0);
            if (mine.Failure is not null || other.Failure is not null)
                break;
            if (options.Seed is null && !options.Scattered && TpchReference.ScaleFactors.Contains(options.ScaleFactor))
            {
                mine.Difference ??= AnswerCheck.Compare(query, options.ScaleFactor, mine.Rows);
                other.Difference ??= AnswerCheck.Compare(query, options.ScaleFactor, other.Rows);
            }
            else
            {
                mine.Difference ??= AnswerCheck.Compare(query, other.Rows, mine.Rows);
            }
        }
        return (mine.Result(query), other.Result(query));
    }

    private void Write(TpchTarget ours, TpchTarget theirs, List<(QueryResult Ours, QueryResult Theirs)> pairs)
    {
        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumn("query");
        foreach (var name in (string[])["first ms", "their first", "median ms", "theirs", "ratio", "min ms", "theirs", "ratio", "spread", "theirs"])
            table.AddColumn(new TableColumn(name).RightAligned());
        table.AddColumn("answer");
        foreach (var (mine, other) in pairs)
        {
            table.AddRow(
                $"Q{mine.Number}", Ms(mine.FirstMs), Ms(other.FirstMs), Ms(mine.MedianMs), Ms(other.MedianMs), Ratio(mine.MedianMs, other.MedianMs),
                Ms(mine.MinMs), Ms(other.MinMs), Ratio(mine.MinMs, other.MinMs), Spread(mine), Spread(other), Answer(mine, other));
        }
        table.AddEmptyRow();
        double? Mean(Func<(QueryResult Ours, QueryResult Theirs), double?> value) => QueryResult.GeometricMean(pairs.Select(value));
        var (m, o) = (Mean(p => p.Ours.MedianMs), Mean(p => p.Theirs.MedianMs));
        var (mm, om) = (Mean(p => p.Ours.MinMs), Mean(p => p.Theirs.MinMs));
        table.AddRow(
            "[bold]geomean[/]", Ms(Mean(p => p.Ours.FirstMs)), Ms(Mean(p => p.Theirs.FirstMs)), Ms(m), Ms(o), Ratio(m, o), Ms(mm), Ms(om), Ratio(mm, om), "", "", "");
        console.Write(table);
        foreach (var (mine, other) in pairs)
        {
            if (mine.Remark is { } remark)
                console.MarkupLineInterpolated($"[red]{ours.Description}, Q{mine.Number}[/] {remark}");
            if (other.Remark is { } theirRemark)
                console.MarkupLineInterpolated($"[red]{theirs.Description}, Q{mine.Number}[/] {theirRemark}");
        }
        console.WriteLine($"{pairs.Count(pair => IsFine(pair.Ours))} of {pairs.Count} answers of {ours.Description} right; ratio below 1: it is the faster one");
    }

    private static bool IsFine(QueryResult result) => result.Answer is AnswerState.Right or AnswerState.NotChecked;

    private static string Ms(double? value) => value is { } ms ? ms.ToString(ms < 100 ? "F1" : "F0", CultureInfo.InvariantCulture) : "-";

    private static string Ratio(double? mine, double? other) =>
        mine / other is { } ratio ? $"[{(ratio <= 1 ? "green" : "yellow")}]{ratio.ToString("F2", CultureInfo.InvariantCulture)}[/]" : "-";

    /// <summary>Slowest measured run over the fastest.</summary>
    private static string Spread(QueryResult result) =>
        result.RunsMs.Count > 1 ? (result.RunsMs.Max() / result.RunsMs.Min()).ToString("F2", CultureInfo.InvariantCulture) : "-";

    private static string Answer(QueryResult mine, QueryResult other) =>
        mine.Answer == AnswerState.Failed || other.Answer == AnswerState.Failed ? "[red]FAILED[/]"
        : mine.Answer == AnswerState.Wrong || other.Answer == AnswerState.Wrong ? "[red]WRONG[/]"
        : "[green]right[/]";

    /// <summary>A database of the same program whose segments stay as they were written.</summary>
    private sealed class HotDatabase : IDisposable
    {
        public Database Database { get; } = Database.OpenInMemory(new DatabaseOptions { Sealing = Sealing.OnDemand });

        public void Dispose() => Database.Dispose();
    }

    /// <summary>One system's runs of one query.</summary>
    private sealed class Runs(TpchTarget target, bool cpuTime)
    {
        private double? _first;
        private readonly List<double> _others = [];

        public IReadOnlyList<IReadOnlyList<string?>> Rows { get; private set; } = [];

        public string? Failure { get; private set; }

        public string? Difference { get; set; }

        public void Run(string sql, bool isFirst)
        {
            try
            {
                var (watch, before) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
                Rows = target.Query(sql);
                var ms = (cpuTime ? Environment.CpuUsage.TotalTime - before : watch.Elapsed).TotalMilliseconds;
                if (isFirst)
                    _first = ms;
                else
                    _others.Add(ms);
            }
            catch (Exception exception) when (BenchErrors.IsExpected(exception))
            {
                Failure = BenchErrors.Describe(exception);
            }
        }

        public QueryResult Result(TpchQuery query) => Failure is not null
            ? new QueryResult(query.Number, null, [], 0, AnswerState.Failed, Failure)
            : new QueryResult(query.Number, _first, _others, Rows.Count, Difference is null ? AnswerState.Right : AnswerState.Wrong, Difference);
    }
}
