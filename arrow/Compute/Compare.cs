using System.Numerics;

namespace OmenDb.Arrow.Compute;

/// <summary>Comparison of two vectors of one physical type and any kinds.</summary>
/// <remarks>Literals come as Constant vectors. Narrow vectors are compared by their offsets against the rebased constant,
/// dictionaries once per entry; only rare combinations are flattened first. Lists are not comparable here.</remarks>
public static unsafe class Compare
{
    /// <summary>Bit i of <paramref name="mask"/> = "row i: left op right is true"; null counts as not true.</summary>
    /// <param name="op">The comparison.</param>
    /// <param name="left">At least <paramref name="rows"/> rows.</param>
    /// <param name="right">Of the same physical type.</param>
    /// <param name="rows">Rows to compare.</param>
    /// <param name="mask">⌈rows/64⌉ words, written whole; zeros past the last row.</param>
    public static void Mask(CompareOp op, Vector left, Vector right, int rows, ulong* mask)
    {
        if (op is CompareOp.Distinct or CompareOp.NotDistinct)
        {
            NotDistinct(left, right, rows, mask);
            if (op == CompareOp.Distinct)
                Bits.Not(mask, mask, rows);
            return;
        }
        if (left.IsConstantNull || right.IsConstantNull)
        {
            Bits.Fill(mask, rows, false);
            return;
        }
        Values(op, left, right, rows, mask);
        Nulls.AndValid(left, rows, mask);
        Nulls.AndValid(right, rows, mask);
    }

    /// <summary>The comparison as a Bool vector, null where an operand is (never for the DISTINCT forms).</summary>
    public static void Evaluate(CompareOp op, Vector left, Vector right, int rows, Vector result)
    {
        result.ResetFlat(ArrowType.Bool, rows);
        var distinct = op is CompareOp.Distinct or CompareOp.NotDistinct;
        if (!distinct && (left.IsConstantNull || right.IsConstantNull))
        {
            result.ResetConstant(ArrowType.Bool, rows, isNull: true);
            return;
        }
        if (distinct)
        {
            Mask(op, left, right, rows, (ulong*)result.Values);
            return;
        }
        Values(op, left, right, rows, (ulong*)result.Values);
        Nulls.Propagate(left, right, result);
    }

    private static void NotDistinct(Vector left, Vector right, int rows, ulong* mask)
    {
        if (left.IsConstantNull)
        {
            Nulls.IsNull(right, rows, mask);
            return;
        }
        if (right.IsConstantNull)
        {
            Nulls.IsNull(left, rows, mask);
            return;
        }
        Values(CompareOp.Equal, left, right, rows, mask);
        if (left.Validity == null && right.Validity == null)
            return;
        // equal and both valid, or both null
        Nulls.AndValid(left, rows, mask);
        Nulls.AndValid(right, rows, mask);
        if (left.Validity == null || right.Validity == null || left.Kind == VectorKind.Constant || right.Kind == VectorKind.Constant)
            return;
        var words = Bits.WordsFor(rows);
        for (var i = 0; i < words; i++)
            mask[i] |= ~(left.Validity[i] | right.Validity[i]);
        Bits.Trim(mask, rows);
    }

    /// <summary>Compares what stands in memory, under nulls too; no operand is a constant null.</summary>
    private static void Values(CompareOp op, Vector left, Vector right, int rows, ulong* mask)
    {
        if (left.Physical != right.Physical)
            throw new ArgumentException($"cannot compare {left.Physical} with {right.Physical}", nameof(right));
        if (rows == 0)
            return;
        if (left.Kind == VectorKind.Constant)
        {
            if (right.Kind == VectorKind.Constant)
            {
                ulong one;
                Flat(op, left, right, 1, &one);
                Bits.Fill(mask, rows, one != 0);
                return;
            }
            (left, right, op) = (right, left, op.Swap());
        }
        if (left.Kind == VectorKind.Flat && right.Kind is VectorKind.Flat or VectorKind.Constant)
        {
            Flat(op, left, right, rows, mask);
            return;
        }
        if (right.Kind == VectorKind.Constant)
        {
            if (left.Kind == VectorKind.Narrow)
            {
                NarrowAgainstConstant(op, left, right, rows, mask);
                return;
            }
            if (left.Dictionary!.IsSorted)
            {
                SortedAgainstConstant(op, left, right, rows, mask);
                return;
            }
            if (left.Dictionary.Length <= rows * 2L)
            {
                var entries = left.Dictionary.Length;
                var accepted = KernelScratch.Mask(KernelScratch.DictionaryMask, entries);
                Flat(op, left.Dictionary, right, entries, accepted);
                DictionaryCodes.Map(left, accepted, rows, mask);
                return;
            }
        }
        else if (left.Kind == right.Kind && left.CodeWidth == right.CodeWidth
            && (left.Kind == VectorKind.Narrow ? left.Base == right.Base
                : ReferenceEquals(left.Dictionary, right.Dictionary) && (left.Dictionary!.IsSorted || op is CompareOp.Equal or CompareOp.NotEqual)))
        {
            Codes(op, left, right, rows, mask); // the same base, or the same dictionary of distinct values
            return;
        }
        Flat(op, Flatten.ToFlat(left, rows, KernelScratch.LeftOperand),
            right.Kind == VectorKind.Constant ? right : Flatten.ToFlat(right, rows, KernelScratch.RightOperand), rows, mask);
    }

