using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OmenDb.Arrow.Compute;

/// <summary>The comparison loops: masks out, one whole word per turn, nulls not looked at.</summary>
internal static unsafe class CompareLoops
{
    /// <summary>Bit i = values[i] op constant.</summary>
    /// <param name="values"><paramref name="rows"/> values.</param>
    /// <param name="constant">The right side.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="mask">⌈rows/64⌉ words; zeros past the last row.</param>
    public static void AgainstConstant<T, TOp>(T* values, T constant, int rows, ulong* mask)
        where T : unmanaged where TOp : struct, ICompareOp<T>
    {
        var row = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var right = Vector256.Create(constant);
            for (; row + 64 <= rows; row += 64)
            {
                ulong bits = 0;
                for (var lane = 0; lane < 64; lane += Vector256<T>.Count) // row + 64 <= rows keeps the loads inside
                    bits |= (ulong)TOp.Test(Vector256.Load(values + row + lane), right).ExtractMostSignificantBits() << lane;
                mask[row >> 6] = bits;
            }
        }
        while (row < rows) // the tail, other machines, and the reference of the property test
        {
            ulong bits = 0;
            var word = row >> 6;
            for (var end = Math.Min(row + 64, rows); row < end; row++)
                bits |= (TOp.Test(values[row], constant) ? 1UL : 0UL) << (row & 63);
            mask[word] = bits;
        }
    }

    /// <summary>Bit i = left[i] op right[i].</summary>
    public static void Pairwise<T, TOp>(T* left, T* right, int rows, ulong* mask)
        where T : unmanaged where TOp : struct, ICompareOp<T>
    {
        var row = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; row + 64 <= rows; row += 64)
            {
                ulong bits = 0;
                for (var lane = 0; lane < 64; lane += Vector256<T>.Count)
                {
                    var test = TOp.Test(Vector256.Load(left + row + lane), Vector256.Load(right + row + lane));
                    bits |= (ulong)test.ExtractMostSignificantBits() << lane;
                }
                mask[row >> 6] = bits;
            }
        }
        while (row < rows)
        {
            ulong bits = 0;
            var word = row >> 6;
            for (var end = Math.Min(row + 64, rows); row < end; row++)
                bits |= (TOp.Test(left[row], right[row]) ? 1UL : 0UL) << (row & 63);
            mask[word] = bits;
        }
    }

    /// <summary>16-byte values; <paramref name="rightStep"/> 0 repeats one right side, 1 walks along.</summary>
    public static void Wide<TOrder>(CompareOp op, Int128* left, Int128* right, int rightStep, int rows, ulong* mask)
        where TOrder : struct, IOrder16
    {
        // The accepted signs as bits (-1, 0, 1 -> bit 0, 1, 2): no switch inside the loop.
        var accepted = Accepted(op);
        for (var row = 0; row < rows;)
        {
            ulong bits = 0;
            var word = row >> 6;
            for (var end = Math.Min(row + 64, rows); row < end; row++)
                bits |= (ulong)(accepted >> (TOrder.Compare(left[row], right[row * rightStep]) + 1) & 1) << (row & 63);
            mask[word] = bits;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Accepted(CompareOp op) => op switch
    {
        CompareOp.Equal => 0b010,
        CompareOp.NotEqual => 0b101,
        CompareOp.Less => 0b001,
        CompareOp.LessOrEqual => 0b011,
        CompareOp.Greater => 0b100,
        _ => 0b110,
    };
}
