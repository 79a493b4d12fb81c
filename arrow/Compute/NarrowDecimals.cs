using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OmenDb.Arrow.Compute;

/// <summary>+ - * of decimals of any width whose values fit 64 bits: in 64-bit lanes, unchecked where the operands' magnitudes prove that nothing
/// overflows.</summary>
/// <remarks>A product of decimal(15,2) columns has 30 digits by its type and 12 by its values. 128-bit results stand as Narrow vectors
/// with 8-byte offsets from zero, so whoever sums or multiplies them stays in 64-bit lanes too.</remarks>
public static unsafe class NarrowDecimals
{
    /// <summary>Nothing above is a value here: the sentinels of infinities and NaN lie beyond, and a sum of two still fits.</summary>
    private const ulong Limit = 1UL << 62;

    /// <summary>result = left * leftFactor op right * rightFactor.</summary>
    /// <param name="op">Add, Subtract or Multiply.</param>
    /// <param name="left">Int64 or Int128, not a constant null.</param>
    /// <param name="leftFactor">Positive; 1 for products. What brings the operand to the result's scale.</param>
    /// <param name="right">Likewise; not both are constants.</param>
    /// <param name="rightFactor">Likewise.</param>
    /// <param name="rows">Rows to compute.</param>
    /// <param name="type">Of physical type Int64 (the result is flat) or Int128 (it is narrow).</param>
    /// <param name="result">Neither of the operands; undefined when the answer is false.</param>
    /// <returns>False: an operand or a result, maybe one under a null, does not fit 62 bits (or is a sentinel).</returns>
    public static bool TryEvaluate(ArithmeticOp op, Vector left, long leftFactor, Vector right, long rightFactor, int rows, ArrowType type, Vector result)
    {
        if (left.Kind == VectorKind.Constant && right.Kind == VectorKind.Constant)
            return false;
        if (!TryLoad(left, rows, KernelScratch.LeftOperand, out var a) || !TryLoad(right, rows, KernelScratch.RightOperand, out var b)
            || !TryScale(ref a, leftFactor, rows, KernelScratch.LeftOperand) || !TryScale(ref b, rightFactor, rows, KernelScratch.RightOperand))
        {
            return false;
        }
        var most = op == ArithmeticOp.Multiply ? (UInt128)a.Magnitude * b.Magnitude : (UInt128)a.Magnitude + b.Magnitude;
        if (most > Limit && op != ArithmeticOp.Multiply)
            return false;
        if (type.Physical == PhysicalType.Int64)
            result.ResetFlat(type, rows);
        else
            result.ResetNarrow(type, rows, sizeof(long), 0);
        var target = (long*)result.Values;
        if (most > Limit)
        {
            if (!MultiplyChecked(a, b, rows, target))
                return false;
        }
        else
        {
            switch (op)
            {
                case ArithmeticOp.Multiply when a.Magnitude <= int.MaxValue && b.Magnitude <= int.MaxValue: Loop<MultiplyInts>(a, b, rows, target); break;
                case ArithmeticOp.Multiply: Loop<Multiply>(a, b, rows, target); break;
                case ArithmeticOp.Add: Loop<Add>(a, b, rows, target); break;
                case ArithmeticOp.Subtract: Loop<Subtract>(a, b, rows, target); break;
                default: throw new ArgumentOutOfRangeException(nameof(op), op, "only sums, differences and products");
            }
        }
        Nulls.Propagate(left, right, result);
        return true;
    }

