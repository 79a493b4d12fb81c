namespace OmenDb.Arrow.Compute;

/// <summary>The operators on single numbers, for constant folding, row-wise paths and re-checks; the same rules as the kernels.</summary>
public static class ScalarArithmetic
{
    public static bool TryOp(ArithmeticOp op, short left, short right, out short result) => Done(Integer(op, left, right, out result));

    public static bool TryOp(ArithmeticOp op, int left, int right, out int result) => Done(Integer(op, left, right, out result));

    public static bool TryOp(ArithmeticOp op, long left, long right, out long result) => Done(Integer(op, left, right, out result));

    public static bool TryOp(ArithmeticOp op, Int128 left, Int128 right, out Int128 result) => Done(Integer(op, left, right, out result));

    public static bool TryOp(ArithmeticOp op, float left, float right, out float result) => Done(Float(op, left, right, out result));

    public static bool TryOp(ArithmeticOp op, double left, double right, out double result) => Done(Float(op, left, right, out result));

    /// <returns>What is wrong with the result; it is wrapped (integers) or as IEEE says (floats) then, 0 for integer division by zero.</returns>
    public static ArithmeticFlags Integer<T>(ArithmeticOp op, T left, T right, out T result)
        where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        var flags = ArithmeticFlags.None;
        result = op switch
        {
            ArithmeticOp.Add => ScalarAdd<T>.Apply(left, right, ref flags),
            ArithmeticOp.Subtract => ScalarSubtract<T>.Apply(left, right, ref flags),
            ArithmeticOp.Multiply => ScalarMultiply<T>.Apply(left, right, ref flags),
            ArithmeticOp.Divide => ScalarDivide<T>.Apply(left, right, ref flags),
            _ => ScalarModulo<T>.Apply(left, right, ref flags),
        };
        return flags;
    }

    /// <inheritdoc cref="Integer{T}"/>
    public static ArithmeticFlags Float<T>(ArithmeticOp op, T left, T right, out T result)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        var flags = ArithmeticFlags.None;
        result = op switch
        {
            ArithmeticOp.Add => FloatAdd<T>.Apply(left, right, ref flags),
            ArithmeticOp.Subtract => FloatSubtract<T>.Apply(left, right, ref flags),
            ArithmeticOp.Multiply => FloatMultiply<T>.Apply(left, right, ref flags),
            ArithmeticOp.Divide => FloatDivide<T>.Apply(left, right, ref flags),
            _ => FloatModulo<T>.Apply(left, right, ref flags),
        };
        return flags;
    }

    private static bool Done(ArithmeticFlags flags) => flags == ArithmeticFlags.None;
}
