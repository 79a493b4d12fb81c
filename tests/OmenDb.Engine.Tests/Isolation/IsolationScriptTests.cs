using System.Runtime.CompilerServices;
using System.Text;

namespace OmenDb.Engine.Tests.Isolation;

/// <summary>Scripts over several sessions with PostgreSQL's answers: *.script says what is done, *.expected what PostgreSQL 15 answered.</summary>
/// <remarks>
/// A script file holds scenarios:
/// <code>
/// == name [at level, level ...] [by outcome]
/// setup: sql
/// T1: sql           steps; $level stands for the isolation level
/// </code>
/// "by outcome": SERIALIZABLE finds some conflicts at another statement than PostgreSQL; then only which transactions committed, and what
/// the final steps (of a session named "final") read, is compared.
/// OMENDB_ISOLATION_ORACLE=(Npgsql connection string) runs the scripts on PostgreSQL and compares; with OMENDB_ISOLATION_REWRITE=1 it writes
/// the expected answers anew.</remarks>
public class IsolationScriptTests
{
    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    private sealed record Scenario(string Name, string? Level, bool ByOutcome, List<string> Setup, List<string> Steps)
    {
        public string FullName => Level is null ? Name : $"{Name} at {Level}";
    }

    public static TheoryData<string, string> Scenarios()
    {
        var data = new TheoryData<string, string>();
        foreach (var file in Directory.GetFiles(Folder(), "*.script").Order())
        {
            foreach (var scenario in Read(file))
                data.Add(Path.GetFileNameWithoutExtension(file), scenario.FullName);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Answers_as_PostgreSQL_does(string file, string name)
    {
        var scenario = Read(Path.Combine(Folder(), file + ".script")).Single(s => s.FullName == name);
        var expected = Expected(Path.Combine(Folder(), file + ".expected")).GetValueOrDefault(name) ?? throw new InvalidOperationException($"no expected answers for {name}");
        using var server = new EngineServer();
        var actual = Run(server, scenario);
        if (scenario.ByOutcome)
            Assert.Equal(Outcome(expected), Outcome(actual));
        else
            Assert.Equal(expected, actual);
    }

    [Fact]
    public void Expected_answers_are_PostgreSQLs()
    {
        if (Environment.GetEnvironmentVariable("OMENDB_ISOLATION_ORACLE") is not { Length: > 0 } connection)
            return; // only where there is a PostgreSQL server
        foreach (var file in Directory.GetFiles(Folder(), "*.script").Order())
        {
            var text = new StringBuilder();
            foreach (var scenario in Read(file))
            {
                using var server = new PostgresServer(connection);
                text.Append("== ").Append(scenario.FullName).Append('\n').Append(Run(server, scenario)).Append('\n');
            }
            var path = Path.ChangeExtension(file, ".expected");
            if (Environment.GetEnvironmentVariable("OMENDB_ISOLATION_REWRITE") == "1")
                File.WriteAllText(path, text.ToString());
            else
                Assert.Equal(File.ReadAllText(path), text.ToString());
        }
    }

    private static string Run(IScriptServer server, Scenario scenario)
    {
        using var runner = new ScriptRunner(server);
        return runner.Run(scenario.Setup, scenario.Steps.Select(s => s.Replace("$level", scenario.Level, StringComparison.Ordinal)));
    }

    /// <summary>Which sessions ran into a serialization failure, and what the final steps gave.</summary>
    private static string Outcome(string transcript)
    {
        var failed = new SortedSet<string>();
        var final = new List<string>();
        var session = "";
        foreach (var line in transcript.Split('\n'))
        {
            if (line.IndexOfAny([':', '>']) is > 0 and var end && !line.StartsWith(' '))
                session = line[..end];
            if (line.Contains("ERROR 40001", StringComparison.Ordinal))
                failed.Add(session);
            if (session == "final")
                final.Add(line);
        }
        return $"failed: {string.Join(", ", failed)}\n{string.Join('\n', final)}";
    }

    private static IEnumerable<Scenario> Read(string file)
    {
        string? name = null;
        string[] levels = [];
        var byOutcome = false;
        List<string> setup = [], steps = [];
        foreach (var line in File.ReadLines(file).Append("== "))
        {
            if (line.StartsWith("== ", StringComparison.Ordinal))
            {
                if (name is not null)
                {
                    if (levels.Length == 0)
                        yield return new Scenario(name, null, byOutcome, setup, steps);
                    foreach (var level in levels)
                        yield return new Scenario(name, level, byOutcome && level == "serializable", setup, steps);
                }
                name = line[3..].Trim();
                byOutcome = name.EndsWith(" by outcome", StringComparison.Ordinal);
                if (byOutcome)
                    name = name[..^" by outcome".Length];
                var at = name.IndexOf(" at ", StringComparison.Ordinal);
                levels = at < 0 ? [] : name[(at + 4)..].Split(',', StringSplitOptions.TrimEntries);
                if (at >= 0)
                    name = name[..at];
                (setup, steps) = ([], []);
            }
            else if (line.StartsWith("setup:", StringComparison.Ordinal))
                setup.Add(line["setup:".Length..].Trim());
            else if (line.Length > 0 && line[0] != '#')
                steps.Add(line);
        }
    }

    private static Dictionary<string, string> Expected(string file)
    {
        var result = new Dictionary<string, string>();
        if (!File.Exists(file))
            return result;
        foreach (var part in File.ReadAllText(file).Split("== ", StringSplitOptions.RemoveEmptyEntries))
        {
            var newline = part.IndexOf('\n', StringComparison.Ordinal);
            result[part[..newline]] = part[(newline + 1)..^1];
        }
        return result;
    }
}
