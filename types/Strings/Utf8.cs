using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace OmenDb.Types;

/// <summary>UTF-8 as PostgreSQL sees it: validation, length in characters, char(n) and varchar(n).</summary>
public static class Utf8
{
    /// <summary>For error messages only: never fails.</summary>
    public static string ToDisplay(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text);

    /// <exception cref="SqlException">22021 naming the bytes of the first bad sequence; a NUL byte is one.</exception>
    public static void Validate(ReadOnlySpan<byte> text)
    {
        if (System.Text.Unicode.Utf8.IsValid(text) && !text.Contains((byte)0))
            return;
        var at = FirstInvalid(text);
        var length = Math.Min(SequenceLength(text[at]), text.Length - at);
        var bytes = new StringBuilder();
        for (var i = 0; i < length; i++)
            bytes.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? "" : " ")}0x{text[at + i]:x2}");
        throw new SqlException(SqlState.CharacterNotInRepertoire, $"invalid byte sequence for encoding \"UTF8\": {bytes}");
    }

    private static int FirstInvalid(ReadOnlySpan<byte> text)
    {
        var at = 0;
        while (at < text.Length && text[at] != 0 && Rune.DecodeFromUtf8(text[at..], out _, out var used) == OperationStatus.Done)
            at += used;
        return at;
    }

    /// <summary>Length that the first byte of a sequence announces (pg_utf_mblen).</summary>
    private static int SequenceLength(byte first) =>
        (first & 0x80) == 0 ? 1 : (first & 0xE0) == 0xC0 ? 2 : (first & 0xF0) == 0xE0 ? 3 : (first & 0xF8) == 0xF0 ? 4 : 1;

    /// <summary>Characters (code points) of valid UTF-8.</summary>
    public static int CharacterCount(ReadOnlySpan<byte> text)
    {
        var count = 0;
        foreach (var c in text)
            count += (c & 0xC0) != 0x80 ? 1 : 0; // continuation bytes do not count
        return count;
    }

    /// <summary>Bytes that the first <paramref name="characters"/> characters take; all bytes when there are fewer.</summary>
    public static int ByteLengthOf(ReadOnlySpan<byte> text, int characters)
    {
        if (text.Length <= characters)
            return text.Length;
        for (var i = 0; i < text.Length; i++)
        {
            if ((text[i] & 0xC0) != 0x80 && --characters < 0)
                return i;
        }
        return text.Length;
    }

    public static ReadOnlySpan<byte> TrimTrailingBlanks(ReadOnlySpan<byte> text)
    {
        var end = text.Length;
        while (end > 0 && text[end - 1] == ' ')
            end--;
        return text[..end];
    }

    /// <summary>varchar(n): cut to n characters.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="maxCharacters">n; negative = no limit.</param>
    /// <param name="isExplicitCast">Explicit casts cut silently; otherwise only blanks may be lost.</param>
    /// <exception cref="SqlException">22001.</exception>
    public static ReadOnlySpan<byte> FitVarchar(ReadOnlySpan<byte> text, int maxCharacters, bool isExplicitCast) =>
        Fit(text, maxCharacters, isExplicitCast, "character varying");

    /// <summary>char(n) as it is stored: at most n characters, without blanks at the end.</summary>
    /// <inheritdoc cref="FitVarchar"/>
    public static ReadOnlySpan<byte> FitChar(ReadOnlySpan<byte> text, int maxCharacters, bool isExplicitCast) =>
        TrimTrailingBlanks(Fit(text, maxCharacters, isExplicitCast, "character"));

    private static ReadOnlySpan<byte> Fit(ReadOnlySpan<byte> text, int maxCharacters, bool isExplicitCast, string typeName)
    {
        if (maxCharacters < 0 || text.Length <= maxCharacters)
            return text;
        var length = ByteLengthOf(text, maxCharacters);
        if (!isExplicitCast && text[length..].ContainsAnyExcept((byte)' '))
            throw new SqlException(SqlState.StringDataRightTruncation, $"value too long for type {typeName}({maxCharacters})");
        return text[..length];
    }

    /// <summary>char(n) as clients see it: padded to n characters. Writes nothing when no padding is needed.</summary>
    public static int PaddingOf(ReadOnlySpan<byte> stored, int characters) => characters < 0 ? 0 : Math.Max(0, characters - CharacterCount(stored));

    /// <summary>PostgreSQL's name: at most 63 bytes, cut at a character.</summary>
    public static ReadOnlySpan<byte> FitName(ReadOnlySpan<byte> text)
    {
        const int MaxBytes = 63;
        if (text.Length <= MaxBytes)
            return text;
        var end = MaxBytes;
        while (end > 0 && (text[end] & 0xC0) == 0x80)
            end--;
        return text[..end];
    }
}
