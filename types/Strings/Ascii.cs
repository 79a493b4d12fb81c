namespace OmenDb.Types;

/// <summary>What parsers of UTF-8 text need to know about its ASCII part.</summary>
public static class Ascii
{
    /// <summary>C's isspace().</summary>
    public static bool IsSpace(byte c) => c is (byte)' ' or >= 9 and <= 13;

    public static bool IsDigit(byte c) => c is >= (byte)'0' and <= (byte)'9';

    public static bool IsLetter(byte c) => (uint)((c | 0x20) - 'a') < 26;

    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text)
    {
        while (text.Length > 0 && IsSpace(text[0]))
            text = text[1..];
        while (text.Length > 0 && IsSpace(text[^1]))
            text = text[..^1];
        return text;
    }

    /// <param name="text">Any.</param>
    /// <param name="lower">In lower case.</param>
    public static bool EqualsIgnoreCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower)
    {
        if (text.Length != lower.Length)
            return false;
        for (var i = 0; i < text.Length; i++)
        {
            if (ToLower(text[i]) != lower[i])
                return false;
        }
        return true;
    }

    public static byte ToLower(byte c) => (uint)(c - 'A') < 26 ? (byte)(c | 0x20) : c;

    /// <summary>Optional sign and at least one digit, nothing else.</summary>
    /// <returns>False for anything else; values past 18 digits saturate.</returns>
    public static bool TryParseInteger(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        var negative = false;
        if (text.Length > 0 && text[0] is (byte)'-' or (byte)'+')
        {
            negative = text[0] == '-';
            text = text[1..];
        }
        if (text.Length == 0)
            return false;
        foreach (var c in text)
        {
            var digit = (uint)c - '0';
            if (digit > 9)
                return false;
            value = value > (long.MaxValue - 9) / 10 ? long.MaxValue / 10 : value * 10 + digit;
        }
        if (negative)
            value = -value;
        return true;
    }

    /// <summary>Cuts the text at every separator.</summary>
    /// <returns>Parts; the last one holds the rest when <paramref name="parts"/> is too short.</returns>
    public static int Split(ReadOnlySpan<byte> text, Span<Range> parts, ReadOnlySpan<byte> separators)
    {
        var count = 0;
        var start = 0;
        for (var i = 0; i < text.Length && count < parts.Length - 1; i++)
        {
            if (!separators.Contains(text[i]))
                continue;
            parts[count++] = start..i;
            start = i + 1;
        }
        parts[count++] = start..text.Length;
        return count;
    }

    /// <summary>Writes a number with at least <paramref name="width"/> digits.</summary>
    /// <returns>Bytes written.</returns>
    public static int WritePadded(Span<byte> target, uint value, int width)
    {
        var digits = 1;
        for (var rest = value; rest >= 10; rest /= 10)
            digits++;
        var length = Math.Max(digits, width);
        for (var i = length - 1; i >= 0; i--)
        {
            target[i] = (byte)('0' + value % 10);
            value /= 10;
        }
        return length;
    }
}
