using System.Numerics;
using OmenDb.Arrow;
using OmenDb.Storage.Mvcc;

namespace OmenDb.Storage.Tables;

/// <summary>Which rows of a vector a snapshot sees.</summary>
internal static unsafe class Visibility
{
    /// <summary>Under the vector's latch: fills the selection, and notes the before-images that the visible rows need.</summary>
    /// <returns>Visible rows.</returns>
    public static int Select(VectorSlot slot, int rows, Snapshot snapshot, Selection selection, PatchList patches)
    {
        selection.SetAll(rows);
        var mask = selection.Mask;
        var words = (rows + 63) >> 6;
        if (slot.Dead is { } dead)
        {
            for (var w = 0; w < words; w++)
                mask[w] &= ~dead[w];
        }
        if (slot.Versions is { } versions)
        {
            foreach (ref readonly var range in versions.Ranges)
            {
                if (!snapshot.Sees(range.Stamp, range.Command))
                    ClearBits(mask, range.Start, range.End);
            }
            foreach (ref readonly var entry in versions.Entries)
            {
                int row = entry.Row;
                if (!ColumnCopy.GetBit(mask, row))
                    continue;
                if (entry.DeletedBy is { } deleter && snapshot.Sees(deleter, entry.DeleteCommand))
                    mask[row >> 6] &= ~(1UL << (row & 63));
                else
                    Walk(entry.Undo, row, snapshot, patches);
            }
        }
        var count = 0;
        for (var w = 0; w < words; w++)
            count += BitOperations.PopCount(mask[w]);
        selection.Count = count;
        return count;
    }

    /// <summary>Notes the changes of a row, newest first, up to the first one that the snapshot sees.</summary>
    public static void Walk(UndoLink link, int row, Snapshot snapshot, PatchList patches)
    {
        while (link.Record is { } record && !snapshot.Sees(record.Stamp, record.Command))
        {
            patches.Add(row, record, link.Index);
            link = record.Next[link.Index];
        }
    }

    private static void ClearBits(ulong* mask, int from, int end)
    {
        for (var bit = from; bit < end;)
        {
            var inWord = Math.Min(64 - (bit & 63), end - bit);
            mask[bit >> 6] &= ~((inWord == 64 ? ulong.MaxValue : (1UL << inWord) - 1) << (bit & 63));
            bit += inWord;
        }
    }
}
