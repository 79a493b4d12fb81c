using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using OmenDb.Tools.Bench.Tpch;
using OmenDb.Tpch.Generation;
using OmenDb.Tpch.Queries;
using OmenDb.Tpch.Targets;
using OmenDb.Tpch.Targets.DuckDb;

namespace OmenDb.Tools.Bench.Commands;

/// <summary>omendb-bench tpch.</summary>
internal static class TpchCommand
{
    private const string Description =
        """
        TPC-H: generates the data of the specification (equal to dbgen's, byte for byte), loads it, runs the 22 queries and checks the answers.

        Examples:
          omendb-bench tpch --sf 1                                   in this process, in a directory that is removed afterwards
          omendb-bench tpch --sf 1 --data ./tpch1 --runs 5           keeps the database; the next run finds it loaded
          omendb-bench tpch --sf 0.1 --target postgres://postgres@127.0.0.1/bench    any PostgreSQL-wire server
          omendb-bench tpch --sf 0.1 --seed 7 --reference postgres://postgres@127.0.0.1/bench    other parameters, checked against another system
          omendb-bench tpch --sf 1 --runs 5 --against hot                            sealed segments against hot ones, and their memory
          omendb-bench tpch --sf 1 --runs 5 --against duckdb:./libduckdb.so          both systems in one run, their runs alternating
          omendb-bench tpch --sf 1 --scattered --writer 1000 --seed 1 --against duckdb   shuffled tables, sparse keys, beside a writer, new parameters in each run
          omendb-bench tpch --sf 10 --generate-only ./tbl            region.tbl ... lineitem.tbl

        Every query runs once, which is the "first" column, and then --runs times more, of which the minimum and the median are shown.
        Exit code: 0 all answers right, 1 a wrong answer, a failed query or another error.
        """;

    public static Command Create()
    {
        var scale = new Option<double>("--sf")
        {
            Description = "Scale factor: 0.001 to 1, or a whole number. 1 is about 1 GB of text.",
            HelpName = "N",
            DefaultValueFactory = _ => 0.1,
            CustomParser = ParseScale,
        };
        var threads = CommandOptions.Number("--threads", "Threads for generation, load and one query.", Environment.ProcessorCount, 1);
        var runs = CommandOptions.Number("--runs", "Measured runs of each query after the first.", 3, 0);
        var queries = new Option<int[]?>("--queries")
        {
            Description = "Numbers and ranges: 1,6,11-14. All 22 by default.",
            HelpName = "LIST",
            CustomParser = ParseQueries,
        };
        var target = CommandOptions.Url("--target", $"\"{CommandOptions.Embedded}\", or {PostgresUrl.Usage}.");
        target.DefaultValueFactory = _ => CommandOptions.Embedded;
        var reference = CommandOptions.Url("--reference", "Another loaded system that the answers are compared with, for any scale factor and seed.");
        var against = new Option<string?>("--against")
        {
            Description = $"A second system, loaded and measured in the same run: \"duckdb\" or \"duckdb:PATH\" of its library ({DuckDbTarget.LibraryHint}), \"hot\" for this one without sealing, or {PostgresUrl.Usage}.",
            HelpName = "SYSTEM",
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (text is TpchOptions.DuckDb or TpchOptions.Hot || text.StartsWith(TpchOptions.DuckDb + ":", StringComparison.Ordinal))
                    return text;
                if (PostgresUrl.TryParse(text, out var error) is { } connectionString)
                    return connectionString;
                result.AddError($"--against: {error}; or {TpchOptions.DuckDb}[:PATH], or {TpchOptions.Hot}");
                return null;
            },
        };
        var cpuTime = new Option<bool>("--cpu-time") { Description = "With --against hot: processor time instead of the clock, for machines that are busy with other things." };
        var scattered = new Option<bool>("--scattered") { Description = "After the load bring the rows into random order and make keys sparse (multiplied and permuted)." };
        var writer = CommandOptions.Number("--writer", "Rows per second that are committed into orders and lineitem beside the queries.", 0, 0);
        var seed = new Option<long?>("--seed") { Description = "Query parameters that qgen draws for this seed, instead of the validation parameters.", HelpName = "N" };
        var data = new Option<string?>("--data") { Description = "Embedded: the data directory, kept and used again.", HelpName = "DIR" };
        var memory = CommandOptions.Number("--memory", "Embedded: megabytes that data and queries may take; sealed columns leave memory when there is not enough. 0: no limit.", 0, 0);
        var reload = new Option<bool>("--reload") { Description = "Drop the tables and load them again." };
        var explain = new Option<bool>("--explain") { Description = "Print EXPLAIN ANALYZE of each query." };
        var json = new Option<string?>("--json") { Description = "Write the results to this file as well.", HelpName = "FILE" };
        var generate = new Option<string?>("--generate-only") { Description = "Write the eight .tbl files here and stop.", HelpName = "DIR" };
        var trailing = new Option<bool>("--trailing-separator") { Description = "End the lines of .tbl files with '|', as dbgen does." };
        seed.Validators.Add(result =>
        {
            if (result.GetValue(seed) is { } value && value % int.MaxValue == 0)
                result.AddError("--seed must not be a multiple of 2147483647");
        });

