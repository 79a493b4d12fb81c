using OmenDb.Index.Nodes;

namespace OmenDb.Index.Tree;

/// <summary>Builds a tree over sorted entries: model nodes as wide as the data needs them, leaves of near equal size.</summary>
internal sealed unsafe partial class AlexTree<TKey>
{
    /// <summary>Share of entries that may lie in slots too full for a leaf before a wider node is tried.</summary>
    private const double HeavyShare = 0.1;

    /// <summary>Share of entries in such slots from which on equal-width parts are given up.</summary>
    private const double HopelessShare = 0.5;

    /// <summary>How much wider than others a sorted node may be that was loaded.</summary>
    private const int WideSortedFactor = 4;

    /// <summary>How much smaller leaves are where the model of one of full size would be bad.</summary>
    private const int Refinement = 8;

    /// <summary>Entries below which a leaf is left as it is.</summary>
    private const int LeastRefined = 512;

    /// <summary>Entries below which a subtree is built by one thread.</summary>
    private const long LeastParallelEntries = 1 << 18;

    /// <summary>Fills an empty tree. Nobody else may use it meanwhile.</summary>
    /// <param name="keys">Stored keys, owned by the tree from now on, strictly ascending together with the row ids.</param>
    /// <param name="rows">Row ids.</param>
    /// <param name="count">Of both.</param>
    /// <param name="parallelism">Threads that build leaves.</param>
    public void BulkLoad(ulong* keys, ulong* rows, long count, int parallelism = 1)
    {
        lock (_structure)
        {
            var old = Root;
            if (Count != 0 || old->Kind != NodeKind.Leaf)
                throw new InvalidOperationException("bulk load needs an index into which nothing was ever inserted");
            Volatile.Write(ref _root, (nint)Build(keys, rows, count, 0, parallelism));
            Interlocked.Add(ref _counts[0], count);
            LeafLatch.TryAcquire(old);
            RetireLeaf(old);
        }
    }

    /// <summary>Makes the stored form of a key for <see cref="BulkLoad"/>.</summary>
    public ulong Own(in TKey key) => TKey.Own(key, _pool);

    /// <summary>Mean error (log2) of the model of a leaf over these entries.</summary>
    private double Trial(ulong* keys, ulong* rows, int count)
    {
        Node trial = default;
        if (LeafBuilder<TKey>.TryFillRuns(&trial, keys, rows, count, _pool))
        {
            _pool.Free(trial.Block, LeafView<TKey>.BlockBytes(&trial));
            return 0;
        }
        LeafBuilder<TKey>.Fill(
            &trial, keys, rows, count, LeafBuilder<TKey>.CapacityFor(count, _options.InitialDensity, _options.MaxLeafSlots), LeafLayout.Gapped, _pool);
        _pool.Free(trial.Block, LeafView<TKey>.BlockBytes(&trial));
        TKey.FreeLens(trial.Lens, _pool);
        return trial.ModelError;
    }

    private Node* Build(ulong* keys, ulong* rows, long count, int modelDepth, int parallelism)
    {
        if (count <= _options.LeafTarget)
            return BuildLeaf(keys, rows, (int)count, modelDepth);
        if (modelDepth < _options.MaxModelDepth)
        {
            var node = TryBuildModel(keys, rows, count, modelDepth, parallelism);
            if (node != null)
                return node;
        }
        return BuildSorted(keys, rows, count, modelDepth, parallelism);
    }

    private Node* TryBuildModel(ulong* keys, ulong* rows, long count, int modelDepth, int parallelism)
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
        var sizes = SizesOfSlots(keys, rows, count, head, widest, parallelism);

