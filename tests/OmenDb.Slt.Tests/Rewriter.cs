using System.Text;
using System.Text.RegularExpressions;

namespace OmenDb.Slt.Tests;

/// <summary>Takes the expectations of the scripts from PostgreSQL 15, and keeps the list of known failures.</summary>
public sealed partial class Rewriter(Xunit.Abstractions.ITestOutputHelper output)
{
    /// <summary>OMENDB_SLT_REWRITE: connection string of a PostgreSQL server on which databases may be made.</summary>
    [Fact]
    public void Rewrite_expectations_from_PostgreSQL()
    {
        var server = Environment.GetEnvironmentVariable("OMENDB_SLT_REWRITE");
        if (string.IsNullOrEmpty(server))
            return;
        var doubts = new StringBuilder();
        foreach (var file in SuiteFiles.All)
        {
            // What PostgreSQL does not have was worked out by hand.
            if (file.StartsWith("extensions/", StringComparison.Ordinal))
                continue;
            var script = SuiteFiles.Load(file);
            using var target = new PostgresTarget(server);
            foreach (var record in script.Records)
            {
                if (Fill(record, target.Run(record.Connection, record.Sql)) is { } doubt)
                    doubts.Append($"{file}:{record.Line}: {doubt}\n  {record.Sql}\n");
            }
            var path = Path.Combine(SuiteFiles.Root, file);
            File.WriteAllText(path, script.Write());
            output.WriteLine($"{file}: {script.Records.Count} records");
        }
        // Written all the same, to be looked at: an error that nobody announced is usually an error of the script.
        Assert.True(doubts.Length == 0, doubts.ToString());
    }

    /// <summary>OMENDB_SLT_KNOWN=write: lists what fails now, keeping the reasons that stand there.</summary>
    [Fact]
    public void Rewrite_known_failures()
    {
        if (Environment.GetEnvironmentVariable("OMENDB_SLT_KNOWN") != "write")
            return;
        var old = KnownFailures.Load();
        var lines = new List<string>
        {
            "# Records that do not pass yet: file:line reason, or file:line @mode reason. A listed record that passes fails the run.",
        };
        foreach (var file in SuiteFiles.All)
        {
            var script = SuiteFiles.Load(file);
            var byDefault = ScriptRunner.Run(file, script, Mode.Default);
            lines.AddRange(byDefault.Select(f => $"{file}:{f.Line} {old.Reason(file, f.Line, Mode.Default) ?? Short(f)}"));
            foreach (var mode in Mode.All[1..])
            {
                var more = ScriptRunner.Run(file, script, mode).ExceptBy(byDefault.Select(f => f.Line), f => f.Line);
                lines.AddRange(more.Select(f => $"{file}:{f.Line} @{mode.Name} {old.Reason(file, f.Line, mode) ?? Short(f)}"));
            }
        }
        File.WriteAllText(KnownFailures.Path, string.Join('\n', lines) + "\n");
    }

    private static string Short(Failure failure)
    {
        var text = failure.Actual.StartsWith("error", StringComparison.Ordinal) ? failure.Actual : $"expected {failure.Expected}, got {failure.Actual}";
        text = Blanks().Replace(text, " ").Trim();
        return text.Length > 140 ? text[..140] : text;
    }

    /// <returns>What a reader should look at; null when the outcome is of the announced kind.</returns>
    private static string? Fill(Record record, Outcome outcome)
    {
        var (promise, mark) = (record.Promise, record.DraftMark);
        if (outcome.SqlState is { } state)
        {
            var announced = promise == Promise.Error || mark is '!' or 'm';
            record.Message = record.Message.Length > 0 || mark == 'm' ? outcome.Message : "";
            record.SqlState = state;
            record.Promise = Promise.Error;
            return announced ? null : $"error {state} {outcome.Message}";
        }
        var doubt = promise == Promise.Error || mark is '!' or 'm' ? "an error was announced" : null;
        if (promise == Promise.Ok || mark == '?')
        {
            record.Promise = Promise.Ok;
            return doubt;
        }
        if (outcome.Rows is { } rows)
        {
            record.Promise = Promise.Rows;
            if (promise != Promise.Rows)
                record.RowSort = rows.Count > 1 && mark != '=' && !IsOrdered(record.Sql);
            record.Rows = record.RowSort ? [.. rows.Order(StringComparer.Ordinal)] : rows;
            return doubt;
        }
        record.Promise = outcome.Count >= 0 && Changes().IsMatch(record.Sql) ? Promise.Count : Promise.Ok;
        record.Count = outcome.Count;
        return doubt;
    }

    /// <summary>Whether ORDER BY stands outside of all parentheses.</summary>
    private static bool IsOrdered(string sql)
    {
        var depth = 0;
        var outside = new StringBuilder();
        foreach (var c in sql)
        {
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (depth == 0)
                outside.Append(c);
        }
        return Order().IsMatch(outside.ToString());
    }

    [GeneratedRegex(@"\border\s+by\b", RegexOptions.IgnoreCase)]
    private static partial Regex Order();

    [GeneratedRegex(@"^\s*(insert|update|delete|merge|with|copy|execute)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Changes();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
