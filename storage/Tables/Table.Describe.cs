using OmenDb.Arrow;

namespace OmenDb.Storage.Tables;

/// <summary>One segment, for people.</summary>
/// <param name="Number">The upper half of its rows' ids.</param>
/// <param name="State">hot, sealed or cold.</param>
/// <param name="Rows">Rows there are, dead ones included.</param>
/// <param name="Vectors">Of up to 2,048 rows.</param>
/// <param name="Bytes">Memory of columns and strings; validity and versions left out.</param>
public readonly record struct SegmentSummary(int Number, string State, int Rows, int Vectors, long Bytes);

// What system views show of a table.
public sealed partial class Table
{
    public IEnumerable<SegmentSummary> ListSegments()
    {
        foreach (var segment in _segments)
        {
            var bytes = segment.Arena.UsedBytes;
            for (var v = 0; v < segment.VectorCount; v++)
            {
                foreach (var column in _columns)
                    bytes += column.Stored.BytesFor(segment.Vector(v).Capacity);
            }
            yield return new SegmentSummary(segment.Number, "hot", segment.RowCount, segment.VectorCount, bytes);
        }
    }

    /// <summary>As <see cref="SegmentSummary.Bytes"/>, of all segments.</summary>
    public long MemoryBytes => ListSegments().Sum(s => s.Bytes);
}
