using System.Globalization;
using System.Text;
using OmenDb.Types;

namespace OmenDb.Tools.Server.Shell;

/// <summary>Errors as psql shows them: the line of the statement with a caret, then detail and hint.</summary>
internal static class ErrorText
{
    public static string Of(SqlException error, string sql)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{error.Severity}:  {error.Message}");
        if (error.Position > 0 && error.Position <= sql.Length + 1)
            AppendCaret(text, sql, error.Position - 1);
        Append(text, "DETAIL", error.Detail);
        Append(text, "HINT", error.Hint);
        Append(text, "CONTEXT", error.Where);
        return text.ToString();
    }

    private static void Append(StringBuilder text, string label, string? value)
    {
        if (value is not null)
            text.Append(CultureInfo.InvariantCulture, $"\n{label}:  {value}");
    }

    private static void AppendCaret(StringBuilder text, string sql, int offset)
    {
        var start = offset == 0 ? 0 : sql.LastIndexOf('\n', offset - 1) + 1;
        var end = sql.IndexOf('\n', offset);
        var line = sql[start..(end < 0 ? sql.Length : end)].Replace('\t', ' ').TrimEnd('\r');
        var number = 1 + sql.AsSpan(0, offset).Count('\n');
        // Long lines: a window around the place, as psql cuts it.
        const int before = 40;
        const int window = 72;
        var column = offset - start;
        var cutStart = column > window - 12 ? column - before : 0;
        var shown = line[Math.Min(cutStart, line.Length)..];
        var head = string.Create(CultureInfo.InvariantCulture, $"LINE {number}: {(cutStart > 0 ? "..." : "")}");
        if (shown.Length > window)
            shown = shown[..window] + "...";
        text.Append('\n').Append(head).Append(shown).Append('\n').Append(' ', head.Length + column - cutStart).Append('^');
    }
}
