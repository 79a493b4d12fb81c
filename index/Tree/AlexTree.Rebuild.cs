using System.Buffers;
using System.Diagnostics;
using OmenDb.Index.Memory;
using OmenDb.Index.Nodes;

namespace OmenDb.Index.Tree;

internal sealed unsafe partial class AlexTree<TKey>
{
    /// <summary>Density after an expansion (the paper's lower density limit).</summary>
    private const double ExpandedDensity = 0.6;

    /// <summary>Entries from which on a leaf with a worn model is divided rather than rebuilt.</summary>
    private const int WornSplitEntries = 1024;

    private long _expansions;
    private long _contractions;

    /// <summary>Makes room in a latched leaf by a new block of its own, while readers go on in the old one.</summary>
    /// <returns>False when the leaf must be divided instead; nothing has changed then.</returns>
    private bool Grow(Node* leaf, in TKey key, ulong rowId)
    {
        var count = leaf->Count;
        var maxSlots = _options.MaxLeafSlots;
        if (count > 0 && leaf->AppendStreak >= LeafWriter<TKey>.AppendStreak
            && new LeafView<TKey>(leaf).IsBelow(leaf->LastSlot, key, rowId))
        {
            if (2 * count > maxSlots)
                return false;
            Rebuild(leaf, LeafBuilder<TKey>.CapacityFor(4 * count, 1.0, maxSlots), LeafLayout.Append, allowRow: IsLensKey(leaf, key));
            return true;
        }
        var full = count + 1 > _options.MaxDensity * leaf->Capacity;
        if (full && leaf->Capacity == maxSlots)
            return false;
        var foreign = !IsLensKey(leaf, key);
        if (!full && !foreign && count >= WornSplitEntries)
            return false; // catastrophic shifts
        if (full && count >= WornSplitEntries && CostModel.IsWorn(leaf) && SplitBeatsExpansion(leaf))
            return false;
        Rebuild(leaf, LeafBuilder<TKey>.CapacityFor(count + 1, ExpandedDensity, maxSlots), LeafLayout.Gapped, allowRow: !foreign);
        return true;
    }

    /// <summary>Lays the entries out both ways, in memory that nobody else sees, and compares what inserts would cost.</summary>
    private bool SplitBeatsExpansion(Node* leaf)
    {
        using var entries = new EntryBuffer(leaf->Count);
        var count = new LeafView<TKey>(leaf).Compact(entries.Keys, entries.Rows);
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
        _pool.Free(trial.Block, LeafView<TKey>.BlockBytes(trial.Capacity));
        TKey.RetireLens(trial.Lens, _retired);
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
            if (!NeedsContraction(leaf))
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
    private bool NeedsContraction(Node* leaf) =>
        leaf->Capacity > 64 && (leaf->Count < _options.MinDensity * leaf->Capacity || leaf->Fills > 4L * leaf->Capacity);

    /// <summary>Puts a new block into a latched leaf; it stays latched.</summary>
    private void Rebuild(Node* leaf, int capacity, LeafLayout layout, bool allowRow)
    {
        LeafLatch.Freeze(leaf);
        var old = *leaf;
        Node fresh = default;
        using (var entries = new EntryBuffer(leaf->Count))
        {
            var count = new LeafView<TKey>(leaf).Compact(entries.Keys, entries.Rows);
            Debug.Assert(count == leaf->Count, "the occupied bits and the count agree");
            LeafBuilder<TKey>.Fill(&fresh, entries.Keys, entries.Rows, count, capacity, layout, _pool, allowRow);
        }
        LeafLatch.Thaw(leaf);
        fresh.Version = leaf->Version;
        fresh.Expansions = old.Expansions + 1;
        *leaf = fresh;
        _retired.Add(old.Block, LeafView<TKey>.BlockBytes(old.Capacity));
        TKey.RetireLens(old.Lens, _retired);
        Interlocked.Increment(ref _expansions);
    }

    private void RetireLeaf(Node* leaf)
    {
        var block = leaf->Block;
        var capacity = leaf->Capacity;
        LeafLatch.Retire(leaf);
        _retired.Add(block, LeafView<TKey>.BlockBytes(capacity));
        TKey.RetireLens(leaf->Lens, _retired);
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