        var command = new Command("tpch", Description)
        {
            scale, threads, runs, queries, target, reference, against, cpuTime, scattered, writer, seed, data, memory, reload, explain, json, generate, trailing,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(data) is not null && result.GetValue(target) is { } place && place != CommandOptions.Embedded)
                result.AddError("--data belongs to the embedded target; a server has its own directory");
        });
        command.Validators.Add(result =>
        {
            if (result.GetValue(cpuTime) && result.GetValue(against) != TpchOptions.Hot)
                result.AddError("--cpu-time compares databases of this process: it needs --against hot");
        });
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(OptionsOf(parsed), cancellation)));
        return command;

        TpchOptions OptionsOf(ParseResult parsed) => new()
        {
            ScaleFactor = parsed.GetValue(scale),
            Threads = parsed.GetValue(threads),
            Runs = parsed.GetValue(runs),
            Queries = parsed.GetValue(queries) is { Length: > 0 } chosen ? chosen : [.. TpchQueries.All.Select(query => query.Number)],
            ConnectionString = parsed.GetValue(target) is { } url && url != CommandOptions.Embedded ? url : null,
            ReferenceConnectionString = parsed.GetValue(reference),
            Against = parsed.GetValue(against),
            CpuTime = parsed.GetValue(cpuTime),
            Scattered = parsed.GetValue(scattered),
            WriterRows = parsed.GetValue(writer),
            MemoryLimitBytes = (long)parsed.GetValue(memory) << 20,
            Seed = parsed.GetValue(seed),
            DataDirectory = parsed.GetValue(data),
            Reload = parsed.GetValue(reload),
            Explain = parsed.GetValue(explain),
            JsonFile = parsed.GetValue(json),
            GenerateDirectory = parsed.GetValue(generate),
            TrailingSeparator = parsed.GetValue(trailing),
        };
    }

    private static int Run(TpchOptions options, CancellationToken cancellation)
    {
        try
        {
            var console = BenchConsole.Create();
            if (options.GenerateDirectory is null)
                return new TpchRun(options, console).Execute(cancellation) ? 0 : 1;
            TpchFiles.Write(options, console, cancellation);
            return 0;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("cancelled");
            return 1;
        }
        catch (Exception exception) when (BenchErrors.IsExpected(exception))
        {
            Console.Error.WriteLine(BenchErrors.Describe(exception));
            return 1;
        }
    }

    private static double ParseScale(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        try
        {
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
                return new TpchScale(value).Factor;
        }
        catch (ArgumentOutOfRangeException)
        {
            // reported below, in the same words as a text that is no number
        }
        result.AddError($"--sf {text}: the scale factor must be between 0.001 and 1, or a whole number up to 10000");
        return 0;
    }

    private static int[]? ParseQueries(ArgumentResult result)
    {
        var numbers = new SortedSet<int>();
        foreach (var part in result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries)))
        {
            var ends = part.Split('-', 2);
            if (!int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first) ||
                !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last) ||
                first < 1 || last > TpchQueries.All.Count || first > last)
            {
                result.AddError($"--queries: \"{part}\" is neither a query from 1 to 22 nor a range of them");
                return null;
            }
            numbers.UnionWith(Enumerable.Range(first, last - first + 1));
        }
        return [.. numbers];
    }
}
