using OmenDb.Arrow;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Tables.Sealed;

namespace OmenDb.Storage.Checkpoint;

/// <summary>One vector in a file of sealed columns.</summary>
/// <param name="Vector">In the segment.</param>
/// <param name="Rows">There are.</param>
/// <param name="Dead">Bit = 1: not seen by the snapshot; null: all are.</param>
internal sealed record CapturedVector(int Vector, int Rows, ulong[]? Dead);

/// <summary>Bounds of a column vector, see <see cref="ColumnChunk"/>.</summary>
internal readonly record struct CapturedBounds(bool IsPresent, ulong Min, ulong Max, bool HasNulls);

/// <summary>One sealed column and the vectors that stand in it.</summary>
/// <param name="Physical">Number of the column.</param>
/// <param name="Column">Retained by the capture.</param>
/// <param name="Bounds">One per vector of a segment.</param>
internal sealed record CapturedColumn(int Physical, SealedColumn Column, CapturedBounds[] Bounds);

/// <summary>What is sealed in a segment, as it stands at one moment of each vector; the values are those that the snapshot sees.</summary>
/// <remarks>A vector is sealed when everybody sees the same of it, and unsealed by the first write: so what a snapshot finds sealed holds no newer values
/// than it may see, whenever the sealing was. Rows deleted since then have their values still.</remarks>
internal sealed unsafe class SealedCapture : IDisposable
{
    private readonly Dictionary<(int, SealedColumn), CapturedColumn> _columns = [];

    public List<CapturedVector> Vectors { get; } = [];

    public IEnumerable<CapturedColumn> Columns => _columns.Values;

    /// <summary>Vectors with hot columns: they are written beside, with these columns.</summary>
    public List<int> HotVectors { get; } = [];

    public SortedSet<int> HotColumns { get; } = [];

    /// <param name="table">With the columns to keep.</param>
    /// <param name="segment">Of the table.</param>
    /// <param name="vectors">To look at.</param>
    /// <param name="snapshot">Decides which rows live.</param>
    /// <param name="scratch">Room for a vector.</param>
    public static SealedCapture Take(CheckpointTable table, Segment segment, IEnumerable<int> vectors, Snapshot snapshot, Selection scratch)
    {
        var capture = new SealedCapture();
        foreach (var vector in vectors)
            capture.Add(table, segment.Vector(vector), snapshot, scratch);
        return capture;
    }

    private void Add(CheckpointTable table, VectorSlot slot, Snapshot snapshot, Selection scratch)
    {
        var patches = new PatchList();
        var vector = slot.FirstRow.Vector;
        slot.Latch.Enter();
        try
        {
            bool isSealed = false, isHot = false;
            foreach (var (physical, _) in table.Columns)
            {
                if (physical >= slot.Columns.Length)
                    continue;
                ref var chunk = ref slot.Columns[physical];
                if (chunk.Values is not null)
                {
                    isHot = true;
                    HotColumns.Add(physical);
                }
                if (chunk.Sealed is not { } column)
                    continue;
                isSealed = true;
                if (!_columns.TryGetValue((physical, column), out var captured))
                {
                    column.Retain();
                    _columns.Add((physical, column), captured = new CapturedColumn(physical, column, new CapturedBounds[RowId.VectorsPerSegment]));
                }
                captured.Bounds[vector] = new CapturedBounds(true, chunk.Min, chunk.Max, chunk.HasNulls);
            }
            if (isHot)
                HotVectors.Add(vector);
            if (isHot && !isSealed)
                return;
            var rows = slot.RowCount;
            ulong[]? dead = null;
            if ((slot.Versions is not null || slot.Dead is not null) && Visibility.Select(slot, rows, snapshot, scratch, patches) < rows)
            {
                dead = new ulong[RowId.VectorRows / 64];
                for (var row = 0; row < rows; row++)
                {
                    if (!ColumnCopy.GetBit(scratch.Mask, row))
                        dead[row >> 6] |= 1UL << (row & 63);
                }
            }
            Vectors.Add(new CapturedVector(vector, rows, dead));
        }
        finally
        {
            slot.Latch.Exit();
        }
    }

    public void Dispose()
    {
        foreach (var column in _columns.Values)
            column.Column.Release();
        _columns.Clear();
    }
}
