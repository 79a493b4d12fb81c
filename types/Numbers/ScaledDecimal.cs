using System.Runtime.CompilerServices;

namespace OmenDb.Types;

/// <summary>numeric(p, s) with p ≤ 38 as integers times 10^-s: 64 bits up to 18 digits, 128 bits beyond.</summary>
/// <remarks>
/// Reserved values, outside the range of every precision, so that integer order is SQL order (see also <see cref="DateTimes"/>
/// for dates and timestamps):
/// <code>
///              64 bits               128 bits
/// -Infinity    long.MinValue         Int128.MinValue
///  Infinity    long.MaxValue - 1     Int128.MaxValue - 1
///  NaN         long.MaxValue         Int128.MaxValue
/// </code>
/// numeric(p, s) itself can hold NaN but no infinity, as in PostgreSQL.
/// </remarks>
public static class ScaledDecimal
{
    public const long NegativeInfinity64 = long.MinValue;
    public const long PositiveInfinity64 = long.MaxValue - 1;
    public const long NaN64 = long.MaxValue;
    public static readonly Int128 NegativeInfinity128 = Int128.MinValue;
    public static readonly Int128 PositiveInfinity128 = Int128.MaxValue - 1;
    public static readonly Int128 NaN128 = Int128.MaxValue;

    /// <summary>Digits that a 64-bit decimal holds.</summary>
    public const int MaxPrecision64 = 18;

    /// <summary>Digits that a 128-bit decimal holds.</summary>
    public const int MaxPrecision128 = 38;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsSpecial(long value) => value is NaN64 or PositiveInfinity64 or NegativeInfinity64;

    public static bool IsSpecial(Int128 value) => value >= PositiveInfinity128 || value == NegativeInfinity128;

    /// <summary>A 64-bit decimal in 128 bits, sentinels included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int128 Widen(long value) => IsSpecial(value) ? WidenSpecial(value) : value;

    private static Int128 WidenSpecial(long value) => value switch
    {
        NaN64 => NaN128,
        PositiveInfinity64 => PositiveInfinity128,
        _ => NegativeInfinity128,
    };

    /// <summary>From one scale to another, rounding half away from zero.</summary>
    /// <returns>False when the result leaves 64 bits.</returns>
    public static bool TryRescale(long value, int from, int to, out long result)
    {
        result = value;
        if (from == to || IsSpecial(value))
            return true;
        if (to > from)
        {
            if (to - from > 18)
                return value == 0;
            return Math.BigMul(value, Pow10.Int64[to - from], out result) == result >> 63 && !IsSpecial(result);
        }
        if (from - to > 18)
        {
            result = 0;
            return true;
        }
        var divisor = Pow10.Int64[from - to];
        var (quotient, remainder) = Math.DivRem(value, divisor);
        var magnitude = Math.Abs(remainder);
        result = magnitude >= divisor - magnitude ? quotient + (value < 0 ? -1 : 1) : quotient;
        return true;
    }

