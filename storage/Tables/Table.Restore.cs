using OmenDb.Arrow;

namespace OmenDb.Storage.Tables;

public sealed partial class Table
{
    /// <summary>Recovery, before anyone else uses the table: makes sure that a segment exists, and those before it.</summary>
    internal Segment RestoreSegment(int number)
    {
        lock (_shape)
        {
            while (_segments.Length <= number)
                _segments = [.. _segments, new Segment(_segments.Length)];
            return _segments[number];
        }
    }

    /// <summary>Recovery: a vector of a segment with at least so many rows; rows that are new are dead, vectors before it full.</summary>
    internal VectorSlot RestoreVector(Segment segment, int index, int rowCount)
    {
        while (segment.VectorCount <= index)
        {
            if (segment.VectorCount > 0)
                RestoreRows(segment.Vector(segment.VectorCount - 1), RowId.VectorRows);
            segment.Add(new VectorSlot(segment, segment.VectorCount, _columns.Length));
        }
        var slot = segment.Vector(index);
        RestoreRows(slot, index + 1 < segment.VectorCount ? RowId.VectorRows : rowCount);
        return slot;
    }

    /// <summary>Recovery: exactly these rows of a vector are alive and quiet.</summary>
    /// <param name="slot">With enough rows.</param>
    /// <param name="alive">Rows inside the vector, rising.</param>
    internal void RestoreAlive(VectorSlot slot, ReadOnlySpan<int> alive)
    {
        var wasAlive = slot.RowCount;
        if (slot.Dead is { } before)
        {
            foreach (var word in before)
                wasAlive -= System.Numerics.BitOperations.PopCount(word);
        }
        Interlocked.Add(ref _liveRows, alive.Length - wasAlive);
        if (alive.Length == slot.RowCount)
        {
            slot.Dead = null;
            return;
        }
        var dead = new ulong[RowId.VectorRows / 64];
        for (var row = 0; row < slot.RowCount; row++)
            dead[row >> 6] |= 1UL << (row & 63);
        foreach (var row in alive)
            dead[row >> 6] &= ~(1UL << (row & 63));
        slot.Dead = dead;
    }

    /// <summary>Recovery: puts values of a column where they were.</summary>
    /// <param name="slot">With enough rows.</param>
    /// <param name="column">Physical.</param>
    /// <param name="source">One value per entry of <paramref name="rows"/>.</param>
    /// <param name="rows">Rows inside the vector, rising.</param>
    internal void RestoreColumn(VectorSlot slot, int column, Vector source, ReadOnlySpan<int> rows)
    {
        for (var first = 0; first < rows.Length;)
        {
            var end = first + 1;
            while (end < rows.Length && rows[end] == rows[end - 1] + 1)
                end++;
            RestoreRun(slot, column, source, first, rows[first], end - first);
            first = end;
        }
    }

    private unsafe void RestoreRun(VectorSlot slot, int column, Vector source, int first, int at, int count)
    {
        var definition = _columns[column];
        MakeReal(slot, column);
        ref var chunk = ref slot.Columns[column];
        ColumnCopy.Values(source, null, first, count, definition.Stored, chunk.Values!.Pointer, at, slot.Segment.Arena);
        var hasNulls = ColumnCopy.AnyNull(source, null, first, count);
        if (hasNulls || chunk.Validity is not null)
            ColumnCopy.Validity(source, null, first, count, slot.EnsureValidity(column, hasNulls), at);
        WidenZone(slot, column, at, count);
    }

    private void RestoreRows(VectorSlot slot, int rowCount)
    {
        if (rowCount <= slot.RowCount)
            return;
        slot.EnsureCapacity(CapacityFor(slot, rowCount), _physicals);
        var start = slot.RowCount;
        slot.RowCount = rowCount;
        slot.MarkDead(start, rowCount - start);
    }
}
