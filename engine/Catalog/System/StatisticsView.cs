using OmenDb.Arrow;
using OmenDb.Engine.Expressions;
using OmenDb.Planner.Catalog;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Catalog;

/// <summary>pg_stats: what ANALYZE has found, as PostgreSQL shows it.</summary>
internal static class StatisticsView
{
    /// <summary>More distinct values than this part of the rows: PostgreSQL tells their number as a share, so that it grows with the table.</summary>
    private const double SharedFrom = 0.1;

    public static IEnumerable<(string, Func<SystemScan, IEnumerable<object?[]>>)> All()
    {
        yield return ("pg_stats", Rows);
    }

    private static IEnumerable<object?[]> Rows(SystemScan scan)
    {
        foreach (var entry in scan.Tables)
        {
            if (scan.Names.FindTable(scan.SchemaName(entry.SchemaOid), entry.Name) is not TableInfo table || table.Table.Rows.Statistics is not { } analysis)
                continue;
            for (var ordinal = 0; ordinal < table.Columns.Length; ordinal++)
            {
                if (!table.Columns[ordinal].Hidden && table.Statistics(ordinal) is { } column)
                    yield return Row(scan, entry, table.Columns[ordinal], column, analysis.RowCount);
            }
        }
    }

    private static object?[] Row(SystemScan scan, TableEntry table, ColumnInfo column, ColumnStatistics statistics, long rows)
    {
        var values = statistics.DistinctCount;
        var distinct = rows > 0 && values > rows * SharedFrom ? -Math.Min(1, values / rows) : Math.Round(values);
        var common = statistics.MostCommon;
        return
        [
            scan.SchemaName(table.SchemaOid), table.Name, column.Name, false, (float)statistics.NullFraction, (int)Math.Round(statistics.AverageWidth), (float)distinct,
            common.IsDefaultOrEmpty ? null : Texts(scan, column.Type, common.Select(c => c.Value)),
            common.IsDefaultOrEmpty ? null : common.Select(c => (object?)(float)c.Fraction).ToArray(),
            statistics.Histogram.IsDefaultOrEmpty ? null : Texts(scan, column.Type, statistics.Histogram),
            null, null, null, null,
        ];
    }

    private static object?[] Texts(SystemScan scan, SqlType type, IEnumerable<object> values)
    {
        using var vector = new Vector();
        var texts = new List<object?>();
        foreach (var value in values)
        {
            ValueBox.ToConstant(value, type, vector, 1);
            texts.Add(TypeIo.FormatString(type, vector, 0, scan.Session.Settings.Io));
        }
        return [.. texts];
    }
}
