using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using OmenDb.Index.Keys;
using OmenDb.Index.Memory;

namespace OmenDb.Index.Nodes;

internal enum LeafInsert
{
    Inserted,
    AlreadyPresent,
    /// <summary>No room under the density limit, or the leaf's model has worn out.</summary>
    NoRoom,
}

/// <summary>Changes of a latched leaf that stay inside its block.</summary>
internal static unsafe class LeafWriter<TKey> where TKey : unmanaged, IIndexKey<TKey>
{
    /// <summary>Mean slots moved per insert above which a leaf is rebuilt before it is full (the paper's catastrophic cost).</summary>
    private const int CatastrophicShifts = 100;
    private const int CatastrophicInserts = 256;

    /// <summary>Inserts in a row behind the last entry after which a leaf counts as appended to.</summary>
    public const int AppendStreak = 32;

    public static LeafInsert Insert(Node* leaf, in TKey key, ulong rowId, AlexOptions options, NativePool pool)
    {
        if (!TKey.HasHeads && leaf->Format == LeafFormat.Runs)
            return RunLeaf.Insert(leaf, TKey.Plain(key), rowId, options.MaxLeafSlots);
        var view = new LeafView<TKey>(leaf);
        if (!view.Fits(key, rowId))
            return LeafInsert.NoRoom; // the slots need another form
        if (leaf->Count == 0)
            return InsertFirst(leaf, view, key, rowId, pool);
        if (leaf->LensKind == LensKind.Row && !TKey.HasHeads && TKey.CompareStored(leaf->LensReference, key) != 0)
        {
            if (view.IsBelow(leaf->LastSlot, key, rowId))
                leaf->AppendStreak++;
            return LeafInsert.NoRoom; // a second key: the row ids can no longer be searched
        }
        // A leaf that is appended to is asked for its end first; elsewhere that would be a cache miss for nothing.
        if (leaf->IsAppend && view.IsBelow(leaf->LastSlot, key, rowId))
            return InsertBehind(leaf, view, key, rowId, options, pool);
        view.PrefetchBits(key, rowId);
        StepCount steps = default;
        var at = view.LowerBound(key, rowId, ref steps);
        if (at > leaf->LastSlot)
            return InsertBehind(leaf, view, key, rowId, options, pool);
        if (view.Holds(at, key, rowId))
            return LeafInsert.AlreadyPresent;
        if (leaf->Count + 1 > options.MaxDensity * view.Capacity)
            return LeafInsert.NoRoom;
        if (leaf->Inserts >= CatastrophicInserts && leaf->Shifts > (long)CatastrophicShifts * leaf->Inserts
            && leaf->Shifts > leaf->Inserts * 4.0 * leaf->ExpectedShifts)
            return LeafInsert.NoRoom;
        leaf->AppendStreak = 0;
        leaf->SearchSteps += steps.Value;
        return InsertInside(leaf, view, at, key, rowId, pool);
    }

    /// <summary>The entry is above all others of the leaf: no shift.</summary>
    private static LeafInsert InsertBehind(Node* leaf, in LeafView<TKey> view, in TKey key, ulong rowId, AlexOptions options, NativePool pool)
    {
        leaf->AppendStreak++;
        var free = leaf->LastSlot + 1;
        if (leaf->IsAppend)
            return free < view.Capacity ? Append(leaf, view, free, key, rowId, pool) : LeafInsert.NoRoom;
        if (leaf->Count + 1 > options.MaxDensity * view.Capacity)
            return LeafInsert.NoRoom;
        if (free < view.Capacity)
        {
            // Where the model wants it, but never wasting more than half of what is left.
            var slot = Math.Clamp(view.Predict(key, rowId), free, free + ((view.Capacity - 1 - free) >> 1));
            return Append(leaf, view, slot, key, rowId, pool);
        }
        if (leaf->AppendStreak >= AppendStreak)
            return LeafInsert.NoRoom; // becomes an append leaf
        return InsertInside(leaf, view, view.Capacity, key, rowId, pool);
    }

