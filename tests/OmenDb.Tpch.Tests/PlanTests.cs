using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using OmenDb.Tpch.Queries;

namespace OmenDb.Tpch.Tests;

/// <summary>The plans of the 22 queries over loaded and analysed tables, and how far their estimates are off. OMENDB_GOLDEN=write writes the goldens anew.</summary>
public sealed partial class PlanTests(EmbeddedTests.LoadedDatabase loaded) : IClassFixture<EmbeddedTests.LoadedDatabase>
{
    [GeneratedRegex(@"  \(rows=(\d+)\)")]
    private static partial Regex Estimate();

    [GeneratedRegex(@"\(rows=(\d+)\) \(actual time=[\d.]+ rows=(\d+)")]
    private static partial Regex EstimateAndActual();

    [Fact]
    public void Plans_are_as_agreed()
    {
        var text = new StringBuilder();
        foreach (var query in TpchQueries.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"Q{query.Number}, {query.Title}\n");
            foreach (var line in loaded.Query("EXPLAIN (COSTS OFF) " + query.ValidationText))
                text.Append("    ").Append(Estimate().Replace(line[0]!, "")).Append('\n');
            text.Append('\n');
        }
        var golden = Path.Combine(Folder(), "plans.golden");
        if (Environment.GetEnvironmentVariable("OMENDB_GOLDEN") == "write")
            File.WriteAllText(golden, text.ToString());
        Assert.Equal(File.ReadAllText(golden), text.ToString());
    }

    /// <summary>q-error: the larger of estimated and actual rows over the smaller (Moerkotte, Neumann and Steidl, "Preventing Bad Plans by Bounding the
    /// Impact of Cardinality Estimation Errors", VLDB 2009). Over all joins: half of them within 2, nine of ten within 15.</summary>
    [Fact]
    public void Joins_are_estimated_closely()
    {
        var errors = new List<double>();
        foreach (var query in TpchQueries.All)
        {
            foreach (var line in loaded.Query("EXPLAIN ANALYZE " + query.ValidationText))
            {
                if (!line[0]!.Contains("Join", StringComparison.Ordinal) && !line[0]!.Contains("Index Nested Loop", StringComparison.Ordinal))
                    continue;
                var match = EstimateAndActual().Match(line[0]!);
                if (!match.Success)
                    continue;
                var estimated = Math.Max(1, double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
                var actual = Math.Max(1, double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
                errors.Add(Math.Max(estimated / actual, actual / estimated));
            }
        }
        errors.Sort();
        Assert.True(errors.Count > 50, $"only {errors.Count} joins were found");
        Assert.True(errors[errors.Count / 2] <= 2, $"median {errors[errors.Count / 2]:F1}");
        Assert.True(errors[errors.Count * 9 / 10] <= 15, $"nine of ten within {errors[errors.Count * 9 / 10]:F1}");
    }

    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
