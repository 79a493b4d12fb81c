using System.Numerics;
using System.Runtime.Intrinsics;

namespace OmenDb.Arrow.Compute;

/// <summary>Sum, min, max and count over one vector under its validity and an optional selection mask.</summary>
public static unsafe class Aggregate
{
    /// <summary>Rows that are valid and selected.</summary>
    /// <param name="vector">Of any kind.</param>
    /// <param name="rows">Rows to look at.</param>
    /// <param name="mask">Null: all rows; otherwise zeros past the last row.</param>
    public static int Count(Vector vector, int rows, ulong* mask)
    {
        if (vector.IsConstantNull)
            return 0;
        var effective = Effective(vector, rows, mask);
        return effective == null ? rows : Bits.PopCount(effective, rows);
    }

    /// <summary>Adds the valid, selected integers (Int8 to Int128, decimals) to <paramref name="sum"/>; narrow vectors sum their offsets.</summary>
    /// <param name="vector">Integers of any kind.</param>
    /// <param name="rows">Rows to look at.</param>
    /// <param name="mask">Null: all rows.</param>
    /// <param name="sum">Grows; wraps on overflow.</param>
    /// <param name="overflow">Set (never cleared) when 128 bits do not hold the sum: only Int128 input can do that.</param>
    /// <returns>How many rows took part.</returns>
    public static int SumIntegers(Vector vector, int rows, ulong* mask, ref Int128 sum, ref bool overflow)
    {
        if (vector.IsConstantNull)
            return 0;
        var effective = Effective(vector, rows, mask);
        var count = effective == null ? rows : Bits.PopCount(effective, rows);
        if (count == 0)
            return 0;
        Int128 part;
        if (vector.Kind == VectorKind.Constant)
        {
            var one = Integer(vector, 0);
            overflow |= !Wide.TryMultiply(one, count, out part);
        }
        else if (vector.Kind == VectorKind.Narrow)
        {
            part = vector.CodeWidth switch
            {
                1 => MaskedSum.Bytes(vector.Values, rows, effective),
                2 => MaskedSum.UShorts((ushort*)vector.Values, rows, effective),
                8 => MaskedSum.Longs((long*)vector.Values, rows, effective),
                _ => MaskedSum.UInts((uint*)vector.Values, rows, effective),
            };
            part += Wide.Multiply(vector.Base, count);
        }
        else
        {
            var flat = Flatten.ToFlat(vector, rows, KernelScratch.LeftOperand);
            switch (vector.Physical)
            {
                case PhysicalType.Int8: part = Generic((sbyte*)flat.Values, rows, effective); break;
                case PhysicalType.Int16: part = MaskedSum.Shorts((short*)flat.Values, rows, effective); break;
                case PhysicalType.Int32: part = MaskedSum.Ints((int*)flat.Values, rows, effective); break;
                case PhysicalType.Int64: part = MaskedSum.Longs((long*)flat.Values, rows, effective); break;
                case PhysicalType.Int128: part = Wide128((Int128*)flat.Values, rows, effective, ref overflow); break;
                default: throw new ArgumentException($"{vector.Physical} is no integer", nameof(vector));
            }
        }
        var flags = ArithmeticFlags.None;
        sum = ScalarAdd<Int128>.Apply(sum, part, ref flags);
        overflow |= flags != ArithmeticFlags.None;
        return count;
    }

    /// <summary>Adds the valid, selected floats (Float32 or Float64) to <paramref name="sum"/>, in four interleaved partial sums.</summary>
    /// <returns>How many rows took part.</returns>
    public static int SumFloats(Vector vector, int rows, ulong* mask, ref double sum)
    {
        if (vector.IsConstantNull)
            return 0;
        var effective = Effective(vector, rows, mask);
        var count = effective == null ? rows : Bits.PopCount(effective, rows);
        var flat = Flatten.ToFlat(vector, rows, KernelScratch.LeftOperand);
        sum += flat.Physical switch
        {
            PhysicalType.Float64 => MaskedSum.Doubles((double*)flat.Values, rows, effective),
            PhysicalType.Float32 => MaskedSum.Floats((float*)flat.Values, rows, effective),
            _ => throw new ArgumentException($"{vector.Physical} is no float", nameof(vector)),
        };
        return count;
    }

