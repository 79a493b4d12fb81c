using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using OmenDb.Index.Nodes;

namespace OmenDb.Index.Tree;

/// <summary>Copies entries out of one leaf that was opened optimistically: what comes out counts only if the version still holds.</summary>
internal sealed unsafe partial class AlexTree<TKey>
{
    private static int CopyForward(in LeafView<TKey> view, in TKey key, ulong rowId, bool after, Span<ulong> keys, Span<ulong> rows)
    {
        var slot = view.NextOccupied(view.LowerBound(key, rowId));
        if (after && slot < view.Capacity && view.Holds(slot, key, rowId))
            slot = view.NextOccupied(slot + 1);
        if ((uint)slot >= (uint)view.Capacity)
            return 0;
        // Every store is below room, every load below the capacity.
        fixed (ulong* toKeys = keys, toRows = rows)
        {
            if (view.IsRuns)
                return RunLeaf.CopyForward(view.Runs, view.RunCount, view.Capacity, slot, toKeys, toRows, keys.Length);
            return view.IsNarrow ? CopySlots<NarrowSlots>(view, slot, toKeys, toRows, keys.Length)
                : view.HasWideRows ? CopySlots<WideSlots>(view, slot, toKeys, toRows, keys.Length)
                : CopySlots<NarrowRowSlots>(view, slot, toKeys, toRows, keys.Length);
        }
    }

    private static int CopyBackward(in LeafView<TKey> view, in TKey key, ulong rowId, bool before, Span<ulong> keys, Span<ulong> rows)
    {
        var bound = view.LowerBound(key, rowId);
        var slot = view.NextOccupied(bound);
        if (before || !view.Holds(slot, key, rowId))
            slot = view.PreviousOccupied(Math.Min(bound, view.Capacity) - 1);
        if (view.IsRuns)
        {
            fixed (ulong* toKeys = keys, toRows = rows)
                return RunLeaf.CopyBackward(view.Runs, view.RunCount, view.Capacity, slot, toKeys, toRows, keys.Length);
        }
        var count = 0;
        while (slot >= 0 && slot < view.Capacity && count < keys.Length)
        {
            keys[count] = view.Key(slot);
            rows[count++] = view.Row(slot);
            slot = view.PreviousOccupied(slot - 1);
        }
        return count;
    }

    /// <summary>Copies the occupied slots from one on.</summary>
    /// <returns>How many: at most <paramref name="room"/>.</returns>
    private static int CopySlots<TForm>(in LeafView<TKey> view, int slot, ulong* keys, ulong* rows, int room) where TForm : struct, ISlotForm
    {
        var fromKeys = view.Block;
        var fromRows = TForm.HasNarrowRows ? (byte*)view.NarrowRows : (byte*)view.WideRows;
        var keyBase = view.KeyBase;
        var rowBase = view.RowBase;
        var bits = view.Bits;
        var words = view.Capacity >> 6;
        var count = 0;
        for (var word = slot >> 6; word < words; word++)
        {
            var occupied = bits[word];
            if (word == slot >> 6)
                occupied &= ulong.MaxValue << (slot & 63);
            var at = word << 6;
            if (Avx512F.IsSupported)
            {
                // Eight slots at a time: what is occupied moves together; whole vectors are stored while there is room for them.
                var skipped = occupied == 0 ? 64 : BitOperations.TrailingZeroCount(occupied) & 56;
                for (; skipped < 64 && room - count >= 8; skipped += 8)
                {
                    var eight = occupied >> skipped & 0xFF;
                    var chosen = Vector512.Create(eight) & Vector512.Create(1UL, 2, 4, 8, 16, 32, 64, 128);
                    var mask = Avx512F.CompareNotEqual(chosen, Vector512<ulong>.Zero);
                    Avx512F.Compress(Vector512<ulong>.Zero, mask, KeysAt<TForm>(fromKeys, at + skipped, keyBase)).Store(keys + count);
                    Avx512F.Compress(Vector512<ulong>.Zero, mask, RowsAt<TForm>(fromRows, at + skipped, rowBase)).Store(rows + count);
                    count += BitOperations.PopCount((uint)eight);
                }
                occupied = skipped == 64 ? 0 : occupied & ulong.MaxValue << skipped;
            }
            for (; occupied != 0; occupied &= occupied - 1)
            {
                if (count == room)
                    return count;
                var i = at + BitOperations.TrailingZeroCount(occupied);
                keys[count] = TForm.HasNarrowKeys ? keyBase + ((uint*)fromKeys)[i] : ((ulong*)fromKeys)[i];
                rows[count++] = TForm.HasNarrowRows ? rowBase + ((uint*)fromRows)[i] : ((ulong*)fromRows)[i];
            }
        }
        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> KeysAt<TForm>(byte* keys, int slot, ulong keyBase) where TForm : struct, ISlotForm => TForm.HasNarrowKeys
        ? Avx512F.ConvertToVector512UInt64(Vector256.Load((uint*)keys + slot)) + Vector512.Create(keyBase)
        : Vector512.Load((ulong*)keys + slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> RowsAt<TForm>(byte* rows, int slot, ulong rowBase) where TForm : struct, ISlotForm => TForm.HasNarrowRows
        ? Avx512F.ConvertToVector512UInt64(Vector256.Load((uint*)rows + slot)) + Vector512.Create(rowBase)
        : Vector512.Load((ulong*)rows + slot);
}
