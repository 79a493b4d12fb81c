using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace OmenDb.Arrow.Compute;

/// <summary>Bytewise comparison of views: length and first four bytes decide most pairs without touching the strings.</summary>
public static unsafe class CompareViews
{
    /// <summary>The sign of the bytewise comparison; a prefix comes before the longer string.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Compare(View* left, byte** leftBuffers, View* right, byte** rightBuffers)
    {
        var leftPrefix = (uint)(left->Low >> 32);
        var rightPrefix = (uint)(right->Low >> 32);
        // The prefix is zero-padded, and zero is the least byte: unequal prefixes decide.
        if (leftPrefix != rightPrefix)
            return BinaryPrimitives.ReverseEndianness(leftPrefix) < BinaryPrimitives.ReverseEndianness(rightPrefix) ? -1 : 1;
        return CompareRest(left, leftBuffers, right, rightBuffers);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Equal(View* left, byte** leftBuffers, View* right, byte** rightBuffers)
    {
        if (left->Low != right->Low) // length or prefix differ
            return false;
        if (left->High == right->High && (left->IsInline || leftBuffers == rightBuffers))
            return true;
        return !left->IsInline && View.Bytes(left, leftBuffers).SequenceEqual(View.Bytes(right, rightBuffers));
    }

    private static int CompareRest(View* left, byte** leftBuffers, View* right, byte** rightBuffers)
    {
        var order = View.Bytes(left, leftBuffers).SequenceCompareTo(View.Bytes(right, rightBuffers));
        return order < 0 ? -1 : order > 0 ? 1 : 0;
    }

    /// <summary>Bit i = left[i] op right[i * rightStep]; zeros past the last row.</summary>
    internal static void Loop(
        CompareOp op, View* left, byte** leftBuffers, View* right, byte** rightBuffers, int rightStep, int rows, ulong* mask)
    {
        if (op is CompareOp.Equal or CompareOp.NotEqual)
        {
            if (rightStep == 0 && right->IsInline)
                EqualToInline(left, *right, rows, mask);
            else
                EqualLoop(left, leftBuffers, right, rightBuffers, rightStep, rows, mask);
            if (op == CompareOp.NotEqual)
                Bits.Not(mask, mask, rows);
            return;
        }
        var accepted = CompareLoops.Accepted(op);
        for (var row = 0; row < rows;)
        {
            ulong bits = 0;
            var word = row >> 6;
            for (var end = Math.Min(row + 64, rows); row < end; row++)
            {
                var order = Compare(left + row, leftBuffers, right + row * rightStep, rightBuffers);
                bits |= (ulong)(accepted >> (order + 1) & 1) << (row & 63);
            }
            mask[word] = bits;
        }
    }

    /// <summary>A short constant: 16 bytes equal or not, no branches.</summary>
    private static void EqualToInline(View* left, View right, int rows, ulong* mask)
    {
        for (var row = 0; row < rows;)
        {
            ulong bits = 0;
            var word = row >> 6;
            for (var end = Math.Min(row + 64, rows); row < end; row++)
            {
                var difference = (left[row].Low ^ right.Low) | (left[row].High ^ right.High);
                bits |= (difference == 0 ? 1UL : 0UL) << (row & 63);
            }
            mask[word] = bits;
        }
    }

    private static void EqualLoop(View* left, byte** leftBuffers, View* right, byte** rightBuffers, int rightStep, int rows, ulong* mask)
    {
        for (var row = 0; row < rows;)
        {
            ulong bits = 0;
            var word = row >> 6;
            for (var end = Math.Min(row + 64, rows); row < end; row++)
                bits |= (Equal(left + row, leftBuffers, right + row * rightStep, rightBuffers) ? 1UL : 0UL) << (row & 63);
            mask[word] = bits;
        }
    }
}
