using System.Numerics;

namespace OmenDb.Arrow.Compute;

/// <summary>Between the fixed-width numeric physical types and Bool. Scales of decimals are not looked at: see <see cref="Decimals"/>.</summary>
/// <remarks>Floats become integers by rounding half to even, as PostgreSQL does; NaN and what does not fit is an overflow.</remarks>
public static unsafe class Cast
{
    /// <param name="source">Bool, Int8/16/32/64/128, Float32/64, of any kind.</param>
    /// <param name="type">The target; its physical type decides.</param>
    /// <param name="rows">Rows to cast.</param>
    /// <param name="result">Not the source. Narrow stays narrow when all its possible values fit.</param>
    /// <returns>Suspicions: nulls and unselected rows take part; see <see cref="Recheck"/>.</returns>
    public static ArithmeticFlags Evaluate(Vector source, ArrowType type, int rows, Vector result)
    {
        if (source.IsConstantNull)
        {
            result.ResetConstant(type, rows, isNull: true);
            return ArithmeticFlags.None;
        }
        var target = type.Physical;
        if (source.Physical == target || (source.Kind == VectorKind.Narrow && NarrowFits(source, target)))
        {
            result.Reference(source);
            result.Type = type;
            result.Physical = target;
            result.Length = rows;
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
            flat = Flatten.ToFlat(source, rows, KernelScratch.CastOperand);
            result.ResetFlat(type, rows);
        }
        var fits = Convert(flat, result, count);
        if (source.Kind != VectorKind.Constant)
            Nulls.Propagate(source, result);
        return fits ? ArithmeticFlags.None : ArithmeticFlags.Overflow;
    }

    /// <summary>The flags over valid, selected rows only.</summary>
    public static ArithmeticFlags Recheck(Vector source, ArrowType type, int rows, Selection? selection)
    {
        var one = KernelScratch.Vector(KernelScratch.LeftOperand);
        var target = KernelScratch.Vector(KernelScratch.RightOperand);
        for (var row = 0; row < rows; row++)
        {
            if (!source.IsValid(row) || !RowFilter.Contains(selection, row))
                continue;
            Constants.SetFromRow(one, source, row, 1);
            target.ResetFlat(type, 1);
            if (!Convert(one, target, 1))
                return ArithmeticFlags.Overflow;
        }
        return ArithmeticFlags.None;
    }

    private static bool NarrowFits(Vector source, PhysicalType target)
    {
        if (source.CodeWidth == sizeof(long))
            return false; // only of Int128, and nothing is wider
        var least = (Int128)source.Base;
        var most = least + source.CodeWidth switch { 1 => byte.MaxValue, 2 => ushort.MaxValue, _ => uint.MaxValue };
        return target switch
        {
            PhysicalType.Int16 => least >= short.MinValue && most <= short.MaxValue,
            PhysicalType.Int32 => least >= int.MinValue && most <= int.MaxValue,
            PhysicalType.Int64 => most <= long.MaxValue,
            PhysicalType.Int128 => source.Physical != PhysicalType.Int128,
            _ => false,
        };
    }

    private static bool Convert(Vector source, Vector result, int rows)
    {
        if (source.Physical == PhysicalType.Bool)
            return FromBool((ulong*)source.Values, result, rows);
        if (result.Physical == PhysicalType.Bool)
            return ToBool(source, (ulong*)result.Values, rows);
        return source.Physical switch
        {
            PhysicalType.Int8 => FromInteger((sbyte*)source.Values, result, rows),
            PhysicalType.Int16 => FromInteger((short*)source.Values, result, rows),
            PhysicalType.Int32 => FromInteger((int*)source.Values, result, rows),
            PhysicalType.Int64 => FromInteger((long*)source.Values, result, rows),
            PhysicalType.Int128 => FromInteger((Int128*)source.Values, result, rows),
            PhysicalType.Float32 => FromFloat((float*)source.Values, result, rows),
            PhysicalType.Float64 => FromFloat((double*)source.Values, result, rows),
            _ => throw Unknown(source.Physical, result.Physical),
        };
    }

    private static bool FromInteger<T>(T* source, Vector result, int rows) where T : unmanaged, IBinaryInteger<T> => result.Physical switch
    {
        PhysicalType.Int8 => Integers(source, (sbyte*)result.Values, rows),
        PhysicalType.Int16 => Integers(source, (short*)result.Values, rows),
        PhysicalType.Int32 => Integers(source, (int*)result.Values, rows),
        PhysicalType.Int64 => Integers(source, (long*)result.Values, rows),
        PhysicalType.Int128 => Integers(source, (Int128*)result.Values, rows),
        PhysicalType.Float32 => ToFloats(source, (float*)result.Values, rows),
        PhysicalType.Float64 => ToFloats(source, (double*)result.Values, rows),
        _ => throw Unknown(PhysicalType.Int64, result.Physical),
    };

