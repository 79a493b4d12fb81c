using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OmenDb.Arrow.Compute;

/// <summary>Bits of a row mask as lanes of ones and zeros.</summary>
internal static unsafe class LaneMask
{
    /// <summary>32 rows from <paramref name="row"/> (a multiple of 32) on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Bytes(ulong* mask, int row)
    {
        var bits = (uint)(mask[row >> 6] >> (row & 63));
        // Byte i of the spread holds bits 8 * (i / 8) to 8 * (i / 8) + 7; then one bit is tested in each.
        var spread = Vector256.Shuffle(Vector256.Create(bits).AsByte(),
            Vector256.Create((byte)0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3));
        var one = Vector256.Create(0x8040201008040201UL).AsByte();
        return Vector256.Equals(spread & one, one);
    }

    /// <summary>16 rows from <paramref name="row"/> (a multiple of 16) on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ushort> UShorts(ulong* mask, int row)
    {
        var one = Vector256.Create((ushort)1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);
        return Vector256.Equals(Vector256.Create((ushort)(mask[row >> 6] >> (row & 63))) & one, one);
    }

    /// <summary>8 rows from <paramref name="row"/> (a multiple of 8) on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> UInts(ulong* mask, int row)
    {
        var one = Vector256.Create(1u, 2, 4, 8, 16, 32, 64, 128);
        return Vector256.Equals(Vector256.Create((uint)(mask[row >> 6] >> (row & 63))) & one, one);
    }

    /// <summary>4 rows from <paramref name="row"/> (a multiple of 4) on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> ULongs(ulong* mask, int row)
    {
        var one = Vector256.Create(1ul, 2, 4, 8);
        return Vector256.Equals(Vector256.Create(mask[row >> 6] >> (row & 63)) & one, one);
    }
}
