using OmenDb.Arrow;

namespace OmenDb.Storage.Tables;

public sealed partial class Table
{
    /// <summary>What replayed changes are stamped with: a commit after the checkpoint that replay began from, so that the next
    /// checkpoint writes them.</summary>
    internal ulong ReplayStamp { get; set; } = 1;

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

    /// <summary>Recovery: exactly these rows of a vector are alive and quiet.</summary>
    /// <param name="slot">With enough rows.</param>
    /// <param name="alive">Rows inside the vector, rising.</param>
    internal void RestoreAlive(VectorSlot slot, ReadOnlySpan<int> alive)
    {
        Interlocked.Add(ref _liveRows, alive.Length - slot.LiveRows);
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

    /// <summary>Recovery: the vector of a file of sealed columns, without memory; newer than the rest of what is there.</summary>
    /// <param name="segment">Of the table.</param>
    /// <param name="vector">In the segment.</param>
    /// <param name="rows">There are.</param>
    /// <param name="dead">Bit = 1; null: none.</param>
    internal VectorSlot RestoreSealed(Segment segment, int vector, int rows, ulong[]? dead)
    {
        VectorSlot slot;
        if (vector == segment.VectorCount && (vector == 0 || segment.Vector(vector - 1).RowCount == RowId.VectorRows))
        {
            slot = new VectorSlot(segment, vector, _columns.Length);
            slot.Capacity = CapacityFor(slot, rows); // of what is made hot later
            slot.RowCount = rows;
            slot.Dead = dead;
            segment.Add(slot);
        }
        else
        {
            slot = ReplaySlot(RowId.Of(segment.Number, vector * RowId.VectorRows), rows);
            RestoreDefaults(slot, []);
            Interlocked.Add(ref _liveRows, -slot.LiveRows);
            slot.Dead = dead;
        }
        Interlocked.Add(ref _liveRows, slot.LiveRows);
        CountModifications(slot.LiveRows);
        return slot;
    }

    /// <summary>Recovery: a vector that was just made holds the defaults in all columns but these (which are about to get values).</summary>
    internal void RestoreDefaults(VectorSlot slot, ReadOnlySpan<int> columns)
    {
        for (var c = 0; c < slot.Columns.Length; c++)
        {
            if (!columns.Contains(c))
                slot.Columns[c].Release();
        }
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
        ColumnCopy.Values(source, null, first, count, definition.Stored, chunk.Values!.Pointer, at, slot.Arena);
        var hasNulls = ColumnCopy.AnyNull(source, null, first, count);
        if (hasNulls || chunk.Validity is not null)
            ColumnCopy.Validity(source, null, first, count, slot.EnsureValidity(column, hasNulls), at);
        WidenZone(slot, column, at, count);
    }
}
