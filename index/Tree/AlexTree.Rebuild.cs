using System.Buffers;
using System.Diagnostics;
using OmenDb.Index.Memory;
using OmenDb.Index.Nodes;

namespace OmenDb.Index.Tree;

internal sealed unsafe partial class AlexTree<TKey>
{
    /// <summary>Density after an expansion: a little above the paper's lower limit, for the sake of memory.</summary>
    private const double ExpandedDensity = 0.65;

    /// <summary>Entries from which on a leaf with a worn model is divided rather than rebuilt.</summary>
    private const int WornSplitEntries = 1024;

    /// <summary>Mean error (log2) of a leaf's model from which on two smaller leaves are considered instead of a larger one.</summary>
    private const float BadModelError = 3;

    private long _expansions;
    private long _contractions;

    /// <summary>Makes room in a latched leaf by a new block of its own, while readers go on in the old one.</summary>
    /// <returns>False when the leaf must be divided instead; nothing has changed then.</returns>
    private bool Grow(Node* leaf, in TKey key, ulong rowId)
    {
        var count = leaf->Count;
        var maxSlots = _options.MaxLeafSlots;
        if (leaf->Format == LeafFormat.Runs)
            return GrowRuns(leaf, key, rowId);
        // Every new block must be able to take the entry, or the next attempt would find no room again.
        var coming = new ComingEntry(true, TKey.Plain(key), rowId);
        if (!new LeafView<TKey>(leaf).Fits(key, rowId))
        {
            Rebuild(leaf, leaf->Capacity, leaf->IsAppend ? LeafLayout.Append : LeafLayout.Gapped, IsLensKey(leaf, key), coming);
            return true;
        }
        if (count > 0 && leaf->AppendStreak >= LeafWriter<TKey>.AppendStreak
            && new LeafView<TKey>(leaf).IsBelow(leaf->LastSlot, key, rowId))
        {
            if (2 * count > maxSlots)
                return false;
            Rebuild(leaf, LeafBuilder<TKey>.CapacityFor(4 * count, 1.0, maxSlots), LeafLayout.Append, IsLensKey(leaf, key), coming);
            return true;
        }
        var full = count + 1 > _options.MaxDensity * leaf->Capacity;
        if (full && leaf->Capacity >= maxSlots)
            return false;
        var foreign = !IsLensKey(leaf, key);
        if (!full && !foreign && count >= WornSplitEntries)
            return false; // catastrophic shifts
        if (full && count >= WornSplitEntries && (leaf->ModelError > BadModelError || CostModel.IsWorn(leaf)) && SplitBeatsExpansion(leaf))
            return false;
        Rebuild(leaf, LeafBuilder<TKey>.CapacityFor(count + 1, ExpandedDensity, maxSlots), LeafLayout.Gapped, allowRow: !foreign, coming);
        return true;
    }

    /// <summary>Makes room in a latched leaf of runs: for more runs, or by giving the entries slots.</summary>
    /// <returns>False when the leaf must be divided instead.</returns>
    private bool GrowRuns(Node* leaf, in TKey key, ulong rowId)
    {
        var count = leaf->Count;
        if (count < _options.MaxLeafSlots && leaf->RunRoom < RunLeaf.MaxRuns
            && (leaf->RunCount < 4 || RunLeaf.IsWorthwhile(leaf->RunCount + 2, count)))
        {
            RebuildRuns(leaf);
            return true;
        }
        if (count + 1 > _options.MaxDensity * _options.MaxLeafSlots)
            return false;
        var coming = new ComingEntry(true, TKey.Plain(key), rowId);
        if (leaf->AppendStreak >= LeafWriter<TKey>.AppendStreak && 2 * count <= _options.MaxLeafSlots
            && new LeafView<TKey>(leaf).IsBelow(leaf->LastSlot, key, rowId))
            Rebuild(leaf, LeafBuilder<TKey>.CapacityFor(4 * count, 1.0, _options.MaxLeafSlots), LeafLayout.Append, allowRow: false, coming, runs: false);
        else
            Rebuild(leaf, LeafBuilder<TKey>.CapacityFor(count + 1, ExpandedDensity, _options.MaxLeafSlots), LeafLayout.Gapped, allowRow: false, coming, runs: false);
        return true;
    }

    /// <summary>Makes room for one more run in a latched leaf of runs, whatever it takes: a removal cuts a run in two.</summary>
    private void Reshape(Node* leaf)
    {
        if (leaf->RunRoom < RunLeaf.MaxRuns)
            RebuildRuns(leaf);
        else
            Rebuild(leaf, LeafBuilder<TKey>.CapacityFor(leaf->Count, ExpandedDensity, _options.MaxLeafSlots), LeafLayout.Gapped, allowRow: true, runs: false);
    }

    /// <summary>Doubles the room for runs.</summary>
    private void RebuildRuns(Node* leaf)
    {
        Node fresh = default;
        LeafBuilder<TKey>.FillRuns(&fresh, (Run*)leaf->Block, leaf->RunCount, leaf->Count, 2 * leaf->RunRoom, _pool);
        fresh.AppendStreak = leaf->AppendStreak;
        Replace(leaf, fresh);
    }

    /// <summary>Lays the entries out both ways, in memory that nobody else sees, and compares what inserts would cost.</summary>
    private bool SplitBeatsExpansion(Node* leaf)
    {
        using var entries = new EntryBuffer(leaf->Count);
        var count = new LeafView<TKey>(leaf).Compact(entries.Keys, entries.Rows, leaf->Count);
        var half = count / 2;
        var whole = Foresee(entries.Keys, entries.Rows, count, ExpandedDensity);
        var halves = 0.5 * (Foresee(entries.Keys, entries.Rows, half, _options.InitialDensity)
            + Foresee(entries.Keys + half, entries.Rows + half, count - half, _options.InitialDensity));
        return CostModel.SplitPays(whole, halves);
    }

