using System.CommandLine;
using OmenDb.Tools.Bench.Commands;

namespace OmenDb.Bench.Tests;

public sealed class TpchCommandTests
{
    [Theory]
    [InlineData("--sf 1")]
    [InlineData("--sf 0.01 --threads 4 --runs 0 --queries 1,6,11-14")]
    [InlineData("--target embedded --data dir --reload")]
    [InlineData("--target postgres://me:secret@example.org:6543/bench?sslmode=require --json out.json")]
    [InlineData("--seed 42 --reference postgresql://127.0.0.1/bench")]
    [InlineData("--sf 10 --generate-only dir --trailing-separator")]
    public void Accepts(string arguments) => Assert.Empty(Errors(arguments));

    [Theory]
    [InlineData("--sf 1.5", "a whole number")]
    [InlineData("--sf 0.0001", "between 0.001 and 1")]
    [InlineData("--sf many", "--sf many")]
    [InlineData("--threads 0", "--threads must be at least 1")]
    [InlineData("--runs -1", "--runs must be at least 0")]
    [InlineData("--queries 23", "\"23\" is neither")]
    [InlineData("--queries 1,5-3", "\"5-3\" is neither")]
    [InlineData("--queries six", "\"six\" is neither")]
    [InlineData("--target mysql://127.0.0.1/x", "postgres://")]
    [InlineData("--target postgres://127.0.0.1/x --data dir", "--data belongs to the embedded target")]
    [InlineData("--target postgres://127.0.0.1/x?nonsense=1", "nonsense")]
    [InlineData("--seed 2147483647", "--seed must not be")]
    [InlineData("--unknown", "--unknown")]
    public void Refuses(string arguments, string because) =>
        Assert.Contains(Errors(arguments), error => error.Contains(because, StringComparison.Ordinal));

    [Fact]
    public void Help_names_every_option()
    {
        var writer = new StringWriter();
        var exitCode = new RootCommand { TpchCommand.Create() }.Parse(["tpch", "--help"]).Invoke(new() { Output = writer });
        Assert.Equal(0, exitCode);
        foreach (var option in TpchCommand.Create().Options)
            Assert.Contains(option.Name, writer.ToString(), StringComparison.Ordinal);
    }

    private static List<string> Errors(string arguments) =>
        [.. TpchCommand.Create().Parse(arguments.Split(' ')).Errors.Select(error => error.Message)];
}
