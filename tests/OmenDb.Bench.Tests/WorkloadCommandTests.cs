using System.CommandLine;
using OmenDb.Tools.Bench.Commands;

namespace OmenDb.Bench.Tests;

public sealed class WorkloadCommandTests
{
    [Theory]
    [InlineData("tpcc --warehouses 10 --clients 16 --seconds 60 --target postgres://me@127.0.0.1/x --json out.json --skip-load")]
    [InlineData("tpcc --think-times --foreign-keys --deferred-delivery --isolation serializable --fsync off --plot out.svg")]
    [InlineData("ycsb --workload A --records 1000000 --operations 10 --clients 3 --target sqlite")]
    [InlineData("ycsb --workload a,B,C --seconds 5 --against sqlite --rounds 5 --choice hotspot --fields 2 --field-length 7 --ordered")]
    [InlineData("ch --warehouses 2 --transaction-clients 8 --analytic-clients 2 --seconds 5 --frontier")]
    [InlineData("ch --compare postgres://me@127.0.0.1/x --data dir")]
    public void Accepts(string arguments) => Assert.Empty(Errors(arguments));

    [Theory]
    [InlineData("", true)]
    [InlineData("--fsync on", true)]
    [InlineData("--skip-checks --fsync off --data t1", false)]
    public void Fsync_is_on_or_off(string arguments, bool isDurable)
    {
        var (target, data, fsync) = (CommandOptions.Target(), CommandOptions.Data(), CommandOptions.Fsync());
        var parsed = new Command("tpcc") { target, data, fsync, new Option<bool>("--skip-checks") }.Parse(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(parsed.Errors);
        Assert.Equal(isDurable, CommandOptions.PlaceOf(parsed, target, data, fsync).IsDurable);
    }

    [Theory]
    [InlineData("tpcc --warehouses 0", "--warehouses must be at least 1")]
    [InlineData("tpcc --isolation loose", "\"loose\" is none of")]
    [InlineData("tpcc --fsync perhaps", "perhaps")]
    [InlineData("tpcc --target sqlite", "postgres://")]
    [InlineData("tpcc --target postgres://127.0.0.1/x --data dir", "--data belongs to the embedded target")]
    [InlineData("ycsb --workload G", "\"G\" is none of A to F")]
    [InlineData("ycsb --target postgres://127.0.0.1/x --data dir", "--data belongs")]
    [InlineData("ycsb --against mysql://127.0.0.1/x", "postgres://")]
    [InlineData("ch --compare embedded", "postgres://")]
    public void Refuses(string arguments, string because) =>
        Assert.Contains(Errors(arguments), error => error.Contains(because, StringComparison.Ordinal));

    private static List<string> Errors(string arguments) =>
        [.. new RootCommand { TpccCommand.Create(), YcsbCommand.Create(), ChCommand.Create() }.Parse(arguments.Split(' ')).Errors.Select(error => error.Message)];
}
