using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using OmenDb.Index.Keys;

namespace OmenDb.Index.Nodes;

/// <summary>The arrays and the model of one leaf as they belong together at one version.</summary>
/// <remarks>
/// <code>
///   block (64-byte aligned): [stored keys x capacity][row ids x capacity]([heads x capacity])[occupied bits]
/// </code>
/// An unoccupied slot repeats the next entry to its right, behind the last one stand sentinels: so the arrays are sorted over all
/// slots, a lower bound needs no bitmap, and the row id found beside a key is valid even in a gap.
/// </remarks>
internal readonly unsafe struct LeafView<TKey> where TKey : unmanaged, IIndexKey<TKey>
{
    public readonly ulong* Keys;
    public readonly int Capacity;
    private readonly ulong _base;
    private readonly double _slope;
    private readonly double _intercept;
    private readonly Lens _lens;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LeafView(Node* leaf)
    {
        Keys = leaf->Block;
        Capacity = leaf->Capacity;
        _base = leaf->Base;
        _slope = leaf->Slope;
        _intercept = leaf->Intercept;
        _lens = leaf->Lens;
    }

    public ulong* Rows => Keys + Capacity;

    /// <summary>The array that heads are sought in.</summary>
    public ulong* Heads => TKey.HasHeads ? Keys + 2L * Capacity : _lens.Kind == LensKind.Row ? Rows : Keys;

    public ulong* Bits => Keys + (TKey.HasHeads ? 3L : 2L) * Capacity;

    public static long BlockBytes(int capacity) => capacity * (TKey.HasHeads ? 24L : 16L) + capacity / 8;

    /// <summary>Opens the leaf for an optimistic read, to be ended by <see cref="LeafLatch.Validate"/>.</summary>
    /// <returns>False when the leaf is obsolete.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryOpen(Node* leaf, out LeafView<TKey> view, out ulong version)
    {
        while (true)
        {
            if (!LeafLatch.BeginRead(leaf, out version))
            {
                view = default;
                return false;
            }
            view = new LeafView<TKey>(leaf);
            // Block and capacity must belong together before the first access, or it could leave the block.
            if (LeafLatch.Validate(leaf, version))
                return true;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Predict(ulong head)
    {
        var position = (head > _base ? head - _base : 0) * _slope + _intercept;
        return position <= 0 ? 0 : position >= Capacity ? Capacity - 1 : (int)position;
    }

    public int Predict(in TKey key, ulong rowId) => Predict(TKey.Head(key, rowId, _lens));

    /// <summary>First slot that is not below (key, row id), <see cref="Capacity"/> when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int LowerBound<TSteps>(in TKey key, ulong rowId, ref TSteps steps) where TSteps : struct, IStepCounter
    {
        var head = TKey.Head(key, rowId, _lens);
        if (!TKey.HasHeads && _lens.Kind == LensKind.Row && head is (0 or ulong.MaxValue))
        {
            // Without heads the row ids are searched; they say nothing about another key.
            var order = TKey.CompareStored(_lens.Reference, key);
            if (order != 0)
                return order > 0 ? 0 : Capacity;
        }
        var predicted = Predict(head);
        // The row id is wanted next: its cache miss overlaps that of the search.
        if (Sse.IsSupported)
            Sse.Prefetch0(Rows + predicted);
        var slot = SlotSearch.LowerBound(Heads, Capacity, head, predicted, ref steps);
        if (TKey.HasHeads || (_lens.Kind == LensKind.Key && rowId != 0))
            slot = SettleTies(slot, key, rowId, ref steps);
        return slot;
    }

    public int LowerBound(in TKey key, ulong rowId)
    {
        NoSteps steps = default;
        return LowerBound(key, rowId, ref steps);
    }

    /// <summary>Whether the slot holds exactly this entry; the slot comes from <see cref="LowerBound(in TKey, ulong)"/>.</summary>
    public bool Holds(int slot, in TKey key, ulong rowId)
    {
        if (slot >= Capacity || Rows[slot] != rowId)
            return false;
        if (Keys[slot] != TKey.Sentinel)
            return TKey.CompareStored(Keys[slot], key) == 0;
        // The greatest 8-byte key looks like what stands behind the last entry: the bitmap knows.
        return !TKey.HasHeads && NextOccupied(slot) is var at && at < Capacity && Rows[at] == rowId && TKey.CompareStored(Keys[at], key) == 0;
    }

    /// <summary>First occupied slot at or behind <paramref name="slot"/>, <see cref="Capacity"/> when there is none.</summary>
    public int NextOccupied(int slot)
    {
        if (slot >= Capacity)
            return Capacity;
        var bits = Bits;
        var word = slot >> 6;
        var rest = bits[word] & (ulong.MaxValue << (slot & 63));
        while (rest == 0)
        {
            if (++word << 6 >= Capacity)
                return Capacity;
            rest = bits[word];
        }
        return (word << 6) + BitOperations.TrailingZeroCount(rest);
    }

    /// <summary>Last occupied slot at or before <paramref name="slot"/>, -1 when there is none.</summary>
    public int PreviousOccupied(int slot)
    {
        if (slot < 0)
            return -1;
        var bits = Bits;
        var word = slot >> 6;
        var rest = bits[word] & (ulong.MaxValue >> (63 - (slot & 63)));
        while (rest == 0)
        {
            if (--word < 0)
                return -1;
            rest = bits[word];
        }
        return (word << 6) + 63 - BitOperations.LeadingZeroCount(rest);
    }

    /// <summary>First unoccupied slot at or behind <paramref name="slot"/>, <see cref="Capacity"/> when there is none.</summary>
    public int NextGap(int slot)
    {
        if (slot >= Capacity)
            return Capacity;
        var bits = Bits;
        var word = slot >> 6;
        var rest = ~bits[word] & (ulong.MaxValue << (slot & 63));
        while (rest == 0)
        {
            if (++word << 6 >= Capacity)
                return Capacity;
            rest = ~bits[word];
        }
        return (word << 6) + BitOperations.TrailingZeroCount(rest);
    }

    /// <summary>Last unoccupied slot at or before <paramref name="slot"/>, -1 when there is none.</summary>
    public int PreviousGap(int slot)
    {
        if (slot < 0)
            return -1;
        var bits = Bits;
        var word = slot >> 6;
        var rest = ~bits[word] & (ulong.MaxValue >> (63 - (slot & 63)));
        while (rest == 0)
        {
            if (--word < 0)
                return -1;
            rest = ~bits[word];
        }
        return (word << 6) + 63 - BitOperations.LeadingZeroCount(rest);
    }

    /// <summary>Whether the slot's entry is below (key, row id).</summary>
    public bool IsBelow(int slot, in TKey key, ulong rowId)
    {
        var order = TKey.CompareStored(Keys[slot], key);
        return order < 0 || (order == 0 && Rows[slot] < rowId);
    }

    public bool IsOccupied(int slot) => (Bits[slot >> 6] >> (slot & 63) & 1) != 0;

    /// <summary>Copies all entries in order to the arrays, which hold at least the leaf's count.</summary>
    public int Compact(ulong* keys, ulong* rows)
    {
        var count = 0;
        var bits = Bits;
        for (var word = 0; word << 6 < Capacity; word++)
        {
            for (var rest = bits[word]; rest != 0; rest &= rest - 1)
            {
                var slot = (word << 6) + BitOperations.TrailingZeroCount(rest);
                keys[count] = Keys[slot];
                rows[count++] = Rows[slot];
            }
        }
        Debug.Assert(count <= Capacity, "a leaf has at most as many entries as slots");
        return count;
    }

    /// <summary>From the first slot whose head is not below on to the first whose entry is not: heads may tie.</summary>
    private int SettleTies<TSteps>(int slot, in TKey key, ulong rowId, ref TSteps steps) where TSteps : struct, IStepCounter
    {
        if (slot >= Capacity || !IsBelow(slot, key, rowId))
            return slot;
        var low = slot + 1;
        var bound = 1;
        while (slot + bound < Capacity && IsBelow(slot + bound, key, rowId))
        {
            low = slot + bound + 1;
            bound <<= 1;
            steps.Step();
        }
        var high = Math.Min(slot + bound, Capacity);
        while (low < high)
        {
            var middle = (int)((uint)(low + high) >> 1);
            if (IsBelow(middle, key, rowId))
                low = middle + 1;
            else
                high = middle;
            steps.Step();
        }
        return low;
    }
}
