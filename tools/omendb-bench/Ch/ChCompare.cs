using System.Diagnostics;
using System.Globalization;
using OmenDb.Tools.Bench.Tpcc;
using OmenDb.Tools.Bench.Workloads;
using OmenDb.Tpcc;
using OmenDb.Tpcc.Ch;
using OmenDb.Tpcc.Loading;
using OmenDb.Workload.Sql;
using Spectre.Console;

namespace OmenDb.Tools.Bench.Ch;

/// <summary>The same quiet data in two systems: all answers must be equal, row by row, field by field.</summary>
internal sealed class ChCompare(ChBenchOptions options, IAnsiConsole console)
{
    public bool Execute(CancellationToken cancellation)
    {
        using var host = new SystemHost(options.Place);
        using var other = new PostgresSystem(options.CompareWith!);
        foreach (var system in (WorkloadSystem[])[host.System, other])
        {
            console.WriteLine(system.Description);
            TpccTables.Prepare(console, system, new TpccScale(options.Warehouses), options.LoadSeed, options.SkipLoad, new TpccLoadOptions(options.LoadThreads, WithCh: true), cancellation);
        }
        var table = new Table().Border(TableBorder.Rounded).AddColumns("query", "rows", host.System.Description, other.Description, "answers");
        var isRight = true;
        foreach (var query in ChQuery.All)
        {
            cancellation.ThrowIfCancellationRequested();
            var (rows, ms, error) = Ask(host.System, query);
            var (expected, otherMs, otherError) = Ask(other, query);
            var difference = error ?? otherError ?? Compare(rows, expected);
            isRight &= difference is null;
            table.AddRow($"Q{query.Number}", rows.Count.ToString(CultureInfo.InvariantCulture), Ms(ms), Ms(otherMs), difference is null ? "[green]equal[/]" : $"[red]{Markup.Escape(difference)}[/]");
        }
        console.Write(table);
        return isRight;
    }

    private static string Ms(double ms) => string.Create(CultureInfo.InvariantCulture, $"{ms:F1} ms");

    private static (IReadOnlyList<IReadOnlyList<string?>> Rows, double Ms, string? Error) Ask(WorkloadSystem system, ChQuery query)
    {
        var watch = Stopwatch.StartNew();
        try
        {
            return (system.Query(query.Text), watch.Elapsed.TotalMilliseconds, null);
        }
        catch (Exception exception) when (WorkloadErrors.SqlStateOf(exception) is not null)
        {
            return ([], watch.Elapsed.TotalMilliseconds, $"{system.Description}: {BenchErrors.Describe(exception)}");
        }
    }

    /// <returns>The first difference; null: equal.</returns>
    internal static string? Compare(IReadOnlyList<IReadOnlyList<string?>> rows, IReadOnlyList<IReadOnlyList<string?>> expected)
    {
        if (rows.Count != expected.Count)
            return $"{rows.Count} rows instead of {expected.Count}";
        for (var i = 0; i < rows.Count; i++)
        {
            for (var column = 0; column < expected[i].Count; column++)
            {
                // char(n) is padded on the wire only.
                if (rows[i][column]?.TrimEnd() != expected[i][column]?.TrimEnd())
                    return $"row {i + 1}, column {column + 1}: {rows[i][column] ?? "null"} instead of {expected[i][column] ?? "null"}";
            }
        }
        return null;
    }
}
