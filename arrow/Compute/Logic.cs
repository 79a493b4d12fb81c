namespace OmenDb.Arrow.Compute;

/// <summary>Three-valued logic on Bool vectors: false AND null is false, true OR null is true, otherwise null wins.</summary>
public static unsafe class Logic
{
    /// <summary>mask = "row is true": the form in which a filter wants a Bool vector; zeros past the last row.</summary>
    public static void IsTrue(Vector vector, int rows, ulong* mask)
    {
        Truth(vector, rows, mask);
        Nulls.AndValid(vector, rows, mask);
    }

    /// <summary>mask = "row is false", null is not.</summary>
    public static void IsFalse(Vector vector, int rows, ulong* mask)
    {
        Truth(vector, rows, mask);
        Bits.Not(mask, mask, rows);
        Nulls.AndValid(vector, rows, mask);
    }

    /// <summary>A mask as a Bool vector without nulls.</summary>
    public static void FromMask(ulong* mask, int rows, Vector result)
    {
        result.ResetFlat(ArrowType.Bool, rows);
        Bits.Copy(mask, (ulong*)result.Values, rows);
    }

    public static void Not(Vector operand, int rows, Vector result)
    {
        if (operand.Kind == VectorKind.Constant)
        {
            var isNull = operand.IsConstantNull;
            var value = (*(ulong*)operand.Values & 1) != 0;
            result.ResetConstant(ArrowType.Bool, rows, isNull);
            *(ulong*)result.Values = value ? 0 : ulong.MaxValue;
            return;
        }
        result.ResetFlat(ArrowType.Bool, rows);
        Truth(operand, rows, (ulong*)result.Values);
        Bits.Not((ulong*)result.Values, (ulong*)result.Values, rows);
        Nulls.Propagate(operand, result);
    }

    public static void And(Vector left, Vector right, int rows, Vector result) => Combine(left, right, rows, result, and: true);

    public static void Or(Vector left, Vector right, int rows, Vector result) => Combine(left, right, rows, result, and: false);

    private static void Combine(Vector left, Vector right, int rows, Vector result, bool and)
    {
        result.ResetFlat(ArrowType.Bool, rows);
        var values = (ulong*)result.Values;
        var rightValues = KernelScratch.Mask(KernelScratch.RowMask, rows);
        Truth(left, rows, values);
        Truth(right, rows, rightValues);
        if (left.Validity == null && right.Validity == null)
        {
            if (and)
                Bits.And(values, rightValues, values, rows);
            else
                Bits.Or(values, rightValues, values, rows);
            return;
        }
        var valid = result.EnsureValidity();
        var rightValid = KernelScratch.Mask(KernelScratch.RowValidity, rows);
        Nulls.IsNotNull(left, rows, valid);
        Nulls.IsNotNull(right, rows, rightValid);
        if (and)
            And(values, valid, rightValues, rightValid, values, valid, Bits.WordsFor(rows));
        else
            Or(values, valid, rightValues, rightValid, values, valid, Bits.WordsFor(rows));
    }

    /// <summary>AND on (value, validity) words; results may overwrite operands. Values under nulls come out as 0.</summary>
    public static void And(ulong* left, ulong* leftValid, ulong* right, ulong* rightValid, ulong* result, ulong* resultValid, int words)
    {
        for (var i = 0; i < words; i++)
        {
            ulong lv = leftValid[i], rv = rightValid[i], l = left[i], r = right[i];
            // known when both are, or when one is known to be false
            resultValid[i] = (lv & rv) | (lv & ~l) | (rv & ~r);
            result[i] = l & lv & r & rv;
        }
    }

    /// <inheritdoc cref="And(ulong*, ulong*, ulong*, ulong*, ulong*, ulong*, int)"/>
    public static void Or(ulong* left, ulong* leftValid, ulong* right, ulong* rightValid, ulong* result, ulong* resultValid, int words)
    {
        for (var i = 0; i < words; i++)
        {
            ulong lv = leftValid[i], rv = rightValid[i], l = left[i], r = right[i];
            resultValid[i] = (lv & rv) | (lv & l) | (rv & r);
            result[i] = (l & lv) | (r & rv);
        }
    }

    /// <summary>The value bits of a Bool vector of any kind, nulls not looked at; zeros past the last row.</summary>
    private static void Truth(Vector vector, int rows, ulong* mask)
    {
        switch (vector.Kind)
        {
            case VectorKind.Constant:
                Bits.Fill(mask, rows, (*(ulong*)vector.Values & 1) != 0);
                break;
            case VectorKind.Flat:
                Bits.Copy((ulong*)vector.Values, mask, rows);
                break;
            default:
                Bits.Copy((ulong*)Flatten.ToFlat(vector, rows, KernelScratch.LeftOperand).Values, mask, rows);
                break;
        }
    }
}
