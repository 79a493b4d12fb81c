using System.Numerics;

namespace OmenDb.Types;

public readonly partial struct PgNumeric
{
    /// <summary>Beyond three times this exponent of e, PostgreSQL's exp() reports overflow or 0.</summary>
    private const int MaxExponentScale = 2000;

    private const double Log10OfE = 0.434294481903252;

    /// <exception cref="SqlException">2201F for negative values.</exception>
    public PgNumeric Sqrt()
    {
        if (IsNaN || _kind == NumericKind.PositiveInfinity)
            return this;
        if (SignOf < 0)
            throw new SqlException(SqlState.InvalidArgumentForPowerFunction, "cannot take square root of a negative number");
        var weight = LeadingDigit().Weight;
        var scale = ResultScale(MinSignificantDigits - ((weight + 1) * 4 / 2 - 1), _scale, 0);
        // One guard digit pair makes the remainder test exact: round half up of the true root.
        var scaled = Mantissa * Pow10.Big(Math.Max(0, 2 * scale - _scale));
        if (2 * scale < _scale)
            scaled /= Pow10.Big(_scale - 2 * scale);
        var root = IntegerSqrt(scaled);
        if (scaled - root * root > root)
            root += 1;
        return FromScaled(root, scale);
    }

    private static int ResultScale(int wanted, int scaleA, int scaleB) =>
        Math.Min(Math.Max(Math.Max(wanted, 0), Math.Max(scaleA, scaleB)), MaxResultScale);

    internal static BigInteger IntegerSqrt(BigInteger value)
    {
        if (value < (BigInteger)(1L << 52))
            return (BigInteger)Math.Sqrt((double)value);
        var bits = value.GetBitLength();
        // Root of the upper half first: each level doubles the correct digits (after Zimmermann 1999, "Karatsuba Square Root").
        var shift = (int)((bits - 50) / 4 * 2);
        var guess = shift >= 2
            ? (IntegerSqrt(value >> shift) + 1) << shift / 2
            : (BigInteger)Math.Sqrt((double)value) + 1;
        while (true)
        {
            var next = (guess + value / guess) >> 1;
            if (next >= guess)
                return guess;
            guess = next;
        }
    }

    /// <exception cref="SqlException">22003 when the result has too many digits.</exception>
    public PgNumeric Exp()
    {
        if (IsNaN || _kind == NumericKind.PositiveInfinity)
            return this;
        if (_kind == NumericKind.NegativeInfinity)
            return Zero;
        var weight = Math.Clamp(ToDouble() * Log10OfE, -MaxExponentScale, MaxExponentScale);
        var scale = ResultScale(MinSignificantDigits - (int)weight, _scale, 0);
        return ExpAt(Mantissa, Pow10.Big(_scale), scale);
    }

    private static PgNumeric ExpAt(BigInteger numerator, BigInteger denominator, int scale)
    {
        var approximate = FixedPoint.ToDouble(numerator, denominator);
        if (Math.Abs(approximate) >= MaxExponentScale * 3)
            return approximate > 0 ? throw Overflow() : FromScaled(Int128.Zero, scale);
        var bits = FixedPoint.BitsFor(scale + Math.Max(0, (int)(approximate * Log10OfE)) + 12);
        var x = FixedPoint.Divide(numerator << bits, denominator);
        return FromScaled(FixedPoint.ToDecimal(FixedPoint.Exp(x, bits), bits, scale), scale);
    }

    /// <exception cref="SqlException">2201E for values that are not positive.</exception>
    public PgNumeric Ln()
    {
        CheckLogArgument();
        if (!IsFinite)
            return this;
        var scale = ResultScale(MinSignificantDigits - LnWeight(), _scale, 0);
        var bits = FixedPoint.BitsFor(scale + 10);
        return FromScaled(FixedPoint.ToDecimal(FixedPoint.Ln(Mantissa, Pow10.Big(_scale), bits), bits, scale), scale);
    }

    /// <summary>log(): base 10.</summary>
    public PgNumeric Log10() => Log(FromScaled(10, 0), this);

    /// <summary>log(b, x).</summary>
    /// <exception cref="SqlException">2201E; 22012 for base 1.</exception>
    public static PgNumeric Log(PgNumeric logBase, PgNumeric value)
    {
        if (logBase.IsNaN || value.IsNaN)
            return NaN;
        // Among infinities a negative argument is reported before a zero, among finite values the base comes first.
        if (value.IsInfinite)
            value.CheckLogArgument();
        logBase.CheckLogArgument();
        value.CheckLogArgument();
        if (logBase.IsInfinite)
            return value.IsInfinite ? NaN : Zero;
        if (value.IsInfinite)
            return value;
        var baseWeight = logBase.LnWeight();
        var weight = value.LnWeight() - baseWeight;
        var scale = ResultScale(MinSignificantDigits - weight, logBase._scale, value._scale);
        if (logBase == One)
            throw SqlException.DivisionByZero();
        var bits = FixedPoint.BitsFor(scale + Math.Abs(weight) + 2 * Math.Abs(baseWeight) + 16);
        var quotient = FixedPoint.Divide(FixedPoint.Ln(value.Mantissa, Pow10.Big(value._scale), bits) << bits,
            FixedPoint.Ln(logBase.Mantissa, Pow10.Big(logBase._scale), bits));
        return FromScaled(FixedPoint.ToDecimal(quotient, bits, scale), scale);
    }

    private void CheckLogArgument()
    {
        if (IsNaN || SignOf > 0)
            return;
        throw new SqlException(SqlState.InvalidArgumentForLogarithm,
            SignOf < 0 ? "cannot take logarithm of a negative number" : "cannot take logarithm of zero");
    }

    /// <summary>estimate_ln_dweight: the decimal weight of the logarithm, which fixes the scale of the result.</summary>
    private int LnWeight()
    {
        if (SignOf <= 0)
            return 0;
        if (CompareTo(FromScaled(9, 1)) >= 0 && CompareTo(FromScaled(11, 1)) <= 0)
        {
            var difference = Subtract(this, One);
            if (difference.IsZero)
                return 0;
            var (weight, digit) = difference.LeadingDigit();
            return weight * 4 + (int)Math.Log10(digit);
        }
        var digits = DecimalDigits();
        var first = LeadingDigit().Weight;
        // The first two base-10000 digits, as PostgreSQL takes them.
        var keep = digits - 1 - _scale - first * 4 + 1 + 4;
        var mantissa = Mantissa;
        var leading = digits > keep ? (double)(mantissa / Pow10.Big(digits - keep)) : (double)(mantissa * Pow10.Big(keep - digits));
        var ln = Math.Log(leading) + (first * 4 - 4) * 2.302585092994046;
        return (int)Math.Log10(Math.Abs(ln));
    }

    /// <summary>x ^ y.</summary>
    /// <exception cref="SqlException">2201F for 0 ^ negative and for negative ^ non-integer; 22003 for overflow.</exception>
    public static PgNumeric Power(PgNumeric x, PgNumeric y)
    {
        if (!x.IsFinite || !y.IsFinite)
            return PowerSpecial(x, y);
        if (x.IsZero && y.SignOf < 0)
            throw new SqlException(SqlState.InvalidArgumentForPowerFunction, "zero raised to a negative power is undefined");
        var isInteger = y.Truncate(0) == y;
        if (x.SignOf < 0 && !isInteger)
        {
            throw new SqlException(SqlState.InvalidArgumentForPowerFunction,
                "a negative number raised to a non-integer power yields a complex result");
        }
        if (isInteger && y.TryToInt64(out var exponent) && exponent is >= int.MinValue and <= int.MaxValue)
            return PowerInteger(x, (int)exponent, ResultScale(MinSignificantDigits, x._scale, 0));
        if (x.IsZero)
            return FromScaled(Int128.Zero, MinSignificantDigits);
        var negative = x.SignOf < 0 && !BigInteger.IsEvenInteger(y.Truncate(0).Mantissa);
        x = x.Abs();

        var lnWeight = x.LnWeight();
        const int GuardDigits = 24;
        var roughBits = FixedPoint.BitsFor(Math.Max(8 - lnWeight, 0) + GuardDigits);
        // The estimate decides the scale: it must be rounded exactly where PostgreSQL rounds it.
        var roughScale = Math.Max(8 - lnWeight, 0);
        var roughLn = FixedPoint.ToDecimal(FixedPoint.Ln(x.Mantissa, Pow10.Big(x._scale), roughBits), roughBits, roughScale);
        var rough = FixedPoint.ToDouble(DivideRounded(roughLn * y.Mantissa, Pow10.Big(y._scale)), Pow10.Big(roughScale));
        if (Math.Abs(rough) > MaxExponentScale * 3.01)
            return rough > 0 ? throw Overflow() : FromScaled(Int128.Zero, MaxResultScale);
        var weight = rough * Log10OfE;
        var scale = ResultScale(MinSignificantDigits - (int)weight, x._scale, y._scale);
        var bits = FixedPoint.BitsFor(scale + Math.Max(0, (int)weight) + Math.Max(0, y.DecimalDigits() - y._scale) + GuardDigits);
        var ln = FixedPoint.Ln(x.Mantissa, Pow10.Big(x._scale), bits);
        var result = ExpAt(ln * y.Mantissa, Pow10.Big(y._scale) << bits, scale);
        return negative ? result.Negate() : result;
    }

    private static PgNumeric PowerSpecial(PgNumeric x, PgNumeric y)
    {
        // POSIX pow(): 1 ^ anything and anything ^ 0 are 1, NaN or not.
        if (x.IsFinite && x == One || y.IsFinite && y.IsZero)
            return One;
        if (x.IsNaN || y.IsNaN)
            return NaN;
        if (x.IsZero && y.SignOf < 0)
            throw new SqlException(SqlState.InvalidArgumentForPowerFunction, "zero raised to a negative power is undefined");
        if (x.SignOf < 0 && y.IsFinite && y.Truncate(0) != y)
        {
            throw new SqlException(SqlState.InvalidArgumentForPowerFunction,
                "a negative number raised to a non-integer power yields a complex result");
        }
        if (y.IsInfinite)
        {
            var magnitude = x.Abs();
            if (magnitude.IsFinite && magnitude == One)
                return One;
            return (magnitude > One) == (y.SignOf > 0) ? PositiveInfinity : Zero;
        }
        if (y.SignOf < 0)
            return Zero;
        return x.SignOf < 0 && !BigInteger.IsEvenInteger(y.Truncate(0).Mantissa) ? NegativeInfinity : PositiveInfinity;
    }

    private static PgNumeric PowerInteger(PgNumeric x, int exponent, int scale)
    {
        switch (exponent)
        {
            case 0: return One.Round(scale);
            case 1: return x.Round(scale);
            case -1: return DivideAt(One, x, scale);
            case 2: return RoundMantissa(x.Mantissa * x.Mantissa, 2 * x._scale, scale);
        }
        if (x.IsZero)
            return FromScaled(Int128.Zero, scale);

        var digits = x.DecimalDigits();
        var leading = digits > 17 ? (double)(BigInteger.Abs(x.Mantissa) / Pow10.Big(digits - 17)) : (double)BigInteger.Abs(x.Mantissa);
        var weight = exponent * (Math.Log10(leading) + (digits > 17 ? digits - 17 : 0) - x._scale);
        if (weight > 32768.0 * 4)
            throw Overflow();
        if (weight + 1 < -scale || weight + 1 < -MaxResultScale)
            return FromScaled(Int128.Zero, scale);

        // Repeated squaring on decimal mantissas cut to the digits that can matter.
        var significant = Math.Max(1, 1 + scale + (int)weight) + (int)Math.Log(Math.Abs((double)exponent)) + 16;
        var power = (Mantissa: x.Mantissa, Exponent: -(long)x._scale);
        var result = (Mantissa: BigInteger.One, Exponent: 0L);
        for (var bits = (uint)Math.Abs((long)exponent); ; power = Cut(power.Mantissa * power.Mantissa, power.Exponent * 2, significant))
        {
            if ((bits & 1) != 0)
                result = Cut(result.Mantissa * power.Mantissa, result.Exponent + power.Exponent, significant);
            bits >>= 1;
            if (bits == 0)
                break;
        }
        var ten = result.Exponent;
        if (exponent < 0)
        {
            // 1 / (m * 10^e), to scale digits
            var shift = scale - ten;
            return shift >= 0
                ? FromScaled(DivideRounded(Pow10.Big((int)shift), result.Mantissa), scale)
                : FromScaled(Int128.Zero, scale);
        }
        return ten >= -scale
            ? FromScaled(result.Mantissa * Pow10.Big((int)(ten + scale)), scale)
            : RoundMantissa(result.Mantissa, (int)-ten, scale);
    }

    private static (BigInteger Mantissa, long Exponent) Cut(BigInteger mantissa, long exponent, int significant)
    {
        var excess = BigDigitCount(BigInteger.Abs(mantissa)) - significant;
        return excess <= 0 ? (mantissa, exponent) : (BigInteger.Divide(mantissa, Pow10.Big(excess)), exponent + excess);
    }

    /// <summary>n! as numeric.</summary>
    /// <exception cref="SqlException">22003 for negative or too large arguments.</exception>
    public static PgNumeric Factorial(long n)
    {
        if (n < 0)
            throw new SqlException(SqlState.NumericValueOutOfRange, "factorial of a negative number is undefined");
        if (n > 32177)
            throw Overflow();
        var result = BigInteger.One;
        for (var i = 2; i <= n; i++)
            result *= i;
        return FromScaled(result, 0);
    }
}
