using OmenDb.Arrow;

namespace OmenDb.Engine.Constraints;

/// <summary>Single rows of vectors by their images.</summary>
internal static class VectorRows
{
    /// <summary>Whether a row counts.</summary>
    public static unsafe bool IsSelected(Selection? selection, int row) => selection is null || Arrow.Compute.Bits.Get(selection.Mask, row);

    /// <summary>Whether two values of one type are the same to the bit; nulls are equal. Different images of equal values (1.0 and 1.00) differ: callers
    /// use this to skip work, never to decide.</summary>
    public static bool Same(Vector left, int leftRow, Vector right, int rightRow)
    {
        var valid = left.IsValid(leftRow);
        if (valid != right.IsValid(rightRow) || !valid)
            return valid == right.IsValid(rightRow);
        return left.Physical switch
        {
            PhysicalType.Bool => left.GetBool(leftRow) == right.GetBool(rightRow),
            PhysicalType.Int16 => left.Get<short>(leftRow) == right.Get<short>(rightRow),
            PhysicalType.Int32 => left.Get<int>(leftRow) == right.Get<int>(rightRow),
            PhysicalType.Int64 => left.Get<long>(leftRow) == right.Get<long>(rightRow),
            PhysicalType.Int128 => left.Get<Int128>(leftRow) == right.Get<Int128>(rightRow),
            PhysicalType.Float32 => left.Get<int>(leftRow) == right.Get<int>(rightRow),
            PhysicalType.Float64 => left.Get<long>(leftRow) == right.Get<long>(rightRow),
            PhysicalType.View => left.GetBytes(leftRow).SequenceEqual(right.GetBytes(rightRow)),
            _ => false,
        };
    }
}