    /// <summary>Takes the entry out.</summary>
    /// <returns>False when it is not there.</returns>
    public static bool Remove(Node* leaf, in TKey key, ulong rowId, RetireList retired)
    {
        var view = new LeafView<TKey>(leaf);
        var slot = view.LowerBound(key, rowId);
        if (!view.Holds(slot, key, rowId))
            return false;
        slot = view.NextOccupied(slot);
        if (view.IsRuns)
        {
            RunLeaf.Remove(leaf, slot);
            return true;
        }
        var stored = view.Key(slot);
        view.Bits[slot >> 6] &= ~(1UL << (slot & 63));
        var from = view.PreviousOccupied(slot) + 1;
        if (slot == leaf->LastSlot)
        {
            leaf->LastSlot = from - 1;
            Clear(view, from, slot);
        }
        else
        {
            StoreAll(view, from, slot, view.Key(slot + 1), view.Row(slot + 1), TKey.HasHeads ? view.Heads[slot + 1] : 0);
        }
        leaf->Count--;
        leaf->Fills += slot - from;
        leaf->AppendStreak = 0;
        TKey.RetireStored(stored, retired);
        return true;
    }

    private static LeafInsert InsertFirst(Node* leaf, in LeafView<TKey> view, in TKey key, ulong rowId, NativePool pool)
    {
        if (leaf->LensKind == LensKind.Row && !TKey.HasHeads && TKey.CompareStored(leaf->LensReference, key) != 0)
            return LeafInsert.NoRoom;
        leaf->AppendStreak = 1;
        return Append(leaf, view, 0, key, rowId, pool);
    }

    /// <summary>Writes one slot of a latched leaf of 8-byte keys behind its last entry; counting is the caller's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Append(Node* leaf, ulong key, ulong rowId, int slot)
    {
        var view = new LeafView<TKey>(leaf);
        Store(view, slot, key, rowId, 0);
        view.Bits[slot >> 6] |= 1UL << (slot & 63);
    }

    private static LeafInsert Append(Node* leaf, in LeafView<TKey> view, int slot, in TKey key, ulong rowId, NativePool pool)
    {
        var stored = TKey.Own(key, pool);
        Put(view, leaf->LastSlot + 1, slot, stored, rowId, TKey.HasHeads ? TKey.Head(key, rowId, leaf->Lens) : 0);
        leaf->LastSlot = slot;
        leaf->Count++;
        leaf->Inserts++;
        return LeafInsert.Inserted;
    }

    /// <param name="leaf">Latched, with at least one gap.</param>
    /// <param name="view">Of the leaf.</param>
    /// <param name="at">Lower bound of the new entry.</param>
    /// <param name="key">Not yet in the leaf with this row id.</param>
    /// <param name="rowId">Of the new entry.</param>
    /// <param name="pool">Where byte keys are copied to.</param>
    private static LeafInsert InsertInside(Node* leaf, in LeafView<TKey> view, int at, in TKey key, ulong rowId, NativePool pool)
    {
        var stored = TKey.Own(key, pool);
        var head = TKey.HasHeads ? TKey.Head(key, rowId, leaf->Lens) : 0;
        if (at < view.Capacity && !view.IsOccupied(at))
        {
            // The gap from `at` to the next entry repeats that entry; the new one goes where the model would look for it.
            var next = view.NextOccupied(at);
            var slot = leaf->IsPlain ? at + ((next - at) >> 1) : Math.Clamp(view.Predict(key, rowId), at, next - 1);
            Put(view, at, slot, stored, rowId, head);
            leaf->LastSlot = Math.Max(leaf->LastSlot, slot);
        }
        else
        {
            var right = view.NextGap(at);
            var left = view.PreviousGap(at - 1);
            Debug.Assert(right < view.Capacity || left >= 0, "a leaf under its density limit has a gap");
            if (right < view.Capacity && (left < 0 || right - at <= at - left))
            {
                MoveUp(view, at, right);
                view.Bits[right >> 6] |= 1UL << (right & 63);
                Store(view, at, stored, rowId, head);
                leaf->LastSlot = Math.Max(leaf->LastSlot, right);
                leaf->Shifts += right - at;
            }
            else
            {
                MoveDown(view, left, at - 1);
                view.Bits[left >> 6] |= 1UL << (left & 63);
                Store(view, at - 1, stored, rowId, head);
                leaf->LastSlot = Math.Max(leaf->LastSlot, at - 1);
                leaf->Shifts += at - 1 - left;
            }
        }
        leaf->Count++;
        leaf->Inserts++;
        return LeafInsert.Inserted;
    }

