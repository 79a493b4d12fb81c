using OmenDb.Arrow;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Catalog;
using OmenDb.Storage.Indexes;
using OmenDb.Types;
using ExecutionContext = OmenDb.Engine.Execution.ExecutionContext;

namespace OmenDb.Engine.Tests;

/// <summary>Rows in memory with indexes over integer columns: what storage does, done naively.</summary>
internal sealed class IndexedSource(SqlType[] types, object?[][] rows) : IIndexedSource
{
    private readonly MemorySource _memory = new(types, _ => rows);

    /// <summary>How often an index was opened.</summary>
    public int Opened { get; private set; }

    public ITableScan OpenScan(ExecutionContext context, ScanRequest request) => _memory.OpenScan(context, request);

    public IRowIdCursor OpenIndex(ExecutionContext context, IndexInfo index, IReadOnlyList<IndexRangeSpec> ranges, bool backward, int skipColumns = 0)
    {
        Opened++;
        var found = new List<long>();
        foreach (var range in ranges)
        {
            var matching = Enumerable.Range(0, rows.Length).Where(r => Matches(rows[r], index, range));
            foreach (var column in index.Columns.Reverse())
                matching = matching.OrderBy(r => rows[r][column.Ordinal] is int v ? v : long.MaxValue);
            found.AddRange(matching.Select(r => (long)r));
        }
        if (backward)
            found.Reverse();
        return new Cursor(found);
    }

    private static bool Matches(object?[] row, IndexInfo index, IndexRangeSpec range)
    {
        for (var i = 0; i < range.Prefix.Length; i++)
        {
            if (row[index.Columns[i].Ordinal] is not int value || value != range.Prefix[i]!.Get<int>(range.Row))
                return false;
        }
        if (range.Low.Length == 0 && range.High.Length == 0)
            return !range.NotNull || row[index.Columns[range.Prefix.Length].Ordinal] is not null;
        if (row[index.Columns[range.Prefix.Length].Ordinal] is not int key)
            return false;
        return (range.Low.Length == 0 || key > range.Low[0].Get<int>(0) || (range.LowInclusive && key == range.Low[0].Get<int>(0)))
            && (range.High.Length == 0 || key < range.High[0].Get<int>(0) || (range.HighInclusive && key == range.High[0].Get<int>(0)));
    }

    public void Fetch(ExecutionContext context, ReadOnlySpan<long> rowIds, int[] ordinals, Batch target, Selection visible)
    {
        for (var i = 0; i < ordinals.Length; i++)
        {
            var values = new object?[rowIds.Length];
            for (var r = 0; r < values.Length; r++)
                values[r] = rows[rowIds[r]][ordinals[i]];
            ValueBox.FillFlat(target.Columns[i], values, types[ordinals[i]]);
        }
        target.Length = rowIds.Length;
        target.Selection = null;
    }

    private sealed class Cursor(List<long> ids) : IRowIdCursor
    {
        private int _next;

        public int Next(Span<long> rowIds)
        {
            var count = Math.Min(rowIds.Length, ids.Count - _next);
            for (var i = 0; i < count; i++)
                rowIds[i] = ids[_next++];
            return count;
        }

        public void Dispose()
        {
        }
    }
}
