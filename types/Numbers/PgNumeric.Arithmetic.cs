using System.Numerics;

namespace OmenDb.Types;

public readonly partial struct PgNumeric
{
    public static PgNumeric operator +(PgNumeric left, PgNumeric right) => Add(left, right);

    public static PgNumeric operator -(PgNumeric left, PgNumeric right) => Subtract(left, right);

    public static PgNumeric operator *(PgNumeric left, PgNumeric right) => Multiply(left, right);

    public static PgNumeric operator /(PgNumeric left, PgNumeric right) => Divide(left, right);

    public static PgNumeric operator %(PgNumeric left, PgNumeric right) => Remainder(left, right);

    public static PgNumeric operator -(PgNumeric value) => value.Negate();

    /// <summary>Exact; the scale is the larger one. Infinity - Infinity is NaN.</summary>
    public static PgNumeric Add(PgNumeric left, PgNumeric right)
    {
        if (left._kind == NumericKind.Finite && right._kind == NumericKind.Finite)
        {
            if (left.IsSmall && right.IsSmall && TryAlign(left, right, out var a, out var b))
                return FromScaled(a + b, Math.Max(left._scale, right._scale));
            var scale = Math.Max(left._scale, right._scale);
            return FromScaled(left.BigAt(scale) + right.BigAt(scale), scale);
        }
        if (left.IsNaN || right.IsNaN)
            return NaN;
        if (left.IsInfinite)
            return right.IsInfinite && right._kind != left._kind ? NaN : left;
        return right;
    }

    public static PgNumeric Subtract(PgNumeric left, PgNumeric right) => Add(left, right.Negate());

    public PgNumeric Negate() => _kind switch
    {
        NumericKind.Finite => IsSmall ? new PgNumeric(-_small, _scale) : new PgNumeric(-_big, _scale),
        NumericKind.NegativeInfinity => PositiveInfinity,
        NumericKind.PositiveInfinity => NegativeInfinity,
        _ => NaN,
    };

    public PgNumeric Abs() => SignOf < 0 ? Negate() : this;

    public PgNumeric Sign() => IsNaN ? NaN : new PgNumeric(SignOf, 0);

    /// <summary>Exact; the scales add up, beyond <see cref="MaxScale"/> the result is rounded. 0 * Infinity is NaN.</summary>
    public static PgNumeric Multiply(PgNumeric left, PgNumeric right)
    {
        if (left._kind == NumericKind.Finite && right._kind == NumericKind.Finite)
        {
            var scale = left._scale + right._scale;
            if (left.IsSmall && right.IsSmall && scale <= MaxScale)
            {
                if ((long)left._small == left._small && (long)right._small == right._small)
                    return new PgNumeric(Math.BigMul((long)left._small, (long)right._small), scale);
                if (left._small == 0 || right._small == 0)
                    return new PgNumeric(Int128.Zero, scale);
            }
            var product = left.Mantissa * right.Mantissa;
            return scale <= MaxScale ? FromScaled(product, scale) : RoundMantissa(product, scale, MaxScale);
        }
        if (left.IsNaN || right.IsNaN)
            return NaN;
        return (left.SignOf * right.SignOf) switch
        {
            0 => NaN,
            > 0 => PositiveInfinity,
            _ => NegativeInfinity,
        };
    }

    /// <summary>The quotient, rounded to PostgreSQL's number of digits: at least 16 significant ones, no fewer than either operand's scale.</summary>
    /// <exception cref="SqlException">22012.</exception>
    public static PgNumeric Divide(PgNumeric left, PgNumeric right)
    {
        if (left._kind == NumericKind.Finite && right._kind == NumericKind.Finite)
        {
            if (right.IsZero)
                throw SqlException.DivisionByZero();
            return left.IsSmall && right.IsSmall
                ? DivideScaled(left._small, left._scale, right._small, right._scale)
                : DivideAt(left, right, DivisionScale(left, right));
        }
        return DivideSpecial(left, right);
    }

    private static PgNumeric DivideSpecial(PgNumeric left, PgNumeric right)
    {
        if (left.IsNaN || right.IsNaN)
            return NaN;
        if (left.IsInfinite)
        {
            if (right.IsInfinite)
                return NaN;
            if (right.IsZero)
                throw SqlException.DivisionByZero();
            return left.SignOf * right.SignOf > 0 ? PositiveInfinity : NegativeInfinity;
        }
        return Zero; // finite by infinite; PostgreSQL shows no fraction
    }

    /// <summary>The quotient of two scaled integers, with the digits of numeric division: what / and avg on decimals use.</summary>
    /// <exception cref="SqlException">22012 when <paramref name="b"/> is 0.</exception>
    public static PgNumeric DivideScaled(Int128 a, int scaleA, Int128 b, int scaleB)
    {
        if (b == 0)
            throw SqlException.DivisionByZero();
        var dividend = (UInt128)Int128.Abs(a);
        var divisor = (UInt128)Int128.Abs(b);
        var scale = DivisionScale(Leading(dividend, scaleA), scaleA, Leading(divisor, scaleB), scaleB);
        var shift = scale + scaleB - scaleA;
        // Twice the remainder must not overflow either, hence 127 bits.
        if (shift <= 38 && Pow10.DigitCount(dividend) + shift <= 38 && divisor >> 126 == 0)
        {
            var (quotient, remainder) = UInt128.DivRem(dividend * (UInt128)Pow10.Wide[shift], divisor);
            if (remainder << 1 >= divisor)
                quotient++;
            var result = (Int128)quotient;
            return FromScaled((a < 0) != (b < 0) ? -result : result, scale);
        }
        return DivideAt(FromScaled(a, scaleA), FromScaled(b, scaleB), scale);
    }

    /// <summary>left / right rounded half away from zero to <paramref name="scale"/> digits.</summary>
    private static PgNumeric DivideAt(PgNumeric left, PgNumeric right, int scale)
    {
        var shift = scale + right._scale - left._scale;
        var dividend = left.Mantissa;
        var divisor = right.Mantissa;
        if (shift >= 0)
            dividend *= Pow10.Big(shift);
        else
            divisor *= Pow10.Big(-shift);
        return FromScaled(DivideRounded(dividend, divisor), scale);
    }

    internal static BigInteger DivideRounded(BigInteger dividend, BigInteger divisor)
    {
        var quotient = BigInteger.DivRem(dividend, divisor, out var remainder);
        if (BigInteger.Abs(remainder) * 2 >= BigInteger.Abs(divisor))
            quotient += dividend.Sign * divisor.Sign;
        return quotient;
    }

    private static int DivisionScale(PgNumeric left, PgNumeric right) => DivisionScale(left.LeadingDigit(), left._scale, right.LeadingDigit(), right._scale);

    /// <summary>select_div_scale: the weight of the quotient is estimated from the leading base-10000 digits.</summary>
    private static int DivisionScale((int Weight, int Digit) left, int scaleLeft, (int Weight, int Digit) right, int scaleRight)
    {
        var weight = left.Weight - right.Weight;
        if (left.Digit <= right.Digit)
            weight--;
        var scale = Math.Max(MinSignificantDigits - weight * 4, Math.Max(scaleLeft, scaleRight));
        return Math.Min(Math.Max(scale, 0), MaxResultScale);
    }

    /// <summary>Weight (power of 10000) and value of the first base-10000 digit; (0, 0) for zero.</summary>
    private (int Weight, int Digit) LeadingDigit()
    {
        if (IsSmall)
            return Leading((UInt128)Int128.Abs(_small), _scale);
        var magnitude = BigInteger.Abs(_big);
        var digits = BigDigitCount(magnitude);
        var weight = FloorDiv4(digits - 1 - _scale);
        var keep = digits - 1 - _scale - weight * 4 + 1;
        return (weight, (int)(magnitude / Pow10.Big(digits - keep)));
    }

    private static (int Weight, int Digit) Leading(UInt128 magnitude, int scale)
    {
        var digits = Pow10.DigitCount(magnitude);
        if (digits == 0)
            return (0, 0);
        var weight = FloorDiv4(digits - 1 - scale);
        var keep = digits - 1 - scale - weight * 4 + 1; // decimal digits in the first base-10000 digit
        if (digits <= keep)
            return (weight, (int)(magnitude * (UInt128)Pow10.Wide[keep - digits]));
        return digits <= 19
            ? (weight, (int)((ulong)magnitude / (ulong)Pow10.Int64[digits - keep]))
            : (weight, (int)(magnitude / (UInt128)Pow10.Wide[digits - keep]));
    }

    private static int FloorDiv4(int value) => value >> 2;

    internal static int BigDigitCount(BigInteger magnitude)
    {
        if (magnitude.IsZero)
            return 0;
        var digits = (int)((magnitude.GetBitLength() - 1) * 0.301029995663981195);
        return magnitude >= Pow10.Big(digits) ? (magnitude >= Pow10.Big(digits + 1) ? digits + 2 : digits + 1) : digits;
    }

    /// <summary>Remainder with the sign of the dividend; exact.</summary>
    /// <exception cref="SqlException">22012.</exception>
    public static PgNumeric Remainder(PgNumeric left, PgNumeric right)
    {
        if (left._kind == NumericKind.Finite && right._kind == NumericKind.Finite)
        {
            if (right.IsZero)
                throw SqlException.DivisionByZero();
            var scale = Math.Max(left._scale, right._scale);
            if (left.IsSmall && right.IsSmall && TryAlign(left, right, out var a, out var b))
                return new PgNumeric(a % b, scale);
            return FromScaled(BigInteger.Remainder(left.BigAt(scale), right.BigAt(scale)), scale);
        }
        if (left.IsNaN || right.IsNaN)
            return NaN;
        if (left.IsInfinite)
            return right.IsZero ? throw SqlException.DivisionByZero() : NaN;
        return left;
    }

    /// <summary>div(): the integer quotient, truncated.</summary>
    /// <exception cref="SqlException">22012.</exception>
    public static PgNumeric DivideTruncated(PgNumeric left, PgNumeric right)
    {
        if (!left.IsFinite || !right.IsFinite)
            return DivideSpecial(left, right);
        if (right.IsZero)
            throw SqlException.DivisionByZero();
        if (left.IsSmall && right.IsSmall && TryAlign(left, right, out var a, out var b))
            return new PgNumeric(a / b, 0);
        var scale = Math.Max(left._scale, right._scale);
        return FromScaled(BigInteger.Divide(left.BigAt(scale), right.BigAt(scale)), 0);
    }

    /// <summary>Half away from zero; a negative scale rounds before the point. The result shows max(scale, 0) digits.</summary>
    public PgNumeric Round(int scale)
    {
        if (_kind != NumericKind.Finite)
            return this;
        scale = Math.Clamp(scale, -MaxIntegerDigits, MaxScale);
        if (scale >= _scale)
            return WithScaleUp(scale);
        var drop = _scale - scale;
        if (IsSmall && scale >= 0)
            return new PgNumeric(RoundSmall(_small, drop), scale);
        return RoundMantissa(Mantissa, _scale, scale);
    }

    /// <summary>Towards zero.</summary>
    public PgNumeric Truncate(int scale)
    {
        if (_kind != NumericKind.Finite)
            return this;
        scale = Math.Clamp(scale, -MaxIntegerDigits, MaxScale);
        if (scale >= _scale)
            return WithScaleUp(scale);
        var drop = _scale - scale;
        if (IsSmall && scale >= 0)
            return new PgNumeric(drop > 38 ? 0 : _small / Pow10.Wide[drop], scale);
        var quotient = BigInteger.Divide(Mantissa, Pow10.Big(drop));
        return scale >= 0 ? FromScaled(quotient, scale) : FromScaled(quotient * Pow10.Big(-scale), 0);
    }

    private PgNumeric WithScaleUp(int scale)
    {
        if (scale == _scale)
            return this;
        var small = _small;
        return IsSmall && TryScaleUp(ref small, scale - _scale) ? new PgNumeric(small, scale) : FromScaled(BigAt(scale), scale);
    }

    private static Int128 RoundSmall(Int128 mantissa, int drop)
    {
        if (drop > 38)
            return 0;
        if (drop <= 18 && (long)mantissa == mantissa)
        {
            var (q, r) = Math.DivRem((long)mantissa, Pow10.Int64[drop]);
            return Math.Abs(r) >= Pow10.Int64[drop] - Math.Abs(r) ? q + (mantissa < 0 ? -1 : 1) : q;
        }
        var divisor = Pow10.Wide[drop];
        var (quotient, remainder) = Int128.DivRem(mantissa, divisor);
        var magnitude = Int128.Abs(remainder);
        return magnitude >= divisor - magnitude ? quotient + (mantissa < 0 ? -1 : 1) : quotient;
    }

    /// <summary>Rounds mantissa / 10^from to <paramref name="to"/> digits, which may be negative.</summary>
    private static PgNumeric RoundMantissa(BigInteger mantissa, int from, int to)
    {
        if (to >= from)
            return FromScaled(mantissa * Pow10.Big(to - from), to);
        var quotient = DivideRounded(mantissa, Pow10.Big(from - to));
        return to >= 0 ? FromScaled(quotient, to) : FromScaled(quotient * Pow10.Big(-to), 0);
    }

    public PgNumeric Floor()
    {
        if (_kind != NumericKind.Finite)
            return this;
        var truncated = Truncate(0);
        return SignOf < 0 && truncated != this ? Subtract(truncated, One) : truncated;
    }

    public PgNumeric Ceiling()
    {
        if (_kind != NumericKind.Finite)
            return this;
        var truncated = Truncate(0);
        return SignOf > 0 && truncated != this ? Add(truncated, One) : truncated;
    }

    /// <summary>trim_scale(): no zeros at the end of the fraction.</summary>
    public PgNumeric TrimScale()
    {
        if (_kind != NumericKind.Finite || _scale == 0)
            return this;
        int scale = _scale;
        if (IsSmall)
        {
            var small = _small;
            if (small == 0)
                return Zero;
            if ((long)small == small)
            {
                var narrow = (long)small;
                while (scale > 0 && narrow % 10 == 0)
                {
                    narrow /= 10;
                    scale--;
                }
                return new PgNumeric(narrow, scale);
            }
            while (scale > 0)
            {
                var (quotient, remainder) = Int128.DivRem(small, 10);
                if (remainder != 0)
                    break;
                small = quotient;
                scale--;
            }
            return new PgNumeric(small, scale);
        }
        var big = _big;
        while (scale > 0)
        {
            // Powers of two first halve the work for long runs of zeros.
            var step = scale >= 64 ? 64 : scale >= 8 ? 8 : 1;
            var quotient = BigInteger.DivRem(big, Pow10.Big(step), out var remainder);
            if (!remainder.IsZero)
            {
                if (step == 1)
                    break;
                var trimmedOne = BigInteger.DivRem(big, 10, out remainder);
                if (!remainder.IsZero)
                    break;
                big = trimmedOne;
                scale--;
                continue;
            }
            big = quotient;
            scale -= step;
        }
        return FromScaled(big, scale);
    }

    /// <summary>min_scale(): digits after the point that are needed.</summary>
    public int MinScale() => TrimScale().Scale;

    /// <summary>gcd() of finite values, with the larger scale; always ≥ 0. NaN when either is not finite.</summary>
    public static PgNumeric Gcd(PgNumeric left, PgNumeric right)
    {
        if (!left.IsFinite || !right.IsFinite)
            return NaN;
        var scale = Math.Max(left._scale, right._scale);
        return FromScaled(BigInteger.GreatestCommonDivisor(left.BigAt(scale), right.BigAt(scale)), scale);
    }

    /// <summary>lcm(): |a * b| / gcd(a, b); 0 when either is 0.</summary>
    public static PgNumeric Lcm(PgNumeric left, PgNumeric right)
    {
        if (!left.IsFinite || !right.IsFinite)
            return NaN;
        var scale = Math.Max(left._scale, right._scale);
        var a = BigInteger.Abs(left.BigAt(scale));
        var b = BigInteger.Abs(right.BigAt(scale));
        return a.IsZero || b.IsZero ? FromScaled(Int128.Zero, scale) : FromScaled(a / BigInteger.GreatestCommonDivisor(a, b) * b, scale);
    }

    /// <summary>The value as numeric(precision, scale) holds it.</summary>
    /// <exception cref="SqlException">22003, numeric field overflow.</exception>
    public PgNumeric ToPrecision(int precision, int scale)
    {
        if (IsNaN)
            return this;
        if (IsInfinite)
            throw new SqlException(SqlState.NumericValueOutOfRange, "numeric field overflow")
            {
                Detail = $"A field with precision {precision}, scale {scale} cannot hold an infinite value.",
            };
        var rounded = Round(scale);
        var digits = precision - scale;
        var exponent = rounded.IsZero ? int.MinValue : rounded.DecimalDigits() - rounded._scale; // value < 10^exponent
        if (exponent > digits)
            throw FieldOverflow(precision, scale);
        return rounded;
    }

    /// <summary>Decimal digits of the mantissa; 0 for zero.</summary>
    internal int DecimalDigits() => IsSmall ? Pow10.DigitCount((UInt128)Int128.Abs(_small)) : BigDigitCount(BigInteger.Abs(_big));

    public static SqlException FieldOverflow(int precision, int scale) => new(SqlState.NumericValueOutOfRange, "numeric field overflow")
    {
        Detail = $"A field with precision {precision}, scale {scale} must round to an absolute value less than "
            + (precision == scale ? "1." : $"10^{precision - scale}."),
    };
}
