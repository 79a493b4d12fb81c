using System.Text;
using OmenDb.Types;

namespace OmenDb.Engine.Tests.Functions;

/// <summary>Expressions with the answers that PostgreSQL 15 gave: see the head of each table for how it was made.</summary>
public sealed class ExpressionTableTests
{
    public static TheoryData<string> Tables => [.. Directory.GetFiles(Folder, "*.tsv").Select(f => Path.GetFileName(f))];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Functions");

    [Theory, MemberData(nameof(Tables))]
    public void Answers_are_those_of_PostgreSQL(string table)
    {
        var wrong = new StringBuilder();
        var count = 0;
        foreach (var line in File.ReadLines(Path.Combine(Folder, table)))
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            var tab = line.IndexOf('\t', StringComparison.Ordinal);
            var (expression, expected) = (line[..tab], line[(tab + 1)..]);
            var actual = Answer("SELECT " + expression);
            count++;
            if (actual != expected)
                wrong.Append(expression).Append("\n    expected ").Append(expected).Append("\n    actual   ").Append(actual).Append('\n');
        }
        Assert.True(count > 0);
        Assert.True(wrong.Length == 0, wrong.ToString());
    }

    private static string Answer(string sql)
    {
        try
        {
            return string.Join("\\n", SmallEngine.Query(sql).Select(row => string.Join('|', row.Select(v => v is null ? "\\N" : v.Replace("\n", "\\n", StringComparison.Ordinal)))));
        }
        catch (SqlException error)
        {
            return $"!{error.SqlState} {error.Message}";
        }
#pragma warning disable CA1031 // any other exception is a wrong answer, shown with the rest of them
        catch (Exception error)
#pragma warning restore CA1031
        {
            return error.ToString();
        }
    }
}
