using OmenDb.Arrow;
using OmenDb.Storage.Mvcc;

namespace OmenDb.Storage.Tables;

public sealed partial class Table
{
    /// <summary>Reads some rows as a snapshot sees them.</summary>
    /// <param name="snapshot">Decides which version.</param>
    /// <param name="rows">In any order; ids of this table. Runs within one vector are read together.</param>
    /// <param name="columns">Physical columns.</param>
    /// <param name="target">As many columns; row i is <c>rows[i]</c>. Flat copies, strings included: they live as long as the batch is
    /// not used again. Reused memory: no allocation in the steady state.</param>
    /// <param name="visible">Capacity of at least the rows; becomes the batch's selection when some rows are not visible (what
    /// stands in their place is undefined).</param>
    /// <returns>Visible rows.</returns>
    public unsafe int Fetch(Snapshot snapshot, ReadOnlySpan<RowId> rows, ReadOnlySpan<int> columns, Batch target, Selection visible)
    {
        target.Selection = null;
        target.Length = rows.Length;
        for (var c = 0; c < columns.Length; c++)
        {
            var definition = _columns[columns[c]];
            target.Columns[c].ResetFlat(definition.IsList ? ArrowType.BinaryView : definition.Arrow, rows.Length);
        }
        var found = 0;
        var allVisible = true;
        for (var i = 0; i < rows.Length;)
        {
            var run = RunLength(rows, i);
            var slot = TrySlot(rows[i]);
            if (slot is null)
            {
                HideFrom(ref allVisible, visible, i, i + run, rows.Length);
                i += run;
                continue;
            }
            var pins = EnterResident(slot, columns);
            try
            {
                for (var end = i + run; i < end; i++)
                {
                    if (!slot.IsVisible(rows[i].RowInVector, snapshot, out var entry))
                    {
                        HideFrom(ref allVisible, visible, i, i + 1, rows.Length);
                        for (var c = 0; c < columns.Length; c++)
                            ColumnRead.WriteNull(_physicals[columns[c]], target.Columns[c], i);
                        continue;
                    }
                    found++;
                    ReadRow(slot, rows[i].RowInVector, entry, snapshot, columns, target, i);
                }
            }
            finally
            {
                slot.Latch.Exit();
                pins?.Dispose();
            }
        }
        for (var c = 0; c < columns.Length; c++)
        {
            if (_columns[columns[c]].IsList)
                ColumnRead.DecodeLists(_columns[columns[c]], target.Columns[c]);
        }
        if (!allVisible)
        {
            visible.Count = found;
            target.Selection = visible;
        }
        return found;
    }

    /// <summary>Whether a snapshot sees a row.</summary>
    public bool IsVisible(Snapshot snapshot, RowId row)
    {
        if (TrySlot(row) is not { } slot)
            return false;
        slot.Latch.Enter();
        try
        {
            return slot.IsVisible(row.RowInVector, snapshot, out _);
        }
        finally
        {
            slot.Latch.Exit();
        }
    }

    /// <summary>Under the latch: one row's columns as the snapshot sees them.</summary>
    private void ReadRow(VectorSlot slot, int row, int entry, Snapshot snapshot, ReadOnlySpan<int> columns, Batch target, int targetRow)
    {
        for (var c = 0; c < columns.Length; c++)
            ColumnRead.CopyRow(slot, columns[c], _columns[columns[c]], row, target.Columns[c], targetRow);
        if (entry < 0)
            return;
        var link = slot.Versions!.Entries[entry].Undo;
        while (link.Record is { } record && !snapshot.Sees(record.Stamp, record.Command))
        {
            for (var c = 0; c < columns.Length; c++)
                Restore(slot, record, link.Index, columns[c], target.Columns[c], targetRow);
            link = record.Next[link.Index];
        }
    }

    private unsafe void Restore(VectorSlot slot, UndoRecord record, int index, int column, Vector target, int targetRow)
    {
        if (record.Find(column, _physicals, out var offset) < 0)
            return;
        var stored = _physicals[column];
        PatchList.WriteImage(record, offset, index, UndoRecord.WidthOf(stored), stored, target, targetRow);
        if (stored == PhysicalType.View)
        {
            // The image's view points into the segment's arena, the target has one of its own.
            var view = (View*)target.Values + targetRow;
            *view = ColumnRead.CopyView(view, slot.Arena.Published.Pointers, target);
        }
    }

    private VectorSlot? TrySlot(RowId row)
    {
        var segments = _segments;
        return row.Segment < segments.Length ? segments[row.Segment].TryVector(row.Vector) : null;
    }

    private static unsafe void HideFrom(ref bool allVisible, Selection visible, int from, int end, int rows)
    {
        if (allVisible)
        {
            visible.SetAll(rows);
            allVisible = false;
        }
        for (var i = from; i < end; i++)
            ColumnCopy.SetBit(visible.Mask, i, false);
    }
}
