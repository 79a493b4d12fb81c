using System.Numerics;
using System.Runtime.CompilerServices;
using OmenDb.Index.Memory;
using OmenDb.Index.Nodes;

namespace OmenDb.Index.Tree;

internal sealed unsafe partial class AlexTree<TKey>
{
    /// <summary>First entry of the key in row id order.</summary>
    public bool TryGetFirst(in TKey key, out ulong rowId)
    {
        var slot = Epoch.Enter();
        var found = FindFirst(key, out rowId);
        slot.Exit();
        return found;
    }

    /// <summary>The same, with an account of the way there.</summary>
    public bool TryGetFirst(in TKey key, out ulong rowId, out LookupTrace trace)
    {
        trace = Trace(key, 0);
        return TryGetFirst(key, out rowId);
    }

    /// <summary>The way to the place of (key, row id), whether the entry is there or not.</summary>
    public LookupTrace Trace(in TKey key, ulong rowId)
    {
        var slot = Epoch.Enter();
        try
        {
            while (true)
            {
                Descend(key, rowId, out var path);
                if (!LeafView<TKey>.TryOpen(path.Leaf, out var view, out var version))
                    continue;
                StepCount steps = default;
                var actual = view.LowerBound(key, rowId, ref steps);
                var predicted = view.Predict(key, rowId);
                var plain = path.Leaf->IsPlain;
                var runs = view.IsRuns;
                if (!LeafLatch.Validate(path.Leaf, version))
                    continue;
                var sorted = 0;
                for (var i = 0; i < path.Depth; i++)
                    sorted += path.NodeAt(i)->Kind == NodeKind.SortedInner ? 1 : 0;
                return new LookupTrace(path.Depth, sorted, predicted, actual, steps.Value, plain, runs);
            }
        }
        finally
        {
            slot.Exit();
        }
    }

    /// <summary>All row ids of the key, ascending, appended to the list.</summary>
    /// <returns>How many there were.</returns>
    public int GetAll(in TKey key, ref RowIdList rows)
    {
        const int Chunk = 64;
        var storedKeys = stackalloc ulong[Chunk];
        var storedRows = stackalloc ulong[Chunk];
        var total = 0;
        var after = false;
        ulong from = 0;
        var slot = Epoch.Enter();
        while (true)
        {
            var count = ReadForward(key, from, after, new Span<ulong>(storedKeys, Chunk), new Span<ulong>(storedRows, Chunk));
            var same = 0;
            while (same < count && TKey.CompareStored(storedKeys[same], key) == 0)
                same++;
            rows.AddRange(new ReadOnlySpan<ulong>(storedRows, same));
            total += same;
            if (same < Chunk)
                break;
            from = storedRows[Chunk - 1];
            after = true;
        }
        slot.Exit();
        return total;
    }

    /// <summary>Copies the entries from (key, row id) on in ascending order, until the spans are full or the index ends.</summary>
    /// <remarks>The caller stands in the epoch, or stored addresses of byte keys would not outlive the call.
    /// What is there during the whole call is found; what comes or goes meanwhile may be.</remarks>
    /// <param name="key">Of the lower bound.</param>
    /// <param name="rowId">Of the lower bound.</param>
    /// <param name="after">Leaves out the bound itself.</param>
    /// <param name="keys">Receives stored keys.</param>
    /// <param name="rows">As long as <paramref name="keys"/>.</param>
    public int ReadForward(TKey key, ulong rowId, bool after, Span<ulong> keys, Span<ulong> rows)
    {
        var filled = 0;
        while (true)
        {
            Descend(key, rowId, out var path);
            var more = true;
            while (more)
            {
                if (!LeafView<TKey>.TryOpen(path.Leaf, out var view, out var version))
                    break; // obsolete: come back from the root, behind what was read
                var count = CopyForward(view, key, rowId, after, keys[filled..], rows[filled..]);
                if (!LeafLatch.Validate(path.Leaf, version))
                    continue;
                filled += count;
                if (filled == keys.Length)
                    return filled;
                if (count > 0)
                {
                    key = TKey.Load(keys[filled - 1]);
                    rowId = rows[filled - 1];
                    after = true;
                }
                more = MoveToNeighbour(ref path, forward: true);
            }
            if (!more)
                return filled;
        }
    }

    /// <summary>Copies the entries from (key, row id) on in descending order; otherwise as <see cref="ReadForward"/>.</summary>
    public int ReadBackward(TKey key, ulong rowId, bool before, Span<ulong> keys, Span<ulong> rows)
    {
        var filled = 0;
        while (true)
        {
            Descend(key, rowId, out var path);
            var more = true;
            while (more)
            {
                if (!LeafView<TKey>.TryOpen(path.Leaf, out var view, out var version))
                    break;
                var count = CopyBackward(view, key, rowId, before, keys[filled..], rows[filled..]);
                if (!LeafLatch.Validate(path.Leaf, version))
                    continue;
                filled += count;
                if (filled == keys.Length)
                    return filled;
                if (count > 0)
                {
                    key = TKey.Load(keys[filled - 1]);
                    rowId = rows[filled - 1];
                    before = true;
                }
                more = MoveToNeighbour(ref path, forward: false);
            }
            if (!more)
                return filled;
        }
    }

