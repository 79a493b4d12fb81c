using System.Globalization;

namespace OmenDb.Types;

/// <summary>float4 and float8 as text: the shortest digits that read back the same, in PostgreSQL's notation.</summary>
public static class FloatText
{
    private static readonly System.Buffers.SearchValues<byte> PlainCharacters = System.Buffers.SearchValues.Create("0123456789.eE+-"u8);

    /// <summary>Longest output.</summary>
    public const int MaxLength = 32;

    /// <param name="value">Any.</param>
    /// <param name="extraFloatDigits">The setting: above 0 shortest digits, otherwise 15 (6) plus this many.</param>
    /// <param name="target">At least <see cref="MaxLength"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public static int Format(double value, int extraFloatDigits, Span<byte> target)
    {
        if (!double.IsFinite(value))
            return Special(value, target);
        Span<byte> raw = stackalloc byte[40];
        var shortest = extraFloatDigits > 0;
        var digits = shortest ? 15 : Math.Clamp(15 + extraFloatDigits, 1, 17);
        value.TryFormat(raw, out var length, shortest ? "R" : Precision(digits), CultureInfo.InvariantCulture);
        return Place(raw[..length], shortest ? 15 : digits, target);
    }

    /// <inheritdoc cref="Format(double, int, Span{byte})"/>
    public static int Format(float value, int extraFloatDigits, Span<byte> target)
    {
        if (!float.IsFinite(value))
            return Special(value, target);
        Span<byte> raw = stackalloc byte[40];
        var shortest = extraFloatDigits > 0;
        var digits = shortest ? 6 : Math.Clamp(6 + extraFloatDigits, 1, 9);
        value.TryFormat(raw, out var length, shortest ? "R" : Precision(digits), CultureInfo.InvariantCulture);
        return Place(raw[..length], shortest ? 6 : digits, target);
    }

    private static ReadOnlySpan<char> Precision(int digits) => digits switch
    {
        1 => "E0", 2 => "E1", 3 => "E2", 4 => "E3", 5 => "E4", 6 => "E5", 7 => "E6", 8 => "E7", 9 => "E8", 10 => "E9",
        11 => "E10", 12 => "E11", 13 => "E12", 14 => "E13", 15 => "E14", 16 => "E15", _ => "E16",
    };

    private static int Special(double value, Span<byte> target)
    {
        var text = double.IsNaN(value) ? "NaN"u8 : value > 0 ? "Infinity"u8 : "-Infinity"u8;
        text.CopyTo(target);
        return text.Length;
    }

    /// <summary>Digits and exponent of the framework's text, laid out as C's %g does: exponent form below 1e-4 and from 10^limit on.</summary>
    private static int Place(ReadOnlySpan<byte> raw, int limit, Span<byte> target)
    {
        Span<byte> digits = stackalloc byte[40];
        var count = 0;
        var at = 0;
        var length = 0;
        if (raw[0] == '-')
        {
            target[length++] = (byte)'-';
            at = 1;
        }
        var point = -1;
        var exponent = 0L;
        for (; at < raw.Length; at++)
        {
            var c = raw[at];
            if (c == '.')
            {
                point = count;
            }
            else if (c == 'E')
            {
                exponent = Ascii.TryParseInteger(raw[(at + 1)..], out var e) ? e : throw new FormatException("exponent expected");
                break;
            }
            else
            {
                digits[count++] = c;
            }
        }
        if (point < 0)
            point = count;
        var lead = 0;
        while (lead < count - 1 && digits[lead] == '0')
            lead++;
        while (count > lead + 1 && digits[count - 1] == '0')
            count--;
        var d = digits[lead..count];
        if (d is [(byte)'0'])
        {
            target[length++] = (byte)'0';
            return length;
        }
        var e10 = (int)exponent + point - lead - 1; // exponent of the first digit
        var writer = new AsciiWriter(target[length..]);
        if (e10 < -4 || e10 >= limit)
        {
            writer.Byte(d[0]);
            if (d.Length > 1)
            {
                writer.Byte((byte)'.');
                writer.Bytes(d[1..]);
            }
            writer.Byte((byte)'e');
            writer.Byte(e10 < 0 ? (byte)'-' : (byte)'+');
            writer.Padded(Math.Abs(e10), 2);
        }
        else if (e10 < 0)
        {
            writer.Bytes("0."u8);
            for (var i = -1; i > e10; i--)
                writer.Byte((byte)'0');
            writer.Bytes(d);
        }
        else
        {
            writer.Bytes(d.Length > e10 + 1 ? d[..(e10 + 1)] : d);
            for (var i = d.Length; i < e10 + 1; i++)
                writer.Byte((byte)'0');
            if (d.Length > e10 + 1)
            {
                writer.Byte((byte)'.');
                writer.Bytes(d[(e10 + 1)..]);
            }
        }
        return length + writer.Length;
    }

    /// <summary>float8in: C's strtod plus NaN and Infinity, blanks around.</summary>
    /// <exception cref="SqlException">22P02; 22003 when out of range.</exception>
    public static double ParseDouble(ReadOnlySpan<byte> text)
    {
        var trimmed = Ascii.Trim(text);
        if (TryPlain(trimmed, out var isWord) && double.TryParse(trimmed, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
        {
            if (double.IsInfinity(value) || value == 0 && HasNonZeroDigit(trimmed))
                throw RangeError(trimmed, "double precision");
            return value;
        }
        return isWord && TryWord(trimmed, out value) ? value : throw SqlException.InvalidText("double precision", Utf8.ToDisplay(text));
    }

    /// <inheritdoc cref="ParseDouble"/>
    public static float ParseSingle(ReadOnlySpan<byte> text)
    {
        var trimmed = Ascii.Trim(text);
        if (TryPlain(trimmed, out var isWord) && float.TryParse(trimmed, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
        {
            if (float.IsInfinity(value) || value == 0 && HasNonZeroDigit(trimmed))
                throw RangeError(trimmed, "real");
            return value;
        }
        return isWord && TryWord(trimmed, out var word) ? (float)word : throw SqlException.InvalidText("real", Utf8.ToDisplay(text));
    }

    private static SqlException RangeError(ReadOnlySpan<byte> text, string typeName) =>
        new(SqlState.NumericValueOutOfRange, $"\"{Utf8.ToDisplay(text)}\" is out of range for type {typeName}");

    private static bool TryPlain(ReadOnlySpan<byte> text, out bool isWord)
    {
        isWord = text.Length > 0 && (Ascii.IsLetter(text[^1]) || Ascii.IsLetter(text[0]));
        return text.Length > 0 && !text.ContainsAnyExcept(PlainCharacters);
    }

    private static bool HasNonZeroDigit(ReadOnlySpan<byte> text)
    {
        var e = text.IndexOfAny((byte)'e', (byte)'E');
        return (e < 0 ? text : text[..e]).ContainsAnyInRange((byte)'1', (byte)'9');
    }

    private static bool TryWord(ReadOnlySpan<byte> text, out double value)
    {
        var negative = text[0] == '-';
        var word = text[0] is (byte)'-' or (byte)'+' ? text[1..] : text;
        value = double.NaN;
        if (Ascii.EqualsIgnoreCase(word, "nan"u8))
            return true;
        if (!Ascii.EqualsIgnoreCase(word, "infinity"u8) && !Ascii.EqualsIgnoreCase(word, "inf"u8))
            return false;
        value = negative ? double.NegativeInfinity : double.PositiveInfinity;
        return true;
    }
}
