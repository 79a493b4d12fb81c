using System.Numerics;

namespace OmenDb.Types;

/// <summary>exp and ln on binary fixed-point numbers: value = integer / 2^bits.</summary>
/// <remarks>Callers ask for guard digits, so that the last bits may be wrong without ever showing.</remarks>
internal static class FixedPoint
{
    private sealed record Constant(int Bits, BigInteger Value);

    private static Constant? _ln2;

    /// <summary>Bits that carry <paramref name="digits"/> decimal digits after the point.</summary>
    public static int BitsFor(int digits) => (int)(digits * 3.3219280948873626) + 32;

    /// <summary>Rounds towards minus infinity.</summary>
    public static BigInteger Divide(BigInteger numerator, BigInteger denominator)
    {
        var quotient = BigInteger.DivRem(numerator, denominator, out var remainder);
        return remainder.Sign * denominator.Sign < 0 ? quotient - 1 : quotient;
    }

    /// <summary>Mantissa of the value at a decimal scale, rounded half away from zero.</summary>
    public static BigInteger ToDecimal(BigInteger value, int bits, int scale)
    {
        var scaled = BigInteger.Abs(value) * Pow10.Big(scale) + (BigInteger.One << bits - 1);
        var result = scaled >> bits;
        return value.Sign < 0 ? -result : result;
    }

    /// <summary>About 15 digits of a fraction whose parts may be beyond the range of double.</summary>
    public static double ToDouble(BigInteger numerator, BigInteger denominator)
    {
        if (numerator.IsZero)
            return 0;
        var shift = (int)(denominator.GetBitLength() - BigInteger.Abs(numerator).GetBitLength()) + 60;
        var quotient = shift >= 0 ? (numerator << shift) / denominator : numerator / (denominator << -shift);
        return Math.ScaleB((double)quotient, -shift);
    }

    public static BigInteger Exp(BigInteger x, int bits)
    {
        // exp(x) = 2^k * exp(r / 2^h)^(2^h), |r| < ln 2
        var halvings = Math.Max(4, (int)Math.Sqrt(bits) / 2);
        var work = bits + 2 * halvings + 32;
        x <<= work - bits;
        // The multiple of ln 2 needs as many bits as k has on top.
        var ln2 = Ln2(work + 32) >> 32;
        var k = (int)Divide(x, ln2);
        var r = (x - k * ln2) >> halvings;
        var one = BigInteger.One << work;
        var sum = one;
        var term = one;
        for (var n = 1; !term.IsZero; n++)
        {
            term = (term * r >> work) / n;
            sum += term;
        }
        for (var i = 0; i < halvings; i++)
            sum = sum * sum >> work;
        var shift = work - bits - k;
        return shift >= 0 ? sum >> shift : sum << -shift;
    }

    /// <summary>ln(numerator / denominator), both positive.</summary>
    public static BigInteger Ln(BigInteger numerator, BigInteger denominator, int bits)
    {
        const int Guard = 64;
        var work = bits + Guard;
        var exponent = (int)(numerator.GetBitLength() - denominator.GetBitLength());
        var shift = work - exponent;
        var m = shift >= 0 ? (numerator << shift) / denominator : numerator / (denominator << -shift); // 0.5 to 2
        var one = BigInteger.One << work;
        if (m * 2 > one * 3)
        {
            m >>= 1;
            exponent++;
        }
        else if (m * 4 < one * 3)
        {
            m <<= 1;
            exponent--;
        }
        // Square roots bring m near 1, where the series is short: ln m = 2^roots * ln(m^(1/2^roots)).
        var roots = m == one ? 0 : Math.Clamp(bits / 200, 2, 24);
        for (var i = 0; i < roots; i++)
            m = PgNumeric.IntegerSqrt(m << work);
        var result = Atanh((m - one << work) / (m + one), work) << roots + 1;
        result += exponent * (exponent == 0 ? BigInteger.Zero : Ln2(work));
        return result >> Guard;
    }

    /// <summary>y + y^3/3 + y^5/5 + …</summary>
    private static BigInteger Atanh(BigInteger y, int bits)
    {
        var square = y * y >> bits;
        var sum = y;
        var power = y;
        for (var n = 3; ; n += 2)
        {
            power = power * square >> bits;
            var term = power / n;
            if (term.IsZero || term.IsOne || term == BigInteger.MinusOne)
                return sum;
            sum += term;
        }
    }

    private static BigInteger Ln2(int bits)
    {
        var known = _ln2;
        if (known is not null && known.Bits >= bits)
            return known.Value >> known.Bits - bits;
        var work = bits + 32;
        var value = Atanh((BigInteger.One << work) / 3, work) << 1 >> 32;
        _ln2 = new Constant(bits, value); // two threads at once compute it twice, no more
        return value;
    }
}
