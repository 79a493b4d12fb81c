using System.Numerics;
using OmenDb.Index.Memory;
using OmenDb.Index.Nodes;

namespace OmenDb.Index.Tree;

internal sealed unsafe partial class AlexTree<TKey>
{
    private struct Tally
    {
        public int Height;
        public long Models, Sorted, Leaves, Plain, Append, Slots, Entries, RunLeaves, Runs, RunEntries;
        public long[] Errors;
    }

    /// <summary>Walks all nodes. Blocks divisions and merges meanwhile, not readers nor other writers.</summary>
    public AlexStatistics GetStatistics()
    {
        var tally = new Tally { Errors = new long[32] };
        var slot = Epoch.Enter();
        lock (_structure)
            Collect(Root, 1, ref tally);
        slot.Exit();
        var used = Array.FindLastIndex(tally.Errors, count => count != 0) + 1;
        return new AlexStatistics
        {
            Entries = tally.Entries,
            Height = tally.Height,
            ModelNodes = tally.Models,
            SortedNodes = tally.Sorted,
            GappedLeaves = tally.Leaves,
            PlainLeaves = tally.Plain,
            AppendLeaves = tally.Append,
            RunLeaves = tally.RunLeaves,
            Runs = tally.Runs,
            RunEntries = tally.RunEntries,
            LeafSlots = tally.Slots,
            UsedBytes = _pool.UsedBytes,
            ReservedBytes = _pool.ReservedBytes,
            Expansions = Interlocked.Read(ref _expansions) - Interlocked.Read(ref _contractions),
            Contractions = Interlocked.Read(ref _contractions),
            Splits = Interlocked.Read(ref _splits),
            Merges = Interlocked.Read(ref _merges),
            ModelErrorLog2 = tally.Errors[..used],
        };
    }

    private static void Collect(Node* node, int level, ref Tally tally)
    {
        if (node->Kind == NodeKind.Leaf)
        {
            tally.Height = Math.Max(tally.Height, level);
            CollectLeaf(node, ref tally);
            return;
        }
        if (node->Kind == NodeKind.ModelInner)
            tally.Models++;
        else
            tally.Sorted++;
        var children = Children(node);
        for (var i = 0; i < node->Capacity; i++)
        {
            var child = ReadChild(children, i);
            if (i == 0 || child != ReadChild(children, i - 1))
                Collect(child, level + 1, ref tally);
        }
    }

    private static void CollectLeaf(Node* leaf, ref Tally tally)
    {
        var errors = new long[32];
        while (true)
        {
            // Under the structure lock no leaf becomes obsolete.
            LeafView<TKey>.TryOpen(leaf, out var view, out var version);
            if (view.IsRuns)
            {
                var runs = view.RunCount;
                var entries = view.Capacity;
                if (!LeafLatch.Validate(leaf, version))
                    continue;
                tally.RunLeaves++;
                tally.Runs += runs;
                tally.RunEntries += entries;
                tally.Entries += entries;
                return;
            }
            long count = 0;
            Array.Clear(errors);
            for (var at = view.NextOccupied(0); at < view.Capacity; at = view.NextOccupied(at + 1))
            {
                if (view.Key(at) == TKey.Sentinel && TKey.HasHeads)
                    break; // a racing removal; validation fails below
                errors[BitOperations.Log2((uint)Math.Abs(at - view.Predict(TKey.Load(view.Key(at)), view.Row(at))) + 1)]++;
                count++;
            }
            var plain = leaf->IsPlain;
            var append = leaf->IsAppend;
            if (!LeafLatch.Validate(leaf, version))
                continue;
            tally.Leaves++;
            tally.Plain += plain ? 1 : 0;
            tally.Append += append ? 1 : 0;
            tally.Slots += view.Capacity;
            tally.Entries += count;
            for (var i = 0; i < errors.Length; i++)
                tally.Errors[i] += errors[i];
            return;
        }
    }
}
