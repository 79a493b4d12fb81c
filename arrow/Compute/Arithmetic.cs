using System.Numerics;

namespace OmenDb.Arrow.Compute;

/// <summary>+ - * / % and sign on numeric vectors of any kind.</summary>
/// <remarks>Operands have the physical type of the result (casts come before). Decimals: add, subtract and modulo want equal
/// scales, the scales of products and quotients are the caller's business. Results wrap where a flag is set.</remarks>
public static unsafe class Arithmetic
{
    /// <summary>result = left op right, null where an operand is.</summary>
    /// <param name="op">The operator.</param>
    /// <param name="left">At least <paramref name="rows"/> rows.</param>
    /// <param name="right">Likewise.</param>
    /// <param name="rows">Rows to compute.</param>
    /// <param name="type">The type of the result; its physical type is that of the operands.</param>
    /// <param name="result">Neither of the operands.</param>
    /// <returns>Suspicions (see <see cref="ArithmeticFlags"/>); nulls and unselected rows take part in them.</returns>
    public static ArithmeticFlags Evaluate(ArithmeticOp op, Vector left, Vector right, int rows, ArrowType type, Vector result)
    {
        if (left.Physical != type.Physical || right.Physical != type.Physical)
            throw new ArgumentException($"cannot compute {type.Physical} from {left.Physical} and {right.Physical}", nameof(type));
        if (left.IsConstantNull || right.IsConstantNull)
        {
            result.ResetConstant(type, rows, isNull: true);
            return ArithmeticFlags.None;
        }
        if (left.Kind == VectorKind.Constant && right.Kind == VectorKind.Constant)
        {
            result.ResetConstant(type, rows, isNull: false);
            return Dispatch(op, left, right, 1, result.Values);
        }
        if (left.Kind != VectorKind.Constant)
            left = Flatten.ToFlat(left, rows, KernelScratch.LeftOperand);
        if (right.Kind != VectorKind.Constant)
            right = Flatten.ToFlat(right, rows, KernelScratch.RightOperand);
        result.ResetFlat(type, rows);
        var flags = Dispatch(op, left, right, rows, result.Values);
        Nulls.Propagate(left, right, result);
        return flags;
    }

    /// <summary>The flags that really hold: over valid rows in the selection only.</summary>
    public static ArithmeticFlags Recheck(ArithmeticOp op, Vector left, Vector right, int rows, Selection? selection)
    {
        var flags = ArithmeticFlags.None;
        var count = selection is { IsSparse: true } ? selection.Count : rows;
        for (var i = 0; i < count; i++)
        {
            var row = i;
            if (selection is not null)
            {
                if (selection.IsSparse)
                    row = selection.Indices[i];
                else if (!Bits.Get(selection.Mask, i))
                    continue;
            }
            if (!left.IsValid(row) || !right.IsValid(row))
                continue;
            flags |= left.Physical switch
            {
                PhysicalType.Int16 => ScalarArithmetic.Integer(op, left.Get<short>(row), right.Get<short>(row), out _),
                PhysicalType.Int32 => ScalarArithmetic.Integer(op, left.Get<int>(row), right.Get<int>(row), out _),
                PhysicalType.Int64 => ScalarArithmetic.Integer(op, left.Get<long>(row), right.Get<long>(row), out _),
                PhysicalType.Int128 => ScalarArithmetic.Integer(op, left.Get<Int128>(row), right.Get<Int128>(row), out _),
                PhysicalType.Float32 => ScalarArithmetic.Float(op, left.Get<float>(row), right.Get<float>(row), out _),
                _ => ScalarArithmetic.Float(op, left.Get<double>(row), right.Get<double>(row), out _),
            };
        }
        return flags;
    }

    private static ArithmeticFlags Dispatch(ArithmeticOp op, Vector left, Vector right, int rows, byte* result)
    {
        switch (left.Physical)
        {
            case PhysicalType.Int16: return Small(op, left, right, rows, (short*)result);
            case PhysicalType.Int32: return Small(op, left, right, rows, (int*)result);
            case PhysicalType.Int64: return Large(op, left, right, rows, (long*)result);
            case PhysicalType.Int128: return OnlyScalar(op, left, right, rows, (Int128*)result);
            case PhysicalType.Float32: return Floats(op, left, right, rows, (float*)result);
            case PhysicalType.Float64: return Floats(op, left, right, rows, (double*)result);
            default: throw new ArgumentException($"no arithmetic on {left.Physical}", nameof(left));
        }
    }