    /// <summary>Least and greatest valid, selected integer of Int8 to Int64; false when there is none.</summary>
    public static bool TryMinMax(Vector vector, int rows, ulong* mask, out long min, out long max)
    {
        min = long.MaxValue;
        max = long.MinValue;
        if (vector.IsConstantNull)
            return false;
        var effective = Effective(vector, rows, mask);
        if (rows == 0 || (effective != null && !Bits.Any(effective, rows)))
            return false;
        if (vector.Kind == VectorKind.Constant)
        {
            min = max = (long)Integer(vector, 0);
            return true;
        }
        if (vector.Kind == VectorKind.Narrow)
        {
            switch (vector.CodeWidth)
            {
                case 1: MaskedMinMax.Find(vector.Values, rows, effective, out min, out max); break;
                case 2: MaskedMinMax.Find((ushort*)vector.Values, rows, effective, out min, out max); break;
                case 8: MaskedMinMax.Find((long*)vector.Values, rows, effective, out min, out max); break;
                default: MaskedMinMax.Find((uint*)vector.Values, rows, effective, out min, out max); break;
            }
            min += vector.Base;
            max += vector.Base;
            return true;
        }
        var flat = Flatten.ToFlat(vector, rows, KernelScratch.LeftOperand);
        switch (flat.Physical)
        {
            case PhysicalType.Int8: MaskedMinMax.Find((sbyte*)flat.Values, rows, effective, out min, out max); break;
            case PhysicalType.Int16: MaskedMinMax.Find((short*)flat.Values, rows, effective, out min, out max); break;
            case PhysicalType.Int32: MaskedMinMax.Find((int*)flat.Values, rows, effective, out min, out max); break;
            case PhysicalType.Int64: MaskedMinMax.Find((long*)flat.Values, rows, effective, out min, out max); break;
            default: throw new ArgumentException($"{vector.Physical} has no 64-bit minimum", nameof(vector));
        }
        return true;
    }

    /// <summary>Least and greatest valid, selected float, NaN being the greatest; false when there is none.</summary>
    public static bool TryMinMax(Vector vector, int rows, ulong* mask, out double min, out double max)
    {
        min = double.NaN;
        max = double.NegativeInfinity;
        if (vector.IsConstantNull)
            return false;
        var effective = Effective(vector, rows, mask);
        var flat = Flatten.ToFlat(vector, rows, KernelScratch.LeftOperand);
        var any = false;
        for (var row = 0; row < rows; row++)
        {
            if (effective != null && !Bits.Get(effective, row))
                continue;
            any = true;
            var value = flat.Physical == PhysicalType.Float64 ? ((double*)flat.Values)[row] : ((float*)flat.Values)[row];
            if (FloatLess<double>.Test(value, min))
                min = value;
            if (FloatLess<double>.Test(max, value))
                max = value;
        }
        return any;
    }

    /// <summary>The first row that holds the least (or greatest) valid, selected value of any comparable type; -1 when there is none.</summary>
    public static int ExtremeRow(Vector vector, int rows, ulong* mask, bool greatest)
    {
        if (vector.IsConstantNull)
            return -1;
        var effective = Effective(vector, rows, mask);
        var best = -1;
        for (var word = 0; word < Bits.WordsFor(rows); word++)
        {
            var bits = effective == null ? ulong.MaxValue : effective[word];
            if (word == rows >> 6)
                bits &= Bits.TailMask(rows);
            for (; bits != 0; bits &= bits - 1)
            {
                var row = (word << 6) + BitOperations.TrailingZeroCount(bits);
                if (best < 0)
                {
                    best = row;
                    if (vector.Kind == VectorKind.Constant)
                        return best;
                    continue;
                }
                var order = RowCompare.Values(vector, row, vector, best);
                if (greatest ? order > 0 : order < 0)
                    best = row;
            }
        }
        return best;
    }

    /// <summary>Validity and mask together; null when neither restricts.</summary>
    private static ulong* Effective(Vector vector, int rows, ulong* mask)
    {
        if (vector.Validity == null || vector.Kind == VectorKind.Constant)
            return mask;
        if (mask == null)
            return vector.Validity;
        var both = KernelScratch.Mask(KernelScratch.RowMask, rows);
        Bits.And(mask, vector.Validity, both, rows);
        return both;
    }

    private static Int128 Integer(Vector vector, int row) => vector.Physical switch
    {
        PhysicalType.Int8 => vector.Get<sbyte>(row),
        PhysicalType.Int16 => vector.Get<short>(row),
        PhysicalType.Int32 => vector.Get<int>(row),
        PhysicalType.Int64 => vector.Get<long>(row),
        PhysicalType.Int128 => vector.Get<Int128>(row),
        _ => throw new ArgumentException($"{vector.Physical} is no integer", nameof(vector)),
    };

    private static long Generic<T>(T* values, int rows, ulong* mask) where T : unmanaged, IBinaryInteger<T>
    {
        long sum = 0;
        for (var row = 0; row < rows; row++)
            sum += mask == null || Bits.Get(mask, row) ? long.CreateTruncating(values[row]) : 0;
        return sum;
    }

    private static Int128 Wide128(Int128* values, int rows, ulong* mask, ref bool overflow)
    {
        Int128 sum = 0;
        var flags = ArithmeticFlags.None;
        for (var row = 0; row < rows; row++)
        {
            if (mask == null || Bits.Get(mask, row))
                sum = ScalarAdd<Int128>.Apply(sum, values[row], ref flags);
        }
        overflow |= flags != ArithmeticFlags.None;
        return sum;
    }
}
