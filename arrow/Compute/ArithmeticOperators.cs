using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OmenDb.Arrow.Compute;

/// <summary>An operator on integers in registers: wraps, and reports overflow in the sign bits of an accumulator.</summary>
internal interface IIntVectorOp<T> where T : unmanaged
{
    static abstract Vector256<T> Apply(Vector256<T> left, Vector256<T> right, ref Vector256<T> overflow);
    static abstract T Apply(T left, T right, ref T overflow);
}

internal readonly struct IntAdd<T> : IIntVectorOp<T> where T : unmanaged, IBinaryInteger<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> left, Vector256<T> right, ref Vector256<T> overflow)
    {
        var sum = left + right;
        overflow |= (left ^ sum) & (right ^ sum); // both operands differ in sign from the sum
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right, ref T overflow)
    {
        var sum = unchecked(left + right);
        overflow |= (left ^ sum) & (right ^ sum);
        return sum;
    }
}

internal readonly struct IntSubtract<T> : IIntVectorOp<T> where T : unmanaged, IBinaryInteger<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> left, Vector256<T> right, ref Vector256<T> overflow)
    {
        var difference = left - right;
        overflow |= (left ^ right) & (left ^ difference);
        return difference;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right, ref T overflow)
    {
        var difference = unchecked(left - right);
        overflow |= (left ^ right) & (left ^ difference);
        return difference;
    }
}

/// <summary>16- and 32-bit products: the wide product must be the sign extension of its low half.</summary>
internal readonly struct IntMultiply<T> : IIntVectorOp<T> where T : unmanaged, IBinaryInteger<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> left, Vector256<T> right, ref Vector256<T> overflow)
    {
        if (typeof(T) == typeof(int))
        {
            var (l0, l1) = Vector256.Widen(left.AsInt32());
            var (r0, r1) = Vector256.Widen(right.AsInt32());
            var p0 = l0 * r0;
            var p1 = l1 * r1;
            var product = left.AsInt32() * right.AsInt32();
            var (e0, e1) = Vector256.Widen(product);
            var wrong = ~(Vector256.Equals(p0, e0) & Vector256.Equals(p1, e1));
            overflow |= wrong.As<long, T>();
            return product.As<int, T>();
        }
        else
        {
            var (l0, l1) = Vector256.Widen(left.AsInt16());
            var (r0, r1) = Vector256.Widen(right.AsInt16());
            var product = left.AsInt16() * right.AsInt16();
            var (e0, e1) = Vector256.Widen(product);
            var wrong = ~(Vector256.Equals(l0 * r0, e0) & Vector256.Equals(l1 * r1, e1));
            overflow |= wrong.As<int, T>();
            return product.As<short, T>();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right, ref T overflow)
    {
        var wide = long.CreateTruncating(left) * long.CreateTruncating(right);
        var product = T.CreateTruncating(wide);
        if (long.CreateTruncating(product) != wide)
            overflow |= ~T.Zero;
        return product;
    }
}

/// <summary>An operator on integers one by one: products of 64 bits and more, quotients, and everything on Int128.</summary>
internal interface IScalarOp<T> where T : unmanaged
{
    /// <summary>Wraps (0 for a division by zero) and adds to <paramref name="flags"/>; never throws.</summary>
    static abstract T Apply(T left, T right, ref ArithmeticFlags flags);
}

internal readonly struct ScalarAdd<T> : IScalarOp<T> where T : unmanaged, IBinaryInteger<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right, ref ArithmeticFlags flags)
    {
        var sum = unchecked(left + right);
        if (T.IsNegative((left ^ sum) & (right ^ sum)))
            flags |= ArithmeticFlags.Overflow;
        return sum;
    }
}

internal readonly struct ScalarSubtract<T> : IScalarOp<T> where T : unmanaged, IBinaryInteger<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right, ref ArithmeticFlags flags)
    {
        var difference = unchecked(left - right);
        if (T.IsNegative((left ^ right) & (left ^ difference)))
            flags |= ArithmeticFlags.Overflow;
        return difference;
    }
}

internal readonly struct ScalarMultiply<T> : IScalarOp<T> where T : unmanaged, IBinaryInteger<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right, ref ArithmeticFlags flags)
    {
        if (typeof(T) == typeof(long))
        {
            var high = Math.BigMul(Unsafe.BitCast<T, long>(left), Unsafe.BitCast<T, long>(right), out long low);
            if (high != low >> 63)
                flags |= ArithmeticFlags.Overflow;
            return Unsafe.BitCast<long, T>(low);
        }
        if (typeof(T) == typeof(Int128))
        {
            if (!Wide.TryMultiply(Unsafe.BitCast<T, Int128>(left), Unsafe.BitCast<T, Int128>(right), out var product))
                flags |= ArithmeticFlags.Overflow;
            return Unsafe.BitCast<Int128, T>(product);
        }
        var wide = long.CreateTruncating(left) * long.CreateTruncating(right);
        var narrow = T.CreateTruncating(wide);
        if (long.CreateTruncating(narrow) != wide)
            flags |= ArithmeticFlags.Overflow;
        return narrow;
    }
}

internal readonly struct ScalarDivide<T> : IScalarOp<T> where T : unmanaged, IBinaryInteger<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right, ref ArithmeticFlags flags)
    {
        if (T.IsZero(right))
        {
            flags |= ArithmeticFlags.DivisionByZero;
            return T.Zero;
        }
        if (right == ~T.Zero) // the processor traps on least / -1
        {
            var negated = unchecked(T.Zero - left);
            if (negated == left && !T.IsZero(left))
                flags |= ArithmeticFlags.Overflow;
            return negated;
        }
        if (typeof(T) == typeof(Int128))
            return Unsafe.BitCast<Int128, T>(Wide.Divide(Unsafe.BitCast<T, Int128>(left), Unsafe.BitCast<T, Int128>(right)));
        return left / right;
    }
}

internal readonly struct ScalarModulo<T> : IScalarOp<T> where T : unmanaged, IBinaryInteger<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right, ref ArithmeticFlags flags)
    {
        if (T.IsZero(right))
        {
            flags |= ArithmeticFlags.DivisionByZero;
            return T.Zero;
        }
        return right == ~T.Zero ? T.Zero : left % right; // least % -1 is 0, but the processor traps
    }
}