    private static ArithmeticFlags Small<T>(ArithmeticOp op, Vector left, Vector right, int rows, T* result)
        where T : unmanaged, IBinaryInteger<T> => op switch
        {
            ArithmeticOp.Add => Integers<T, IntAdd<T>>(left, right, rows, result),
            ArithmeticOp.Subtract => Integers<T, IntSubtract<T>>(left, right, rows, result),
            ArithmeticOp.Multiply => Integers<T, IntMultiply<T>>(left, right, rows, result),
            _ => OnlyScalar(op, left, right, rows, result),
        };

    private static ArithmeticFlags Large(ArithmeticOp op, Vector left, Vector right, int rows, long* result) => op switch
    {
        ArithmeticOp.Add => Integers<long, IntAdd<long>>(left, right, rows, result),
        ArithmeticOp.Subtract => Integers<long, IntSubtract<long>>(left, right, rows, result),
        _ => OnlyScalar(op, left, right, rows, result),
    };

    private static ArithmeticFlags OnlyScalar<T>(ArithmeticOp op, Vector left, Vector right, int rows, T* result)
        where T : unmanaged, IBinaryInteger<T> => op switch
        {
            ArithmeticOp.Add => Scalars<T, ScalarAdd<T>>(left, right, rows, result),
            ArithmeticOp.Subtract => Scalars<T, ScalarSubtract<T>>(left, right, rows, result),
            ArithmeticOp.Multiply => Scalars<T, ScalarMultiply<T>>(left, right, rows, result),
            ArithmeticOp.Divide => Scalars<T, ScalarDivide<T>>(left, right, rows, result),
            _ => Scalars<T, ScalarModulo<T>>(left, right, rows, result),
        };

    private static ArithmeticFlags Floats<T>(ArithmeticOp op, Vector left, Vector right, int rows, T* result)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => op switch
        {
            ArithmeticOp.Add => Floats<T, FloatAdd<T>>(left, right, rows, result),
            ArithmeticOp.Subtract => Floats<T, FloatSubtract<T>>(left, right, rows, result),
            ArithmeticOp.Multiply => Floats<T, FloatMultiply<T>>(left, right, rows, result),
            ArithmeticOp.Divide => Floats<T, FloatDivide<T>>(left, right, rows, result),
            _ => Floats<T, FloatModulo<T>>(left, right, rows, result),
        };

    private static ArithmeticFlags Integers<T, TOp>(Vector left, Vector right, int rows, T* result)
        where T : unmanaged, IBinaryInteger<T> where TOp : struct, IIntVectorOp<T>
    {
        if (right.Kind == VectorKind.Constant)
        {
            return ArithmeticLoops.Integers<T, TOp, FlatOperand<T>, ConstantOperand<T>>(
                new((T*)left.Values), new(*(T*)right.Values), result, rows);
        }
        return left.Kind == VectorKind.Constant
            ? ArithmeticLoops.Integers<T, TOp, ConstantOperand<T>, FlatOperand<T>>(new(*(T*)left.Values), new((T*)right.Values), result, rows)
            : ArithmeticLoops.Integers<T, TOp, FlatOperand<T>, FlatOperand<T>>(new((T*)left.Values), new((T*)right.Values), result, rows);
    }

    private static ArithmeticFlags Scalars<T, TOp>(Vector left, Vector right, int rows, T* result)
        where T : unmanaged where TOp : struct, IScalarOp<T>
    {
        if (right.Kind == VectorKind.Constant)
        {
            return ArithmeticLoops.Scalars<T, TOp, FlatOperand<T>, ConstantOperand<T>>(
                new((T*)left.Values), new(*(T*)right.Values), result, rows);
        }
        return left.Kind == VectorKind.Constant
            ? ArithmeticLoops.Scalars<T, TOp, ConstantOperand<T>, FlatOperand<T>>(new(*(T*)left.Values), new((T*)right.Values), result, rows)
            : ArithmeticLoops.Scalars<T, TOp, FlatOperand<T>, FlatOperand<T>>(new((T*)left.Values), new((T*)right.Values), result, rows);
    }

    private static ArithmeticFlags Floats<T, TOp>(Vector left, Vector right, int rows, T* result)
        where T : unmanaged where TOp : struct, IFloatOp<T>
    {
        if (right.Kind == VectorKind.Constant)
        {
            return ArithmeticLoops.Floats<T, TOp, FlatOperand<T>, ConstantOperand<T>>(
                new((T*)left.Values), new(*(T*)right.Values), result, rows);
        }
        return left.Kind == VectorKind.Constant
            ? ArithmeticLoops.Floats<T, TOp, ConstantOperand<T>, FlatOperand<T>>(new(*(T*)left.Values), new((T*)right.Values), result, rows)
            : ArithmeticLoops.Floats<T, TOp, FlatOperand<T>, FlatOperand<T>>(new((T*)left.Values), new((T*)right.Values), result, rows);
    }
}
