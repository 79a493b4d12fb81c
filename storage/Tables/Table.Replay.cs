
namespace OmenDb.Storage.Tables;

/// <summary>What recovery does: rows go where they were. One thread per segment, before anybody else uses the table; no versions, no indexes.</summary>
public sealed partial class Table
{
    /// <summary>The vector of a row, made when missing, with room for some rows from there on. Rows never mentioned are dead.</summary>
    internal VectorSlot ReplaySlot(RowId first, int count)
    {
        var segment = first.Segment < _segments.Length ? _segments[first.Segment] : RestoreSegment(first.Segment);
        while (segment.VectorCount <= first.Vector)
        {
            if (segment.VectorCount > 0)
                Fill(segment.Vector(segment.VectorCount - 1), RowId.VectorRows);
            segment.Add(new VectorSlot(segment, segment.VectorCount, _columns.Length));
        }
        var slot = segment.Vector(first.Vector);
        Fill(slot, first.RowInVector + count);
        return slot;
    }

    private void Fill(VectorSlot slot, int rows)
    {
        if (slot.RowCount >= rows)
            return;
        for (var c = 0; c < slot.Columns.Length; c++)
            slot.MakeHot(c, _physicals[c]); // while it has as many rows as its sealed columns
        if (rows > slot.Capacity)
            slot.EnsureCapacity(CapacityFor(slot, rows), _physicals);
        slot.MarkDead(slot.RowCount, rows - slot.RowCount);
        slot.RowCount = rows;
    }

    internal void ReplayColumn(VectorSlot slot, int column)
    {
        if (column >= slot.Columns.Length)
            Widen(slot);
        using var pins = EnterResident(slot, [column]);
        slot.MakeHot(column, _physicals[column]);
        slot.Latch.Exit();
        MakeReal(slot, column);
        slot.Columns[column].LastChanged = ReplayStamp;
    }

    internal void ReplayBounds(VectorSlot slot, int column, ReadOnlySpan<ushort> rows)
    {
        if (rows.Length > 0 && rows[^1] - rows[0] + 1 == rows.Length)
        {
            WidenZone(slot, column, rows[0], rows.Length);
            return;
        }
        foreach (var row in rows)
            WidenZone(slot, column, row, 1);
    }

    internal void ReplayAlive(VectorSlot slot, ReadOnlySpan<ushort> rows)
    {
        slot.RowsLastChanged = ReplayStamp;
        foreach (var row in rows)
        {
            if (slot.IsDead(row))
            {
                slot.MarkAlive(row);
                Interlocked.Increment(ref _liveRows);
            }
        }
    }

    internal void ReplayDelete(VectorSlot slot, ushort[] rows)
    {
        slot.RowsLastChanged = ReplayStamp;
        foreach (var row in rows)
        {
            if (slot.IsDead(row))
                continue;
            slot.MarkDead(row);
            Interlocked.Decrement(ref _liveRows);
        }
    }

    /// <summary>After replay: appends go on behind the last segments that have room.</summary>
    internal void FinishReplay()
    {
        var lane = 0;
        for (var s = _segments.Length - 1; s >= 0 && lane < _lanes.Length; s--)
        {
            if (!_segments[s].IsFull && _segments[s].VectorCount > 0)
                _lanes[lane++].Segment = _segments[s];
        }
    }
}
