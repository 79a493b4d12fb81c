using OmenDb.Index.Memory;
using OmenDb.Index.Nodes;

namespace OmenDb.Index.Tree;

/// <summary>Division and merging of leaves. Everything here runs under the structure lock.</summary>
internal sealed unsafe partial class AlexTree<TKey>
{
    /// <summary>Slots that a full leaf takes in a fresh model node, and of which its neighbours to come take as many each.</summary>
    private const int SlotsPerLeaf = 16;

    /// <summary>Model nodes double only while they have at most so many slots per child.</summary>
    private const int MaxSlotsPerChild = 64;

    /// <summary>Slots of the widest model node made for two leaves: 4 KiB.</summary>
    private const int WidestFreshFanout = 512;

    private long _splits;
    private long _merges;

    /// <summary>A division point: entries from <see cref="Index"/> on go to the right leaf, which begins at <see cref="Slot"/>.</summary>
    private readonly record struct Cut(int Slot, int Index)
    {
        public bool IsNone => Slot < 0;

        public static Cut None => new(-1, -1);
    }

    private void Split(in TKey key, ulong rowId)
    {
        lock (_structure)
        {
            Descend(key, rowId, out var path);
            var leaf = path.Leaf;
            if (!LeafLatch.TryAcquire(leaf))
                return;
            if (!leaf->WantsSplit || leaf->Count < 2)
            {
                leaf->WantsSplit = false;
                LeafLatch.ReleaseUnchanged(leaf); // somebody else has made room
                return;
            }
            var append = leaf->AppendStreak >= LeafWriter<TKey>.AppendStreak
                && new LeafView<TKey>(leaf).IsBelow(leaf->LastSlot, key, rowId);
            LeafLatch.Freeze(leaf);
            using var buffer = new EntryBuffer(leaf->Count);
            var count = new LeafView<TKey>(leaf).Compact(buffer.Keys, buffer.Rows, leaf->Count);
            var entries = new Entries(leaf, buffer.Keys, buffer.Rows, count, append);
            if (!SplitSideways(ref path, entries, key, rowId))
                SplitDown(ref path, entries);
            RetireLeaf(leaf);
            Interlocked.Increment(ref _splits);
        }
    }

    private readonly struct Entries(Node* leaf, ulong* keys, ulong* rows, int count, bool append)
    {
        /// <summary>Whose they are.</summary>
        public readonly Node* Leaf = leaf;
        public readonly ulong* Keys = keys;
        public readonly ulong* Rows = rows;
        public readonly int Count = count;
        /// <summary>More are expected behind the last.</summary>
        public readonly bool Append = append;

        public ulong Head(int index, in Lens lens) => TKey.Head(TKey.Load(Keys[index]), Rows[index], lens);
    }

    /// <summary>Divides the leaf at a slot border of its model parent, which is doubled where its slots are too wide.</summary>
    private bool SplitSideways(ref NodePath path, in Entries entries, in TKey key, ulong rowId)
    {
        if (path.Depth == 0)
            return false;
        var level = path.Depth - 1;
        var parent = path.NodeAt(level);
        if (parent->Kind != NodeKind.ModelInner)
            return false;
        var leaf = path.Leaf;
        var children = Node.ModelChildren(parent);
        int first = path.SlotAt(level), last = first;
        while (first > 0 && children[first - 1] == leaf)
            first--;
        while (last + 1 < parent->Capacity && children[last + 1] == leaf)
            last++;

        var fanout = parent->Capacity;
        var newHead = TKey.Head(key, rowId, parent->Lens);
        if (first < last)
        {
            var cut = FindCut(entries, parent, parent->Slope, fanout, first, last, newHead);
            if (!cut.IsNone)
            {
                MakePair(entries, cut.Index, out var left, out var right, mayHandOver: true);
                for (var i = last; i >= first; i--)
                    WriteChild(children, i, i >= cut.Slot ? right : left);
                parent->ChildCount++;
                return true;
            }
        }
        // More slots: to the right for appends behind the model's range, else by halving every slot.
        var slope = parent->Slope;
        for (var doublings = 1; doublings <= 5; doublings++)
        {
            fanout = parent->Capacity << doublings;
            if (fanout > _options.MaxModelFanout || fanout > (long)MaxSlotsPerChild * (parent->ChildCount + 1))
                break;
            if (entries.Append && last == parent->Capacity - 1)
            {
                var cut = FindCut(entries, parent, slope, fanout, first, fanout - 1, newHead);
                if (!cut.IsNone)
                {
                    PublishWider(ref path, parent, slope, fanout, shift: 0, first, fanout - 1, cut, entries);
                    return true;
                }
            }
            else
            {
                slope *= 2; // exact, so that every old slot is exactly two new ones
                var cut = FindCut(entries, parent, slope, fanout, first << doublings, ((last + 1) << doublings) - 1, newHead);
                if (!cut.IsNone)
                {
                    PublishWider(ref path, parent, slope, fanout, doublings, first << doublings, ((last + 1) << doublings) - 1, cut, entries);
                    return true;
                }
            }
        }
        return false;
    }

