using OmenDb.Engine;
using OmenDb.Isolation.Tests.Checker;
using OmenDb.Isolation.Tests.Workload;
using Xunit.Abstractions;

namespace OmenDb.Isolation.Tests;

/// <summary>Histories of the engine, checked for what each level excludes. OMENDB_HISTORY_TARGET (an Npgsql connection string) runs them against a server
/// instead, OMENDB_HISTORY_SEEDS more of them.</summary>
public sealed class EngineHistoryTests(ITestOutputHelper output)
{
    private static readonly string? s_target = Environment.GetEnvironmentVariable("OMENDB_HISTORY_TARGET");

    public static TheoryData<string, int> Runs
    {
        get
        {
            var seeds = int.Parse(Environment.GetEnvironmentVariable("OMENDB_HISTORY_SEEDS") ?? "3", System.Globalization.CultureInfo.InvariantCulture);
            var runs = new TheoryData<string, int>();
            foreach (var level in new[] { "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE" })
            {
                for (var seed = 1; seed <= seeds; seed++)
                    runs.Add(level, seed);
            }
            return runs;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_history_has_none_of_the_anomalies_that_its_level_excludes(string level, int seed)
    {
        using var database = s_target is null ? Database.OpenInMemory() : null;
        var workload = new ListAppendWorkload(() => database is null ? new WireSession(s_target!) : new EmbeddedSession(database), new ListAppendOptions(level, seed));
        var history = workload.Run();
        var committed = history.Count(t => t.Outcome == Outcome.Committed);
        output.WriteLine($"{committed} of {history.Count} transactions committed; errors: {string.Join(", ", workload.Errors.Select(e => $"{e.Key} {e.Value}"))}");
        Assert.Empty(workload.Errors.Keys.Except(["40001", "40P01"]));
        // Some progress under contention: a level that lets nothing through would be free of anomalies too.
        Assert.True(committed > history.Count / 10, $"only {committed} of {history.Count} committed");
        var excluded = Levels.Excluded(level);
        Assert.True(!HistoryChecker.Check(history).Any(a => excluded.Contains(a.Kind)),
            string.Join('\n', HistoryChecker.Check(history).Where(a => excluded.Contains(a.Kind)).Take(3)));
    }

    /// <summary>What snapshot isolation lets through is found in a real history, so the empty results above mean something.</summary>
    [Fact]
    public void Write_skew_at_repeatable_read_is_found()
    {
        using var database = Database.OpenInMemory();
        using var one = new EmbeddedSession(database);
        using var two = new EmbeddedSession(database);
        one.Execute("CREATE TABLE lists (k int PRIMARY KEY, v text); INSERT INTO lists VALUES (1, ''), (2, '')");
        foreach (var session in new[] { one, two })
            session.Execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM lists");
        one.Execute("UPDATE lists SET v = '10' WHERE k = 1; COMMIT");
        two.Execute("UPDATE lists SET v = '20' WHERE k = 2; COMMIT");
        var found = HistoryChecker.Check(
        [
            new(1, Outcome.Committed, [Step.Read(1), Step.Read(2), Step.Append(1, 10)]), new(2, Outcome.Committed, [Step.Read(1), Step.Read(2), Step.Append(2, 20)]),
            new(3, Outcome.Committed, [.. one.Execute("SELECT k, v FROM lists ORDER BY k").Select(r => Step.Read(int.Parse(r[0]!), [.. r[1]!.Split(' ').Select(int.Parse)]))]),
        ]);
        Assert.Equal([AnomalyKind.G2], found.Select(a => a.Kind));
    }
}
