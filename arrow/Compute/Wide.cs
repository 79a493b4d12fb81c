using System.Runtime.CompilerServices;

namespace OmenDb.Arrow.Compute;

/// <summary>128-bit arithmetic in the forms that decimals need: most values fit 64 bits, and then it costs little more.</summary>
public static class Wide
{
    /// <summary>Powers of ten that fit: 10^0 to 10^38.</summary>
    private static readonly Int128[] PowersOfTen = MakePowers();

    private static Int128[] MakePowers()
    {
        var powers = new Int128[39];
        powers[0] = 1;
        for (var i = 1; i < powers.Length; i++)
            powers[i] = powers[i - 1] * 10;
        return powers;
    }

    /// <param name="exponent">0 to 38.</param>
    public static Int128 PowerOfTen(int exponent) => PowersOfTen[exponent];

    /// <summary>True when the value is the sign extension of its low 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool FitsInt64(Int128 value) => (long)(ulong)(value >>> 64) == (long)(ulong)value >> 63;

    /// <summary>The exact product of two 64-bit numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int128 Multiply(long left, long right)
    {
        var high = Math.BigMul(left, right, out long low);
        return new Int128((ulong)high, (ulong)low);
    }

    /// <returns>False on overflow; the product is then wrapped.</returns>
    public static bool TryMultiply(Int128 left, Int128 right, out Int128 product)
    {
        if (FitsInt64(left) && FitsInt64(right))
        {
            product = Multiply((long)left, (long)right);
            return true;
        }
        product = unchecked(left * right);
        if (left == 0 || right == 0)
            return true;
        // |left| * |right| must stay below 2^127 (or be 2^127 with a negative product).
        var a = left < 0 ? (UInt128)(-left) : (UInt128)left; // -MinValue wraps to 2^127, as unsigned right
        var b = right < 0 ? (UInt128)(-right) : (UInt128)right;
        var limit = (left < 0) == (right < 0) ? (UInt128)Int128.MaxValue : (UInt128)Int128.MaxValue + 1;
        return a <= limit / b;
    }

    /// <summary>Truncated quotient; neither zero nor (least, -1) may come in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int128 Divide(Int128 left, Int128 right)
    {
        if (FitsInt64(left) && FitsInt64(right) && (long)right != -1)
            return (long)left / (long)right;
        return left / right;
    }

    /// <summary>Multiplies or divides by a power of ten; a lost half rounds away from zero, as PostgreSQL's numeric does.</summary>
    /// <param name="value">The unscaled decimal.</param>
    /// <param name="digits">Positive: digits gained after the point; negative: digits lost. Any size.</param>
    /// <param name="result">The rescaled value.</param>
    /// <returns>False when it does not fit 128 bits.</returns>
    public static bool TryRescale(Int128 value, int digits, out Int128 result)
    {
        if (digits >= 0)
        {
            if (digits <= 38)
                return TryMultiply(value, PowersOfTen[digits], out result);
            result = 0;
            return value == 0;
        }
        if (digits < -38)
        {
            result = 0; // |value| < 2^127 < 5 * 10^38
            return true;
        }
        result = DivideRounded(value, PowersOfTen[-digits]);
        return true;
    }

    /// <summary>Quotient rounded half away from zero.</summary>
    /// <param name="value">Any value.</param>
    /// <param name="divisor">Positive.</param>
    public static Int128 DivideRounded(Int128 value, Int128 divisor)
    {
        if (FitsInt64(value) && FitsInt64(divisor))
            return DivideRounded((long)value, (long)divisor);
        var quotient = value / divisor;
        var rest = value - quotient * divisor;
        if (rest < 0)
            rest = -rest;
        if (rest >= divisor - rest)
            quotient += value < 0 ? -1 : 1;
        return quotient;
    }

    /// <inheritdoc cref="DivideRounded(Int128, Int128)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long DivideRounded(long value, long divisor)
    {
        var quotient = value / divisor;
        var rest = value - quotient * divisor;
        var magnitude = rest < 0 ? -rest : rest;
        if (magnitude >= divisor - magnitude)
            quotient += value < 0 ? -1 : 1;
        return quotient;
    }
}
