using System.Globalization;
using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Simulation;
using Xunit.Abstractions;

namespace OmenDb.Storage.Tests.Recovery;

/// <summary>The whole storage on a faulty device. More seeds: OMENDB_SIMULATION_SEEDS, or the command <c>omendb simulate</c>; one seed: OMENDB_SIMULATION_SEED.</summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;

    private static int FirstSeed => Setting("OMENDB_SIMULATION_SEED", 1);

    [Fact]
    public void Random_histories_with_crashes_lose_nothing_and_invent_nothing()
    {
        var seeds = Setting("OMENDB_SIMULATION_SEEDS", 1000);
        var (transactions, lives, checkpoints) = (0, 0, 0);
        for (var seed = FirstSeed; seed < FirstSeed + seeds; seed++)
        {
            var result = StorageSimulation.Run(new SimulationOptions { Seed = seed });
            Assert.True(result.Problem is null, $"seed {seed}: {result.Problem}");
            transactions += result.Transactions;
            lives += result.Lives;
            checkpoints += result.Checkpoints;
        }
        output.WriteLine($"seeds {FirstSeed} to {FirstSeed + seeds - 1}: {transactions} transactions, {lives} lives, {checkpoints} checkpoints");
        Assert.True(transactions >= seeds * 200);
    }

    /// <summary>One history, its power cut at every file operation in turn.</summary>
    [Fact]
    public void A_crash_at_every_operation_loses_no_acknowledged_commit()
    {
        var crashes = 0;
        for (var step = 1L; ; step += 1 + (step / 60))
        {
            var result = StorageSimulation.Run(new SimulationOptions { Seed = FirstSeed, CrashAt = step, Transactions = 40 });
            Assert.True(result.Problem is null, $"seed {FirstSeed}, crash at operation {step}: {result.Problem}");
            if (!result.Crashed)
                break;
            crashes++;
        }
        output.WriteLine($"{crashes} crashes");
        Assert.True(crashes > 20);
    }

    [Fact]
    public void A_seed_repeats_its_history()
    {
        List<string> first = [], second = [];
        for (var seed = 1; seed <= 5; seed++)
        {
            var one = StorageSimulation.Run(new SimulationOptions { Seed = seed, Trace = first.Add });
            var two = StorageSimulation.Run(new SimulationOptions { Seed = seed, Trace = second.Add });
            Assert.Equal(one, two);
        }
        Assert.Equal(first, second);
        Assert.True(first.Count > 1000);
    }

    [Theory]
    [InlineData("log flush")]
    [InlineData("log directory flush")]
    [InlineData("checkpoint flush")]
    [InlineData("checkpoint directory flush")]
    [InlineData("manifest flush")]
    [InlineData("manifest directory flush")]
    public void The_simulation_finds_a_flush_that_is_left_out(string which) =>
        AssertFound(60, seed => new SimulationOptions { Seed = seed, Sabotage = files => new WithoutFlush(files, which) });

    [Theory]
    [InlineData((int)PlantedBug.SkippedFlush)]
    [InlineData((int)PlantedBug.LostUndo)]
    [InlineData((int)PlantedBug.MissedUniqueCheck)]
    [InlineData((int)PlantedBug.EarlyTruncation)]
    [InlineData((int)PlantedBug.EarlyVisibility)]
    [InlineData((int)PlantedBug.DirtyCheckpoint)]
    [InlineData((int)PlantedBug.StaleIndexEntry)]
    [InlineData((int)PlantedBug.UnloggedDelete)]
    [InlineData((int)PlantedBug.ForgottenReplay)]
    [InlineData((int)PlantedBug.SweptLoad)]
    [InlineData((int)PlantedBug.SealedVersions)]
    public void The_simulation_finds_a_planted_bug(int bug) =>
        AssertFound(60, seed => new SimulationOptions
        {
            Seed = seed, Bug = (PlantedBug)bug, LoadEvery = bug == (int)PlantedBug.SweptLoad ? 40 : 1000,
        });

    private void AssertFound(int seeds, Func<int, SimulationOptions> options)
    {
        for (var seed = 1; seed <= seeds; seed++)
        {
            var result = StorageSimulation.Run(options(seed));
            if (result.Problem is null)
                continue;
            output.WriteLine($"found with seed {seed}: {result.Problem}");
            return;
        }
        Assert.Fail($"{seeds} histories passed");
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
