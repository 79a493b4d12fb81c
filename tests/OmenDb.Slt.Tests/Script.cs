using System.Text;

namespace OmenDb.Slt.Tests;

/// <summary>What a record promises.</summary>
public enum Promise
{
    /// <summary>Not promised yet: SQL without a header, whose record the rewriter makes.</summary>
    Draft,
    Ok,
    Count,
    Error,
    Rows,
}

/// <summary>One statement of a script and what must come of it.</summary>
public sealed class Record
{
    /// <summary>1-based line of the header.</summary>
    public int Line { get; init; }

    /// <summary>Comments and directives above the header, as written.</summary>
    public List<string> Lead { get; init; } = [];

    public Promise Promise { get; set; }

    public string Sql { get; init; } = "";

    /// <summary>Rows in any order: both sides are sorted before they are compared.</summary>
    public bool RowSort { get; set; }

    public long Count { get; set; }

    public string SqlState { get; set; } = "";

    /// <summary>Empty: any message of that SQLSTATE.</summary>
    public string Message { get; set; } = "";

    public List<string> Rows { get; set; } = [];

    /// <summary>Modes in which the record is not compared (it is executed all the same).</summary>
    public List<string> SkippedModes { get; init; } = [];

    /// <summary>Name of the session that runs the statement; sessions are opened when first named.</summary>
    public string Connection { get; init; } = "";

    /// <summary>Drafts only: '!' error, 'm' error with its message, '?' rows are of no interest, '=' rows in the order given.</summary>
    public char DraftMark { get; init; }

    public void Write(StringBuilder target)
    {
        foreach (var line in Lead)
            target.Append(line).Append('\n');
        switch (Promise)
        {
            case Promise.Ok: target.Append("statement ok\n"); break;
            case Promise.Count: target.Append($"statement count {Count}\n"); break;
            case Promise.Error: target.Append($"statement error {SqlState} {Message}".TrimEnd()).Append('\n'); break;
            case Promise.Rows: target.Append(RowSort ? "query rowsort\n" : "query nosort\n"); break;
            default: throw new InvalidOperationException("a draft has no record yet");
        }
        target.Append(Sql).Append('\n');
        if (Promise == Promise.Rows)
        {
            target.Append("----\n");
            foreach (var row in Rows)
                target.Append(row).Append('\n');
        }
    }
}

/// <summary>A script file: its records, read from and written to the format of tests/slt/README.md.</summary>
public sealed class Script
{
    public List<Record> Records { get; } = [];

    /// <summary>Comments after the last record.</summary>
    public List<string> Tail { get; private set; } = [];

    public static Script Parse(string text)
    {
        var script = new Script();
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        var lead = new List<string>();
        var skipped = new List<string>();
        var connection = "";
        for (var i = 0; i < lines.Length;)
        {
            var line = lines[i];
            if (line.Length == 0)
            {
                // A blank line after a comment belongs to the comment: it is a heading, not a note on one record.
                if (lead.Count > 0 && lead[^1].Length > 0)
                    lead.Add("");
                i++;
            }
            else if (line[0] == '#')
            {
                lead.Add(line);
                i++;
            }
            else if (line.StartsWith("skip-mode ", StringComparison.Ordinal))
            {
                var words = line.Split(' ', 3);
                if (words.Length < 3)
                    throw new FormatException($"line {i + 1}: skip-mode NAME reason");
                skipped.Add(words[1]);
                lead.Add(line);
                i++;
            }
            else if (line.StartsWith("connection ", StringComparison.Ordinal))
            {
                connection = line["connection ".Length..].Trim();
                lead.Add(line);
                i++;
            }
            else
            {
                i = IsHeader(line) ? script.ReadRecord(lines, i, lead, skipped, connection) : script.ReadDrafts(lines, i, lead, connection);
                lead = [];
                skipped = [];
                connection = "";
            }
        }
        while (lead.Count > 0 && lead[^1].Length == 0)
            lead.RemoveAt(lead.Count - 1);
        script.Tail = lead;
        return script;
    }

    public string Write()
    {
        var text = new StringBuilder();
        foreach (var record in Records)
        {
            record.Write(text);
            text.Append('\n');
        }
        foreach (var line in Tail)
            text.Append(line).Append('\n');
        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static bool IsHeader(string line) =>
        line.StartsWith("statement ", StringComparison.Ordinal) || line == "query" || line.StartsWith("query ", StringComparison.Ordinal);

    private int ReadRecord(string[] lines, int start, List<string> lead, List<string> skipped, string connection)
    {
        var words = lines[start].Split(' ', 4);
        var i = start + 1;
        var sql = new List<string>();
        while (i < lines.Length && lines[i].Length > 0 && lines[i] != "----")
            sql.Add(lines[i++]);
        var rows = new List<string>();
        if (i < lines.Length && lines[i] == "----")
        {
            i++;
            while (i < lines.Length && lines[i].Length > 0)
                rows.Add(lines[i++]);
        }
        var (promise, argument) = (words[0], words.Length > 1 ? words[1] : "") switch
        {
            ("statement", "ok") => (Promise.Ok, ""),
            ("statement", "count") when words.Length > 2 => (Promise.Count, words[2]),
            ("statement", "error") => (Promise.Error, words.Length > 2 ? words[2] : ""),
            ("query", "" or "nosort" or "rowsort") => (Promise.Rows, words.Length > 1 ? words[1] : ""),
            _ => throw new FormatException($"line {start + 1}: unknown record \"{lines[start]}\""),
        };
        Records.Add(new Record
        {
            Line = start + 1, Lead = lead, SkippedModes = skipped, Connection = connection, Sql = string.Join('\n', sql), Promise = promise,
            RowSort = argument == "rowsort", Rows = rows,
            Count = promise == Promise.Count ? long.Parse(argument) : 0,
            SqlState = promise == Promise.Error ? argument : "",
            Message = promise == Promise.Error && words.Length > 3 ? words[3] : "",
        });
        return i;
    }

    /// <summary>A paragraph of SQL without headers: each statement ends with a semicolon at the end of a line.</summary>
    private int ReadDrafts(string[] lines, int start, List<string> lead, string connection)
    {
        var sql = new List<string>();
        var mark = '\0';
        var i = start;
        for (; i < lines.Length && lines[i].Length > 0; i++)
        {
            var line = lines[i];
            if (sql.Count == 0)
            {
                if (line[0] == '#')
                {
                    lead.Add(line);
                    continue;
                }
                mark = line.StartsWith("!!", StringComparison.Ordinal) ? 'm' : line[0] is '!' or '?' or '=' ? line[0] : '\0';
                line = line[(mark == 'm' ? 2 : mark == '\0' ? 0 : 1)..];
            }
            if (!line.EndsWith(';'))
            {
                sql.Add(line);
                continue;
            }
            sql.Add(line[..^1]);
            Records.Add(new Record { Line = i + 1, Lead = lead, Connection = connection, Sql = string.Join('\n', sql), DraftMark = mark });
            lead = [];
            sql.Clear();
        }
        if (sql.Count > 0)
            throw new FormatException($"line {i}: the statement does not end with a semicolon");
        return i;
    }
}
