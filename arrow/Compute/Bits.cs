using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OmenDb.Arrow.Compute;

/// <summary>Work on bit masks in Arrow bit order: row i is bit i mod 64 of word i / 64.</summary>
/// <remarks>Masks that kernels write have zeros past the last row. Masks that come in as validity may have anything there.</remarks>
public static unsafe class Bits
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int WordsFor(int rows) => (rows + 63) >> 6;

    /// <summary>The bits of the last word that belong to rows; all ones when the rows fill it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong TailMask(int rows) => (rows & 63) == 0 ? ulong.MaxValue : (1UL << (rows & 63)) - 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Get(ulong* mask, int row) => (mask[row >> 6] >> (row & 63) & 1) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(ulong* mask, int row) => mask[row >> 6] |= 1UL << (row & 63);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Clear(ulong* mask, int row) => mask[row >> 6] &= ~(1UL << (row & 63));

    /// <summary>Zeros what stands past the last row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Trim(ulong* mask, int rows)
    {
        if ((rows & 63) != 0)
            mask[rows >> 6] &= TailMask(rows);
    }

    /// <summary>All rows 1 or all rows 0; zeros past the last row.</summary>
    public static void Fill(ulong* mask, int rows, bool value)
    {
        new Span<ulong>(mask, WordsFor(rows)).Fill(value ? ulong.MaxValue : 0);
        Trim(mask, rows);
    }

    public static void Copy(ulong* source, ulong* target, int rows)
    {
        Unsafe.CopyBlock(target, source, (uint)WordsFor(rows) * 8);
        Trim(target, rows);
    }

    /// <summary>How many of the first <paramref name="rows"/> bits are 1.</summary>
    public static int PopCount(ulong* mask, int rows)
    {
        var words = rows >> 6;
        long count = 0;
        for (var i = 0; i < words; i++)
            count += BitOperations.PopCount(mask[i]);
        if ((rows & 63) != 0)
            count += BitOperations.PopCount(mask[words] & TailMask(rows));
        return (int)count;
    }

    public static bool Any(ulong* mask, int rows)
    {
        var words = rows >> 6;
        ulong any = 0;
        for (var i = 0; i < words; i++)
            any |= mask[i];
        if ((rows & 63) != 0)
            any |= mask[words] & TailMask(rows);
        return any != 0;
    }

    public static bool All(ulong* mask, int rows)
    {
        var words = rows >> 6;
        var all = ulong.MaxValue;
        for (var i = 0; i < words; i++)
            all &= mask[i];
        if ((rows & 63) != 0)
            all &= mask[words] | ~TailMask(rows);
        return all == ulong.MaxValue;
    }

    /// <summary>target = left AND right; may be in place. Whole words: trimmed when one input is.</summary>
    public static void And(ulong* left, ulong* right, ulong* target, int rows)
    {
        var words = WordsFor(rows);
        for (var i = 0; i < words; i++)
            target[i] = left[i] & right[i];
    }

    public static void Or(ulong* left, ulong* right, ulong* target, int rows)
    {
        var words = WordsFor(rows);
        for (var i = 0; i < words; i++)
            target[i] = left[i] | right[i];
    }

    public static void Xor(ulong* left, ulong* right, ulong* target, int rows)
    {
        var words = WordsFor(rows);
        for (var i = 0; i < words; i++)
            target[i] = left[i] ^ right[i];
    }

    /// <summary>target = left AND NOT right; may be in place.</summary>
    public static void AndNot(ulong* left, ulong* right, ulong* target, int rows)
    {
        var words = WordsFor(rows);
        for (var i = 0; i < words; i++)
            target[i] = left[i] & ~right[i];
    }

    /// <summary>target = NOT source, zeros past the last row; may be in place.</summary>
    public static void Not(ulong* source, ulong* target, int rows)
    {
        var words = WordsFor(rows);
        for (var i = 0; i < words; i++)
            target[i] = ~source[i];
        Trim(target, rows);
    }

    /// <summary>Sets or clears <paramref name="count"/> bits from <paramref name="start"/> on.</summary>
    public static void SetRange(ulong* mask, int start, int count, bool value = true)
    {
        if (count <= 0)
            return;
        var first = start >> 6;
        var last = (start + count - 1) >> 6;
        var head = ulong.MaxValue << (start & 63);
        var tail = TailMask(start + count);
        if (first == last)
        {
            Put(ref mask[first], head & tail, value);
            return;
        }
        Put(ref mask[first], head, value);
        for (var word = first + 1; word < last; word++)
            mask[word] = value ? ulong.MaxValue : 0;
        Put(ref mask[last], tail, value);

        static void Put(ref ulong word, ulong bits, bool value) => word = value ? word | bits : word & ~bits;
    }

    /// <summary>Copies <paramref name="count"/> bits from bit <paramref name="sourceStart"/> to bit <paramref name="targetStart"/>;
    /// other bits of the target stay. Source and target do not overlap.</summary>
    public static void CopyRange(ulong* source, int sourceStart, ulong* target, int targetStart, int count)
    {
        var done = 0;
        // Word by word of the target: whole words in the middle, masked ones at the ends.
        while (done < count)
        {
            var position = targetStart + done;
            var bit = position & 63;
            var take = Math.Min(64 - bit, count - done);
            var bits = Load(source, sourceStart + done, take);
            var mask = take == 64 ? ulong.MaxValue : ((1UL << take) - 1) << bit;
            ref var word = ref target[position >> 6];
            word = (word & ~mask) | (bits << bit & mask);
            done += take;
        }
    }

    /// <summary><paramref name="count"/> (1 to 64) bits from any position, in the low end; higher bits are unspecified. Reads no word without one of these bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load(ulong* source, int start, int count)
    {
        var shift = start & 63;
        var word = source[start >> 6] >> shift;
        if (shift + count > 64)
            word |= source[(start >> 6) + 1] << (64 - shift);
        return word;
    }

    /// <summary>The numbers of the set bits, ascending.</summary>
    /// <param name="mask">Zeros past the last row.</param>
    /// <param name="rows">Rows of the mask.</param>
    /// <param name="indices">Room for <paramref name="rows"/> numbers, all of which may be overwritten.</param>
    /// <returns>How many there are.</returns>
    public static int ToIndices(ulong* mask, int rows, int* indices)
    {
        var words = WordsFor(rows);
        var written = 0;
        for (var word = 0; word < words; word++)
        {
            var bits = mask[word];
            var first = word << 6;
            if (bits == ulong.MaxValue)
            {
                FillAscending(indices + written, first);
                written += 64;
            }
            else if (Avx512F.IsSupported && BitOperations.PopCount(bits) > 12 && written + 64 <= rows)
            {
                // In range: each store writes 16 numbers at `written`, which grows by at most 16 per store.
                for (var part = 0; part < 64; part += 16)
                {
                    var sixteen = (ushort)(bits >> part);
                    var numbers = Vector512.Create(first + part) + Vector512<int>.Indices;
                    Avx512F.Compress(Vector512<int>.Zero, MaskVector(sixteen), numbers).Store(indices + written);
                    written += BitOperations.PopCount(sixteen);
                }
            }
            else
            {
                for (; bits != 0; bits &= bits - 1)
                    indices[written++] = first + BitOperations.TrailingZeroCount(bits);
            }
        }
        return written;
    }

    /// <summary>The inverse: sets the bits of <paramref name="indices"/>, all others of the first <paramref name="rows"/> are 0.</summary>
    public static void FromIndices(int* indices, int count, ulong* mask, int rows)
    {
        new Span<ulong>(mask, WordsFor(rows)).Clear();
        for (var i = 0; i < count; i++)
        {
            Debug.Assert((uint)indices[i] < (uint)rows, "an index lies outside the rows");
            Set(mask, indices[i]);
        }
    }

    private static void FillAscending(int* target, int first)
    {
        var numbers = Vector256.Create(first) + Vector256<int>.Indices;
        var step = Vector256.Create(8);
        for (var i = 0; i < 64; i += 8)
        {
            numbers.Store(target + i);
            numbers += step;
        }
    }

    /// <summary>Lane i is all ones when bit i is: the form in which .NET takes a mask register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> MaskVector(ushort bits)
    {
        var lanes = Vector512.Create(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);
        return Vector512.Equals(Vector512.Create((int)bits) & lanes, lanes);
    }
}
