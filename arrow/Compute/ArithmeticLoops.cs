using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OmenDb.Arrow.Compute;

/// <summary>Where a loop takes its operand from: an array or one value.</summary>
internal unsafe interface IOperand<T> where T : unmanaged
{
    Vector256<T> Load(int row);
    T At(int row);
}

internal readonly unsafe struct FlatOperand<T>(T* values) : IOperand<T> where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<T> Load(int row) => Vector256.Load(values + row);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T At(int row) => values[row];
}

internal readonly struct ConstantOperand<T>(T value) : IOperand<T> where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<T> Load(int row) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T At(int row) => value;
}

/// <summary>The arithmetic loops. Loads and stores stay inside because a register's worth of rows is left each time.</summary>
internal static unsafe class ArithmeticLoops
{
    public static ArithmeticFlags Integers<T, TOp, TLeft, TRight>(TLeft left, TRight right, T* result, int rows)
        where T : unmanaged, IBinaryInteger<T> where TOp : struct, IIntVectorOp<T>
        where TLeft : struct, IOperand<T> where TRight : struct, IOperand<T>
    {
        var row = 0;
        var overflow = T.Zero;
        if (Vector256.IsHardwareAccelerated)
        {
            var lanes = Vector256<T>.Zero;
            for (; row + Vector256<T>.Count <= rows; row += Vector256<T>.Count)
                TOp.Apply(left.Load(row), right.Load(row), ref lanes).Store(result + row);
            if (lanes.ExtractMostSignificantBits() != 0)
                return ArithmeticFlags.Overflow | Rest(left, right, result, rows, row);
        }
        for (; row < rows; row++)
            result[row] = TOp.Apply(left.At(row), right.At(row), ref overflow);
        return T.IsNegative(overflow) ? ArithmeticFlags.Overflow : ArithmeticFlags.None;

        static ArithmeticFlags Rest(TLeft left, TRight right, T* result, int rows, int row)
        {
            var ignored = T.Zero;
            for (; row < rows; row++)
                result[row] = TOp.Apply(left.At(row), right.At(row), ref ignored);
            return ArithmeticFlags.None;
        }
    }

    public static ArithmeticFlags Scalars<T, TOp, TLeft, TRight>(TLeft left, TRight right, T* result, int rows)
        where T : unmanaged where TOp : struct, IScalarOp<T>
        where TLeft : struct, IOperand<T> where TRight : struct, IOperand<T>
    {
        var flags = ArithmeticFlags.None;
        for (var row = 0; row < rows; row++)
            result[row] = TOp.Apply(left.At(row), right.At(row), ref flags);
        return flags;
    }

    public static ArithmeticFlags Floats<T, TOp, TLeft, TRight>(TLeft left, TRight right, T* result, int rows)
        where T : unmanaged where TOp : struct, IFloatOp<T>
        where TLeft : struct, IOperand<T> where TRight : struct, IOperand<T>
    {
        var row = 0;
        var flags = ArithmeticFlags.None;
        if (Vector256.IsHardwareAccelerated)
        {
            var lanes = Vector256<T>.Zero;
            for (; row + Vector256<T>.Count <= rows; row += Vector256<T>.Count)
                TOp.Apply(left.Load(row), right.Load(row), ref lanes).Store(result + row);
            if (lanes.ExtractMostSignificantBits() != 0)
                row = 0; // rare: do it again one by one, which says exactly what is wrong (and whether)
        }
        for (; row < rows; row++)
            result[row] = TOp.Apply(left.At(row), right.At(row), ref flags);
        return flags;
    }
}