    /// <inheritdoc cref="TryRescale(long, int, int, out long)"/>
    public static bool TryRescale(Int128 value, int from, int to, out Int128 result)
    {
        result = value;
        if (from == to || IsSpecial(value))
            return true;
        if (to > from)
        {
            if (to - from > 38)
                return value == 0;
            var factor = Pow10.Wide[to - from];
            if (Int128.Abs(value) > Int128.MaxValue / factor)
                return false;
            result = value * factor;
            return !IsSpecial(result);
        }
        if (from - to > 38)
        {
            result = 0;
            return true;
        }
        var divisor = Pow10.Wide[from - to];
        var (quotient, remainder) = Int128.DivRem(value, divisor);
        var magnitude = Int128.Abs(remainder);
        result = magnitude >= divisor - magnitude ? quotient + (value < 0 ? -1 : 1) : quotient;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Fits(long value, int precision) =>
        precision > 18 || (ulong)(value + (Pow10.Int64[precision] - 1)) <= (ulong)(2 * (Pow10.Int64[precision] - 1)) || value == NaN64;

    public static bool Fits(Int128 value, int precision) =>
        value > -Pow10.Wide[precision] && value < Pow10.Wide[precision] || value == NaN128;

    /// <summary>To the scale and within the precision of the target, as a cast or an assignment does.</summary>
    /// <exception cref="SqlException">22003, numeric field overflow.</exception>
    public static long Convert(long value, int fromScale, int precision, int scale) =>
        TryRescale(value, fromScale, scale, out var result) && Fits(result, precision) ? result : throw PgNumeric.FieldOverflow(precision, scale);

    /// <inheritdoc cref="Convert(long, int, int, int)"/>
    public static Int128 Convert(Int128 value, int fromScale, int precision, int scale) =>
        TryRescale(value, fromScale, scale, out var result) && Fits(result, precision) ? result : throw PgNumeric.FieldOverflow(precision, scale);

    /// <summary>128-bit sum of values of one scale; NaN wins, then infinity.</summary>
    /// <exception cref="SqlException">22003 past 38 digits.</exception>
    public static Int128 Add(Int128 left, Int128 right)
    {
        if (IsSpecial(left) || IsSpecial(right))
            return ToSentinel(PgNumeric.Add(PgNumeric.FromDecimal128(left, 0), PgNumeric.FromDecimal128(right, 0)));
        var sum = left + right;
        if ((left < 0) == (right < 0) && (sum < 0) != (left < 0) || !Fits(sum, MaxPrecision128))
            throw SqlException.OutOfRange("numeric");
        return sum;
    }

    /// <inheritdoc cref="Add"/>
    public static Int128 Subtract(Int128 left, Int128 right) => IsSpecial(right)
        ? ToSentinel(PgNumeric.Subtract(PgNumeric.FromDecimal128(left, 0), PgNumeric.FromDecimal128(right, 0)))
        : Add(left, -right);

    /// <summary>Product; the scales add up.</summary>
    /// <exception cref="SqlException">22003 past 38 digits.</exception>
    public static Int128 Multiply(Int128 left, Int128 right)
    {
        if (IsSpecial(left) || IsSpecial(right))
            return ToSentinel(PgNumeric.Multiply(PgNumeric.FromDecimal128(left, 0), PgNumeric.FromDecimal128(right, 0)));
        if ((long)left == left && (long)right == right)
        {
            var product = Math.BigMul((long)left, (long)right);
            return Fits(product, MaxPrecision128) ? product : throw SqlException.OutOfRange("numeric");
        }
        if (right != 0 && Int128.Abs(left) > Pow10.Wide[MaxPrecision128] / Int128.Abs(right))
            throw SqlException.OutOfRange("numeric");
        var wide = left * right;
        return Fits(wide, MaxPrecision128) ? wide : throw SqlException.OutOfRange("numeric");
    }

    private static Int128 ToSentinel(PgNumeric value) => value.Kind switch
    {
        NumericKind.NaN => NaN128,
        NumericKind.PositiveInfinity => PositiveInfinity128,
        NumericKind.NegativeInfinity => NegativeInfinity128,
        _ => value.TryGetSmall(out var small, out _) ? small : throw SqlException.OutOfRange("numeric"),
    };

    /// <summary>Text to a 64-bit decimal; the digits of most inputs are read without a detour.</summary>
    /// <exception cref="SqlException">22P02; 22003.</exception>
    public static long Parse64(ReadOnlySpan<byte> text, int precision, int scale) =>
        TryParsePlain(text, out var mantissa, out var digits) ? Convert(mantissa, digits, precision, scale)
            : PgNumeric.Parse(text).ToDecimal64(precision, scale);

    /// <inheritdoc cref="Parse64"/>
    public static Int128 Parse128(ReadOnlySpan<byte> text, int precision, int scale) =>
        TryParsePlain(text, out var mantissa, out var digits) ? Convert((Int128)mantissa, digits, precision, scale)
            : PgNumeric.Parse(text).ToDecimal128(precision, scale);

    /// <summary>Sign, up to 18 digits, one point: nothing else.</summary>
    private static bool TryParsePlain(ReadOnlySpan<byte> text, out long mantissa, out int scale)
    {
        mantissa = 0;
        scale = 0;
        var negative = text.Length > 0 && text[0] == '-';
        if (negative)
            text = text[1..];
        if (text.Length is 0 or > 19)
            return false;
        var point = -1;
        for (var i = 0; i < text.Length; i++)
        {
            var digit = (uint)text[i] - '0';
            if (digit <= 9)
                mantissa = mantissa * 10 + digit;
            else if (text[i] == '.' && point < 0)
                point = i;
            else
                return false;
        }
        var digits = point < 0 ? text.Length : text.Length - 1;
        if (digits is 0 or > 18)
            return false;
        scale = point < 0 ? 0 : text.Length - 1 - point;
        if (negative)
            mantissa = -mantissa;
        return true;
    }

    /// <summary>Longest text of a 128-bit decimal.</summary>
    public const int MaxTextLength = 48;

    /// <summary>Digits with exactly <paramref name="scale"/> of them after the point; sentinels as NaN and Infinity.</summary>
    /// <param name="value">The scaled integer.</param>
    /// <param name="scale">Digits after the point.</param>
    /// <param name="target">At least <see cref="MaxTextLength"/> bytes, or scale + 4 when that is more.</param>
    /// <returns>Bytes written.</returns>
    public static int Format(long value, int scale, Span<byte> target) =>
        IsSpecial(value) ? FormatSpecial(Widen(value), target) : FormatDigits((ulong)Math.Abs(value), 0, value < 0, scale, target);

    /// <inheritdoc cref="Format(long, int, Span{byte})"/>
    public static int Format(Int128 value, int scale, Span<byte> target)
    {
        if ((long)value == value)
            return FormatDigits((ulong)Int128.Abs(value), 0, value < 0, scale, target);
        if (IsSpecial(value))
            return FormatSpecial(value, target);
        // Two 64-bit halves: 128-bit division per digit would be the whole cost.
        const ulong Split = 1_000_000_000_000_000_000;
        var (high, low) = UInt128.DivRem((UInt128)Int128.Abs(value), Split);
        if (high < Split)
            return FormatDigits((ulong)low, (ulong)high, value < 0, scale, target);
        var at = 0;
        Span<byte> digits = stackalloc byte[MaxTextLength];
        var (top, middle) = UInt128.DivRem(high, Split);
        ((ulong)top).TryFormat(digits, out var n);
        ((ulong)middle).TryFormat(digits[n..], out var m, "D18");
        ((ulong)low).TryFormat(digits[(n + m)..], out var l, "D18");
        var count = n + m + l;
        if (value < 0)
            target[at++] = (byte)'-';
        return at + PlacePoint(digits[..count], scale, target[at..]);
    }

    private static int FormatSpecial(Int128 value, Span<byte> target)
    {
        var text = value == NaN128 ? "NaN"u8 : value == PositiveInfinity128 ? "Infinity"u8 : "-Infinity"u8;
        text.CopyTo(target);
        return text.Length;
    }

    /// <summary>high * 10^18 + low.</summary>
    private static int FormatDigits(ulong low, ulong high, bool negative, int scale, Span<byte> target)
    {
        Span<byte> digits = stackalloc byte[MaxTextLength];
        var count = 0;
        if (high != 0)
        {
            high.TryFormat(digits, out count);
            low.TryFormat(digits[count..], out var more, "D18");
            count += more;
        }
        else
        {
            low.TryFormat(digits, out count);
        }
        var at = 0;
        if (negative)
            target[at++] = (byte)'-';
        return at + PlacePoint(digits[..count], scale, target[at..]);
    }

    private static int PlacePoint(ReadOnlySpan<byte> digits, int scale, Span<byte> target)
    {
        if (scale == 0)
        {
            digits.CopyTo(target);
            return digits.Length;
        }
        var whole = digits.Length - scale;
        if (whole > 0)
        {
            digits[..whole].CopyTo(target);
            target[whole] = (byte)'.';
            digits[whole..].CopyTo(target[(whole + 1)..]);
            return digits.Length + 1;
        }
        target[0] = (byte)'0';
        target[1] = (byte)'.';
        target.Slice(2, -whole).Fill((byte)'0');
        digits.CopyTo(target[(2 - whole)..]);
        return 2 + scale;
    }
}
