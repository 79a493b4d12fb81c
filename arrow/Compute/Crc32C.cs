using System.Numerics;
using System.Runtime.InteropServices;

namespace OmenDb.Arrow.Compute;

/// <summary>CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), as in iSCSI and ext4; the processor's own instruction where it has one.</summary>
public static class Crc32C
{
    /// <summary>The checksum of the bytes: initial value and final inversion as usual ("123456789" gives 0xE3069283).</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes) => Append(0, bytes);

    /// <summary>The checksum of what <paramref name="crc"/> covers followed by <paramref name="bytes"/>.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        var state = ~crc;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            state = BitOperations.Crc32C(state, word);
        foreach (var last in bytes[(words.Length * 8)..])
            state = BitOperations.Crc32C(state, last);
        return ~state;
    }
}
