namespace OmenDb.Arrow.Compute;

/// <summary>Validity bitmaps of whole vectors, whatever their kind.</summary>
public static unsafe class Nulls
{
    /// <summary>mask = mask AND "row is not null".</summary>
    public static void AndValid(Vector vector, int rows, ulong* mask)
    {
        if (vector.Validity == null)
            return;
        if (vector.Kind == VectorKind.Constant)
        {
            if (vector.IsConstantNull)
                Bits.Fill(mask, rows, false);
            return;
        }
        Bits.And(mask, vector.Validity, mask, rows);
    }

    /// <summary>mask = "row is not null"; zeros past the last row.</summary>
    public static void IsNotNull(Vector vector, int rows, ulong* mask)
    {
        if (vector.Validity == null || vector.Kind == VectorKind.Constant)
            Bits.Fill(mask, rows, !vector.IsConstantNull);
        else
            Bits.Copy(vector.Validity, mask, rows);
    }

    /// <summary>mask = "row is null"; zeros past the last row.</summary>
    public static void IsNull(Vector vector, int rows, ulong* mask)
    {
        if (vector.Validity == null || vector.Kind == VectorKind.Constant)
            Bits.Fill(mask, rows, vector.IsConstantNull);
        else
            Bits.Not(vector.Validity, mask, rows);
    }

    /// <summary>Gives <paramref name="result"/> (flat, its length set) the validity of a function that is null when an operand is.</summary>
    public static void Propagate(Vector operand, Vector result)
    {
        if (operand.Validity == null)
            return;
        if (operand.Kind == VectorKind.Constant)
        {
            if (operand.IsConstantNull)
                Bits.Fill(result.EnsureValidity(), result.Length, false);
            return;
        }
        var had = result.Validity != null;
        var target = result.EnsureValidity();
        if (had)
            Bits.And(target, operand.Validity, target, result.Length);
        else
            Bits.Copy(operand.Validity, target, result.Length);
    }

    /// <inheritdoc cref="Propagate(Vector, Vector)"/>
    public static void Propagate(Vector left, Vector right, Vector result)
    {
        Propagate(left, result);
        Propagate(right, result);
    }

    public static int CountNulls(Vector vector, int rows)
    {
        if (vector.Validity == null)
            return 0;
        if (vector.Kind == VectorKind.Constant)
            return vector.IsConstantNull ? rows : 0;
        return rows - Bits.PopCount(vector.Validity, rows);
    }
}