    /// <summary>An upper bound of the absolute values of the first rows: exact up to the next power of two.</summary>
    public static ulong Magnitude(long* values, int rows)
    {
        ulong bits = 0;
        var row = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var all = Vector256<long>.Zero;
            for (; row + 4 <= rows; row += 4)
            {
                var lanes = Vector256.Load(values + row);
                all |= lanes ^ lanes >> 63; // -x - 1 of the negative ones
            }
            bits = (ulong)(all[0] | all[1] | all[2] | all[3]);
        }
        for (; row < rows; row++)
            bits |= (ulong)(values[row] ^ values[row] >> 63);
        return bits + 1;
    }

    private struct Operand
    {
        public long* Values;

        /// <summary>One value for all rows.</summary>
        public bool IsConstant;

        public long Constant;

        /// <summary>No absolute value is above.</summary>
        public ulong Magnitude;
    }

    private static bool TryLoad(Vector vector, int rows, int slot, out Operand operand)
    {
        operand = default;
        if (vector.Kind == VectorKind.Constant)
        {
            var value = vector.Physical == PhysicalType.Int64 ? *(long*)vector.Values : *(Int128*)vector.Values;
            var magnitude = value < 0 ? -value : value; // the least value stays negative
            if (magnitude < 0 || magnitude > (Int128)Limit)
                return false;
            operand.IsConstant = true;
            operand.Constant = (long)value;
            operand.Magnitude = (ulong)magnitude;
            return true;
        }
        if (vector.Kind == VectorKind.Narrow && vector.CodeWidth < sizeof(long))
        {
            // Known without a look at the values.
            Int128 least = vector.Base, greatest = least + (vector.CodeWidth switch { 1 => byte.MaxValue, 2 => ushort.MaxValue, _ => uint.MaxValue });
            if (least < -(Int128)Limit || greatest > (Int128)Limit)
                return false;
            operand.Magnitude = (ulong)Int128.Max(greatest, -least);
            var scratch = KernelScratch.Vector(slot);
            scratch.ResetFlat(ArrowType.Int64, rows);
            Flatten.WidenLongs(vector, rows, (long*)scratch.Values);
            operand.Values = (long*)scratch.Values;
            return true;
        }
        if (vector.Physical == PhysicalType.Int128)
        {
            if (vector.Kind != VectorKind.Narrow)
                return false;
            operand.Values = (long*)vector.Values;
        }
        else
        {
            operand.Values = (long*)Flatten.ToFlat(vector, rows, slot).Values;
        }
        operand.Magnitude = Magnitude(operand.Values, rows);
        return operand.Magnitude <= Limit;
    }

    private static bool TryScale(ref Operand operand, long factor, int rows, int slot)
    {
        if (factor == 1)
            return true;
        var most = (UInt128)operand.Magnitude * (ulong)factor;
        if (most > Limit)
            return false;
        if (operand.IsConstant)
            operand.Constant *= factor;
        else
        {
            var scratch = KernelScratch.Vector(slot);
            var source = operand.Values;
            if ((byte*)source != scratch.Values)
                scratch.ResetFlat(ArrowType.Int64, rows);
            Lanes<Multiply, FlatOperand<long>, ConstantOperand<long>>(new(source), new(factor), rows, (long*)scratch.Values); // in place is fine
            operand.Values = (long*)scratch.Values;
        }
        operand.Magnitude = (ulong)most;
        return true;
    }

    private interface ILaneOp
    {
        static abstract Vector256<long> Apply(Vector256<long> left, Vector256<long> right);
        static abstract long Apply(long left, long right);
    }

    private readonly struct Add : ILaneOp
    {
        public static Vector256<long> Apply(Vector256<long> left, Vector256<long> right) => left + right;
        public static long Apply(long left, long right) => left + right;
    }

    private readonly struct Subtract : ILaneOp
    {
        public static Vector256<long> Apply(Vector256<long> left, Vector256<long> right) => left - right;
        public static long Apply(long left, long right) => left - right;
    }

    private readonly struct Multiply : ILaneOp
    {
        public static Vector256<long> Apply(Vector256<long> left, Vector256<long> right) => left * right;
        public static long Apply(long left, long right) => left * right;
    }

    /// <summary>Both factors fit 32 bits: one instruction, where a 64-bit product takes several.</summary>
    private readonly struct MultiplyInts : ILaneOp
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<long> Apply(Vector256<long> left, Vector256<long> right) =>
            Avx2.IsSupported ? Avx2.Multiply(left.AsInt32(), right.AsInt32()) : left * right;

        public static long Apply(long left, long right) => left * right;
    }

    private static void Loop<TOp>(in Operand left, in Operand right, int rows, long* result) where TOp : struct, ILaneOp
    {
        if (left.IsConstant)
            Lanes<TOp, ConstantOperand<long>, FlatOperand<long>>(new(left.Constant), new(right.Values), rows, result);
        else if (right.IsConstant)
            Lanes<TOp, FlatOperand<long>, ConstantOperand<long>>(new(left.Values), new(right.Constant), rows, result);
        else
            Lanes<TOp, FlatOperand<long>, FlatOperand<long>>(new(left.Values), new(right.Values), rows, result);
    }

    private static void Lanes<TOp, TLeft, TRight>(TLeft left, TRight right, int rows, long* result)
        where TOp : struct, ILaneOp where TLeft : struct, IOperand<long> where TRight : struct, IOperand<long>
    {
        var row = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; row + 4 <= rows; row += 4)
                TOp.Apply(left.Load(row), right.Load(row)).Store(result + row);
        }
        for (; row < rows; row++)
            result[row] = TOp.Apply(left.At(row), right.At(row));
    }

    private static bool MultiplyChecked(in Operand left, in Operand right, int rows, long* result)
    {
        var leftStep = left.IsConstant ? 0 : 1;
        var rightStep = right.IsConstant ? 0 : 1;
        var (leftConstant, rightConstant) = (left.Constant, right.Constant);
        var a = left.IsConstant ? &leftConstant : left.Values;
        var b = right.IsConstant ? &rightConstant : right.Values;
        long wrong = 0;
        for (var row = 0; row < rows; row++)
        {
            var high = Math.BigMul(a[row * leftStep], b[row * rightStep], out long low);
            wrong |= high ^ low >> 62; // nothing but the sign above 62 bits
            result[row] = low;
        }
        return wrong == 0;
    }
}
