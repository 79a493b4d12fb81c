using System.Globalization;
using System.Numerics;
using OmenDb.Arrow;
using OmenDb.Storage.Tables.Sealed;

namespace OmenDb.Storage.Tables;

/// <summary>One segment, for people.</summary>
/// <param name="Number">The upper half of its rows' ids.</param>
/// <param name="State">hot, sealed, or mixed: some column vectors are hot.</param>
/// <param name="Rows">Rows there are, dead ones included.</param>
/// <param name="LiveRows">Those that are not dead; deleted ones that somebody may still see are among them.</param>
/// <param name="Vectors">Of up to 2,048 rows.</param>
/// <param name="HotBytes">Memory of plain columns and of the strings that belong to them; versions left out.</param>
/// <param name="SealedBytes">Memory of narrow columns, dictionaries and sealed strings.</param>
/// <param name="EvictedBytes">Of sealed columns that have left memory: they are in a checkpoint file.</param>
/// <param name="Columns">What the segment's columns are made of.</param>
/// <param name="LastWrite">Of a commit since the start; null: none.</param>
public sealed record SegmentSummary(int Number, string State, int Rows, int LiveRows, int Vectors, long HotBytes, long SealedBytes, long EvictedBytes,
    IReadOnlyList<ColumnSummary> Columns, DateTime? LastWrite)
{
    public long Bytes => HotBytes + SealedBytes;
}

/// <summary>One column of one segment, for people.</summary>
/// <param name="Physical">Number of the column.</param>
/// <param name="Encodings">How many of its vectors stand how, as in "narrow2 60, constant 4".</param>
/// <param name="Bytes">Of the narrow form, its strings included.</param>
/// <param name="NullCount">In sealed vectors.</param>
/// <param name="DistinctCount">In sealed vectors, estimated; null: none is sealed.</param>
public sealed record ColumnSummary(int Physical, string Encodings, long Bytes, long NullCount, int? DistinctCount);

// What system views show of a table.
public sealed partial class Table
{
    public IEnumerable<SegmentSummary> ListSegments()
    {
        foreach (var segment in _segments)
            yield return Summary(segment);
    }

    /// <summary>As <see cref="SegmentSummary.Bytes"/>, of all segments.</summary>
    public long MemoryBytes => ListSegments().Sum(s => s.Bytes);

    private SegmentSummary Summary(Segment segment)
    {
        long hotBytes = 0;
        int hot = 0, live = 0;
        var count = _columns.Length;
        var encodings = new SortedDictionary<string, int>[count];
        var narrow = new HashSet<SealedColumn>[count];
        var nulls = new long[count];
        for (var c = 0; c < count; c++)
            (encodings[c], narrow[c]) = (new SortedDictionary<string, int>(StringComparer.Ordinal), []);
        var arenas = new HashSet<SegmentArena>();
        for (var v = 0; v < segment.VectorCount; v++)
        {
            var slot = segment.Vector(v);
            slot.Latch.Enter();
            try
            {
                live += slot.RowCount - (slot.Dead is null ? 0 : slot.Dead.Sum(BitOperations.PopCount));
                if (arenas.Add(slot.Arena))
                    hotBytes += slot.Arena.UsedBytes;
                for (var c = 0; c < Math.Min(count, slot.Columns.Length); c++)
                {
                    ref var chunk = ref slot.Columns[c];
                    hotBytes += (chunk.Values?.Length ?? 0) + (chunk.Validity?.Length ?? 0);
                    hot += chunk.Values is null ? 0 : 1;
                    if (chunk.Sealed is { } column)
                    {
                        narrow[c].Add(column);
                        nulls[c] += column.NullCount(v);
                    }
                    var name = NameOf(chunk, v);
                    encodings[c][name] = encodings[c].GetValueOrDefault(name) + 1;
                }
            }
            finally
            {
                slot.Latch.Exit();
            }
        }
        var columns = new ColumnSummary[count];
        for (var c = 0; c < count; c++)
        {
            var text = string.Join(", ", encodings[c].OrderByDescending(e => e.Value).Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Key} {e.Value}")));
            columns[c] = new ColumnSummary(c, text, narrow[c].Sum(n => n.Bytes + n.StringBytes), nulls[c], narrow[c].Count == 0 ? null : narrow[c].Max(n => n.DistinctCount));
        }
        var sealedBytes = narrow.Sum(c => c.Sum(n => n.ResidentBytes));
        var evictedBytes = narrow.Sum(c => c.Where(n => n.IsEvicted).Sum(n => n.Bytes + n.StringBytes));
        DateTime? lastWrite = segment.LastChange == 0 ? null : DateTime.UtcNow.AddMilliseconds(segment.LastChangeAtMs - Environment.TickCount64);
        return new SegmentSummary(segment.Number, narrow.All(c => c.Count == 0) ? "hot" : hot == 0 ? "sealed" : "mixed", segment.RowCount, live, segment.VectorCount,
            hotBytes, sealedBytes, evictedBytes, columns, lastWrite);
    }

    private static string NameOf(in ColumnChunk chunk, int vector)
    {
        if (chunk.Sealed is not { } column)
            return chunk.Values is null ? "default" : "hot";
        var encoding = column.Encoding(vector);
        return encoding switch
        {
            SealedEncoding.Narrow => "narrow" + column.CodeWidth(vector),
            SealedEncoding.Dictionary => "dictionary" + column.CodeWidth(vector),
            SealedEncoding.Constant => "constant",
            _ => "plain",
        };
    }
}
