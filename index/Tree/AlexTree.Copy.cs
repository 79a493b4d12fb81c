using OmenDb.Index.Nodes;

namespace OmenDb.Index.Tree;

/// <summary>Copies entries out of one leaf that was opened optimistically: what comes out counts only if the version still holds.</summary>
internal sealed unsafe partial class AlexTree<TKey>
{
    private static int CopyForward(in LeafView<TKey> view, in TKey key, ulong rowId, bool after, Span<ulong> keys, Span<ulong> rows)
    {
        var slot = view.NextOccupied(view.LowerBound(key, rowId));
        if (after && slot < view.Capacity && view.Holds(slot, key, rowId))
            slot = view.NextOccupied(slot + 1);
        if ((uint)slot >= (uint)view.Capacity)
            return 0;
        // Every store is below room, every load below the capacity.
        fixed (ulong* toKeys = keys, toRows = rows)
        {
            if (view.IsRuns)
                return RunLeaf.CopyForward(view.Runs, view.RunCount, view.Capacity, slot, toKeys, toRows, keys.Length);
            return SlotCopy<TKey>.Forward(view, slot, toKeys, toRows, keys.Length);
        }
    }

    private static int CopyBackward(in LeafView<TKey> view, in TKey key, ulong rowId, bool before, Span<ulong> keys, Span<ulong> rows)
    {
        var bound = view.LowerBound(key, rowId);
        var slot = view.NextOccupied(bound);
        if (before || !view.Holds(slot, key, rowId))
            slot = view.PreviousOccupied(Math.Min(bound, view.Capacity) - 1);
        if (view.IsRuns)
        {
            fixed (ulong* toKeys = keys, toRows = rows)
                return RunLeaf.CopyBackward(view.Runs, view.RunCount, view.Capacity, slot, toKeys, toRows, keys.Length);
        }
        var count = 0;
        while (slot >= 0 && slot < view.Capacity && count < keys.Length)
        {
            keys[count] = view.Key(slot);
            rows[count++] = view.Row(slot);
            slot = view.PreviousOccupied(slot - 1);
        }
        return count;
    }
}
