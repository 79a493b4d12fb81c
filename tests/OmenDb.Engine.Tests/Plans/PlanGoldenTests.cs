using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using OmenDb.Engine.Tests.Session;

namespace OmenDb.Engine.Tests.Plans;

/// <summary>Plans and results of the scripts beside this file against their goldens; OMENDB_GOLDEN=write writes them anew.</summary>
public sealed partial class PlanGoldenTests
{
    [GeneratedRegex(@"  \(rows=\d+\)")]
    private static partial Regex Estimate();

    [Theory]
    [InlineData("access-paths")]
    public void Plans_and_rows_are_as_agreed(string script)
    {
        using var db = new SessionFixture();
        var (setup, queries) = Read(script);
        db.Run(setup);
        var text = new StringBuilder();
        foreach (var query in queries)
        {
            text.Append(query).Append('\n');
            foreach (var line in db.Run("explain (costs off) " + query).Split('\n'))
                text.Append("    ").Append(Estimate().Replace(line, "")).Append('\n');
            foreach (var line in db.Run(query).Split('\n'))
                text.Append("= ").Append(line).Append('\n');
            text.Append('\n');
        }
        var golden = Path.Combine(Folder(), script + ".golden");
        if (Environment.GetEnvironmentVariable("OMENDB_GOLDEN") == "write")
            File.WriteAllText(golden, text.ToString());
        Assert.Equal(File.ReadAllText(golden), text.ToString());
    }

    /// <summary>The same statements over tables without any index: plans differ, rows do not.</summary>
    [Theory]
    [InlineData("access-paths")]
    public void Rows_are_the_same_without_indexes(string script)
    {
        using var db = new SessionFixture();
        using var plain = new SessionFixture();
        var (setup, queries) = Read(script);
        db.Run(setup);
        plain.Run(string.Join('\n', setup.Split('\n').Where(l => !l.StartsWith("create index", StringComparison.Ordinal)).Select(l => l.Replace(" primary key", ""))));
        foreach (var query in queries)
            Assert.Equal((query, plain.Run(query)), (query, db.Run(query)));
    }

    private static (string Setup, string[] Queries) Read(string script)
    {
        var parts = File.ReadAllText(Path.Combine(Folder(), script + ".sql")).Split("-- queries\n");
        return (parts[0], [.. parts[1].Split('\n', StringSplitOptions.RemoveEmptyEntries)]);
    }

    private static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
