using System.CommandLine;
using OmenDb.Tools.Bench.Soak;
using OmenDb.Tpch.Targets;

namespace OmenDb.Tools.Bench.Commands;

/// <summary>omendb-bench soak.</summary>
internal static class SoakCommand
{
    private const string Description =
        """
        Many connections with a mixed load for a long time: transfers at all isolation levels, orders with foreign keys and savepoints, a job queue with
        SKIP LOCKED, look-ups and analytics. Checks that money is neither made nor lost, and that orders match their items, all the time and at the end.

        Example:
          omendb-bench soak --target postgres://omendb@127.0.0.1:5433/omendb --connections 200 --minutes 30 --server-pid $(pgrep -f 'omendb serve')

        Exit code: 0 no unexpected error and every check right (serialization failures and deadlocks are expected), 1 otherwise.
        """;

    public static Command Create()
    {
        var target = new Option<string>("--target") { Description = $"{PostgresUrl.Usage}.", HelpName = "URL", Required = true };
        var connections = new Option<int>("--connections") { Description = "Connections, open all the time.", HelpName = "N", DefaultValueFactory = _ => 50 };
        var minutes = new Option<double>("--minutes") { Description = "How long.", HelpName = "M", DefaultValueFactory = _ => 5 };
        var pause = new Option<int>("--pause") { Description = "Milliseconds that a connection rests at most between two transactions, as users think.", HelpName = "MS", DefaultValueFactory = _ => 20 };
        var process = new Option<int?>("--server-pid") { Description = "Process of a server on this machine: its memory is shown.", HelpName = "PID" };
        target.Validators.Add(result =>
        {
            if (PostgresUrl.TryParse(result.Tokens[0].Value, out var error) is null)
                result.AddError($"--target: {error}");
        });
        var command = new Command("soak", Description) { target, connections, minutes, pause, process };
        command.SetAction((parsed, cancellation) => Run(
            new SoakOptions($"{PostgresUrl.TryParse(parsed.GetValue(target)!, out _)};Pooling=false;Command Timeout=300;Timeout=60", parsed.GetValue(connections),
                TimeSpan.FromMinutes(parsed.GetValue(minutes)), TimeSpan.FromMilliseconds(parsed.GetValue(pause)), parsed.GetValue(process)), cancellation));
        return command;
    }

    private static async Task<int> Run(SoakOptions options, CancellationToken cancellation)
    {
        try
        {
            return await new SoakRun(options, BenchConsole.Create()).Execute(cancellation) ? 0 : 1;
        }
        catch (Exception exception) when (BenchErrors.IsExpected(exception))
        {
            await Console.Error.WriteLineAsync(BenchErrors.Describe(exception));
            return 1;
        }
    }
}
