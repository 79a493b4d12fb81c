namespace OmenDb.Slt.Tests;

/// <summary>A record that did not keep its promise.</summary>
public sealed record Failure(string File, int Line, string Sql, string Expected, string Actual)
{
    public override string ToString() => $"{File}:{Line}\n  {Sql.Replace("\n", "\n  ", StringComparison.Ordinal)}\nexpected: {Expected}\nactual:   {Actual}\n";
}

/// <summary>Runs a script on an empty database and compares.</summary>
public static class ScriptRunner
{
    private const int RowsShown = 30;

    public static List<Failure> Run(string file, Script script, Mode mode)
    {
        var failures = new List<Failure>();
        using var target = new EmbeddedTarget(mode);
        foreach (var record in script.Records)
        {
            var outcome = target.Run(record.Connection, record.Sql);
            if (!record.SkippedModes.Contains(mode.Name) && Compare(record, outcome) is { } difference)
                failures.Add(new Failure(file, record.Line, record.Sql, difference.Expected, difference.Actual));
        }
        return failures;
    }

    /// <returns>Null when the promise is kept.</returns>
    public static (string Expected, string Actual)? Compare(Record record, Outcome outcome)
    {
        var kept = record.Promise switch
        {
            Promise.Ok => outcome.SqlState is null,
            Promise.Count => outcome.SqlState is null && outcome.Rows is null && outcome.Count == record.Count,
            Promise.Error => outcome.SqlState == record.SqlState && (record.Message.Length == 0 || record.Message == outcome.Message),
            Promise.Rows => outcome.Rows is { } rows && Sorted(rows, record).SequenceEqual(Sorted(record.Rows, record), StringComparer.Ordinal),
            _ => false,
        };
        return kept ? null : (Describe(record), Describe(outcome, record));
    }

    private static IEnumerable<string> Sorted(List<string> rows, Record record) => record.RowSort ? rows.Order(StringComparer.Ordinal) : rows;

    private static string Describe(Record record) => record.Promise switch
    {
        Promise.Ok => "ok",
        Promise.Count => $"count {record.Count}",
        Promise.Error => $"error {record.SqlState} {record.Message}",
        Promise.Rows => Lines(Sorted(record.Rows, record)),
        _ => "a record (the file has a draft: run the rewriter)",
    };

    private static string Describe(Outcome outcome, Record record) => outcome switch
    {
        { SqlState: { } state } => $"error {state} {outcome.Message}",
        { Rows: { } rows } => Lines(Sorted(rows, record)),
        { Count: >= 0 } => $"count {outcome.Count}",
        _ => "ok, no rows",
    };

    private static string Lines(IEnumerable<string> rows)
    {
        var all = rows.ToList();
        var more = all.Count > RowsShown ? $"\n    ... {all.Count - RowsShown} more" : "";
        return $"{all.Count} rows" + string.Concat(all.Take(RowsShown).Select(row => "\n    " + row)) + more;
    }
}
