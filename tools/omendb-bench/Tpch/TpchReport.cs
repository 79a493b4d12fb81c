using System.Globalization;
using Spectre.Console;

namespace OmenDb.Tools.Bench.Tpch;

/// <summary>The results as a table for people.</summary>
internal static class TpchReport
{
    public static void Write(IAnsiConsole console, TpchRunResult run)
    {
        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumn("query");
        foreach (var name in (string[])["first ms", "min ms", "median ms", "rows"])
            table.AddColumn(new TableColumn(name).RightAligned());
        table.AddColumn("answer");
        foreach (var query in run.Queries)
        {
            table.AddRow(
                $"Q{query.Number}", Ms(query.FirstMs), Ms(query.MinMs), Ms(query.MedianMs),
                query.Answer == AnswerState.Failed ? "" : query.RowCount.ToString(CultureInfo.InvariantCulture), Answer(query.Answer));
        }
        table.AddEmptyRow();
        AddSummary(table, "sum", run, values => values.Any(value => value is null) ? null : values.Sum());
        AddSummary(table, "geomean", run, QueryResult.GeometricMean);
        console.Write(table);
        foreach (var query in run.Queries.Where(query => query.Remark is not null))
            console.MarkupLineInterpolated($"[red]Q{query.Number}[/] {query.Remark!}");
        console.WriteLine(Verdict(run));
    }

    /// <summary>The last line: what the exit code says, in words.</summary>
    public static string Verdict(TpchRunResult run)
    {
        var right = run.Queries.Count(query => query.Answer == AnswerState.Right);
        var failed = run.Queries.Count(query => query.Answer == AnswerState.Failed);
        var wrong = run.Queries.Count(query => query.Answer == AnswerState.Wrong);
        var open = run.Queries.Count(query => query.Answer == AnswerState.NotChecked);
        var text = open == run.Queries.Count
            ? "answers not checked: " + run.WhyNotChecked
            : $"{right} of {run.Queries.Count} answers right";
        if (wrong > 0)
            text += $", {wrong} wrong";
        if (failed > 0)
            text += $", {failed} failed";
        if (open > 0 && open < run.Queries.Count)
            text += $", {open} not checked";
        return text;
    }

    private static void AddSummary(Table table, string name, TpchRunResult run, Func<IEnumerable<double?>, double?> fold) => table.AddRow(
        $"[bold]{name}[/]",
        Ms(fold(run.Queries.Select(query => query.FirstMs))),
        Ms(fold(run.Queries.Select(query => query.MinMs))),
        Ms(fold(run.Queries.Select(query => query.MedianMs))));

    private static string Ms(double? value) => value is { } ms ? ms.ToString(ms < 100 ? "F2" : "F0", CultureInfo.InvariantCulture) : "-";

    private static string Answer(AnswerState state) => state switch
    {
        AnswerState.Right => "[green]right[/]",
        AnswerState.Wrong => "[red]WRONG[/]",
        AnswerState.Failed => "[red]FAILED[/]",
        _ => "not checked",
    };
}
