using System.Diagnostics;
using OmenDb.Engine;
using OmenDb.Tpch.Queries;
using OmenDb.Tpch.Reference;
using OmenDb.Tpch.Targets;
using Spectre.Console;

namespace OmenDb.Tools.Bench.Tpch;

/// <summary>Load, measure, check, report.</summary>
internal sealed class TpchRun(TpchOptions options, IAnsiConsole console)
{
    /// <returns>False when an answer was wrong or a query failed.</returns>
    public bool Execute(CancellationToken cancellation)
    {
        if (options.ConnectionString is { } connectionString)
        {
            using var server = new PostgresTarget(connectionString);
            return Execute(server, cancellation);
        }
        var directory = options.DataDirectory is { } kept
            ? Path.GetFullPath(kept)
            : Directory.CreateTempSubdirectory("omendb-bench-").FullName;
        try
        {
            // Against a hot database the tables are sealed after the load, by the clock.
            using var database = Database.Open(directory, new DatabaseOptions
            {
                Sealing = options.Against == TpchOptions.Hot ? Sealing.OnDemand : Sealing.InBackground, MemoryLimitBytes = options.MemoryLimitBytes,
            });
            using var target = new EmbeddedTarget(database, $"OmenDB {typeof(Database).Assembly.GetName().Version?.ToString(3)} embedded");
            return Execute(target, cancellation);
        }
        finally
        {
            if (options.DataDirectory is null)
                Directory.Delete(directory, recursive: true);
        }
    }

    private bool Execute(TpchTarget target, CancellationToken cancellation)
    {
        if (options.Against is not null)
            return new TpchDuel(options, console).Execute(target, cancellation);
        console.MarkupLineInterpolated(
            $"TPC-H SF {options.ScaleFactor}, [bold]{target.Description}[/], {options.Threads} thread{(options.Threads == 1 ? "" : "s")}");
        var loadSeconds = TpchTables.Load(target, options, console, cancellation);
        target.SetThreads(options.Threads);
        using var reference = options.ReferenceConnectionString is { } other ? new PostgresTarget(other) : null;
        using var writer = TpchWriter.Start(target, options);
        var result = Measure(target, reference, loadSeconds, cancellation);
        TpchReport.Write(console, result);
        TpchWriter.Report(writer, target, console);
        if (options.JsonFile is { } file)
            TpchJson.Write(file, result);
        return result.IsRight;
    }

    private TpchRunResult Measure(TpchTarget target, TpchTarget? reference, double? loadSeconds, CancellationToken cancellation)
    {
        var whyNot = reference is not null ? null
            : options.Scattered ? "scattered keys have no reference answers (--against compares with another system)"
            : options.Seed is not null ? "substituted parameters have no reference answers (--reference names a system to compare with)"
            : !TpchReference.ScaleFactors.Contains(options.ScaleFactor)
                ? $"there are reference answers at scale factors {string.Join(", ", TpchReference.ScaleFactors)} (--reference names a system to compare with)"
            : null;
        var results = new List<QueryResult>();
        foreach (var number in options.Queries)
        {
            cancellation.ThrowIfCancellationRequested();
            var query = TpchQueries.Get(number);
            results.Add(MeasureQuery(target, reference, query, whyNot is null));
            if (options.Explain && results[^1].Answer != AnswerState.Failed)
                Explain(target, query);
        }
        return new TpchRunResult(
            target.Description, options, loadSeconds, target is EmbeddedTarget ? TpchTables.PeakMemoryBytes() : null, whyNot, results);
    }

    private QueryResult MeasureQuery(TpchTarget target, TpchTarget? reference, TpchQuery query, bool check)
    {
        var sql = TextOf(query);
        double? first = null;
        var runs = new List<double>();
        var rowCount = 0;
        string? difference = null;
        try
        {
            var expected = reference?.Query(sql);
            for (var run = 0; run <= options.Runs; run++)
            {
                var watch = Stopwatch.StartNew();
                var rows = target.Query(sql);
                var ms = watch.Elapsed.TotalMilliseconds;
                if (run == 0)
                    first = ms;
                else
                    runs.Add(ms);
                rowCount = rows.Count;
                if (!check || difference is not null)
                    continue;
                // Every run: an answer that is right only sometimes is wrong.
                difference = expected is not null
                    ? AnswerCheck.Compare(query, expected, rows)
                    : AnswerCheck.Compare(query, options.ScaleFactor, rows);
                if (difference is not null && run > 0)
                    difference += $" (in run {run + 1})";
            }
        }
        catch (Exception exception) when (BenchErrors.IsExpected(exception))
        {
            return new QueryResult(query.Number, null, [], 0, AnswerState.Failed, BenchErrors.Describe(exception));
        }
        var state = !check ? AnswerState.NotChecked : difference is null ? AnswerState.Right : AnswerState.Wrong;
        return new QueryResult(query.Number, first, runs, rowCount, state, difference);
    }

    private string TextOf(TpchQuery query) =>
        (options.Seed is { } seed ? query.SubstitutedText(seed, options.ScaleFactor) : query.ValidationText).TrimEnd().TrimEnd(';');

    private void Explain(TpchTarget target, TpchQuery query)
    {
        console.WriteLine($"Q{query.Number}, {query.Title}");
        foreach (var line in target.Query("EXPLAIN ANALYZE " + TextOf(query)))
            console.WriteLine("  " + line[0]);
    }
}
