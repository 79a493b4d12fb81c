using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Planner.Catalog;
using OmenDb.Storage;
using OmenDb.Types;

namespace OmenDb.Engine.Catalog;

/// <summary>The columns that every table has without being asked: behind the stored ones, hidden, computed by scans.</summary>
internal static class SystemColumns
{
    public static readonly ImmutableArray<ColumnInfo> All =
    [
        new("tableoid", SqlType.Oid, true) { Hidden = true },
        new("ctid", SqlType.Of(TypeId.Tid), true) { Hidden = true },
        new("xmin", SqlType.Xid, true) { Hidden = true },
    ];

    /// <param name="column">Index in <see cref="All"/>.</param>
    public static unsafe void Fill(StoredTable table, int column, ReadOnlySpan<RowId> rows, Vector target)
    {
        if (column == 1)
        {
            var writer = new VectorWriter(ArrowType.Utf8View, target, rows.Length);
            writer.Reset();
            foreach (var row in rows)
                writer.AppendBytes(System.Text.Encoding.ASCII.GetBytes(row.ToString()));
            return;
        }
        target.ResetFlat(ArrowType.Int64, rows.Length);
        // Version stamps are not kept once nobody needs them: every row shows the number of a frozen one.
        new Span<long>(target.Values, rows.Length).Fill(column == 0 ? table.Entry.Oid : 2);
    }
}
