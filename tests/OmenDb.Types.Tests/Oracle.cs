using System.Text;

namespace OmenDb.Types.Tests;

/// <summary>Expectations that PostgreSQL 15 produced: tab-separated files in Data, one case a line.</summary>
internal static class Oracle
{
    public static IEnumerable<string[]> Read(string file)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Data", file);
        foreach (var line in File.ReadLines(path, Encoding.UTF8))
        {
            if (line.Length > 0 && !line.StartsWith("-- ", StringComparison.Ordinal))
                yield return line.Split('\t');
        }
    }

    /// <summary>The result as text, or "ERR sqlstate message" as the files have it.</summary>
    public static string Result(Func<object?> compute)
    {
        try
        {
            return compute()?.ToString() ?? "NULL";
        }
        catch (SqlException error)
        {
            return $"ERR {error.SqlState} {error.Message}";
        }
    }

    /// <summary>Compares all cases and reports the first differences together.</summary>
    public static void AssertAll(IEnumerable<(string Case, string Expected, string Actual)> cases)
    {
        var count = 0;
        var wrong = new List<string>();
        foreach (var (name, expected, actual) in cases)
        {
            count++;
            if (expected != actual)
                wrong.Add($"{name}\n  expected {expected}\n  actual   {actual}");
        }
        Assert.True(count > 0, "no cases");
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {count} differ:\n{string.Join("\n", wrong.Take(25))}");
    }
}