    /// <summary>Occupies <paramref name="slot"/> and makes the gap from <paramref name="from"/> up to it repeat the entry.</summary>
    private static void Put(in LeafView<TKey> view, int from, int slot, ulong stored, ulong rowId, ulong head)
    {
        StoreAll(view, from, slot, stored, rowId, head);
        view.Bits[slot >> 6] |= 1UL << (slot & 63);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in LeafView<TKey> view, int slot, ulong stored, ulong rowId, ulong head) =>
        StoreAll(view, slot, slot, stored, rowId, head);

    /// <summary>Writes the entry into the slots from <paramref name="from"/> to <paramref name="to"/>, which their form can express.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreAll(in LeafView<TKey> view, int from, int to, ulong stored, ulong rowId, ulong head)
    {
        if (view.IsNarrow)
            Fill(view.NarrowKeys, from, to, (uint)(stored - view.KeyBase));
        else
            Fill(view.Keys, from, to, stored);
        if (view.HasWideRows)
            Fill(view.WideRows, from, to, rowId);
        else
            Fill(view.NarrowRows, from, to, (uint)(rowId - view.RowBase));
        if (TKey.HasHeads)
            Fill(view.Heads, from, to, head);
        view.Sample(from, to);
    }

    /// <summary>Makes slots that lie behind the last entry.</summary>
    public static void Clear(in LeafView<TKey> view, int from, int to)
    {
        if (view.IsNarrow)
            Fill(view.NarrowKeys, from, to, uint.MaxValue);
        else
            Fill(view.Keys, from, to, TKey.Sentinel);
        if (view.HasWideRows)
            Fill(view.WideRows, from, to, ulong.MaxValue);
        else
            Fill(view.NarrowRows, from, to, uint.MaxValue);
        if (TKey.HasHeads)
            Fill(view.Heads, from, to, ulong.MaxValue);
        view.Sample(from, to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fill<T>(T* values, int from, int to, T value) where T : unmanaged
    {
        for (var i = from; i <= to; i++)
            values[i] = value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MoveUp(in LeafView<TKey> view, int from, int to)
    {
        if (view.IsNarrow)
            MoveUp(view.NarrowKeys, from, to);
        else
            MoveUp(view.Keys, from, to);
        if (view.HasWideRows)
            MoveUp(view.WideRows, from, to);
        else
            MoveUp(view.NarrowRows, from, to);
        if (TKey.HasHeads)
            MoveUp(view.Heads, from, to);
        view.Sample(from, to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MoveDown(in LeafView<TKey> view, int from, int to)
    {
        if (view.IsNarrow)
            MoveDown(view.NarrowKeys, from, to);
        else
            MoveDown(view.Keys, from, to);
        if (view.HasWideRows)
            MoveDown(view.WideRows, from, to);
        else
            MoveDown(view.NarrowRows, from, to);
        if (TKey.HasHeads)
            MoveDown(view.Heads, from, to);
        view.Sample(from, to);
    }

    // Own loops instead of a library copy: every store must cover whole, aligned slots, because racing readers follow the addresses
    // that they find there.

    /// <summary>values[from..to - 1] to values[from + 1..to].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MoveUp<T>(T* values, int from, int to) where T : unmanaged
    {
        var width = 32 / sizeof(T);
        var i = to;
        // Only where a vector is one register: elsewhere its second half would be read after the first was stored.
        for (; Vector256.IsHardwareAccelerated && i - width >= from; i -= width)
            Vector256.Store(Vector256.Load(values + i - width), values + i - width + 1);
        for (; i > from; i--)
            values[i] = values[i - 1];
    }

    /// <summary>values[from + 1..to] to values[from..to - 1].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MoveDown<T>(T* values, int from, int to) where T : unmanaged
    {
        var width = 32 / sizeof(T);
        var i = from;
        for (; Vector256.IsHardwareAccelerated && i + width <= to; i += width)
            Vector256.Store(Vector256.Load(values + i + 1), values + i);
        for (; i < to; i++)
            values[i] = values[i + 1];
    }
}
