using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
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
                if (keys.Length - filled > 8)
                    view.PrefetchScan(key, rowId, keys.Length - filled);
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
        if (!TKey.HasHeads)
            return FindFirstPlain(key, out rowId);
        while (true)
        {
            var leaf = Descend(key, 0);
            if (!LeafView<TKey>.TryOpen(leaf, out var view, out var version))
                continue;
            if (FindInLeaf(view, key, out rowId) is var answer && LeafLatch.Validate(leaf, version))
                return answer == Answer.Unknown ? FindBeyond(key, out rowId) : answer == Answer.Found;
        }
    }

    /// <summary>The same for 8-byte keys, spelled out for the usual forms of nodes: this is the path that look-ups are measured on.</summary>
    private bool FindFirstPlain(in TKey key, out ulong rowId)
    {
        var plain = TKey.Plain(key);
        while (true)
        {
            var node = Root;
            while (node->Kind != NodeKind.Leaf)
            {
                if (node->Kind == NodeKind.ModelInner && node->LensKind == LensKind.Key)
                    node = ReadChild(Node.ModelChildren(node), Node.ModelSlot(plain, node->Base, node->Slope, node->Capacity));
                else if (node->Kind == NodeKind.SortedInner && CountSeparators(node, plain) is var child && !IsSeparator(node, child, plain))
                    node = ReadChild(Node.SortedChildren(node), child);
                else
                    node = ReadChild(Children(node), Route(node, key, 0, out _));
            }
            if (!LeafLatch.BeginRead(node, out var version))
                continue;
            var answer = ProbePlain(node, version, key, plain, out rowId);
            if (!LeafLatch.Validate(node, version))
                continue;
            return answer == Answer.Unknown ? FindBeyond(key, out rowId) : answer == Answer.Found;
        }
    }

    /// <summary>Looks into a leaf that was opened at this version; what it says counts only if the version still holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Answer ProbePlain(Node* leaf, ulong version, in TKey key, ulong plain, out ulong rowId)
    {
        var block = (byte*)leaf->Block;
        var capacity = leaf->Capacity;
        var format = leaf->Format;
        rowId = 0;
        if (leaf->LensKind != LensKind.Key || format == LeafFormat.Wide)
            return ProbeGeneral(leaf, key, out rowId);
        var modelBase = leaf->Base;
        var rowBase = (ulong)leaf->RowPage << 31;
        var position = (plain > modelBase ? plain - modelBase : 0) * leaf->Slope + leaf->Intercept;
        var runs = leaf->RunCount;
        var sampled = leaf->IsSampled;
        // Block and capacity must belong together before the first access, or it could leave the block.
        if (!LeafLatch.Validate(leaf, version))
            return Answer.Unknown;
        NoSteps steps = default;
        if (format == LeafFormat.NarrowRows)
        {
            var guess = position <= 0 ? 0 : position >= capacity ? capacity - 1 : (int)position;
            var keys = (ulong*)block;
            var rows = (uint*)(keys + capacity);
            if (sampled)
                guess = SlotSearch.CountSamples((ulong*)((byte*)(rows + capacity) + (capacity >> 3)), capacity, plain, guess) * SlotSearch.SampledSlots;
            if (guess >= capacity)
                return Answer.Unknown;
            if (Sse.IsSupported)
                Sse.Prefetch0(rows + guess); // the row id is wanted next: its cache miss overlaps that of the search
            var slot = sampled ? guess + SlotSearch.CountInBlock(keys + guess, plain) : SlotSearch.LowerBound(keys, capacity, plain, guess, ref steps);
            if (slot >= capacity || keys[slot] is var stored && stored == ulong.MaxValue)
                return Answer.Unknown; // the end of the leaf, or the greatest key
            if (stored != plain)
                return Answer.Absent;
            rowId = rowBase + rows[slot];
            return Answer.Found;
        }
        if (format == LeafFormat.Narrow)
        {
            var guess = position <= 0 ? 0 : position >= capacity ? capacity - 1 : (int)position;
            var keys = (uint*)block;
            var rows = keys + capacity;
            var sought = plain < modelBase ? 0 : (uint)Math.Min(plain - modelBase, uint.MaxValue);
            if (sampled)
                guess = SlotSearch.CountSamples((uint*)((byte*)(rows + capacity) + (capacity >> 3)), capacity, sought, guess) * SlotSearch.SampledSlots;
            if (guess >= capacity)
                return Answer.Unknown;
            if (Sse.IsSupported)
                Sse.Prefetch0(rows + guess);
            var slot = sampled ? guess + SlotSearch.CountInBlock(keys + guess, sought) : SlotSearch.LowerBound(keys, capacity, sought, guess, ref steps);
            if (slot >= capacity || keys[slot] is var stored && stored == uint.MaxValue)
                return Answer.Unknown;
            if (modelBase + stored != plain)
                return Answer.Absent;
            rowId = rowBase + rows[slot];
            return Answer.Found;
        }
        var at = RunLeaf.LowerBound((Run*)block, runs, capacity, plain, 0, ref steps);
        if ((uint)at >= (uint)capacity)
            return Answer.Unknown;
        ref var run = ref ((Run*)block)[RunLeaf.RunOf((Run*)block, runs, at)];
        rowId = run.RowAt(at - run.Start);
        return run.KeyAt(at - run.Start) == plain ? Answer.Found : Answer.Absent;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Answer ProbeGeneral(Node* leaf, in TKey key, out ulong rowId)
    {
        rowId = 0;
        return LeafView<TKey>.TryOpen(leaf, out var view, out _) ? FindInLeaf(view, key, out rowId) : Answer.Unknown;
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
}