    private static void Codes(CompareOp op, Vector left, Vector right, int rows, ulong* mask)
    {
        switch (left.CodeWidth)
        {
            case 1: Integers(op, left.Values, right.Values, rows, mask); break;
            case 2: Integers(op, (ushort*)left.Values, (ushort*)right.Values, rows, mask); break;
            case 8: Integers(op, (long*)left.Values, (long*)right.Values, rows, mask); break;
            default: Integers(op, (uint*)left.Values, (uint*)right.Values, rows, mask); break;
        }
    }

    /// <summary>Codes stand in the order of their values: the constant becomes a code, found once, and numbers are compared.</summary>
    private static void SortedAgainstConstant(CompareOp op, Vector left, Vector right, int rows, ulong* mask)
    {
        var entries = left.Dictionary!;
        int low = 0, high = entries.Length;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (RowCompare.Values(entries, middle, right, 0) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        // Entries below `low` are less than the constant; the one at `low` is equal or greater.
        var found = low < entries.Length && RowCompare.Values(entries, low, right, 0) == 0;
        if (!found && op is CompareOp.Equal or CompareOp.NotEqual)
        {
            Bits.Fill(mask, rows, op == CompareOp.NotEqual);
            return;
        }
        if (!found)
            op = op is CompareOp.Less or CompareOp.LessOrEqual ? CompareOp.Less : CompareOp.GreaterOrEqual;
        if (low == entries.Length)
        {
            Bits.Fill(mask, rows, op == CompareOp.Less); // it is above all entries
            return;
        }
        switch (left.CodeWidth)
        {
            case 1: Integers(op, left.Values, (byte)low, rows, mask); break;
            case 2: Integers(op, (ushort*)left.Values, (ushort)low, rows, mask); break;
            default: Integers(op, (uint*)left.Values, (uint)low, rows, mask); break;
        }
    }

    private static void NarrowAgainstConstant(CompareOp op, Vector left, Vector right, int rows, ulong* mask)
    {
        var constant = right.Physical switch
        {
            PhysicalType.Int16 => *(short*)right.Values,
            PhysicalType.Int32 => *(int*)right.Values,
            PhysicalType.Int64 => *(long*)right.Values,
            _ => *(Int128*)right.Values,
        };
        if (left.CodeWidth == sizeof(long))
        {
            if (Wide.FitsInt64(constant))
                Integers(op, (long*)left.Values, (long)constant, rows, mask);
            else
                Bits.Fill(mask, rows, op.Holds(constant < 0 ? 1 : -1));
            return;
        }
        var offset = constant - left.Base;
        var most = left.CodeWidth switch { 1 => byte.MaxValue, 2 => ushort.MaxValue, _ => uint.MaxValue };
        if (offset < 0 || offset > most)
        {
            // Every value is above (or below) the constant.
            Bits.Fill(mask, rows, op.Holds(offset < 0 ? 1 : -1));
            return;
        }
        switch (left.CodeWidth)
        {
            case 1: Integers(op, left.Values, (byte)offset, rows, mask); break;
            case 2: Integers(op, (ushort*)left.Values, (ushort)offset, rows, mask); break;
            default: Integers(op, (uint*)left.Values, (uint)offset, rows, mask); break;
        }
    }

    /// <summary>Left flat; right flat or constant.</summary>
    private static void Flat(CompareOp op, Vector left, Vector right, int rows, ulong* mask)
    {
        var constant = right.Kind == VectorKind.Constant;
        switch (left.Physical)
        {
            case PhysicalType.Bool: Booleans(op, (ulong*)left.Values, (ulong*)right.Values, constant, rows, mask); break;
            case PhysicalType.Int8: Integers<sbyte>(op, left, right, constant, rows, mask); break;
            case PhysicalType.Int16: Integers<short>(op, left, right, constant, rows, mask); break;
            case PhysicalType.Int32: Integers<int>(op, left, right, constant, rows, mask); break;
            case PhysicalType.Int64: Integers<long>(op, left, right, constant, rows, mask); break;
            case PhysicalType.Float32: Floats<float>(op, left, right, constant, rows, mask); break;
            case PhysicalType.Float64: Floats<double>(op, left, right, constant, rows, mask); break;
            case PhysicalType.View:
                CompareViews.Loop(op, (View*)left.Values, left.ArenaPointers, (View*)right.Values, right.ArenaPointers,
                    constant ? 0 : 1, rows, mask);
                break;
            case PhysicalType.Int128:
                CompareLoops.Wide<Int128Order>(op, (Int128*)left.Values, (Int128*)right.Values, constant ? 0 : 1, rows, mask);
                break;
            case PhysicalType.Fixed16:
                CompareLoops.Wide<Fixed16Order>(op, (Int128*)left.Values, (Int128*)right.Values, constant ? 0 : 1, rows, mask);
                break;
            case PhysicalType.Interval:
                CompareLoops.Wide<IntervalOrder>(op, (Int128*)left.Values, (Int128*)right.Values, constant ? 0 : 1, rows, mask);
                break;
            default:
                throw new ArgumentException($"{left.Physical} values are not compared by a kernel", nameof(left));
        }
    }

    private static void Integers<T>(CompareOp op, Vector left, Vector right, bool constant, int rows, ulong* mask)
        where T : unmanaged, IBinaryInteger<T>
    {
        if (constant)
            Integers(op, (T*)left.Values, *(T*)right.Values, rows, mask);
        else
            Integers(op, (T*)left.Values, (T*)right.Values, rows, mask);
    }

    internal static void Integers<T>(CompareOp op, T* left, T constant, int rows, ulong* mask) where T : unmanaged, IBinaryInteger<T>
    {
        switch (op)
        {
            case CompareOp.Equal or CompareOp.NotEqual: CompareLoops.AgainstConstant<T, IntEqual<T>>(left, constant, rows, mask); break;
            case CompareOp.Less or CompareOp.GreaterOrEqual: CompareLoops.AgainstConstant<T, IntLess<T>>(left, constant, rows, mask); break;
            default: CompareLoops.AgainstConstant<T, IntGreater<T>>(left, constant, rows, mask); break;
        }
        InvertIfNegation(op, rows, mask);
    }

    private static void Integers<T>(CompareOp op, T* left, T* right, int rows, ulong* mask) where T : unmanaged, IBinaryInteger<T>
    {
        switch (op)
        {
            case CompareOp.Equal or CompareOp.NotEqual: CompareLoops.Pairwise<T, IntEqual<T>>(left, right, rows, mask); break;
            case CompareOp.Less or CompareOp.GreaterOrEqual: CompareLoops.Pairwise<T, IntLess<T>>(left, right, rows, mask); break;
            default: CompareLoops.Pairwise<T, IntGreater<T>>(left, right, rows, mask); break;
        }
        InvertIfNegation(op, rows, mask);
    }

    private static void Floats<T>(CompareOp op, Vector left, Vector right, bool constant, int rows, ulong* mask)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var a = (T*)left.Values;
        var b = (T*)right.Values;
        switch (op)
        {
            case CompareOp.Equal or CompareOp.NotEqual:
                if (constant)
                    CompareLoops.AgainstConstant<T, FloatEqual<T>>(a, *b, rows, mask);
                else
                    CompareLoops.Pairwise<T, FloatEqual<T>>(a, b, rows, mask);
                break;
            case CompareOp.Less or CompareOp.GreaterOrEqual:
                if (constant)
                    CompareLoops.AgainstConstant<T, FloatLess<T>>(a, *b, rows, mask);
                else
                    CompareLoops.Pairwise<T, FloatLess<T>>(a, b, rows, mask);
                break;
            default:
                if (constant)
                    CompareLoops.AgainstConstant<T, FloatGreater<T>>(a, *b, rows, mask);
                else
                    CompareLoops.Pairwise<T, FloatGreater<T>>(a, b, rows, mask);
                break;
        }
        InvertIfNegation(op, rows, mask);
    }

    private static void InvertIfNegation(CompareOp op, int rows, ulong* mask)
    {
        if (op is CompareOp.NotEqual or CompareOp.GreaterOrEqual or CompareOp.LessOrEqual)
            Bits.Not(mask, mask, rows);
    }

    private static void Booleans(CompareOp op, ulong* left, ulong* right, bool constant, int rows, ulong* mask)
    {
        var words = Bits.WordsFor(rows);
        var all = constant && (*right & 1) != 0 ? ulong.MaxValue : 0;
        for (var i = 0; i < words; i++)
        {
            var a = left[i];
            var b = constant ? all : right[i];
            mask[i] = op switch
            {
                CompareOp.Equal => ~(a ^ b),
                CompareOp.NotEqual => a ^ b,
                CompareOp.Less => ~a & b,
                CompareOp.LessOrEqual => ~a | b,
                CompareOp.Greater => a & ~b,
                _ => a | ~b,
            };
        }
        Bits.Trim(mask, rows);
    }
}