        var fine = sizes;
        var fanout = ChooseFanout(ref sizes, leaves, count, out var heavy);
        if (heavy > HopelessShare * count)
        {
            TKey.RetireLens(lens, _retired);
            return null;
        }
        var pieces = Group(sizes, _options.LeafTarget);
        if (AreBad(pieces, keys, rows))
        {
            // Where straight lines do not fit so many entries: narrower slots, smaller leaves.
            fanout = widest;
            pieces = Group(fine, _options.LeafTarget / Refinement);
        }
        var node = (Node*)_pool.Allocate(Node.ModelBytes(fanout));
        // Halving the slope is exact: the slots are those that were folded together.
        InitialiseModel(node, lens, firstHead, lastHead, widest, widest);
        node->Capacity = fanout;
        node->Slope = head.Slope * fanout / widest;
        var children = Node.ModelChildren(node);
        node->ChildCount = pieces.Count;
        BuildPieces(pieces, keys, rows, modelDepth + 1, parallelism, (piece, child) =>
        {
            for (var slot = piece.FirstSlot; slot < piece.EndSlot; slot++)
                children[slot] = (Node*)child;
        });
        return node;
    }

    /// <summary>Neighbouring slots share a child while it has no more entries than the limit; slots without entries never have their own.</summary>
    private static List<Piece> Group(long[] sizes, long limit)
    {
        var pieces = new List<Piece>();
        long start = 0;
        for (var slot = 0; slot < sizes.Length;)
        {
            var end = slot + 1;
            var size = sizes[slot];
            while (end < sizes.Length && (size == 0 || sizes[end] == 0 || size + sizes[end] <= limit))
                size += sizes[end++];
            pieces.Add(new Piece(slot, end, start, size));
            start += size;
            slot = end;
        }
        return pieces;
    }

    /// <summary>Whether the models of leaves over these pieces would be bad, judged by some of them.</summary>
    private bool AreBad(List<Piece> pieces, ulong* keys, ulong* rows)
    {
        const int Trials = 16;
        var sum = 0.0;
        var tried = 0;
        for (var i = 0; i < Trials; i++)
        {
            var piece = pieces[(int)((long)i * pieces.Count / Trials)];
            if (piece.Count < LeastRefined || piece.Count > _options.LeafTarget)
                continue;
            sum += Trial(keys + piece.Start, rows + piece.Start, (int)piece.Count);
            tried++;
        }
        return sum > BadModelError * tried;
    }

    /// <summary>A leaf, or a model node over smaller ones where one line does not fit its entries.</summary>
    private Node* BuildLeaf(ulong* keys, ulong* rows, int count, int modelDepth)
    {
        var leaf = MakeLeaf(keys, rows, count, LeafLayout.Gapped);
        if (count < LeastRefined || leaf->ModelError <= BadModelError || modelDepth >= _options.MaxModelDepth)
            return leaf;
        var node = TryRefine(keys, rows, count, modelDepth);
        if (node == null)
            return leaf;
        _pool.Free(leaf->Block, LeafView<TKey>.BlockBytes(leaf));
        TKey.FreeLens(leaf->Lens, _pool);
        _pool.Free(leaf, Node.LeafBytes);
        return node;
    }

    private Node* TryRefine(ulong* keys, ulong* rows, int count, int modelDepth)
    {
        const int Narrowest = 32;
        const int Widest = 512;
        const double Lopsided = 0.75;
        var lens = TKey.ChooseLens(keys[0], keys[count - 1], true, _pool);
        var firstHead = TKey.Head(TKey.Load(keys[0]), rows[0], lens);
        var lastHead = TKey.Head(TKey.Load(keys[count - 1]), rows[count - 1], lens);
        for (var fanout = Narrowest; fanout <= Math.Min(Widest, _options.MaxModelFanout) && firstHead < lastHead; fanout *= 4)
        {
            Node head;
            InitialiseModel(&head, lens, firstHead, lastHead, fanout, fanout);
            var pieces = Group(SizesOfSlots(keys, rows, count, head, fanout, 1), count / Refinement);
            if (pieces.Count < 2 || pieces.Max(piece => piece.Count) > Lopsided * count)
                continue;
            var node = (Node*)_pool.Allocate(Node.ModelBytes(fanout));
            InitialiseModel(node, lens, firstHead, lastHead, fanout, fanout);
            node->ChildCount = pieces.Count;
            foreach (var piece in pieces)
            {
                var child = Build(keys + piece.Start, rows + piece.Start, piece.Count, modelDepth + 1, 1);
                for (var slot = piece.FirstSlot; slot < piece.EndSlot; slot++)
                    Node.ModelChildren(node)[slot] = child;
            }
            return node;
        }
        TKey.FreeLens(lens, _pool);
        return null;
    }

    /// <summary>Entries of one child to be, and the slots of its parent.</summary>
    private readonly record struct Piece(int FirstSlot, int EndSlot, long Start, long Count);

    /// <summary>Builds the children of a node: large ones one after the other by all threads, the others side by side.</summary>
    private void BuildPieces(List<Piece> pieces, ulong* keys, ulong* rows, int modelDepth, int parallelism, Action<Piece, nint> publish)
    {
        if (parallelism > 1)
        {
            foreach (var piece in pieces)
            {
                if (piece.Count >= LeastParallelEntries)
                    publish(piece, (nint)Build(keys + piece.Start, rows + piece.Start, piece.Count, modelDepth, parallelism));
            }
            Parallel.For(0, pieces.Count, new ParallelOptions { MaxDegreeOfParallelism = parallelism }, i =>
            {
                if (pieces[i].Count < LeastParallelEntries)
                    publish(pieces[i], (nint)Build(keys + pieces[i].Start, rows + pieces[i].Start, pieces[i].Count, modelDepth, 1));
            });
            return;
        }
        foreach (var piece in pieces)
            publish(piece, (nint)Build(keys + piece.Start, rows + piece.Start, piece.Count, modelDepth, 1));
    }

    /// <summary>How many entries each slot of a model would get.</summary>
    private static long[] SizesOfSlots(ulong* keys, ulong* rows, long count, Node head, int slots, int parallelism)
    {
        var parts = count < LeastParallelEntries ? 1 : parallelism;
        var partial = new long[parts][];
        if (parts == 1)
            CountPart(0);
        else
            Parallel.For(0, parts, new ParallelOptions { MaxDegreeOfParallelism = parallelism }, CountPart);
        for (var part = 1; part < parts; part++)
        {
            for (var slot = 0; slot < slots; slot++)
                partial[0][slot] += partial[part][slot];
        }
        return partial[0];

        void CountPart(int part)
        {
            var sizes = new long[slots];
            var lens = head.Lens;
            var end = count * (part + 1) / parts;
            for (var i = count * part / parts; i < end; i++)
                sizes[Node.ModelSlot(TKey.Head(TKey.Load(keys[i]), rows[i], lens), head.Base, head.Slope, slots)]++;
            partial[part] = sizes;
        }
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

    private Node* BuildSorted(ulong* keys, ulong* rows, long count, int modelDepth, int parallelism)
    {
        var leaves = (count + _options.LeafTarget - 1) / _options.LeafTarget;
        // One wide node over all leaves beats narrow ones over model nodes over a few leaves each; it divides when it is inserted into.
        var parts = (int)(leaves <= WideSortedFactor * _options.MaxSortedFanout ? leaves : Math.Min(_options.MaxSortedFanout, leaves));
        var node = AllocateSorted(parts);
        var pieces = new List<Piece>();
        for (var i = 0; i < parts; i++)
            pieces.Add(new Piece(i, i + 1, count * i / parts, count * (i + 1) / parts - count * i / parts));
        BuildPieces(pieces, keys, rows, modelDepth + 1, parallelism, (piece, child) =>
        {
            var i = piece.FirstSlot;
            Node.SortedChildren(node)[i] = (Node*)child;
            if (i == 0)
                return;
            Node.SeparatorKeys(node)[i - 1] = TKey.Own(TKey.Load(keys[piece.Start]), _pool);
            Node.SeparatorRows(node)[i - 1] = rows[piece.Start];
        });
        FinishSorted(node);
        return node;
    }
}
