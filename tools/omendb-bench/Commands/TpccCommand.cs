using System.CommandLine;
using OmenDb.Tools.Bench.Tpcc;
using OmenDb.Tpcc.Running;
using OmenDb.Tpcc.Transactions;

namespace OmenDb.Tools.Bench.Commands;

/// <summary>omendb-bench tpcc.</summary>
internal static class TpccCommand
{
    private const string Description =
        """
        TPC-C: nine tables, five transactions in the mix of the specification, the twelve consistency conditions before and after.
        Terminals do not wait between transactions unless --think-times asks for it, so tpmC is for comparison under this driver.

        Examples:
          omendb-bench tpcc --warehouses 10 --clients 16 --seconds 60
          omendb-bench tpcc --warehouses 10 --data ./tpcc10                       keeps the database; with --skip-load it is used again
          omendb-bench tpcc --warehouses 10 --target postgres://postgres@127.0.0.1/bench --plot tpcc.svg

        Exit code: 0 all conditions hold, 1 a condition does not, or another error.
        """;

    public static Command Create()
    {
        var warehouses = CommandOptions.Number("--warehouses", "Warehouses: about 100 MB each.", 1, 1);
        var clients = CommandOptions.Number("--clients", "Terminals, each with a connection.", 16, 1);
        var seconds = CommandOptions.Number("--seconds", "Measured time.", 60, 1);
        var warmUp = CommandOptions.WarmUp(5);
        var target = CommandOptions.Target();
        var data = CommandOptions.Data();
        var json = CommandOptions.Json();
        var plot = CommandOptions.PlotFile();
        var fsync = CommandOptions.Fsync();
        var threads = CommandOptions.Number("--threads", "Threads of the load.", Environment.ProcessorCount, 1);
        var seed = new Option<long>("--seed") { Description = "Of data and choices.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var skipLoad = new Option<bool>("--skip-load") { Description = "Use the tables that are there; they must be of this seed." };
        var skipChecks = new Option<bool>("--skip-checks") { Description = "Do not check the consistency conditions." };
        var thinkTimes = new Option<bool>("--think-times") { Description = "Users key and think as the specification says." };
        var foreignKeys = new Option<bool>("--foreign-keys") { Description = "With the foreign keys of the specification." };
        var deferred = new Option<bool>("--deferred-delivery") { Description = "Deliveries go through a queue." };
        var isolation = Isolation();
        var command = new Command("tpcc", Description)
        {
            warehouses, clients, seconds, warmUp, target, data, fsync, skipLoad, skipChecks, thinkTimes, foreignKeys, deferred, isolation, threads, seed, json, plot,
        };
        CommandOptions.RefuseDataElsewhere(command, target, data);
        command.SetAction((parsed, cancellation) => Task.FromResult(CommandOptions.Guard(() => new TpccBench(
            new TpccBenchOptions
            {
                Place = CommandOptions.PlaceOf(parsed, target, data, fsync),
                Warehouses = parsed.GetValue(warehouses),
                LoadThreads = parsed.GetValue(threads),
                LoadSeed = parsed.GetValue(seed),
                SkipLoad = parsed.GetValue(skipLoad),
                SkipChecks = parsed.GetValue(skipChecks),
                ForeignKeys = parsed.GetValue(foreignKeys),
                JsonFile = parsed.GetValue(json),
                PlotFile = parsed.GetValue(plot),
                Run = new TpccRunOptions
                {
                    Clients = parsed.GetValue(clients),
                    WarmUp = TimeSpan.FromSeconds(parsed.GetValue(warmUp)),
                    Measured = TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                    ThinkTimes = parsed.GetValue(thinkTimes),
                    DeferredDelivery = parsed.GetValue(deferred),
                    Isolation = parsed.GetValue(isolation),
                    Seed = parsed.GetValue(seed) + 1000,
                },
            }, BenchConsole.Create()).Execute(cancellation))));
        return command;
    }

    public static Option<TpccIsolation> Isolation() => new("--isolation")
    {
        Description = "Of transactions that change something: read-committed, repeatable-read or serializable.",
        HelpName = "LEVEL",
        DefaultValueFactory = _ => TpccIsolation.ReadCommitted,
        CustomParser = result =>
        {
            switch (result.Tokens[0].Value)
            {
                case "read-committed":
                    return TpccIsolation.ReadCommitted;
                case "repeatable-read":
                    return TpccIsolation.RepeatableRead;
                case "serializable":
                    return TpccIsolation.Serializable;
                default:
                    result.AddError($"--isolation: \"{result.Tokens[0].Value}\" is none of read-committed, repeatable-read, serializable");
                    return default;
            }
        },
    };
}
