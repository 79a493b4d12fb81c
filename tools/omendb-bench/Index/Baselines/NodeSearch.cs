using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OmenDb.Tools.Bench.Index.Baselines;

/// <summary>How many of a node's 64 sorted keys are below a key. Unused places hold the greatest number.</summary>
internal static unsafe class NodeSearch
{
    public const int Keys = 64;
    private const int LineKeys = 8;

    /// <summary>Keys below <paramref name="key"/>: three comparisons without branches find the cache line, one vector comparison the place in it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountBelow(ulong* keys, ulong key)
    {
        // The last key of a line decides whether the place lies behind the line.
        var line = keys[31] < key ? 32 : 0;
        line += keys[line + 15] < key ? 16 : 0;
        line += keys[line + 7] < key ? 8 : 0;
        return line + CountInLine(keys + line, key);
    }

    /// <summary>Keys not above <paramref name="key"/>: the child to follow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountNotAbove(ulong* keys, ulong key) => key == ulong.MaxValue ? CountBelow(keys, key) : CountBelow(keys, key + 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CountInLine(ulong* line, ulong key)
    {
        if (Avx512F.IsSupported)
        {
            var below = Avx512F.CompareLessThan(Vector512.LoadAligned(line), Vector512.Create(key));
            return BitOperations.PopCount((ulong)below.ExtractMostSignificantBits());
        }
        if (Vector256.IsHardwareAccelerated)
        {
            var wanted = Vector256.Create(key);
            var low = Vector256.LessThan(Vector256.Load(line), wanted).ExtractMostSignificantBits();
            var high = Vector256.LessThan(Vector256.Load(line + 4), wanted).ExtractMostSignificantBits();
            return BitOperations.PopCount(low | (high << 4));
        }
        var count = 0;
        for (var i = 0; i < LineKeys; i++)
            count += line[i] < key ? 1 : 0;
        return count;
    }

    /// <summary>The same for nodes that are not in the cache: all eight lines at once, misses side by side instead of up to four in a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountBelowWide(ulong* keys, ulong key)
    {
        if (!Avx512F.IsSupported)
            return CountBelow(keys, key);
        var wanted = Vector512.Create(key);
        var count = 0;
        for (var i = 0; i < Keys; i += LineKeys)
            count += BitOperations.PopCount((ulong)Avx512F.CompareLessThan(Vector512.LoadAligned(keys + i), wanted).ExtractMostSignificantBits());
        return count;
    }
}