    private static bool Integers<TFrom, TTo>(TFrom* source, TTo* target, int rows)
        where TFrom : unmanaged, IBinaryInteger<TFrom> where TTo : unmanaged, IBinaryInteger<TTo>
    {
        var fits = true;
        for (var row = 0; row < rows; row++)
        {
            var value = TTo.CreateTruncating(source[row]);
            target[row] = value;
            fits &= TFrom.CreateTruncating(value) == source[row]; // both signed: the way back is exact only in range
        }
        return fits;
    }

    private static bool ToFloats<TFrom, TTo>(TFrom* source, TTo* target, int rows)
        where TFrom : unmanaged, IBinaryInteger<TFrom> where TTo : unmanaged, IBinaryFloatingPointIeee754<TTo>
    {
        for (var row = 0; row < rows; row++)
            target[row] = TTo.CreateTruncating(source[row]);
        return true;
    }

    private static bool FromFloat<T>(T* source, Vector result, int rows) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        switch (result.Physical)
        {
            case PhysicalType.Int8: return FloatToInteger(source, (sbyte*)result.Values, rows, 128d);
            case PhysicalType.Int16: return FloatToInteger(source, (short*)result.Values, rows, 32768d);
            case PhysicalType.Int32: return FloatToInteger(source, (int*)result.Values, rows, 2147483648d);
            case PhysicalType.Int64: return FloatToInteger(source, (long*)result.Values, rows, 9223372036854775808d);
            case PhysicalType.Int128: return FloatToInteger(source, (Int128*)result.Values, rows, 170141183460469231731687303715884105728d);
            case PhysicalType.Float32: return FloatToFloat(source, (float*)result.Values, rows);
            case PhysicalType.Float64: return FloatToFloat(source, (double*)result.Values, rows);
            default: throw Unknown(PhysicalType.Float64, result.Physical);
        }
    }

    /// <summary>Values in [-bound, bound) fit; the bound is 2^(bits - 1).</summary>
    private static bool FloatToInteger<TFrom, TTo>(TFrom* source, TTo* target, int rows, double bound)
        where TFrom : unmanaged, IBinaryFloatingPointIeee754<TFrom> where TTo : unmanaged, IBinaryInteger<TTo>
    {
        var fits = true;
        for (var row = 0; row < rows; row++)
        {
            var value = Math.Round(double.CreateTruncating(source[row])); // half to even
            var inside = value >= -bound && value < bound; // false for NaN
            target[row] = inside ? TTo.CreateTruncating(value) : TTo.Zero;
            fits &= inside;
        }
        return fits;
    }

    private static bool FloatToFloat<TFrom, TTo>(TFrom* source, TTo* target, int rows)
        where TFrom : unmanaged, IBinaryFloatingPointIeee754<TFrom> where TTo : unmanaged, IBinaryFloatingPointIeee754<TTo>
    {
        var fits = true;
        for (var row = 0; row < rows; row++)
        {
            var value = TTo.CreateTruncating(source[row]);
            target[row] = value;
            fits &= TTo.IsInfinity(value) == TFrom.IsInfinity(source[row]) && TTo.IsZero(value) == TFrom.IsZero(source[row]);
        }
        return fits;
    }

    private static bool FromBool(ulong* source, Vector result, int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            var bit = Bits.Get(source, row);
            switch (result.Physical)
            {
                case PhysicalType.Int8: ((sbyte*)result.Values)[row] = bit ? (sbyte)1 : (sbyte)0; break;
                case PhysicalType.Int16: ((short*)result.Values)[row] = bit ? (short)1 : (short)0; break;
                case PhysicalType.Int32: ((int*)result.Values)[row] = bit ? 1 : 0; break;
                case PhysicalType.Int64: ((long*)result.Values)[row] = bit ? 1 : 0; break;
                case PhysicalType.Int128: ((Int128*)result.Values)[row] = bit ? 1 : 0; break;
                case PhysicalType.Float32: ((float*)result.Values)[row] = bit ? 1 : 0; break;
                case PhysicalType.Float64: ((double*)result.Values)[row] = bit ? 1 : 0; break;
                default: throw Unknown(PhysicalType.Bool, result.Physical);
            }
        }
        return true;
    }

    private static bool ToBool(Vector source, ulong* target, int rows)
    {
        new Span<ulong>(target, Math.Max(1, Bits.WordsFor(rows))).Clear();
        for (var row = 0; row < rows; row++)
        {
            var set = source.Physical switch
            {
                PhysicalType.Int8 => ((sbyte*)source.Values)[row] != 0,
                PhysicalType.Int16 => ((short*)source.Values)[row] != 0,
                PhysicalType.Int32 => ((int*)source.Values)[row] != 0,
                PhysicalType.Int64 => ((long*)source.Values)[row] != 0,
                PhysicalType.Int128 => ((Int128*)source.Values)[row] != 0,
                PhysicalType.Float32 => ((float*)source.Values)[row] != 0,
                PhysicalType.Float64 => ((double*)source.Values)[row] != 0,
                _ => throw Unknown(source.Physical, PhysicalType.Bool),
            };
            if (set)
                Bits.Set(target, row);
        }
        return true;
    }

    private static ArgumentException Unknown(PhysicalType from, PhysicalType to) => new($"no cast kernel from {from} to {to}");
}
