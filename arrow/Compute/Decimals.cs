namespace OmenDb.Arrow.Compute;

/// <summary>Decimals of 64 and 128 bits: products and sums that widen, and changes of scale.</summary>
public static unsafe class Decimals
{
    /// <summary>Int64 op Int64 -> Int128: never overflows.</summary>
    /// <param name="op">Add, Subtract or Multiply.</param>
    /// <param name="left">Decimal64 or any Int64, of any kind.</param>
    /// <param name="right">Likewise.</param>
    /// <param name="rows">Rows to compute.</param>
    /// <param name="type">Decimal128 of whatever precision and scale the caller derived.</param>
    /// <param name="result">Neither of the operands.</param>
    public static void Widening(ArithmeticOp op, Vector left, Vector right, int rows, ArrowType type, Vector result)
    {
        if (left.Physical != PhysicalType.Int64 || right.Physical != PhysicalType.Int64 || type.Physical != PhysicalType.Int128)
            throw new ArgumentException("widening arithmetic goes from Int64 to Int128", nameof(type));
        if (left.IsConstantNull || right.IsConstantNull)
        {
            result.ResetConstant(type, rows, isNull: true);
            return;
        }
        var leftStep = left.Kind == VectorKind.Constant ? 0 : 1;
        var rightStep = right.Kind == VectorKind.Constant ? 0 : 1;
        var count = rows;
        if (leftStep + rightStep == 0)
        {
            result.ResetConstant(type, rows, isNull: false);
            count = 1;
        }
        else
        {
            result.ResetFlat(type, rows);
        }
        var a = (long*)(leftStep == 0 ? left : Flatten.ToFlat(left, rows, KernelScratch.LeftOperand)).Values;
        var b = (long*)(rightStep == 0 ? right : Flatten.ToFlat(right, rows, KernelScratch.RightOperand)).Values;
        var target = (Int128*)result.Values;
        switch (op)
        {
            case ArithmeticOp.Multiply:
                for (var row = 0; row < count; row++)
                    target[row] = Wide.Multiply(a[row * leftStep], b[row * rightStep]);
                break;
            case ArithmeticOp.Add:
                for (var row = 0; row < count; row++)
                    target[row] = (Int128)a[row * leftStep] + b[row * rightStep];
                break;
            case ArithmeticOp.Subtract:
                for (var row = 0; row < count; row++)
                    target[row] = (Int128)a[row * leftStep] - b[row * rightStep];
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(op), op, "only sums and products widen");
        }
        if (count == rows && result.Kind == VectorKind.Flat)
            Nulls.Propagate(left, right, result);
    }

    /// <summary>Gives decimals (or integers, scale 0) another scale and width; a lost half rounds away from zero.</summary>
    /// <param name="source">Int16, Int32, Int64 or Int128, of any kind.</param>
    /// <param name="fromScale">Digits after the point now.</param>
    /// <param name="toScale">Digits after the point then.</param>
    /// <param name="type">Physical Int64 or Int128; when its precision is not 0, values of more digits are overflows.</param>
    /// <param name="rows">Rows to compute.</param>
    /// <param name="result">Not the source.</param>
    /// <returns>Overflow as a suspicion: nulls and unselected rows take part; see <see cref="RecheckRescale"/>.</returns>
    public static ArithmeticFlags Rescale(Vector source, int fromScale, int toScale, ArrowType type, int rows, Vector result)
    {
        if (source.IsConstantNull)
        {
            result.ResetConstant(type, rows, isNull: true);
            return ArithmeticFlags.None;
        }
        var count = rows;
        var flat = source;
        if (source.Kind == VectorKind.Constant)
        {
            result.ResetConstant(type, rows, isNull: false);
            count = 1;
        }
        else
        {
            flat = Flatten.ToFlat(source, rows, KernelScratch.LeftOperand);
            result.ResetFlat(type, rows);
        }
        var digits = toScale - fromScale;
        var limit = Limit(type);
        var overflow = false;
        if (source.Physical == PhysicalType.Int64 && type.Physical == PhysicalType.Int64 && digits is > -19 and < 19)
        {
            overflow = Rescale64((long*)flat.Values, digits, limit > long.MaxValue ? long.MaxValue : (long)limit, count, (long*)result.Values);
        }
        else
        {
            for (var row = 0; row < count; row++)
            {
                var fits = Wide.TryRescale(Read(flat, row), digits, out var value) && value <= limit && value >= -limit;
                overflow |= !fits;
                if (type.Physical == PhysicalType.Int64)
                    ((long*)result.Values)[row] = (long)(ulong)value;
                else
                    ((Int128*)result.Values)[row] = value;
            }
        }
        if (source.Kind != VectorKind.Constant)
            Nulls.Propagate(source, result);
        return overflow ? ArithmeticFlags.Overflow : ArithmeticFlags.None;
    }

    /// <summary>Whether a valid, selected row really overflows in <see cref="Rescale"/>.</summary>
    public static ArithmeticFlags RecheckRescale(Vector source, int fromScale, int toScale, ArrowType type, int rows, Selection? selection)
    {
        var limit = Limit(type);
        for (var row = 0; row < rows; row++)
        {
            if (!source.IsValid(row) || !RowFilter.Contains(selection, row))
                continue;
            if (!Wide.TryRescale(ReadAny(source, row), toScale - fromScale, out var value) || value > limit || value < -limit)
                return ArithmeticFlags.Overflow;
        }
        return ArithmeticFlags.None;
    }

    /// <summary>Whether a valid, selected row has more digits than the type's precision: the check after arithmetic that widened.</summary>
    public static ArithmeticFlags CheckPrecision(Vector values, ArrowType type, int rows, Selection? selection) =>
        RecheckRescale(values, 0, 0, type, rows, selection);

    /// <summary>The greatest magnitude of the type: all nines when it has a precision.</summary>
    private static Int128 Limit(ArrowType type)
    {
        var widest = type.Physical switch
        {
            PhysicalType.Int64 => long.MaxValue,
            PhysicalType.Int128 => Int128.MaxValue,
            _ => throw new ArgumentException($"decimals are not kept as {type.Physical}", nameof(type)),
        };
        return type.Precision == 0 ? widest : Int128.Min(widest, Wide.PowerOfTen(Math.Min(type.Precision, (byte)38)) - 1);
    }

    private static bool Rescale64(long* source, int digits, long limit, int rows, long* target)
    {
        var overflow = false;
        if (digits >= 0)
        {
            var factor = (long)Wide.PowerOfTen(digits);
            for (var row = 0; row < rows; row++)
            {
                var high = Math.BigMul(source[row], factor, out long low);
                target[row] = low;
                overflow |= high != low >> 63 || low > limit || low < -limit;
            }
            return overflow;
        }
        var divisor = (long)Wide.PowerOfTen(-digits);
        for (var row = 0; row < rows; row++)
        {
            var value = Wide.DivideRounded(source[row], divisor);
            target[row] = value;
            overflow |= value > limit || value < -limit;
        }
        return overflow;
    }

    private static Int128 Read(Vector flat, int row) => flat.Physical switch
    {
        PhysicalType.Int16 => ((short*)flat.Values)[row],
        PhysicalType.Int32 => ((int*)flat.Values)[row],
        PhysicalType.Int64 => ((long*)flat.Values)[row],
        PhysicalType.Int128 => ((Int128*)flat.Values)[row],
        _ => throw new ArgumentException($"{flat.Physical} is no integer", nameof(flat)),
    };

    private static Int128 ReadAny(Vector vector, int row) => vector.Physical switch
    {
        PhysicalType.Int16 => vector.Get<short>(row),
        PhysicalType.Int32 => vector.Get<int>(row),
        PhysicalType.Int64 => vector.Get<long>(row),
        PhysicalType.Int128 => vector.Get<Int128>(row),
        _ => throw new ArgumentException($"{vector.Physical} is no integer", nameof(vector)),
    };
}