    /// <summary>The slot border between first and last that divides the entries well enough, or none.</summary>
    private static Cut FindCut(in Entries entries, Node* model, double slope, int fanout, int first, int last, ulong newHead)
    {
        var lens = model->Lens;
        if (entries.Append)
        {
            // Keep as much as possible on the left: the right leaf takes what comes.
            var slotOfLast = Node.ModelSlot(entries.Head(entries.Count - 1, lens), model->Base, slope, fanout);
            var slotOfNew = Node.ModelSlot(newHead, model->Base, slope, fanout);
            if (slotOfNew > slotOfLast && slotOfLast + 1 <= last)
                return new Cut(slotOfLast + 1, entries.Count);
            if (slotOfLast <= first)
                return Cut.None;
            var index = FirstInSlot(entries, model, slope, fanout, slotOfLast);
            return index >= entries.Count / 2 ? new Cut(slotOfLast, index) : Cut.None;
        }
        var middleSlot = Node.ModelSlot(entries.Head(entries.Count / 2, lens), model->Base, slope, fanout);
        var best = Cut.None;
        for (var slot = middleSlot; slot <= middleSlot + 1; slot++)
        {
            if (slot <= first || slot > last)
                continue;
            var index = FirstInSlot(entries, model, slope, fanout, slot);
            if (best.IsNone || Math.Abs(index - entries.Count / 2) < Math.Abs(best.Index - entries.Count / 2))
                best = new Cut(slot, index);
        }
        return best.IsNone || Math.Min(best.Index, entries.Count - best.Index) < (entries.Count + 7) / 8 ? Cut.None : best;
    }

