using System.Numerics;

namespace OmenDb.Index.Memory;

/// <summary>2 MiB from which blocks of whole kibibytes are cut; neighbours that were freed make a larger block again.</summary>
/// <remarks>Leaves are rebuilt in ever other sizes: lists of free blocks by size would keep up to three times what is in use.</remarks>
internal sealed class PageChunk(nint address)
{
    public const int UnitBytes = 1024;
    public const int Units = (int)(NativePool.HugePageBytes / UnitBytes);

    private readonly ulong[] _used = new ulong[Units / 64];
    private int _longest = Units; // no free stretch is longer; may be too high

    public nint Address { get; } = address;

    public int FreeUnits { get; private set; } = Units;

    /// <returns>Address of the block, 0 when no stretch is long enough.</returns>
    public nint TryAllocate(int units)
    {
        if (units > FreeUnits || units > _longest)
            return 0;
        var longest = 0;
        for (var start = NextFree(0); start < Units;)
        {
            var end = NextUsed(start);
            if (end - start >= units)
            {
                Mark(start, units, used: true);
                FreeUnits -= units;
                return Address + start * UnitBytes;
            }
            longest = Math.Max(longest, end - start);
            start = NextFree(end);
        }
        _longest = longest;
        return 0;
    }

    public void Free(nint block, int units)
    {
        Mark((int)((block - Address) / UnitBytes), units, used: false);
        FreeUnits += units;
        _longest = FreeUnits;
    }

    private int NextFree(int from) => Next(from, 0);

    private int NextUsed(int from) => Next(from, ulong.MaxValue);

    /// <summary>First unit from here on whose bit is that of the word given, which is all zeros or all ones.</summary>
    private int Next(int from, ulong sought)
    {
        if (from >= Units)
            return Units;
        var word = from >> 6;
        var bits = ~(_used[word] ^ sought) & (ulong.MaxValue << (from & 63));
        while (bits == 0)
        {
            if (++word == _used.Length)
                return Units;
            bits = ~(_used[word] ^ sought);
        }
        return (word << 6) + BitOperations.TrailingZeroCount(bits);
    }

    private void Mark(int start, int units, bool used)
    {
        for (var i = start; i < start + units;)
        {
            var count = Math.Min(64 - (i & 63), start + units - i);
            var mask = (count == 64 ? ulong.MaxValue : (1UL << count) - 1) << (i & 63);
            if (used)
                _used[i >> 6] |= mask;
            else
                _used[i >> 6] &= ~mask;
            i += count;
        }
    }
}
