using System.Runtime.CompilerServices;

namespace OmenDb.Planner.Tests.Grammar;

/// <summary>corpus.sql: one statement per line, continuation lines indented. PostgreSQL 15 parses every one of them.</summary>
internal static class Corpus
{
    public static IReadOnlyList<string> Statements { get; } = Read();

    private static List<string> Read([CallerFilePath] string source = "")
    {
        var statements = new List<string>();
        foreach (var line in File.ReadLines(Path.Combine(Path.GetDirectoryName(source)!, "corpus.sql")))
        {
            if (line.StartsWith(' '))
                statements[^1] += "\n" + line;
            else if (line.Length > 0)
                statements.Add(line);
        }
        return statements;
    }
}
