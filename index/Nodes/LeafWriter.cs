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
        var view = new LeafView<TKey>(leaf);
        if (leaf->Count == 0)
            return InsertFirst(leaf, view, key, rowId, pool);
        if (!view.IsBelow(leaf->LastSlot, key, rowId))
        {
            if (view.Holds(leaf->LastSlot, key, rowId))
                return LeafInsert.AlreadyPresent;
        }
        else
        {
            // Behind everything: no search, no shift.
            leaf->AppendStreak++;
            if (leaf->LensKind == LensKind.Row && !TKey.HasHeads && TKey.CompareStored(leaf->LensReference, key) != 0)
                return LeafInsert.NoRoom; // a second key: the row ids can no longer be searched
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

        if (leaf->LensKind == LensKind.Row && !TKey.HasHeads && TKey.CompareStored(leaf->LensReference, key) != 0)
            return LeafInsert.NoRoom;
        StepCount steps = default;
        var at = view.LowerBound(key, rowId, ref steps);
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

    /// <summary>Takes the entry out.</summary>
    /// <returns>False when it is not there.</returns>
    public static bool Remove(Node* leaf, in TKey key, ulong rowId, RetireList retired)
    {
        var view = new LeafView<TKey>(leaf);
        var slot = view.LowerBound(key, rowId);
        if (!view.Holds(slot, key, rowId))
            return false;
        slot = view.NextOccupied(slot);
        var stored = view.Keys[slot];
        view.Bits[slot >> 6] &= ~(1UL << (slot & 63));
        var from = view.PreviousOccupied(slot) + 1;
        if (slot == leaf->LastSlot)
        {
            leaf->LastSlot = from - 1;
            Fill(view.Keys, from, slot, TKey.Sentinel);
            Fill(view.Rows, from, slot, ulong.MaxValue);
            if (TKey.HasHeads)
                Fill(view.Heads, from, slot, ulong.MaxValue);
        }
        else
        {
            Fill(view.Keys, from, slot, view.Keys[slot + 1]);
            Fill(view.Rows, from, slot, view.Rows[slot + 1]);
            if (TKey.HasHeads)
                Fill(view.Heads, from, slot, view.Heads[slot + 1]);
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
                MoveUp(view.Keys, at, right);
                MoveUp(view.Rows, at, right);
                if (TKey.HasHeads)
                    MoveUp(view.Heads, at, right);
                view.Bits[right >> 6] |= 1UL << (right & 63);
                Store(view, at, stored, rowId, head);
                leaf->LastSlot = Math.Max(leaf->LastSlot, right);
                leaf->Shifts += right - at;
            }
            else
            {
                MoveDown(view.Keys, left, at - 1);
                MoveDown(view.Rows, left, at - 1);
                if (TKey.HasHeads)
                    MoveDown(view.Heads, left, at - 1);
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
        for (var i = from; i <= slot; i++)
            Store(view, i, stored, rowId, head);
        view.Bits[slot >> 6] |= 1UL << (slot & 63);
    }

    private static void Store(in LeafView<TKey> view, int slot, ulong stored, ulong rowId, ulong head)
    {
        view.Keys[slot] = stored;
        view.Rows[slot] = rowId;
        if (TKey.HasHeads)
            view.Heads[slot] = head;
    }

    private static void Fill(ulong* values, int from, int to, ulong value)
    {
        for (var i = from; i <= to; i++)
            values[i] = value;
    }

    // Own loops instead of a library copy: every store must cover whole, aligned 8-byte slots, because racing readers follow the
    // addresses that they find there.

    /// <summary>values[from..to - 1] to values[from + 1..to].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MoveUp(ulong* values, int from, int to)
    {
        var i = to;
        for (; i - 4 >= from; i -= 4)
            Vector256.Store(Vector256.Load(values + i - 4), values + i - 3);
        for (; i > from; i--)
            values[i] = values[i - 1];
    }

    /// <summary>values[from + 1..to] to values[from..to - 1].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MoveDown(ulong* values, int from, int to)
    {
        var i = from;
        for (; i + 4 <= to; i += 4)
            Vector256.Store(Vector256.Load(values + i + 1), values + i);
        for (; i < to; i++)
            values[i] = values[i + 1];
    }
}
