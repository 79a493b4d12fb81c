using System.CommandLine;
using OmenDb.Tools.Bench.Ch;
using OmenDb.Tpcc.Running;

namespace OmenDb.Tools.Bench.Commands;

/// <summary>omendb-bench ch.</summary>
internal static class ChCommand
{
    private const string Description =
        """
        CH-benCHmark: TPC-C's transactions and 22 analytic queries on the same tables. Runs transactions alone, queries alone and both together, and says how
        much they are in each other's way, and whether queries see all that was committed before they began.

        Examples:
          omendb-bench ch --warehouses 10 --transaction-clients 8 --analytic-clients 1 --seconds 60
          omendb-bench ch --warehouses 10 --transaction-clients 8 --analytic-clients 2 --frontier --plot frontier.svg
          omendb-bench ch --warehouses 1 --compare postgres://postgres@127.0.0.1/ch       loads both and compares the answers of all queries

        Exit code: 0 all conditions hold, all queries fresh, all answers equal; 1 otherwise, or another error.
        """;

    public static Command Create()
    {
        var warehouses = CommandOptions.Number("--warehouses", "Warehouses.", 1, 1);
        var transactionClients = CommandOptions.Number("--transaction-clients", "Terminals.", 8, 1);
        var analyticClients = CommandOptions.Number("--analytic-clients", "Connections that ask queries without pause.", 1, 1);
        var seconds = CommandOptions.Number("--seconds", "Measured time of each phase, or point of the frontier.", 60, 1);
        var warmUp = CommandOptions.WarmUp(5);
        var target = CommandOptions.Target();
        var compare = CommandOptions.Url("--compare", "Load this system too and compare the answers of all queries; nothing else.");
        var frontier = new Option<bool>("--frontier") { Description = "The throughput frontier: many points of transaction and analytic clients." };
        var data = CommandOptions.Data();
        var fsync = CommandOptions.Fsync();
        var skipLoad = new Option<bool>("--skip-load") { Description = "Use the tables that are there." };
        var threads = CommandOptions.Number("--threads", "Threads of the load.", Environment.ProcessorCount, 1);
        var seed = new Option<long>("--seed") { Description = "Of data and choices.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var isolation = TpccCommand.Isolation();
        var json = CommandOptions.Json();
        var plot = CommandOptions.PlotFile();
        var command = new Command("ch", Description)
        {
            warehouses, transactionClients, analyticClients, seconds, warmUp, target, compare, frontier, data, fsync, skipLoad, threads, seed, isolation, json, plot,
        };
        CommandOptions.RefuseDataElsewhere(command, target, data);
        command.SetAction((parsed, cancellation) => Task.FromResult(CommandOptions.Guard(() =>
        {
            var options = new ChBenchOptions
            {
                Place = CommandOptions.PlaceOf(parsed, target, data, fsync),
                CompareWith = parsed.GetValue(compare),
                Frontier = parsed.GetValue(frontier),
                Warehouses = parsed.GetValue(warehouses),
                AnalyticClients = parsed.GetValue(analyticClients),
                LoadThreads = parsed.GetValue(threads),
                LoadSeed = parsed.GetValue(seed),
                SkipLoad = parsed.GetValue(skipLoad),
                JsonFile = parsed.GetValue(json),
                PlotFile = parsed.GetValue(plot),
                Run = new TpccRunOptions
                {
                    Clients = parsed.GetValue(transactionClients),
                    WarmUp = TimeSpan.FromSeconds(parsed.GetValue(warmUp)),
                    Measured = TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                    Isolation = parsed.GetValue(isolation),
                    Seed = parsed.GetValue(seed) + 1000,
                },
            };
            var console = BenchConsole.Create();
            return options.CompareWith is null ? new ChBench(options, console).Execute(cancellation) : new ChCompare(options, console).Execute(cancellation);
        })));
        return command;
    }
}
