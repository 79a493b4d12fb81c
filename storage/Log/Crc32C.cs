using System.Numerics;
using System.Runtime.InteropServices;

namespace OmenDb.Storage.Log;

/// <summary>CRC-32C (Castagnoli) as in iSCSI, RFC 3720: the checksum of all files of the data directory.</summary>
public static class Crc32C
{
    /// <summary>Checksum of <paramref name="bytes"/>, continuing from <paramref name="previous"/> (0 to begin).</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes, uint previous = 0)
    {
        var crc = ~previous;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            crc = BitOperations.Crc32C(crc, word);
        for (var i = words.Length * 8; i < bytes.Length; i++)
            crc = BitOperations.Crc32C(crc, bytes[i]);
        return ~crc;
    }
}
