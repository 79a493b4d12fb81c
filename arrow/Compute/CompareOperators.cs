using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OmenDb.Arrow.Compute;

/// <summary>One comparison, for a pair and for 32 bytes of pairs; the loop around it is written once.
/// Three are enough: the other comparisons are their negations, which the dispatcher applies to the mask.</summary>
internal interface ICompareOp<T> where T : unmanaged
{
    static abstract bool Test(T left, T right);
    static abstract Vector256<T> Test(Vector256<T> left, Vector256<T> right);
}

internal readonly struct IntEqual<T> : ICompareOp<T> where T : unmanaged, IBinaryInteger<T>
{
    public static bool Test(T left, T right) => left == right;
    public static Vector256<T> Test(Vector256<T> left, Vector256<T> right) => Vector256.Equals(left, right);
}

internal readonly struct IntLess<T> : ICompareOp<T> where T : unmanaged, IBinaryInteger<T>
{
    public static bool Test(T left, T right) => left < right;
    public static Vector256<T> Test(Vector256<T> left, Vector256<T> right) => Vector256.LessThan(left, right);
}

internal readonly struct IntGreater<T> : ICompareOp<T> where T : unmanaged, IBinaryInteger<T>
{
    public static bool Test(T left, T right) => left > right;
    public static Vector256<T> Test(Vector256<T> left, Vector256<T> right) => Vector256.GreaterThan(left, right);
}

/// <summary>NaN equals itself.</summary>
internal readonly struct FloatEqual<T> : ICompareOp<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static bool Test(T left, T right) => left == right || (T.IsNaN(left) && T.IsNaN(right));

    public static Vector256<T> Test(Vector256<T> left, Vector256<T> right) =>
        Vector256.Equals(left, right) | ~(Vector256.Equals(left, left) | Vector256.Equals(right, right));
}

/// <summary>NaN is greater than every number.</summary>
internal readonly struct FloatLess<T> : ICompareOp<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static bool Test(T left, T right) => left < right || (T.IsNaN(right) && !T.IsNaN(left));

    public static Vector256<T> Test(Vector256<T> left, Vector256<T> right) =>
        Vector256.LessThan(left, right) | (Vector256.Equals(left, left) & ~Vector256.Equals(right, right));
}

internal readonly struct FloatGreater<T> : ICompareOp<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static bool Test(T left, T right) => FloatLess<T>.Test(right, left);
    public static Vector256<T> Test(Vector256<T> left, Vector256<T> right) => FloatLess<T>.Test(right, left);
}

/// <summary>A three-way comparison of 16-byte values that registers cannot compare in parallel.</summary>
internal interface IOrder16
{
    static abstract int Compare(Int128 left, Int128 right);
}

internal readonly struct Int128Order : IOrder16
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Compare(Int128 left, Int128 right) => left < right ? -1 : left > right ? 1 : 0;
}

/// <summary>uuid: unsigned bytes from the first to the last, which in memory order is a big-endian number.</summary>
internal readonly struct Fixed16Order : IOrder16
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Compare(Int128 left, Int128 right)
    {
        var a = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((ulong)left);
        var b = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((ulong)right);
        if (a == b)
        {
            a = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((ulong)(left >>> 64));
            b = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((ulong)(right >>> 64));
        }
        return a < b ? -1 : a > b ? 1 : 0;
    }
}

/// <summary>PostgreSQL's order of intervals: by length, a month being 30 days and a day 24 hours.</summary>
internal readonly struct IntervalOrder : IOrder16
{
    private const long MicrosecondsPerDay = 86_400_000_000;

    public static int Compare(Int128 left, Int128 right)
    {
        var (leftDays, leftRest) = Normalise(left);
        var (rightDays, rightRest) = Normalise(right);
        return leftDays != rightDays ? leftDays.CompareTo(rightDays) : leftRest.CompareTo(rightRest);
    }

    /// <summary>Whole days, and 0 to 24 h of microseconds: equal for intervals that compare equal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (long Days, long Microseconds) Normalise(Int128 interval)
    {
        var low = (ulong)interval;
        var microseconds = (long)(ulong)(interval >>> 64);
        var days = microseconds / MicrosecondsPerDay;
        var rest = microseconds - days * MicrosecondsPerDay;
        if (rest < 0)
        {
            rest += MicrosecondsPerDay;
            days--;
        }
        return ((int)(uint)low * 30L + (int)(uint)(low >> 32) + days, rest);
    }
}
