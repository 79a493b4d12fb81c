using System.Numerics;

namespace OmenDb.Arrow.Compute;

/// <summary>From "these dictionary entries qualify" to "these rows qualify".</summary>
public static unsafe class DictionaryCodes
{
    /// <summary>Bit i of <paramref name="mask"/> = bit code(i) of <paramref name="accepted"/>; nulls are not looked at.</summary>
    /// <param name="vector">Of kind Dictionary.</param>
    /// <param name="accepted">One bit per dictionary entry, zeros past the last.</param>
    /// <param name="rows">Rows to map.</param>
    /// <param name="mask">⌈rows/64⌉ words; zeros past the last row.</param>
    public static void Map(Vector vector, ulong* accepted, int rows, ulong* mask)
    {
        switch (vector.CodeWidth)
        {
            case 1: Map(vector.Values, accepted, vector.Dictionary!.Length, rows, mask); break;
            case 2: Map((ushort*)vector.Values, accepted, vector.Dictionary!.Length, rows, mask); break;
            default: Map((uint*)vector.Values, accepted, vector.Dictionary!.Length, rows, mask); break;
        }
    }

    private static void Map<TCode>(TCode* codes, ulong* accepted, int entries, int rows, ulong* mask)
        where TCode : unmanaged, IBinaryInteger<TCode>
    {
        // Most predicates accept none, one or all but one of the entries: then the codes are compared as numbers.
        var count = Bits.PopCount(accepted, entries);
        if (count == 0 || count == entries)
        {
            Bits.Fill(mask, rows, count != 0);
            return;
        }
        if (count == 1 || count == entries - 1)
        {
            var code = First(accepted, entries, set: count == 1);
            Compare.Integers(count == 1 ? CompareOp.Equal : CompareOp.NotEqual, codes, TCode.CreateTruncating(code), rows, mask);
            return;
        }
        for (var row = 0; row < rows;)
        {
            ulong bits = 0;
            var word = row >> 6;
            for (var end = Math.Min(row + 64, rows); row < end; row++)
            {
                var code = int.CreateTruncating(codes[row]);
                bits |= (accepted[code >> 6] >> (code & 63) & 1) << (row & 63);
            }
            mask[word] = bits;
        }
    }

    private static int First(ulong* mask, int rows, bool set)
    {
        for (var word = 0; ; word++)
        {
            var bits = set ? mask[word] : ~mask[word];
            if (bits != 0)
                return Math.Min((word << 6) + BitOperations.TrailingZeroCount(bits), rows - 1);
        }
    }
}
