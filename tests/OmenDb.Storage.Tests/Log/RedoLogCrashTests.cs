using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Log;
using OmenDb.Storage.Simulation;
using OmenDb.Types;
using Xunit.Abstractions;

namespace OmenDb.Storage.Tests.Log;

/// <summary>A crash at every operation of a log's life, several lives in a row, against a list of what was acknowledged.</summary>
public sealed class RedoLogCrashTests(ITestOutputHelper output)
{
    /// <summary>What the outside world knows: appended ids in order, and how many of them were acknowledged.</summary>
    private sealed class Model
    {
        public List<int> Appended { get; } = [];
        public int Acknowledged { get; set; }
        public Lsn TruncatedTo { get; set; }
        public int TruncatedCount { get; set; }
        public int NextId { get; set; }
    }

    [Fact]
    public void No_acknowledged_record_is_lost_by_a_crash_at_any_operation()
    {
        var crashes = 0;
        for (var seed = 1; seed <= 6; seed++)
        {
            for (var step = 1L; ; step += 1 + (step / 40))
            {
                if (!RunUntilCrash(seed, step, LogTest.Small, out var problem))
                    break;
                Assert.True(problem is null, $"seed {seed}, crash at operation {step}: {problem}");
                crashes++;
            }
        }
        output.WriteLine($"{crashes} crashes");
        Assert.True(crashes > 400);
    }

    [Fact]
    public void The_test_notices_a_skipped_flush_and_a_lying_device()
    {
        Assert.True(Finds(LogTest.Small, 1.0));
        Assert.True(Finds(LogTest.Small, 0.5));
        static bool Finds(LogOptions options, double ignoredFlushes)
        {
            for (var seed = 1; seed <= 5; seed++)
            {
                for (var step = 20L; RunUntilCrash(seed, step, options, out var problem, ignoredFlushes); step += 7)
                {
                    if (problem is not null)
                        return true;
                }
            }
            return false;
        }
    }

    /// <returns>False when the workload ended before operation <paramref name="step"/>.</returns>
    private static bool RunUntilCrash(int seed, long step, LogOptions options, out string? problem, double ignoredFlushes = 0)
    {
        var files = new SimulatedFileSystem(seed);
        var model = new Model();
        var run = 0UL;
        options = options with { NewRunNumber = () => ++run };
        problem = null;
        var crashed = false;
        var random = new Random(seed);
        for (var life = 0; life < 3; life++)
        {
            files.Faults.CrashAtOperation = life == 0 ? step : random.Next(1, 60);
            files.Faults.ShortTransfers = 0.1;
            files.Faults.IgnoredFlushes = ignoredFlushes;
            try
            {
                Live(files, model, random, options);
            }
            catch (Exception e) when (files.HasCrashed && e is SimulatedCrashException or SqlException { InnerException: not null })
            {
                crashed = true;
            }
            catch (SqlException e) when (e.SqlState == SqlState.DataCorrupted)
            {
                problem = e.Message;
                return true;
            }
            files = files.Crash();
            if (life == 0 && !crashed)
                return false;
            try
            {
                using var log = LogTest.Open(files, out var collected, model.TruncatedTo, options);
                problem = Compare(model, collected.Ids);
                if (problem is not null)
                    return true;
                // What was found is what is true from now on: it was flushed by opening.
                model.Appended.RemoveRange(model.TruncatedCount, model.Appended.Count - model.TruncatedCount);
                model.Appended.AddRange(collected.Ids);
                model.Acknowledged = model.Appended.Count;
            }
            catch (SqlException e)
            {
                problem = e.Message;
                return true;
            }
            files = files.Crash();
        }
        return true;
    }

    private static string? Compare(Model model, List<int> found)
    {
        var expected = model.Appended.Skip(model.TruncatedCount).ToList();
        if (found.Count < model.Acknowledged - model.TruncatedCount)
            return $"{model.Acknowledged - model.TruncatedCount} records were acknowledged, {found.Count} came back";
        return expected.Take(found.Count).SequenceEqual(found) && found.Count <= expected.Count ? null : "other records came back than were appended";
    }

    private static void Live(SimulatedFileSystem files, Model model, Random random, LogOptions options)
    {
        var collected = new Collected();
        using var log = RedoLog.Open(files, "/db/log", options, model.TruncatedTo, collected);
        var last = model.TruncatedTo;
        for (var i = 0; i < 60; i++)
        {
            var id = model.NextId++;
            var size = random.Next(10) switch { 0 => random.Next(5000, 30000), < 4 => random.Next(500, 3000), _ => random.Next(4, 200) };
            model.Appended.Add(id);
            last = log.Append(LogTest.Record(id, size));
            if (random.Next(3) == 0)
            {
                log.WaitDurable(last);
                model.Acknowledged = model.Appended.Count;
            }
            if (random.Next(15) == 0 && model.Acknowledged == model.Appended.Count)
            {
                // As a checkpoint does: first the new start is remembered, then the log is cut.
                model.TruncatedTo = last;
                model.TruncatedCount = model.Appended.Count;
                log.TruncateBefore(last);
            }
        }
    }
}
