using OmenDb.Index.Nodes;

namespace OmenDb.Index.Tree;

/// <summary>Builds a tree over sorted entries: model nodes as wide as the data needs them, leaves of near equal size.</summary>
internal sealed unsafe partial class AlexTree<TKey>
{
    /// <summary>Share of entries that may lie in slots too full for a leaf before a wider node is tried.</summary>
    private const double HeavyShare = 0.1;

    /// <summary>Share of entries in such slots from which on equal-width parts are given up.</summary>
    private const double HopelessShare = 0.5;

    /// <summary>Fills an empty tree. Nobody else may use it meanwhile.</summary>
    /// <param name="keys">Stored keys, owned by the tree from now on, strictly ascending together with the row ids.</param>
    /// <param name="rows">Row ids.</param>
    /// <param name="count">Of both.</param>
    public void BulkLoad(ulong* keys, ulong* rows, long count)
    {
        lock (_structure)
        {
            var old = Root;
            if (Count != 0 || old->Kind != NodeKind.Leaf)
                throw new InvalidOperationException("bulk load needs an index into which nothing was ever inserted");
            Volatile.Write(ref _root, (nint)Build(keys, rows, count, 0));
            Interlocked.Add(ref _counts[0], count);
            LeafLatch.TryAcquire(old);
            RetireLeaf(old);
        }
    }

    /// <summary>Makes the stored form of a key for <see cref="BulkLoad"/>.</summary>
    public ulong Own(in TKey key) => TKey.Own(key, _pool);

    private Node* Build(ulong* keys, ulong* rows, long count, int modelDepth)
    {
        if (count <= _options.LeafTarget)
            return MakeLeaf(keys, rows, (int)count, LeafLayout.Gapped);
        if (modelDepth < _options.MaxModelDepth)
        {
            var node = TryBuildModel(keys, rows, count, modelDepth);
            if (node != null)
                return node;
        }
        return BuildSorted(keys, rows, count, modelDepth);
    }

    private Node* TryBuildModel(ulong* keys, ulong* rows, long count, int modelDepth)
    {
        var lens = TKey.ChooseLens(keys[0], keys[count - 1], true, _pool);
        var firstHead = TKey.Head(TKey.Load(keys[0]), rows[0], lens);
        var lastHead = TKey.Head(TKey.Load(keys[count - 1]), rows[count - 1], lens);
        var leaves = count / _options.LeafTarget + 1;
        var widest = (int)Math.Min(_options.MaxModelFanout, (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)(leaves * MaxSlotsPerChild / 2)));
        widest = Math.Max(widest, SlotsPerLeaf);
        if (lastHead == firstHead)
        {
            TKey.RetireLens(lens, _retired);
            return null;
        }
        Node head;
        InitialiseModel(&head, lens, firstHead, lastHead, widest, widest);
        var sizes = new long[widest];
        for (long i = 0; i < count; i++)
            sizes[Node.ModelSlot(TKey.Head(TKey.Load(keys[i]), rows[i], lens), head.Base, head.Slope, widest)]++;

        var fanout = ChooseFanout(ref sizes, leaves, count, out var heavy);
        if (heavy > HopelessShare * count)
        {
            TKey.RetireLens(lens, _retired);
            return null;
        }
        var node = (Node*)_pool.Allocate(Node.ModelBytes(fanout));
        // Halving the slope is exact: the slots are those that were folded together.
        InitialiseModel(node, lens, firstHead, lastHead, widest, widest);
        node->Capacity = fanout;
        node->Slope = head.Slope * fanout / widest;
        var children = Node.ModelChildren(node);
        long start = 0;
        for (var slot = 0; slot < fanout;)
        {
            var end = slot + 1;
            var size = sizes[slot];
            while (end < fanout && size + sizes[end] <= _options.LeafTarget)
                size += sizes[end++];
            var child = Build(keys + start, rows + start, size, modelDepth + 1);
            for (; slot < end; slot++)
                children[slot] = child;
            start += size;
            node->ChildCount++;
        }
        return node;
    }

    /// <summary>The narrowest fanout with few entries in over-full slots; folds the histogram down to it.</summary>
    private int ChooseFanout(ref long[] sizes, long leaves, long count, out long heavy)
    {
        heavy = Heavy(sizes);
        var fanout = sizes.Length;
        while (fanout > SlotsPerLeaf && fanout / 2 >= 2 * leaves)
        {
            var half = new long[fanout / 2];
            for (var i = 0; i < fanout; i++)
                half[i >> 1] += sizes[i];
            var halfHeavy = Heavy(half);
            if (halfHeavy > Math.Max(HeavyShare * count, heavy))
                break;
            sizes = half;
            heavy = halfHeavy;
            fanout /= 2;
        }
        return fanout;
    }

    private long Heavy(long[] sizes)
    {
        long heavy = 0;
        foreach (var size in sizes)
            heavy += size > _options.LeafTarget ? size : 0;
        return heavy;
    }

    private Node* BuildSorted(ulong* keys, ulong* rows, long count, int modelDepth)
    {
        var leaves = (count + _options.LeafTarget - 1) / _options.LeafTarget;
        var parts = (int)Math.Min(_options.MaxSortedFanout, leaves);
        var node = AllocateSorted(parts);
        long start = 0;
        for (var i = 0; i < parts; i++)
        {
            var end = count * (i + 1) / parts;
            Node.SortedChildren(node)[i] = Build(keys + start, rows + start, end - start, modelDepth + 1);
            if (i > 0)
            {
                Node.SeparatorKeys(node)[i - 1] = TKey.Own(TKey.Load(keys[start]), _pool);
                Node.SeparatorRows(node)[i - 1] = rows[start];
            }
            start = end;
        }
        return node;
    }
}
