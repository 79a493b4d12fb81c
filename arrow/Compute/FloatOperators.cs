using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OmenDb.Arrow.Compute;

/// <summary>An operator on floats with PostgreSQL's error rules (float.h): infinity from finite operands is an overflow, zero from
/// operands that are not zero an underflow. In registers only the suspicion is collected: lanes of ones in an accumulator.</summary>
internal interface IFloatOp<T> where T : unmanaged
{
    static abstract Vector256<T> Apply(Vector256<T> left, Vector256<T> right, ref Vector256<T> suspect);
    static abstract T Apply(T left, T right, ref ArithmeticFlags flags);
}

internal static class FloatLanes
{
    /// <summary>Ones where the result is infinite: with a finite operand that may be an overflow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Infinite<T>(Vector256<T> value) where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        Vector256.Equals(Vector256.Abs(value), Vector256.Create(T.PositiveInfinity));
}

internal readonly struct FloatAdd<T> : IFloatOp<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> left, Vector256<T> right, ref Vector256<T> suspect)
    {
        var sum = left + right;
        suspect |= FloatLanes.Infinite(sum);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right, ref ArithmeticFlags flags)
    {
        var sum = left + right;
        if (T.IsInfinity(sum) && !T.IsInfinity(left) && !T.IsInfinity(right))
            flags |= ArithmeticFlags.Overflow;
        return sum;
    }
}

internal readonly struct FloatSubtract<T> : IFloatOp<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> left, Vector256<T> right, ref Vector256<T> suspect)
    {
        var difference = left - right;
        suspect |= FloatLanes.Infinite(difference);
        return difference;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right, ref ArithmeticFlags flags)
    {
        var difference = left - right;
        if (T.IsInfinity(difference) && !T.IsInfinity(left) && !T.IsInfinity(right))
            flags |= ArithmeticFlags.Overflow;
        return difference;
    }
}

internal readonly struct FloatMultiply<T> : IFloatOp<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> left, Vector256<T> right, ref Vector256<T> suspect)
    {
        var product = left * right;
        // zero without a zero operand
        var vanished = Vector256.Equals(product, Vector256<T>.Zero)
            & ~(Vector256.Equals(left, Vector256<T>.Zero) | Vector256.Equals(right, Vector256<T>.Zero));
        suspect |= FloatLanes.Infinite(product) | vanished;
        return product;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right, ref ArithmeticFlags flags)
    {
        var product = left * right;
        if (T.IsInfinity(product) && !T.IsInfinity(left) && !T.IsInfinity(right))
            flags |= ArithmeticFlags.Overflow;
        if (T.IsZero(product) && !T.IsZero(left) && !T.IsZero(right))
            flags |= ArithmeticFlags.Underflow;
        return product;
    }
}

internal readonly struct FloatDivide<T> : IFloatOp<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> left, Vector256<T> right, ref Vector256<T> suspect)
    {
        var quotient = left / right;
        var vanished = Vector256.Equals(quotient, Vector256<T>.Zero) & ~Vector256.Equals(left, Vector256<T>.Zero);
        suspect |= FloatLanes.Infinite(quotient) | vanished | Vector256.Equals(right, Vector256<T>.Zero);
        return quotient;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right, ref ArithmeticFlags flags)
    {
        var quotient = left / right;
        if (T.IsZero(right))
        {
            if (!T.IsNaN(left))
                flags |= ArithmeticFlags.DivisionByZero;
        }
        else
        {
            if (T.IsInfinity(quotient) && !T.IsInfinity(left))
                flags |= ArithmeticFlags.Overflow;
            if (T.IsZero(quotient) && !T.IsZero(left) && !T.IsInfinity(right))
                flags |= ArithmeticFlags.Underflow;
        }
        return quotient;
    }
}

internal readonly struct FloatModulo<T> : IFloatOp<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static Vector256<T> Apply(Vector256<T> left, Vector256<T> right, ref Vector256<T> suspect)
    {
        Span<T> result = stackalloc T[Vector256<T>.Count];
        var flags = ArithmeticFlags.None;
        for (var i = 0; i < result.Length; i++)
            result[i] = Apply(left[i], right[i], ref flags);
        if (flags != ArithmeticFlags.None)
            suspect = Vector256<T>.AllBitsSet;
        return Vector256.Create<T>(result);
    }

    public static T Apply(T left, T right, ref ArithmeticFlags flags)
    {
        if (T.IsZero(right) && !T.IsNaN(left))
            flags |= ArithmeticFlags.DivisionByZero;
        return left % right;
    }
}
