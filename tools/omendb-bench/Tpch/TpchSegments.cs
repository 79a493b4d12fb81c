using System.Diagnostics;
using System.Globalization;
using OmenDb.Tpch;
using OmenDb.Tpch.Targets;
using Spectre.Console;

namespace OmenDb.Tools.Bench.Tpch;

/// <summary>Seals one database's tables and shows what they take, beside those of a hot one.</summary>
internal static class TpchSegments
{
    private const string Segments = "FROM omendb_segments WHERE schemaname = 'public' GROUP BY tablename";

    public static void Seal(TpchTarget narrow, TpchTarget hot, IAnsiConsole console)
    {
        var rows = narrow.Query($"SELECT tablename, sum(live_rows) {Segments} ORDER BY 2 DESC");
        var before = Bytes(hot);
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var name in (string[])["table", "rows", "hot MB", "sealed MB", "share", "seal ms", "ms per 1M rows"])
            table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var row in rows)
        {
            var (name, count) = (row[0]!, double.Parse(row[1]!, CultureInfo.InvariantCulture));
            var watch = Stopwatch.StartNew();
            narrow.Execute($"ALTER TABLE {name} SEAL");
            var ms = watch.Elapsed.TotalMilliseconds;
            var after = Bytes(narrow)[name];
            table.AddRow(
                name, count.ToString("N0", CultureInfo.InvariantCulture), Number(before[name] / 1e6), Number(after / 1e6), Number(100 * after / before[name]) + " %",
                Number(ms), Number(ms / count * 1e6));
        }
        console.Write(table);
        foreach (var row in narrow.Query("SELECT tablename, segment, state, encodings FROM omendb_segments WHERE segment = 0 AND schemaname = 'public' ORDER BY bytes DESC LIMIT 2"))
            console.WriteLine($"{row[0]}, segment {row[1]}, {row[2]}: {row[3]}");
    }

    private static Dictionary<string, double> Bytes(TpchTarget target) =>
        target.Query($"SELECT tablename, sum(bytes) {Segments}").ToDictionary(row => row[0]!, row => double.Parse(row[1]!, CultureInfo.InvariantCulture));

    private static string Number(double value) => value.ToString("N1", CultureInfo.InvariantCulture);
}
