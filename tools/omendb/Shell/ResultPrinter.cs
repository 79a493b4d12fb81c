using Spectre.Console;

namespace OmenDb.Tools.Server.Shell;

/// <summary>Prints results: drawn tables on a terminal, psql's aligned form into pipes and files, one line per column when expanded.</summary>
internal sealed class ResultPrinter(TextWriter output, bool isTerminal)
{
    public bool IsExpanded { get; set; }

    public void Print(ResultRows result, string? title = null)
    {
        if (IsExpanded)
            PrintExpanded(result);
        else if (isTerminal)
            PrintTable(result, title);
        else
            PrintAligned(result, title);
    }

    private static void PrintTable(ResultRows result, string? title)
    {
        var table = new Table { Border = TableBorder.Rounded, ShowRowSeparators = false };
        if (title is not null)
            table.Title = new TableTitle(Markup.Escape(title));
        for (var i = 0; i < result.Columns.Length; i++)
        {
            var column = new TableColumn(new Text(result.Columns[i].Name, new Style(decoration: Decoration.Bold)));
            table.AddColumn(result.IsRightAligned(i) ? column.RightAligned() : column);
        }
        foreach (var row in result.Rows)
            table.AddRow(row.Select(value => value is null ? new Text("null", new Style(Color.Grey)) : new Text(value)));
        if (result.Columns.Length > 0)
            AnsiConsole.Write(table);
        AnsiConsole.WriteLine(result.Footer);
    }

    private void PrintAligned(ResultRows result, string? title)
    {
        var widths = new int[result.Columns.Length];
        for (var i = 0; i < widths.Length; i++)
            widths[i] = Math.Max(result.Columns[i].Name.Length, result.Rows.Count == 0 ? 0 : result.Rows.Max(row => row[i]?.Length ?? 0));
        if (title is not null)
            output.WriteLine(title);
        output.WriteLine(string.Join('|', result.Columns.Select((column, i) => $" {Center(column.Name, widths[i])} ")));
        output.WriteLine(string.Join('+', widths.Select(width => new string('-', width + 2))));
        foreach (var row in result.Rows)
        {
            output.WriteLine(string.Join('|', row.Select((value, i) =>
                result.IsRightAligned(i) ? $" {(value ?? "").PadLeft(widths[i])} " : $" {(value ?? "").PadRight(widths[i])} ")).TrimEnd(' '));
        }
        output.WriteLine(result.Footer);
        output.WriteLine();
    }

    private static string Center(string text, int width) => text.PadLeft(text.Length + (width - text.Length) / 2).PadRight(width);

    private void PrintExpanded(ResultRows result)
    {
        var width = result.Columns.Length == 0 ? 0 : result.Columns.Max(column => column.Name.Length);
        for (var r = 0; r < result.Rows.Count; r++)
        {
            output.WriteLine($"-[ RECORD {r + 1} ]".PadRight(width + 20, '-'));
            for (var i = 0; i < result.Columns.Length; i++)
                output.WriteLine($"{result.Columns[i].Name.PadRight(width)} | {result.Rows[r][i]}");
        }
        output.WriteLine(result.Footer);
        output.WriteLine();
    }
}
