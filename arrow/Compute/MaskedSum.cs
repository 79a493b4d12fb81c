using System.Numerics;
using System.Runtime.Intrinsics;

namespace OmenDb.Arrow.Compute;

/// <summary>Sums under a row mask (null: all rows). The vector loops take whole registers, the tail is scalar.</summary>
/// <remarks>Rows of one call are few (a batch), but nothing here overflows below 2^31 rows.</remarks>
internal static unsafe class MaskedSum
{
    public static long Bytes(byte* values, int rows, ulong* mask)
    {
        var row = 0;
        long sum = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var total = Vector256<uint>.Zero;
            // 2^16 turns of at most 4 * 255 per lane stay below 2^32
            for (; row + 32 <= rows; row += 32)
            {
                var bytes = Vector256.Load(values + row);
                if (mask != null)
                    bytes &= LaneMask.Bytes(mask, row);
                var (low, high) = Vector256.Widen(bytes);
                var (a, b) = Vector256.Widen(low + high);
                total += a + b;
                if ((row & 0x1FFFFF) == 0x1FFFE0)
                {
                    sum += Flush(total);
                    total = Vector256<uint>.Zero;
                }
            }
            sum += Flush(total);
        }
        return sum + Tail(values, row, rows, mask);
    }

    public static long UShorts(ushort* values, int rows, ulong* mask)
    {
        var row = 0;
        long sum = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var total = Vector256<uint>.Zero;
            // each turn adds at most 2 * 65,535 per lane: flushed every 2^14 turns, below 2^31
            for (; row + 16 <= rows; row += 16)
            {
                var shorts = Vector256.Load(values + row);
                if (mask != null)
                    shorts &= LaneMask.UShorts(mask, row);
                var (low, high) = Vector256.Widen(shorts);
                total += low + high;
                if ((row & 0x3FFFF) == 0x3FFF0)
                {
                    sum += Flush(total);
                    total = Vector256<uint>.Zero;
                }
            }
            sum += Flush(total);
        }
        return sum + Tail(values, row, rows, mask);
    }

    public static long UInts(uint* values, int rows, ulong* mask)
    {
        var row = 0;
        long sum = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var total = Vector256<ulong>.Zero;
            for (; row + 8 <= rows; row += 8)
            {
                var ints = Vector256.Load(values + row);
                if (mask != null)
                    ints &= LaneMask.UInts(mask, row);
                var (low, high) = Vector256.Widen(ints);
                total += low + high;
            }
            sum = (long)Vector256.Sum(total);
        }
        return sum + Tail(values, row, rows, mask);
    }

    public static long Shorts(short* values, int rows, ulong* mask)
    {
        var row = 0;
        long sum = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var total = Vector256<int>.Zero;
            for (; row + 16 <= rows; row += 16)
            {
                var shorts = Vector256.Load(values + row);
                if (mask != null)
                    shorts &= LaneMask.UShorts(mask, row).AsInt16();
                var (low, high) = Vector256.Widen(shorts);
                total += low + high;
                if ((row & 0x3FFFF) == 0x3FFF0)
                {
                    sum += FlushSigned(total);
                    total = Vector256<int>.Zero;
                }
            }
            sum += FlushSigned(total);
        }
        return sum + Tail(values, row, rows, mask);
    }

    public static long Ints(int* values, int rows, ulong* mask)
    {
        var row = 0;
        long sum = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var total = Vector256<long>.Zero;
            for (; row + 8 <= rows; row += 8)
            {
                var ints = Vector256.Load(values + row);
                if (mask != null)
                    ints &= LaneMask.UInts(mask, row).AsInt32();
                var (low, high) = Vector256.Widen(ints);
                total += low + high;
            }
            sum = Vector256.Sum(total);
        }
        return sum + Tail(values, row, rows, mask);
    }

    /// <summary>64-bit values in two halves of 32 bits, made unsigned by an offset, so that no lane overflows.</summary>
    public static Int128 Longs(long* values, int rows, ulong* mask)
    {
        var row = 0;
        Int128 sum = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var lowTotal = Vector256<ulong>.Zero;
            var highTotal = Vector256<ulong>.Zero;
            var lowHalf = Vector256.Create(0xFFFF_FFFFul);
            var sign = Vector256.Create(0x8000_0000_0000_0000ul);
            for (; row + 4 <= rows; row += 4)
            {
                var longs = Vector256.Load((ulong*)values + row);
                if (mask != null)
                    longs &= LaneMask.ULongs(mask, row);
                longs ^= sign; // value + 2^63, 0 becomes 2^63
                lowTotal += longs & lowHalf;
                highTotal += longs >>> 32;
            }
            sum = ((Int128)Vector256.Sum(highTotal) << 32) + Vector256.Sum(lowTotal) - ((Int128)row << 63);
        }
        for (; row < rows; row++)
            sum += mask == null || Bits.Get(mask, row) ? values[row] : 0;
        return sum;
    }

    public static double Doubles(double* values, int rows, ulong* mask)
    {
        var row = 0;
        double sum = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var total = Vector256<double>.Zero;
            for (; row + 4 <= rows; row += 4)
            {
                var doubles = Vector256.Load(values + row);
                if (mask != null)
                    doubles = (doubles.AsUInt64() & LaneMask.ULongs(mask, row)).AsDouble(); // masked NaNs become 0 too
                total += doubles;
            }
            sum = Vector256.Sum(total);
        }
        for (; row < rows; row++)
            sum += mask == null || Bits.Get(mask, row) ? values[row] : 0;
        return sum;
    }

    public static double Floats(float* values, int rows, ulong* mask)
    {
        double sum = 0;
        for (var row = 0; row < rows; row++)
            sum += mask == null || Bits.Get(mask, row) ? values[row] : 0;
        return sum;
    }

    private static long Flush(Vector256<uint> lanes)
    {
        var (low, high) = Vector256.Widen(lanes);
        return (long)Vector256.Sum(low + high);
    }

    private static long FlushSigned(Vector256<int> lanes)
    {
        var (low, high) = Vector256.Widen(lanes);
        return Vector256.Sum(low + high);
    }

    private static long Tail<T>(T* values, int row, int rows, ulong* mask) where T : unmanaged, IBinaryInteger<T>
    {
        long sum = 0;
        for (; row < rows; row++)
            sum += mask == null || Bits.Get(mask, row) ? long.CreateTruncating(values[row]) : 0;
        return sum;
    }
}