    private double Foresee(ulong* keys, ulong* rows, int count, double density)
    {
        Node trial = default;
        LeafBuilder<TKey>.Fill(
            &trial, keys, rows, count, LeafBuilder<TKey>.CapacityFor(count, density, _options.MaxLeafSlots), LeafLayout.Gapped, _pool);
        var cost = CostModel.Expected(&trial);
        _pool.Free(trial.Block, LeafView<TKey>.BlockBytes(&trial));
        TKey.FreeLens(trial.Lens, _pool);
        return cost;
    }

    /// <summary>False when the leaf searches by the row ids of one key and this is another key.</summary>
    private static bool IsLensKey(Node* leaf, in TKey key) =>
        TKey.HasHeads || leaf->LensKind != LensKind.Row || TKey.CompareStored(leaf->LensReference, key) == 0;

    /// <summary>Gives most of the memory of a thinned leaf back.</summary>
    private void Contract(Node* leaf)
    {
        if (!LeafLatch.TryAcquire(leaf))
            return;
        try
        {
            if (leaf->Format == LeafFormat.Runs || !NeedsContraction(leaf))
                return;
            var capacity = LeafBuilder<TKey>.CapacityFor(leaf->Count, 2 * _options.MinDensity, leaf->Capacity);
            Rebuild(leaf, capacity, LeafLayout.Gapped, allowRow: true);
            Interlocked.Increment(ref _contractions);
        }
        finally
        {
            LeafLatch.Release(leaf);
        }
    }

    /// <summary>Whether few entries are left, or removals in one place keep rewriting an ever longer gap.</summary>
    private bool NeedsContraction(Node* leaf)
    {
        // Runs take no more room than they need; now and then a short leaf of them looks for a neighbour to join.
        if (leaf->Format == LeafFormat.Runs)
            return leaf->Count < _options.MaxLeafSlots / 32 && System.Numerics.BitOperations.IsPow2(leaf->Count);
        return leaf->Capacity > 64 && (leaf->Count < _options.MinDensity * leaf->Capacity || leaf->Fills > 4L * leaf->Capacity);
    }

    /// <summary>Puts a new block into a latched leaf; it stays latched.</summary>
    /// <param name="leaf">Latched, unchanged so far.</param>
    /// <param name="capacity">Slots, unless the entries become runs.</param>
    /// <param name="layout">Of the slots.</param>
    /// <param name="allowRow">False when an entry of another key is about to join those of a single one.</param>
    /// <param name="coming">What is to be inserted next.</param>
    /// <param name="runs">Whether runs may store the entries of an append leaf.</param>
    private void Rebuild(Node* leaf, int capacity, LeafLayout layout, bool allowRow, ComingEntry coming = default, bool runs = true)
    {
        LeafLatch.Freeze(leaf);
        Node fresh = default;
        using (var entries = new EntryBuffer(leaf->Count))
        {
            var count = new LeafView<TKey>(leaf).Compact(entries.Keys, entries.Rows, leaf->Count);
            Debug.Assert(count == leaf->Count, "the occupied bits and the count agree");
            if (!runs || layout != LeafLayout.Append || !LeafBuilder<TKey>.TryFillRuns(&fresh, entries.Keys, entries.Rows, count, _pool))
                LeafBuilder<TKey>.Fill(&fresh, entries.Keys, entries.Rows, count, capacity, layout, _pool, allowRow, coming);
        }
        LeafLatch.Thaw(leaf);
        Replace(leaf, fresh);
    }

    private void Replace(Node* leaf, Node fresh)
    {
        var old = *leaf;
        fresh.Version = old.Version;
        fresh.Expansions = old.Expansions + 1;
        *leaf = fresh;
        _retired.Add(old.Block, LeafView<TKey>.BlockBytes(&old));
        RetireLens(old);
        Interlocked.Increment(ref _expansions);
    }

    /// <summary>Leaves of runs have none; where others keep the length of a prefix they count their runs.</summary>
    private void RetireLens(in Node leaf)
    {
        if (leaf.Format != LeafFormat.Runs)
            TKey.RetireLens(leaf.Lens, _retired);
    }

    private void RetireLeaf(Node* leaf)
    {
        var last = *leaf;
        LeafLatch.Retire(leaf);
        _retired.Add(last.Block, LeafView<TKey>.BlockBytes(&last));
        RetireLens(last);
        _retired.Add(leaf, Node.LeafBytes);
    }

    /// <summary>Pooled room for the entries of one or two leaves while they are rebuilt.</summary>
    private readonly ref struct EntryBuffer
    {
        private readonly ulong[] _array;
        private readonly System.Runtime.InteropServices.GCHandle _pin;

        public readonly ulong* Keys;
        public readonly ulong* Rows;

        public EntryBuffer(int count)
        {
            _array = ArrayPool<ulong>.Shared.Rent(Math.Max(2 * count, 16));
            _pin = System.Runtime.InteropServices.GCHandle.Alloc(_array, System.Runtime.InteropServices.GCHandleType.Pinned);
            Keys = (ulong*)_pin.AddrOfPinnedObject();
            Rows = Keys + count;
        }

        public void Dispose()
        {
            _pin.Free();
            ArrayPool<ulong>.Shared.Return(_array);
        }
    }
}