    /// <summary>First entry whose slot is at least <paramref name="slot"/>.</summary>
    private static int FirstInSlot(in Entries entries, Node* model, double slope, int fanout, int slot)
    {
        int low = 0, high = entries.Count;
        var lens = model->Lens;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (Node.ModelSlot(entries.Head(middle, lens), model->Base, slope, fanout) < slot)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    /// <summary>Replaces a model node by one with more slots, in which the leaf is divided.</summary>
    private void PublishWider(
        ref NodePath path, Node* parent, double slope, int fanout, int shift, int first, int last, Cut cut, in Entries entries)
    {
        var wider = (Node*)_pool.Allocate(Node.ModelBytes(fanout));
        new Span<byte>(wider, Node.InnerHeadBytes).Clear();
        wider->Kind = NodeKind.ModelInner;
        wider->Base = parent->Base;
        wider->Slope = slope;
        wider->LensKind = parent->LensKind;
        wider->LensReference = parent->LensReference; // passes on to the copy
        wider->PrefixLength = parent->PrefixLength;
        wider->Capacity = fanout;
        wider->ChildCount = parent->ChildCount + 1;
        var from = Node.ModelChildren(parent);
        var to = Node.ModelChildren(wider);
        for (var i = 0; i < fanout; i++)
            to[i] = from[Math.Min(i >> shift, parent->Capacity - 1)];
        MakePair(entries, cut.Index, out var left, out var right, mayHandOver: true);
        for (var i = first; i <= last; i++)
            to[i] = i >= cut.Slot ? right : left;
        ReplaceChild(path, path.Depth - 1, parent, wider);
        _retired.Add(parent, Node.ModelBytes(parent->Capacity));
    }

    /// <summary>Puts an inner node with two leaves in the leaf's place: a model node where equal parts divide the entries, else a sorted one.</summary>
    private void SplitDown(ref NodePath path, in Entries entries)
    {
        var level = path.Depth;
        var underSorted = level > 0 && path.NodeAt(level - 1)->Kind == NodeKind.SortedInner;
        if (!underSorted && ModelDepth(path) < _options.MaxModelDepth && TryModelDown(path, entries))
            return;
        var middle = entries.Append ? entries.Count - Math.Max(1, entries.Count / 16) : entries.Count / 2;
        MakePair(entries, middle, out var left, out var right);
        var separator = TKey.Own(TKey.Load(entries.Keys[middle]), _pool);
        ReplaceByPair(ref path, level, path.Leaf, left, separator, entries.Rows[middle], right);
    }

    private static int ModelDepth(in NodePath path)
    {
        var depth = 0;
        for (var i = 0; i < path.Depth; i++)
            depth += path.NodeAt(i)->Kind == NodeKind.ModelInner ? 1 : 0;
        return depth;
    }

    private bool TryModelDown(in NodePath path, in Entries entries)
    {
        // Skewed entries need narrower slots before one of them ends near the middle. Only the first level tries hard: what is still
        // skewed below it (exponential spacing) would become a long chain of model nodes.
        var widest = Math.Min(ModelDepth(path) == 0 ? WidestFreshFanout : 2 * SlotsPerLeaf, _options.MaxModelFanout);
        for (var fanout = 2 * SlotsPerLeaf; fanout <= widest; fanout *= 4)
        {
            if (TryModelDown(path, entries, fanout))
                return true;
        }
        return false;
    }

    private bool TryModelDown(in NodePath path, in Entries entries, int fanout)
    {
        var lens = TKey.ChooseLens(entries.Keys[0], entries.Keys[entries.Count - 1], true, _pool);
        var node = (Node*)_pool.Allocate(Node.ModelBytes(fanout));
        InitialiseModel(node, lens, entries.Head(0, lens), entries.Head(entries.Count - 1, lens), fanout, entries.Append ? fanout / 2 : fanout);
        var cut = node->Slope > 0
            ? FindCut(entries, node, node->Slope, fanout, 0, fanout - 1, entries.Head(entries.Count - 1, lens))
            : Cut.None;
        if (cut.IsNone)
        {
            _pool.Free(node, Node.ModelBytes(fanout));
            TKey.RetireLens(lens, _retired);
            return false;
        }
        MakePair(entries, cut.Index, out var left, out var right);
        var children = Node.ModelChildren(node);
        for (var i = 0; i < fanout; i++)
            children[i] = i >= cut.Slot ? right : left;
        node->ChildCount = 2;
        ReplaceChild(path, path.Depth, path.Leaf, node);
        return true;
    }

    /// <summary>A model that maps the heads from first to last to the first <paramref name="usedSlots"/> slots; slope 0 when they are equal.</summary>
    private static void InitialiseModel(Node* node, in Lens lens, ulong firstHead, ulong lastHead, int fanout, int usedSlots)
    {
        new Span<byte>(node, Node.InnerHeadBytes).Clear();
        node->Kind = NodeKind.ModelInner;
        node->LensKind = lens.Kind;
        node->LensReference = lens.Reference;
        node->PrefixLength = lens.PrefixLength;
        node->Base = firstHead;
        node->Capacity = fanout;
        node->Slope = lastHead > firstHead ? usedSlots / ((double)(lastHead - firstHead) + 1) : 0;
    }

    // mayHandOver: nothing that follows may fail before the two are published.
    private void MakePair(in Entries entries, int index, out Node* left, out Node* right, bool mayHandOver = false)
    {
        var rest = entries.Count - index;
        if (!entries.Append)
        {
            left = MakeLeaf(entries.Keys, entries.Rows, index, LeafLayout.Gapped);
            right = MakeLeaf(entries.Keys + index, entries.Rows + index, rest, LeafLayout.Gapped);
            return;
        }
        if (mayHandOver && entries.Leaf->IsAppend && entries.Leaf->IsSampled && rest <= entries.Count / MostCutShare)
        {
            right = MakeAppendLeaf(entries.Keys + index, entries.Rows + index, rest, runs: false);
            left = HandOver(entries, index);
            return;
        }
        left = LeafBuilder<TKey>.LayoutOfAppended(entries.Keys, entries.Rows, index, _pool) == LeafLayout.Append
            ? MakeLeaf(entries.Keys, entries.Rows, index, LeafLayout.Append)
            // As dense as leaves become; a little larger than those that grow, so that the entries have gaps at all.
            : LeafBuilder<TKey>.Create(entries.Keys, entries.Rows, index,
                LeafBuilder<TKey>.CapacityFor(index, _options.MaxDensity, _options.MaxLeafSlots * 5 / 4 & ~63), LeafLayout.Gapped, _pool);
        right = MakeAppendLeaf(entries.Keys + index, entries.Rows + index, rest, runs: left->Format == LeafFormat.Runs);
    }

    /// <summary>Share of a leaf's entries, as a divisor, that may be cut off a block that is handed over.</summary>
    private const int MostCutShare = 8;

    /// <summary>The leaf that is left behind by appends, under a new head: the block stays as it is, without its last entries.</summary>
    /// <remarks>The old head is obsolete from here on, so that whoever still reads the block by it starts again, and waits for what is
    /// published next.</remarks>
    private Node* HandOver(in Entries entries, int count)
    {
        var leaf = entries.Leaf;
        var left = (Node*)_pool.Allocate(Node.LeafBytes);
        *left = *leaf;
        left->Version = 0;
        left->WantsSplit = false;
        LeafLatch.Retire(leaf);
        Interlocked.MemoryBarrier(); // no change of the block before that
        leaf->Block = null;
        var view = new LeafView<TKey>(left);
        if (count < left->Count)
        {
            LeafWriter<TKey>.Clear(view, count, left->LastSlot);
            for (var slot = count; slot <= left->LastSlot; slot++)
                view.Bits[slot >> 6] &= ~(1UL << (slot & 63));
        }
        left->Count = count;
        left->LastSlot = count - 1;
        // A line between the ends: only a first guess, for samples find what there is.
        var (first, last) = (entries.Keys[0], entries.Keys[count - 1]);
        if (left->Format != LeafFormat.Narrow)
            left->Base = first;
        left->Slope = last > first ? (count - 1) / (double)(last - first) : 0;
        left->Intercept = -(double)(first - left->Base) * left->Slope;
        return left;
    }

    private Node* MakeLeaf(ulong* keys, ulong* rows, int count, LeafLayout layout)
    {
        var capacity = layout == LeafLayout.Append
            ? Math.Clamp((count + 63) & ~63, 64, _options.MaxLeafSlots)
            : LeafBuilder<TKey>.CapacityFor(count, _options.InitialDensity, _options.MaxLeafSlots);
        return LeafBuilder<TKey>.Create(keys, rows, count, capacity, layout, _pool);
    }

    /// <summary>A leaf for what is appended next; its first entries are those that did not go to the left.</summary>
    private Node* MakeAppendLeaf(ulong* keys, ulong* rows, int count, bool runs)
    {
        if (runs)
        {
            var leaf = (Node*)_pool.Allocate(Node.LeafBytes);
            *leaf = default;
            var buffer = stackalloc Run[RunLeaf.MaxRuns / 2];
            var used = Run.Encode(keys, rows, count, buffer, RunLeaf.MaxRuns / 2);
            if (used >= 0)
            {
                LeafBuilder<TKey>.FillRuns(leaf, buffer, used, count, RunLeaf.RoomFor(used), _pool);
                return leaf;
            }
            _pool.Free(leaf, Node.LeafBytes);
        }
        return LeafBuilder<TKey>.Create(keys, rows, count, _options.MaxLeafSlots, LeafLayout.Append, _pool, runs: false);
    }

    /// <summary>Puts <paramref name="fresh"/> where <paramref name="old"/>, which stands at this level of the path, hangs now.</summary>
    private void ReplaceChild(in NodePath path, int level, Node* old, Node* fresh)
    {
        if (level == 0)
        {
            Volatile.Write(ref _root, (nint)fresh);
            return;
        }
        var parent = path.NodeAt(level - 1);
        var slot = path.SlotAt(level - 1);
        var children = Children(parent);
        WriteChild(children, slot, fresh);
        for (var i = slot - 1; i >= 0 && children[i] == old; i--)
            WriteChild(children, i, fresh);
        for (var i = slot + 1; i < parent->Capacity && children[i] == old; i++)
            WriteChild(children, i, fresh);
    }

    /// <summary>Puts two nodes where one was: into the sorted parent, which divides when it is full, or under a new sorted node.</summary>
    private void ReplaceByPair(ref NodePath path, int level, Node* old, Node* left, ulong separatorKey, ulong separatorRow, Node* right)
    {
        if (level == 0 || path.NodeAt(level - 1)->Kind != NodeKind.SortedInner)
        {
            var pair = AllocateSorted(2);
            Node.SeparatorKeys(pair)[0] = separatorKey;
            Node.SeparatorRows(pair)[0] = separatorRow;
            Node.SortedChildren(pair)[0] = left;
            Node.SortedChildren(pair)[1] = right;
            FinishSorted(pair);
            ReplaceChild(path, level, old, pair);
            return;
        }
        var parent = path.NodeAt(level - 1);
        var slot = path.SlotAt(level - 1);
        var count = parent->Capacity;
        var keys = stackalloc ulong[count];
        var rows = stackalloc ulong[count];
        var children = stackalloc Node*[count + 1];
        for (int i = 0, j = 0; i < count; i++, j++)
        {
            children[j] = i == slot ? left : Node.SortedChildren(parent)[i];
            if (i == slot)
            {
                keys[j] = separatorKey;
                rows[j] = separatorRow;
                children[++j] = right;
            }
            if (i < count - 1)
            {
                keys[j] = Node.SeparatorKeys(parent)[i];
                rows[j] = Node.SeparatorRows(parent)[i];
            }
        }
        count++;
        if (count <= _options.MaxSortedFanout)
        {
            ReplaceChild(path, level - 1, parent, MakeSorted(keys, rows, children, count));
        }
        else
        {
            // Ascending inserts fill the left half and never come back to it: leave it full.
            var half = slot == count - 2 ? count - 2 : count / 2;
            var lower = MakeSorted(keys, rows, children, half);
            var upper = MakeSorted(keys + half, rows + half, children + half, count - half);
            ReplaceByPair(ref path, level - 1, parent, lower, keys[half - 1], rows[half - 1], upper);
        }
        _retired.Add(parent, Node.SortedBytes(parent->Capacity));
    }

    private Node* AllocateSorted(int children)
    {
        var node = (Node*)_pool.Allocate(Node.SortedBytes(children));
        new Span<byte>(node, Node.InnerHeadBytes).Clear();
        node->Kind = NodeKind.SortedInner;
        node->Capacity = children;
        return node;
    }

    private Node* MakeSorted(ulong* keys, ulong* rows, Node** children, int count)
    {
        var node = AllocateSorted(count);
        for (var i = 0; i < count; i++)
            Node.SortedChildren(node)[i] = children[i];
        for (var i = 0; i < count - 1; i++)
        {
            Node.SeparatorKeys(node)[i] = keys[i];
            Node.SeparatorRows(node)[i] = rows[i];
        }
        FinishSorted(node);
        return node;
    }
}
