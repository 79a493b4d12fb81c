using System.CommandLine;
using System.CommandLine.Parsing;
using OmenDb.Tools.Bench.Ycsb;
using OmenDb.Tpch.Targets;
using OmenDb.Ycsb;
using OmenDb.Ycsb.Running;

namespace OmenDb.Tools.Bench.Commands;

/// <summary>omendb-bench ycsb.</summary>
internal static class YcsbCommand
{
    private const string Description =
        """
        YCSB: reads, updates, inserts and short scans by key. Workloads: A update heavy, B read mostly, C read only, D read latest, E short ranges,
        F read-modify-write.

        Examples:
          omendb-bench ycsb --workload A --records 1000000 --seconds 30 --clients 4
          omendb-bench ycsb --workload A,B,C --records 1000000 --against sqlite --fsync off      both in turn, with ratios
          omendb-bench ycsb --workload C --target postgres://postgres@127.0.0.1/bench --operations 1000000
          omendb-bench ycsb --workload F --target sqlite

        Exit code: 0, or 1 after an error: a record that is missing, too.
        """;

    public static Command Create()
    {
        var workload = new Option<YcsbWorkload[]>("--workload")
        {
            Description = "A to F, several with commas.",
            HelpName = "LIST",
            DefaultValueFactory = _ => [YcsbWorkload.Core[0]],
            CustomParser = ParseWorkloads,
        };
        var records = CommandOptions.Number("--records", "Records in the table.", 1_000_000, 1);
        var fields = CommandOptions.Number("--fields", "Fields of a record.", 10, 1);
        var length = CommandOptions.Number("--field-length", "Characters of a field.", 100, 1);
        var operations = CommandOptions.Number("--operations", "How many; 0: as many as --seconds allow.", 0, 0);
        var seconds = CommandOptions.Number("--seconds", "Measured time.", 30, 1);
        var warmUp = CommandOptions.WarmUp(3);
        var clients = CommandOptions.Number("--clients", "Threads, each with a connection.", 4, 1);
        var rounds = CommandOptions.Number("--rounds", "With --against: how often both run in turn; the median counts.", 3, 1);
        var target = CommandOptions.WithDefault(CommandOptions.Url("--target", $"\"{CommandOptions.Embedded}\", \"{YcsbBench.Sqlite}\", or {PostgresUrl.Usage}.", YcsbBench.Sqlite));
        var against = CommandOptions.Url("--against", "Another system that runs in turn: sqlite, or a URL.", YcsbBench.Sqlite);
        var choice = new Option<KeyChoice?>("--choice") { Description = "zipfian, latest, uniform or hotspot, instead of the workload's own.", HelpName = "NAME" };
        var ordered = new Option<bool>("--ordered") { Description = "Keys ascend instead of being hashed." };
        var data = CommandOptions.Data();
        var skipLoad = new Option<bool>("--skip-load") { Description = "Use the table that is there." };
        var fsync = CommandOptions.Fsync();
        var seed = new Option<long>("--seed") { Description = "Of data and choices.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var json = CommandOptions.Json();
        var plot = CommandOptions.PlotFile();
        var command = new Command("ycsb", Description)
        {
            workload, records, fields, length, operations, seconds, warmUp, clients, target, against, rounds, choice, ordered, data, skipLoad, fsync, seed, json, plot,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(data) is not null && result.GetValue(target) is { } place && place is not (CommandOptions.Embedded or YcsbBench.Sqlite))
                result.AddError("--data belongs to the embedded targets; a server has its own directory");
        });
        command.SetAction((parsed, cancellation) => Task.FromResult(CommandOptions.Guard(() => new YcsbBench(
            new YcsbBenchOptions
            {
                Workloads = parsed.GetValue(workload)!,
                Target = parsed.GetValue(target)!,
                Against = parsed.GetValue(against),
                Rounds = parsed.GetValue(rounds),
                DataDirectory = parsed.GetValue(data),
                IsDurable = parsed.GetValue(fsync) == "on",
                SkipLoad = parsed.GetValue(skipLoad),
                Table = new YcsbTable(parsed.GetValue(records), parsed.GetValue(fields), parsed.GetValue(length), !parsed.GetValue(ordered)),
                JsonFile = parsed.GetValue(json),
                PlotFile = parsed.GetValue(plot),
                Run = new YcsbRunOptions
                {
                    Workload = YcsbWorkload.Core[0],
                    Choice = parsed.GetValue(choice),
                    Threads = parsed.GetValue(clients),
                    WarmUp = TimeSpan.FromSeconds(parsed.GetValue(warmUp)),
                    Measured = TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                    Operations = parsed.GetValue(operations),
                    Seed = parsed.GetValue(seed),
                },
            }, BenchConsole.Create()).Execute(cancellation))));
        return command;
    }

    private static YcsbWorkload[]? ParseWorkloads(ArgumentResult result)
    {
        var found = new List<YcsbWorkload>();
        foreach (var name in result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries)))
        {
            if (YcsbWorkload.Find(name) is { } workload)
            {
                found.Add(workload);
                continue;
            }
            result.AddError($"--workload: \"{name}\" is none of A to F");
            return null;
        }
        return [.. found];
    }
}
