namespace OmenDb.Arrow.Compute;

/// <summary>Comparisons of two values. Floats are ordered with NaN last and equal to itself, -0 equal to 0, as in PostgreSQL.</summary>
public enum CompareOp : byte
{
    Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual,
    /// <summary>IS DISTINCT FROM: never null.</summary>
    Distinct,
    /// <summary>IS NOT DISTINCT FROM: never null.</summary>
    NotDistinct,
}

public static class CompareOps
{
    /// <summary>The operator that holds with the operands exchanged.</summary>
    public static CompareOp Swap(this CompareOp op) => op switch
    {
        CompareOp.Less => CompareOp.Greater,
        CompareOp.LessOrEqual => CompareOp.GreaterOrEqual,
        CompareOp.Greater => CompareOp.Less,
        CompareOp.GreaterOrEqual => CompareOp.LessOrEqual,
        _ => op,
    };

    /// <summary>The operator that holds exactly when this one does not (on values that are not null).</summary>
    public static CompareOp Negate(this CompareOp op) => op switch
    {
        CompareOp.Equal => CompareOp.NotEqual,
        CompareOp.NotEqual => CompareOp.Equal,
        CompareOp.Less => CompareOp.GreaterOrEqual,
        CompareOp.LessOrEqual => CompareOp.Greater,
        CompareOp.Greater => CompareOp.LessOrEqual,
        CompareOp.GreaterOrEqual => CompareOp.Less,
        CompareOp.Distinct => CompareOp.NotDistinct,
        _ => CompareOp.Distinct,
    };

    /// <summary>Applies the operator to the sign of a three-way comparison.</summary>
    public static bool Holds(this CompareOp op, int comparison) => op switch
    {
        CompareOp.Equal or CompareOp.NotDistinct => comparison == 0,
        CompareOp.NotEqual or CompareOp.Distinct => comparison != 0,
        CompareOp.Less => comparison < 0,
        CompareOp.LessOrEqual => comparison <= 0,
        CompareOp.Greater => comparison > 0,
        _ => comparison >= 0,
    };
}
