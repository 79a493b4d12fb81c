using System.CommandLine;
using System.CommandLine.Parsing;
using OmenDb.Tools.Bench.Index;

namespace OmenDb.Tools.Bench.Commands;

/// <summary>omendb-bench index.</summary>
internal static class IndexCommand
{
    private const string Description =
        """
        The learned index alone, against other ordered structures: bulk load, random inserts, ascending appends, look-ups one by one and batched,
        scans of 100 rows, deletes, memory, and what the tree looks like. Keys are read in random order.

        Examples:
          omendb-bench index --keys 10000000 --distribution uniform
          omendb-bench index --keys 1000000 --distribution lognormal --against btree,sqlite,sorteddictionary --json index.json
          omendb-bench index --keys 100000000 --distribution seq --phases load,append

        Distributions: seq, uniform, lognormal, zipf, clustered, timeseries; adversarial: exponential, outlier, hotspot.
        """;

    public static Command Create()
    {
        var keys = new Option<int>("--keys") { Description = "How many keys.", HelpName = "N", DefaultValueFactory = _ => 1_000_000 };
        var runs = new Option<int>("--runs") { Description = "Measured runs; the best counts.", HelpName = "N", DefaultValueFactory = _ => 5 };
        var threads = new Option<int>("--threads") { Description = "Of the parallel load.", HelpName = "N", DefaultValueFactory = _ => Environment.ProcessorCount };
        var seed = new Option<int>("--seed") { Description = "Of the keys.", HelpName = "N", DefaultValueFactory = _ => 1 };
        foreach (var (option, least) in new[] { (keys, 1000), (runs, 1), (threads, 1) })
        {
            option.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int>() < least)
                    result.AddError($"{option.Name} must be at least {least}");
            });
        }
        var distribution = new Option<KeyDistribution>("--distribution")
        {
            Description = "How the keys lie.",
            HelpName = "NAME",
            DefaultValueFactory = _ => KeyDistribution.Uniform,
            CustomParser = result => ParseList<KeyDistribution>(result, "--distribution") is [var one] ? one : Refuse(result),
        };
        var against = List("--against", "btree, sqlite, sorteddictionary; btree by default.", StoreKind.BTree);
        against.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<StoreKind[]>()?.Contains(StoreKind.Alex) == true)
                result.AddError("--against: alex is always measured");
        });
        var phases = List("--phases", "load, insert, append; all by default.", BenchPhase.Load, BenchPhase.Insert, BenchPhase.Append);
        var json = new Option<string?>("--json") { Description = "Write the results to this file as well.", HelpName = "FILE" };
        var command = new Command("index", Description) { keys, distribution, against, phases, runs, threads, seed, json };
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(new IndexOptions
        {
            Keys = parsed.GetValue(keys),
            Distribution = parsed.GetValue(distribution),
            Against = [.. parsed.GetValue(against)!.Distinct()],
            Phases = [.. parsed.GetValue(phases)!.Distinct()],
            Runs = parsed.GetValue(runs),
            Threads = parsed.GetValue(threads),
            Seed = parsed.GetValue(seed),
            JsonFile = parsed.GetValue(json),
        }, cancellation)));
        return command;

        static KeyDistribution Refuse(ArgumentResult result)
        {
            result.AddError("--distribution takes one name");
            return default;
        }
    }

    private static int Run(IndexOptions options, CancellationToken cancellation)
    {
        try
        {
            var console = BenchConsole.Create();
            var figures = new IndexRun(options, console).Execute(cancellation);
            IndexReport.Write(console, options, figures);
            if (options.JsonFile is { } file)
                IndexJson.Write(file, options, figures);
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

    private static Option<T[]> List<T>(string name, string description, params T[] all) where T : struct, Enum => new(name)
    {
        Description = description,
        HelpName = "LIST",
        DefaultValueFactory = _ => all,
        CustomParser = result => ParseList<T>(result, name),
    };

    private static T[] ParseList<T>(ArgumentResult result, string name) where T : struct, Enum
    {
        var values = new List<T>();
        foreach (var part in result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries)))
        {
            if (!Enum.GetNames<T>().Contains(part, StringComparer.OrdinalIgnoreCase))
            {
                result.AddError($"{name}: \"{part}\" is none of {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}");
                return [];
            }
            values.Add(Enum.Parse<T>(part, ignoreCase: true));
        }
        return [.. values];
    }
}
