using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using OmenDb.Index.Keys;

namespace OmenDb.Index.Nodes;

/// <summary>Copies entries out of the slots of a leaf.</summary>
internal static unsafe class SlotCopy<TKey> where TKey : unmanaged, IIndexKey<TKey>
{
    /// <summary>Entries from a slot on, ascending.</summary>
    /// <returns>How many: at most <paramref name="room"/>.</returns>
    public static int Forward(in LeafView<TKey> view, int slot, ulong* keys, ulong* rows, int room) =>
        view.IsNarrow ? Copy<NarrowSlots>(view, slot, keys, rows, room)
        : view.HasWideRows ? Copy<WideSlots>(view, slot, keys, rows, room)
        : Copy<NarrowRowSlots>(view, slot, keys, rows, room);

    /// <summary>Copies the occupied slots from one on.</summary>
    /// <returns>How many: at most <paramref name="room"/>.</returns>
    private static int Copy<TForm>(in LeafView<TKey> view, int slot, ulong* keys, ulong* rows, int room) where TForm : struct, ISlotForm
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
