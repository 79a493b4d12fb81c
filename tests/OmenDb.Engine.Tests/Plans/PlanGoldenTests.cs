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

    [Fact]
    public void Explain_analyze_tells_how_the_index_was_searched()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int8 primary key, a int4, c text); insert into t select g * g % 1000003, g, 'c' || g from generate_series(1, 5000) g; create index t_c on t (c); analyze t");
        Assert.Matches(@"Index Search: levels=\d+ predicted=-?\d+ actual=\d+ steps=\d+ fall-back nodes=\d+\n\s+Index Entries: 1", db.Run("explain analyze select a from t where id = 49"));
        Assert.Matches(@"Index Searches: 3 levels=\d", db.Run("explain analyze select a from t where id in (1, 4, 9)"));
        Assert.Matches(@"Index Search: levels=", db.Run("explain analyze select a from t where c like 'c49%'"));
        Assert.Matches(@"Index Searches: 20 levels=", db.Run("explain analyze select count(*) from (select g * g as k from generate_series(1, 20) g) s join t on t.id = s.k"));
        Assert.Contains("Index Search", db.Run("explain (analyze, format json) select a from t where id = 49"), StringComparison.Ordinal);
    }

    private static (string Setup, string[] Queries) Read(string script)
    {
        var parts = File.ReadAllText(Path.Combine(Folder(), script + ".sql")).Split("-- queries\n");
        return (parts[0], [.. parts[1].Split('\n', StringSplitOptions.RemoveEmptyEntries)]);
    }

    private static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
