using System.Numerics;

namespace OmenDb.Arrow.Compute;

/// <summary>Sign operators on numeric vectors of any kind; flags as in <see cref="Arithmetic"/>.</summary>
public static unsafe class UnaryArithmetic
{
    public static ArithmeticFlags Negate(Vector operand, int rows, Vector result) => Evaluate(operand, rows, result, absolute: false);

    public static ArithmeticFlags Abs(Vector operand, int rows, Vector result) => Evaluate(operand, rows, result, absolute: true);

    /// <summary>The flags over valid, selected rows only.</summary>
    public static ArithmeticFlags Recheck(Vector operand, int rows, Selection? selection)
    {
        // The least integer is the only value without a negation.
        for (var row = 0; row < rows; row++)
        {
            if (!operand.IsValid(row) || !RowFilter.Contains(selection, row))
                continue;
            var least = operand.Physical switch
            {
                PhysicalType.Int16 => operand.Get<short>(row) == short.MinValue,
                PhysicalType.Int32 => operand.Get<int>(row) == int.MinValue,
                PhysicalType.Int64 => operand.Get<long>(row) == long.MinValue,
                PhysicalType.Int128 => operand.Get<Int128>(row) == Int128.MinValue,
                _ => false,
            };
            if (least)
                return ArithmeticFlags.Overflow;
        }
        return ArithmeticFlags.None;
    }

    private static ArithmeticFlags Evaluate(Vector operand, int rows, Vector result, bool absolute)
    {
        if (operand.IsConstantNull)
        {
            result.ResetConstant(operand.Type, rows, isNull: true);
            return ArithmeticFlags.None;
        }
        var count = rows;
        var source = operand;
        if (operand.Kind == VectorKind.Constant)
        {
            result.ResetConstant(operand.Type, rows, isNull: false);
            count = 1;
        }
        else
        {
            source = Flatten.ToFlat(operand, rows, KernelScratch.LeftOperand);
            result.ResetFlat(operand.Type, rows);
        }
        var overflow = operand.Physical switch
        {
            PhysicalType.Int16 => Integers((short*)source.Values, (short*)result.Values, count, absolute),
            PhysicalType.Int32 => Integers((int*)source.Values, (int*)result.Values, count, absolute),
            PhysicalType.Int64 => Integers((long*)source.Values, (long*)result.Values, count, absolute),
            PhysicalType.Int128 => Integers((Int128*)source.Values, (Int128*)result.Values, count, absolute),
            PhysicalType.Float32 => Floats((float*)source.Values, (float*)result.Values, count, absolute),
            PhysicalType.Float64 => Floats((double*)source.Values, (double*)result.Values, count, absolute),
            _ => throw new ArgumentException($"no arithmetic on {operand.Physical}", nameof(operand)),
        };
        if (operand.Kind != VectorKind.Constant)
            Nulls.Propagate(operand, result);
        return overflow ? ArithmeticFlags.Overflow : ArithmeticFlags.None;
    }

    private static bool Integers<T>(T* source, T* target, int rows, bool absolute) where T : unmanaged, IBinaryInteger<T>
    {
        var overflow = T.Zero;
        for (var row = 0; row < rows; row++)
        {
            var value = source[row];
            var negated = unchecked(T.Zero - value);
            var flip = !absolute || T.IsNegative(value);
            target[row] = flip ? negated : value;
            overflow |= value & negated; // both negative: the least value
        }
        return T.IsNegative(overflow);
    }

    private static bool Floats<T>(T* source, T* target, int rows, bool absolute) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var row = 0; row < rows; row++)
            target[row] = absolute ? T.Abs(source[row]) : -source[row];
        return false;
    }
}

/// <summary>Membership of single rows in an optional selection, for the rare re-checks.</summary>
internal static unsafe class RowFilter
{
    public static bool Contains(Selection? selection, int row)
    {
        if (selection is null)
            return true;
        return selection.IsSparse
            ? new ReadOnlySpan<int>(selection.Indices, selection.Count).BinarySearch(row) >= 0
            : Bits.Get(selection.Mask, row);
    }
}
