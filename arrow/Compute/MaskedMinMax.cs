using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OmenDb.Arrow.Compute;

/// <summary>Minimum and maximum in one pass under a row mask (null: all rows), at least one of which is set.</summary>
internal static unsafe class MaskedMinMax
{
    public static void Find<T>(T* values, int rows, ulong* mask, out long min, out long max)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        var least = T.MaxValue;
        var greatest = T.MinValue;
        var row = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var low = Vector256.Create(least);
            var high = Vector256.Create(greatest);
            var allLeast = low;
            var allGreatest = high;
            for (; row + Vector256<T>.Count <= rows; row += Vector256<T>.Count)
            {
                var lanes = Vector256.Load(values + row);
                if (mask == null)
                {
                    low = Vector256.Min(low, lanes);
                    high = Vector256.Max(high, lanes);
                    continue;
                }
                var chosen = Lanes<T>(mask, row);
                low = Vector256.Min(low, Vector256.ConditionalSelect(chosen, lanes, allLeast));
                high = Vector256.Max(high, Vector256.ConditionalSelect(chosen, lanes, allGreatest));
            }
            for (var i = 0; i < Vector256<T>.Count; i++)
            {
                least = T.Min(least, low[i]);
                greatest = T.Max(greatest, high[i]);
            }
        }
        for (; row < rows; row++)
        {
            if (mask != null && !Bits.Get(mask, row))
                continue;
            least = T.Min(least, values[row]);
            greatest = T.Max(greatest, values[row]);
        }
        min = long.CreateTruncating(least);
        max = long.CreateTruncating(greatest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<T> Lanes<T>(ulong* mask, int row) where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() == 1)
            return LaneMask.Bytes(mask, row).As<byte, T>();
        if (Unsafe.SizeOf<T>() == 2)
            return LaneMask.UShorts(mask, row).As<ushort, T>();
        if (Unsafe.SizeOf<T>() == 4)
            return LaneMask.UInts(mask, row).As<uint, T>();
        return LaneMask.ULongs(mask, row).As<ulong, T>();
    }
}
