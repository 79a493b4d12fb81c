using System.Diagnostics;
using System.Globalization;
using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Simulation;
using Xunit.Abstractions;

namespace OmenDb.Storage.Tests.Recovery;

/// <summary>The whole storage on a faulty device. More time: OMENDB_SIMULATION_SECONDS; one seed: OMENDB_SIMULATION_SEED.</summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    private static double Seconds =>
        double.TryParse(Environment.GetEnvironmentVariable("OMENDB_SIMULATION_SECONDS"), CultureInfo.InvariantCulture, out var seconds) ? seconds : 3;

    private static int FirstSeed =>
        int.TryParse(Environment.GetEnvironmentVariable("OMENDB_SIMULATION_SEED"), CultureInfo.InvariantCulture, out var seed) ? seed : 1;

    /// <summary>One history, its power cut at every file operation in turn; then the next seed, until the time is up.</summary>
    [Fact]
    public void A_crash_at_every_operation_loses_no_acknowledged_commit()
    {
        var clock = Stopwatch.StartNew();
        var crashes = 0;
        var seed = FirstSeed;
        for (; clock.Elapsed.TotalSeconds < Seconds; seed++)
        {
            var step = 1L;
            for (; clock.Elapsed.TotalSeconds < Seconds; step += 1 + (step / 60))
            {
                var result = StorageSimulation.Run(new SimulationOptions { Seed = seed, CrashAt = step, Steps = 60, Lives = 2 });
                Assert.True(result.Problem is null, $"seed {seed}, crash at operation {step}: {result.Problem}");
                if (!result.Crashed)
                    break;
                crashes++;
            }
        }
        output.WriteLine($"{crashes} crashes, seeds {FirstSeed} to {seed - 1}");
        Assert.True(crashes > 20);
    }

    [Fact]
    public void Random_histories_with_several_crashes_each()
    {
        var clock = Stopwatch.StartNew();
        var seed = FirstSeed + 100_000;
        for (; clock.Elapsed.TotalSeconds < Seconds; seed++)
        {
            var result = StorageSimulation.Run(new SimulationOptions { Seed = seed, Lives = 4 });
            Assert.True(result.Problem is null, $"seed {seed}: {result.Problem}");
        }
        output.WriteLine($"seeds {FirstSeed + 100_000} to {seed - 1}");
    }

    [Fact]
    public void A_flipped_bit_never_gives_a_state_that_never_was()
    {
        for (var seed = FirstSeed; seed < FirstSeed + 60; seed++)
        {
            var result = StorageSimulation.Run(new SimulationOptions { Seed = seed, Lives = 1, Steps = 50, FlipBit = true });
            Assert.True(result.Problem is null, $"seed {seed}: {result.Problem}");
        }
    }

    [Theory]
    [InlineData("log flush")]
    [InlineData("log directory flush")]
    [InlineData("checkpoint flush")]
    [InlineData("checkpoint directory flush")]
    [InlineData("manifest flush")]
    [InlineData("manifest directory flush")]
    public void The_simulation_finds_a_flush_that_is_left_out(string which)
    {
        for (var seed = 1; seed <= 400; seed++)
        {
            var result = StorageSimulation.Run(new SimulationOptions
            {
                Seed = seed, Lives = 3, Steps = 80, Sabotage = files => new WithoutFlush(files, which),
            });
            if (result.Problem is not null)
            {
                output.WriteLine($"found with seed {seed}: {result.Problem}");
                return;
            }
        }
        Assert.Fail($"400 histories without a {which} passed");
    }
}

/// <summary>A file system that leaves out one kind of flush: a planted bug.</summary>
internal sealed class WithoutFlush(IFileSystem inner, string which) : WrappedFileSystem(inner)
{
    public override void FlushDirectory(string directory)
    {
        if (!IsMeant(directory + "/", "directory flush"))
            Inner.FlushDirectory(directory);
    }

    protected override void FlushFile(IFile file)
    {
        if (!IsMeant(file.Path, "flush"))
            file.Flush();
    }

    private bool IsMeant(string path, string flush) =>
        (path.StartsWith("/db/log/", StringComparison.Ordinal) && which == "log " + flush)
        || (path.StartsWith("/db/checkpoint/", StringComparison.Ordinal) && which == "checkpoint " + flush)
        || ((path == "/db/" || path.StartsWith("/db/MANIFEST", StringComparison.Ordinal)) && which == "manifest " + flush);
}
