using System.Buffers;
using System.Text;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Strings;

/// <summary>Searching, replacing and rearranging texts.</summary>
internal static class TextFunctions
{
    private const int MaxResultBytes = 0x3FFFFFFF;

    public static IEnumerable<FunctionInfo> All()
    {
        foreach (var name in new[] { "position", "strpos" })
        {
            yield return Scalar.Of<ReadOnlySpan<byte>, ReadOnlySpan<byte>, int>(name, [SqlType.Text, SqlType.Text], SqlType.Int4,
                static (_, s, part) => s.IndexOf(part) is var at && at < 0 ? 0 : Utf8.CharacterCount(s[..at]) + 1, total: true);
        }
        yield return Scalar.Of<ReadOnlySpan<byte>, ReadOnlySpan<byte>, int>("position", [SqlType.Bytea, SqlType.Bytea], SqlType.Int4,
            static (_, s, part) => s.IndexOf(part) + 1, total: true);
        foreach (var name in new[] { "starts_with", "^@" })
        {
            yield return Scalar.Of<ReadOnlySpan<byte>, ReadOnlySpan<byte>, bool>(name, [SqlType.Text, SqlType.Text], SqlType.Bool,
                static (_, s, prefix) => s.StartsWith(prefix), total: true);
        }
        yield return Scalar.Text("replace", [SqlType.Text, SqlType.Text, SqlType.Text], static (_, a, text) =>
            Replace(a.Get<ReadOnlySpan<byte>>(0), a.Get<ReadOnlySpan<byte>>(1), a.Get<ReadOnlySpan<byte>>(2), text), total: true);
        yield return Scalar.Of<string, string, string, string>("translate", [SqlType.Text, SqlType.Text, SqlType.Text], SqlType.Text,
            static (_, s, from, to) => Translate(s, from, to), total: true);
        yield return Scalar.Of<ReadOnlySpan<byte>, int, byte[]>("repeat", [SqlType.Text, SqlType.Int4], SqlType.Text, static (_, s, n) => Repeat(s, n));
        yield return Scalar.Of<ReadOnlySpan<byte>, byte[]>("reverse", [SqlType.Text], SqlType.Text, static (_, s) => Reverse(s), total: true);
        yield return Scalar.Of<ReadOnlySpan<byte>, ReadOnlySpan<byte>, int, ReadOnlySpan<byte>>("split_part", [SqlType.Text, SqlType.Text, SqlType.Int4],
            SqlType.Text, static (_, s, separator, n) => SplitPart(s, separator, n));
        yield return Scalar.Of<ReadOnlySpan<byte>, int>("ascii", [SqlType.Text], SqlType.Int4,
            static (_, s) => s.IsEmpty ? 0 : Rune.DecodeFromUtf8(s, out var rune, out var _) == OperationStatus.Done ? rune.Value : s[0], total: true);
        yield return Scalar.Of<int, string>("chr", [SqlType.Int4], SqlType.Text, static (_, n) => Character(n));
        foreach (var type in new[] { SqlType.Text, SqlType.Bytea })
        {
            var bytes = type.Id == TypeId.Bytea;
            yield return Scalar.Of<ReadOnlySpan<byte>, ReadOnlySpan<byte>, int, byte[]>("overlay", [type, type, SqlType.Int4], type,
                (_, s, with, at) => Overlay(s, with, at, bytes ? with.Length : Utf8.CharacterCount(with), bytes));
            yield return Scalar.Of<ReadOnlySpan<byte>, ReadOnlySpan<byte>, int, int, byte[]>("overlay", [type, type, SqlType.Int4, SqlType.Int4], type,
                (_, s, with, at, count) => Overlay(s, with, at, count, bytes));
        }
        foreach (var type in new[] { SqlType.Text, SqlType.Name })
        {
            yield return Scalar.Of<ReadOnlySpan<byte>, int>(type.Id == TypeId.Text ? "hashtext" : "hashname", [type], SqlType.Int4,
                static (_, s) => (int)TextHash.Of(s), total: true);
        }
        yield return Scalar.Of<int, string>("to_hex", [SqlType.Int4], SqlType.Text, static (_, n) => n.ToString("x"), total: true);
        yield return Scalar.Of<long, string>("to_hex", [SqlType.Int8], SqlType.Text, static (_, n) => n.ToString("x"), total: true);
        yield return Scalar.Of<string, string>("unistr", [SqlType.Text], SqlType.Text, static (_, s) => Unistr(s));
        yield return Scalar.Of<string, string>("normalize", [SqlType.Text], SqlType.Text, static (_, s) => Normalize(s, "NFC"));
        yield return Scalar.Of<string, string, string>("normalize", [SqlType.Text, SqlType.Text], SqlType.Text, static (_, s, form) => Normalize(s, form));
        yield return Scalar.Of<string, bool>("is_normalized", [SqlType.Text], SqlType.Bool, static (_, s) => Normalize(s, "NFC") == s);
        yield return Scalar.Of<string, string, bool>("is_normalized", [SqlType.Text, SqlType.Text], SqlType.Bool, static (_, s, form) => Normalize(s, form) == s);
        yield return Scalar.Of<ReadOnlySpan<byte>, ReadOnlySpan<byte>, string>("like_escape", [SqlType.Text, SqlType.Text], SqlType.Text,
            static (_, p, e) => LikeEscape(Encoding.UTF8.GetString(p), Encoding.UTF8.GetString(e)));
    }