    /// <summary>The first entry of all, or the last.</summary>
    public bool TryReadEnd(bool last, out ulong storedKey, out ulong rowId)
    {
        while (true)
        {
            NodePath path = default;
            var node = Root;
            while (node->Kind != NodeKind.Leaf)
            {
                var slot = last ? node->Capacity - 1 : 0;
                path.Push(node, slot);
                node = ReadChild(Children(node), slot);
            }
            path.Leaf = node;
            var more = true;
            while (more)
            {
                if (!LeafView<TKey>.TryOpen(path.Leaf, out var view, out var version))
                    break;
                var slot = last ? view.PreviousOccupied(view.Capacity - 1) : view.NextOccupied(0);
                var found = slot >= 0 && slot < view.Capacity;
                storedKey = found ? view.Key(slot) : 0;
                rowId = found ? view.Row(slot) : 0;
                if (!LeafLatch.Validate(path.Leaf, version))
                    continue;
                if (found)
                    return true;
                more = MoveToNeighbour(ref path, forward: !last);
            }
            if (!more)
            {
                storedKey = 0;
                rowId = 0;
                return false;
            }
        }
    }

    private bool FindFirst(in TKey key, out ulong rowId)
    {
        while (true)
        {
            var leaf = Descend(key, 0);
            if (!LeafView<TKey>.TryOpen(leaf, out var view, out var version))
                continue;
            if (FindInLeaf(view, key, out rowId) is var answer && LeafLatch.Validate(leaf, version))
                return answer == Answer.Unknown ? FindBeyond(key, out rowId) : answer == Answer.Found;
        }
    }

    private enum Answer
    {
        Absent,
        Found,
        /// <summary>The leaf ends before the key's place: its first entry may stand in the next one.</summary>
        Unknown,
    }

    private static Answer FindInLeaf(in LeafView<TKey> view, in TKey key, out ulong rowId)
    {
        NoSteps steps = default;
        var slot = view.LowerBound(key, 0, ref steps);
        rowId = 0;
        if (slot >= view.Capacity)
            return Answer.Unknown;
        var stored = view.Key(slot);
        if (stored == TKey.Sentinel)
            return Answer.Unknown; // the end of the leaf, or the greatest 8-byte key
        rowId = view.Row(slot);
        return TKey.CompareStored(stored, key) == 0 ? Answer.Found : Answer.Absent;
    }

    private bool FindBeyond(in TKey key, out ulong rowId)
    {
        ulong stored = 0;
        rowId = 0;
        return ReadForward(key, 0, false, new Span<ulong>(ref stored), new Span<ulong>(ref rowId)) == 1
            && TKey.CompareStored(stored, key) == 0;
    }

    private static int CopyForward(in LeafView<TKey> view, in TKey key, ulong rowId, bool after, Span<ulong> keys, Span<ulong> rows)
    {
        var slot = view.NextOccupied(view.LowerBound(key, rowId));
        if (after && view.Holds(slot, key, rowId))
            slot = view.NextOccupied(slot + 1);
        if (slot >= view.Capacity)
            return 0;
        // Every store is below room, every load below the capacity.
        fixed (ulong* toKeys = keys, toRows = rows)
        {
            if (view.IsRuns)
                return RunLeaf.CopyForward(view.Runs, view.RunCount, view.Capacity, slot, toKeys, toRows, keys.Length);
            var bits = view.Bits;
            var word = slot >> 6;
            var rest = bits[word] & (ulong.MaxValue << (slot & 63));
            var count = 0;
            while (true)
            {
                count += CopyWord(view, word << 6, rest, toKeys + count, toRows + count, keys.Length - count);
                if (count == keys.Length || ++word << 6 >= view.Capacity)
                    return count;
                rest = bits[word];
            }
        }
    }

    /// <summary>Copies the occupied ones of 64 slots.</summary>
    /// <returns>How many: at most <paramref name="room"/>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CopyWord(in LeafView<TKey> view, int first, ulong occupied, ulong* keys, ulong* rows, int room)
    {
        var count = 0;
        if (view.IsNarrow)
        {
            var fromKeys = view.NarrowKeys + first;
            var fromRows = view.NarrowRows + first;
            for (; occupied != 0 && count < room; occupied &= occupied - 1)
            {
                var slot = BitOperations.TrailingZeroCount(occupied);
                keys[count] = view.KeyBase + fromKeys[slot];
                rows[count++] = view.RowBase + fromRows[slot];
            }
        }
        else if (view.HasWideRows)
        {
            var fromKeys = view.Keys + first;
            var fromRows = view.WideRows + first;
            for (; occupied != 0 && count < room; occupied &= occupied - 1)
            {
                var slot = BitOperations.TrailingZeroCount(occupied);
                keys[count] = fromKeys[slot];
                rows[count++] = fromRows[slot];
            }
        }
        else
        {
            var fromKeys = view.Keys + first;
            var fromRows = view.NarrowRows + first;
            for (; occupied != 0 && count < room; occupied &= occupied - 1)
            {
                var slot = BitOperations.TrailingZeroCount(occupied);
                keys[count] = fromKeys[slot];
                rows[count++] = view.RowBase + fromRows[slot];
            }
        }
        return count;
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
