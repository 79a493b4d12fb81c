using System.Buffers;
using System.Numerics;

namespace OmenDb.Types;

public readonly partial struct PgNumeric
{
    /// <summary>numeric_in without typmod: sign, digits, point, exponent; NaN, Infinity, inf; blanks around.</summary>
    /// <exception cref="SqlException">22P02; 22003.</exception>
    public static PgNumeric Parse(ReadOnlySpan<byte> text) => TryParse(text, out var value)
        ? value
        : throw SqlException.InvalidText("numeric", Utf8.ToDisplay(text));

    /// <returns>False when the text is no number.</returns>
    /// <exception cref="SqlException">22003 when it is one, but too large.</exception>
    public static bool TryParse(ReadOnlySpan<byte> text, out PgNumeric value)
    {
        value = default;
        text = Ascii.Trim(text);
        var rest = text;
        var negative = false;
        if (rest.Length > 0 && rest[0] is (byte)'-' or (byte)'+')
        {
            negative = rest[0] == '-';
            rest = rest[1..];
        }
        if (rest.Length == 0)
            return false;
        if (rest[0] is not ((>= (byte)'0' and <= (byte)'9') or (byte)'.'))
        {
            if (Ascii.EqualsIgnoreCase(rest, "nan"u8) && rest.Length == text.Length)
                value = NaN;
            else if (Ascii.EqualsIgnoreCase(rest, "infinity"u8) || Ascii.EqualsIgnoreCase(rest, "inf"u8))
                value = negative ? NegativeInfinity : PositiveInfinity;
            else
                return false;
            return true;
        }

        UInt128 magnitude = 0;
        var significant = 0; // digits after leading zeros
        var scale = 0;
        var any = false;
        var point = false;
        var i = 0;
        for (; i < rest.Length; i++)
        {
            var digit = (uint)rest[i] - '0';
            if (digit <= 9)
            {
                any = true;
                if (significant > 0 || digit != 0)
                    significant++;
                if (significant <= 38)
                    magnitude = significant <= 19 ? (ulong)magnitude * 10 + digit : magnitude * 10 + digit;
                if (point)
                    scale++;
            }
            else if (rest[i] == '.' && !point)
            {
                point = true;
            }
            else
            {
                break;
            }
        }
        if (!any)
            return false;
        var mantissaEnd = i;
        long exponent = 0;
        if (i < rest.Length)
        {
            if ((rest[i] | 0x20) != 'e' || !Ascii.TryParseInteger(rest[(i + 1)..], out exponent))
                return false;
            if (exponent is >= int.MaxValue / 2 or <= -(int.MaxValue / 2))
                throw Overflow();
        }
        if (significant == 0)
        {
            value = FromScaled(Int128.Zero, CheckedScale(Math.Max(0, scale - exponent)));
            return true;
        }
        if (significant <= 38 && exponent == 0)
        {
            var small = (Int128)magnitude;
            value = FromScaled(negative ? -small : small, CheckedScale(scale));
            return true;
        }
        var big = significant <= 38 ? (BigInteger)magnitude : ParseBig(rest[..mantissaEnd]);
        var shown = scale - exponent;
        if (significant + exponent - scale > MaxIntegerDigits)
            throw Overflow();
        if (shown < 0)
        {
            big *= Pow10.Big((int)-shown);
            shown = 0;
        }
        value = FromScaled(negative ? -big : big, CheckedScale(shown));
        return true;
    }

    private static int CheckedScale(long scale) => scale <= MaxScale ? (int)scale : throw Overflow();

    private static BigInteger ParseBig(ReadOnlySpan<byte> digitsAndPoint)
    {
        var rented = ArrayPool<char>.Shared.Rent(digitsAndPoint.Length);
        var count = 0;
        foreach (var c in digitsAndPoint)
        {
            if (c != '.')
                rented[count++] = (char)c;
        }
        var result = BigInteger.Parse(rented.AsSpan(0, count));
        ArrayPool<char>.Shared.Return(rented);
        return result;
    }

    /// <summary>Upper bound of the bytes that <see cref="Format(Span{byte})"/> writes.</summary>
    public int MaxFormattedLength => IsSmall ? Math.Max(44, _scale + 4) : BigDigitCount(BigInteger.Abs(_big)) + _scale + 4;

    /// <summary>The digits that PostgreSQL prints; nothing is allocated for small mantissas.</summary>
    /// <returns>Bytes written.</returns>
    public int Format(Span<byte> target)
    {
        switch (_kind)
        {
            case NumericKind.NaN: return Copy("NaN"u8, target);
            case NumericKind.PositiveInfinity: return Copy("Infinity"u8, target);
            case NumericKind.NegativeInfinity: return Copy("-Infinity"u8, target);
        }
        if (IsSmall)
            return ScaledDecimal.Format(_small, _scale, target);
        var magnitude = BigInteger.Abs(_big);
        var rented = ArrayPool<char>.Shared.Rent(BigDigitCount(magnitude) + 1);
        magnitude.TryFormat(rented, out var digits);
        var at = 0;
        if (_big.Sign < 0)
            target[at++] = (byte)'-';
        var whole = digits - _scale;
        if (whole <= 0)
            target[at++] = (byte)'0';
        for (var i = 0; i < whole; i++)
            target[at++] = (byte)rented[i];
        if (_scale > 0)
        {
            target[at++] = (byte)'.';
            for (var i = whole; i < 0; i++)
                target[at++] = (byte)'0';
            for (var i = Math.Max(0, whole); i < digits; i++)
                target[at++] = (byte)rented[i];
        }
        ArrayPool<char>.Shared.Return(rented);
        return at;
    }

    private static int Copy(ReadOnlySpan<byte> text, Span<byte> target)
    {
        text.CopyTo(target);
        return text.Length;
    }

    public override string ToString()
    {
        var buffer = new byte[MaxFormattedLength];
        return System.Text.Encoding.ASCII.GetString(buffer, 0, Format(buffer));
    }

    public static PgNumeric Parse(string text) => Parse(System.Text.Encoding.UTF8.GetBytes(text));
}