    private static void Replace(ReadOnlySpan<byte> text, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, ArrayBufferWriter<byte> target)
    {
        if (!from.IsEmpty)
        {
            int at;
            while ((at = text.IndexOf(from)) >= 0)
            {
                target.Write(text[..at]);
                target.Write(to);
                text = text[(at + from.Length)..];
            }
        }
        target.Write(text);
    }

    private static string Translate(string text, string from, string to)
    {
        var map = new Dictionary<Rune, Rune?>();
        var targets = to.EnumerateRunes().ToArray();
        var index = 0;
        foreach (var rune in from.EnumerateRunes())
        {
            map.TryAdd(rune, index < targets.Length ? targets[index] : null);
            index++;
        }
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (!map.TryGetValue(rune, out var replacement))
                result.Append(rune.ToString());
            else if (replacement is { } other)
                result.Append(other.ToString());
        }
        return result.ToString();
    }

    private static byte[] Repeat(ReadOnlySpan<byte> text, int count)
    {
        if (count <= 0 || text.IsEmpty)
            return [];
        if ((long)text.Length * count > MaxResultBytes)
            throw new SqlException(SqlState.ProgramLimitExceeded, "requested length too large");
        var result = new byte[text.Length * count];
        for (var i = 0; i < count; i++)
            text.CopyTo(result.AsSpan(i * text.Length));
        return result;
    }

    private static byte[] Reverse(ReadOnlySpan<byte> text)
    {
        var result = new byte[text.Length];
        var at = text.Length;
        for (var i = 0; i < text.Length;)
        {
            var length = 1;
            while (i + length < text.Length && (text[i + length] & 0xC0) == 0x80)
                length++;
            at -= length;
            text.Slice(i, length).CopyTo(result.AsSpan(at));
            i += length;
        }
        return result;
    }

    private static ReadOnlySpan<byte> SplitPart(ReadOnlySpan<byte> text, ReadOnlySpan<byte> separator, int number)
    {
        if (number == 0)
            throw new SqlException(SqlState.InvalidParameterValue, "field position must not be zero");
        if (separator.IsEmpty)
            return number is 1 or -1 ? text : default;
        if (number < 0)
        {
            for (; number < -1; number++)
            {
                var last = text.LastIndexOf(separator);
                if (last < 0)
                    return default;
                text = text[..last];
            }
            var start = text.LastIndexOf(separator);
            return start < 0 ? text : text[(start + separator.Length)..];
        }
        for (; number > 1; number--)
        {
            var at = text.IndexOf(separator);
            if (at < 0)
                return default;
            text = text[(at + separator.Length)..];
        }
        var end = text.IndexOf(separator);
        return end < 0 ? text : text[..end];
    }

    private static string Character(int code)
    {
        if (code < 0)
            throw new SqlException(SqlState.InvalidParameterValue, "character number must be positive");
        if (code == 0)
            throw new SqlException(SqlState.ProgramLimitExceeded, "null character not permitted");
        if (code > 0x10FFFF)
            throw new SqlException(SqlState.ProgramLimitExceeded, $"requested character too large for encoding: {code}");
        if (!Rune.IsValid(code))
            throw new SqlException(SqlState.ProgramLimitExceeded, $"requested character not valid for encoding: {code}");
        return new Rune(code).ToString();
    }

    private static byte[] Overlay(ReadOnlySpan<byte> text, ReadOnlySpan<byte> with, int at, int count, bool bytes)
    {
        if (at <= 0)
            throw new SqlException(SqlState.SubstringError, "negative substring length not allowed");
        var end = (long)at - 1 + count;
        if (end > int.MaxValue)
            throw SqlException.OutOfRange("integer");
        var head = bytes ? Math.Min(at - 1, text.Length) : Utf8.ByteLengthOf(text, at - 1);
        var tail = end <= 0 ? 0 : bytes ? (int)Math.Min(end, text.Length) : Utf8.ByteLengthOf(text, (int)end);
        return [.. text[..head], .. with, .. text[tail..]];
    }

    private static string Unistr(string text)
    {
        static SqlException Invalid() => new(SqlState.SyntaxError, "invalid Unicode escape")
        {
            Hint = "Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.",
        };
        var result = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                result.Append(text[i]);
                continue;
            }
            if (i + 1 < text.Length && text[i + 1] == '\\')
            {
                result.Append('\\');
                i++;
                continue;
            }
            var (skip, digits) = i + 1 >= text.Length ? throw Invalid() : text[i + 1] switch { '+' => (2, 6), 'u' => (2, 4), 'U' => (2, 8), _ => (1, 4) };
            if (i + skip + digits > text.Length || !int.TryParse(text.AsSpan(i + skip, digits), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var code))
                throw Invalid();
            if (code is < 0 or > 0x10FFFF || code == 0)
                throw new SqlException(SqlState.InvalidParameterValue, $"invalid Unicode code point: {code:X4}");
            result.Append(code < 0x10000 ? ((char)code).ToString() : char.ConvertFromUtf32(code));
            i += skip + digits - 1;
        }
        var joined = result.ToString();
        for (var i = 0; i < joined.Length; i++)
        {
            if (char.IsHighSurrogate(joined[i]) && i + 1 < joined.Length && char.IsLowSurrogate(joined[i + 1]))
                i++;
            else if (char.IsSurrogate(joined[i]))
                throw new SqlException(SqlState.SyntaxError, "invalid Unicode surrogate pair");
        }
        return joined;
    }

    private static string Normalize(string text, string form)
    {
        var target = form.ToUpperInvariant() switch
        {
            "NFC" => NormalizationForm.FormC,
            "NFD" => NormalizationForm.FormD,
            "NFKC" => NormalizationForm.FormKC,
            "NFKD" => NormalizationForm.FormKD,
            _ => throw new SqlException(SqlState.InvalidParameterValue, $"invalid normalization form: {form}"),
        };
        if (System.Text.Ascii.IsValid(text))
            return text;
        // The framework's tables are there only with ICU: without them it would hand the text back unchanged.
        if ("e\u0301".Normalize(NormalizationForm.FormC).Length == 2)
            throw SqlException.NotSupported("Unicode normalization of other than ASCII text");
        return text.Normalize(target);
    }

    private static string LikeEscape(string pattern, string escape)
    {
        if (escape.Length == 0)
            return pattern.Replace("\\", "\\\\", StringComparison.Ordinal);
        var runes = escape.EnumerateRunes().ToArray();
        if (runes.Length != 1)
        {
            throw new SqlException(SqlState.InvalidEscapeSequence, "invalid escape string") { Hint = "Escape string must be empty or one character." };
        }
        if (escape == "\\")
            return pattern;
        var result = new StringBuilder();
        var after = false;
        foreach (var rune in pattern.EnumerateRunes())
        {
            if (rune == runes[0] && !after)
            {
                result.Append('\\');
                after = true;
                continue;
            }
            if (rune.Value == '\\')
                result.Append(after ? "\\" : "\\\\");
            else
                result.Append(rune.ToString());
            after = false;
        }
        return result.ToString();
    }
}
