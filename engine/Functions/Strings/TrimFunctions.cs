using System.Text;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Strings;

/// <summary>btrim, ltrim, rtrim of texts and byte strings; lpad, rpad.</summary>
internal static class TrimFunctions
{
    private const int MaxResultBytes = 0x3FFFFFFF;

    private delegate ReadOnlySpan<byte> Trimmer(ReadOnlySpan<byte> text, ReadOnlySpan<byte> set);

    public static IEnumerable<FunctionInfo> All()
    {
        foreach (var (name, start, end) in new[] { ("btrim", true, true), ("ltrim", true, false), ("rtrim", false, true) })
        {
            yield return Make(name, [SqlType.Text], (s, _) => Trim(s, " "u8, start, end));
            yield return Make(name, [SqlType.Text, SqlType.Text], (s, set) => Trim(s, set, start, end));
            yield return Make(name, [SqlType.Bytea, SqlType.Bytea], (s, set) => TrimBytes(s, set, start, end));
        }
        foreach (var (name, left) in new[] { ("lpad", true), ("rpad", false) })
        {
            yield return Scalar.Of<ReadOnlySpan<byte>, int, byte[]>(name, [SqlType.Text, SqlType.Int4], SqlType.Text,
                (_, s, n) => Pad(s, n, " "u8, left));
            yield return Scalar.Of<ReadOnlySpan<byte>, int, ReadOnlySpan<byte>, byte[]>(name, [SqlType.Text, SqlType.Int4, SqlType.Text], SqlType.Text,
                (_, s, n, fill) => Pad(s, n, fill, left));
        }
    }

    private static ScalarFunction Make(string name, SqlType[] arguments, Trimmer body) => arguments.Length == 1
        ? Scalar.Of<ReadOnlySpan<byte>, ReadOnlySpan<byte>>(name, [.. arguments], arguments[0], (_, s) => body(s, default), total: true)
        : Scalar.Of<ReadOnlySpan<byte>, ReadOnlySpan<byte>, ReadOnlySpan<byte>>(name, [.. arguments], arguments[0], (_, s, set) => body(s, set), total: true);

    private static ReadOnlySpan<byte> TrimBytes(ReadOnlySpan<byte> text, ReadOnlySpan<byte> set, bool start, bool end)
    {
        while (start && text.Length > 0 && set.Contains(text[0]))
            text = text[1..];
        while (end && text.Length > 0 && set.Contains(text[^1]))
            text = text[..^1];
        return text;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text, ReadOnlySpan<byte> set, bool start, bool end)
    {
        if (System.Text.Ascii.IsValid(set))
            return TrimBytes(text, set, start, end); // no ASCII byte occurs inside of a longer sequence
        while (start && text.Length > 0)
        {
            Rune.DecodeFromUtf8(text, out _, out var length);
            if (set.IndexOf(text[..length]) < 0)
                break;
            text = text[length..];
        }
        while (end && text.Length > 0)
        {
            Rune.DecodeLastFromUtf8(text, out _, out var length);
            if (set.IndexOf(text[^length..]) < 0)
                break;
            text = text[..^length];
        }
        return text;
    }

    private static byte[] Pad(ReadOnlySpan<byte> text, int width, ReadOnlySpan<byte> fill, bool left)
    {
        width = Math.Max(width, 0);
        var characters = Utf8.CharacterCount(text);
        if (characters >= width)
            return text[..Utf8.ByteLengthOf(text, width)].ToArray();
        if (fill.IsEmpty)
            return text.ToArray();
        var missing = width - characters;
        var fillCharacters = Utf8.CharacterCount(fill);
        var whole = missing / fillCharacters;
        var rest = Utf8.ByteLengthOf(fill, missing % fillCharacters);
        if (missing % fillCharacters == 0)
            rest = 0;
        var length = (long)whole * fill.Length + rest + text.Length;
        if (length > MaxResultBytes)
            throw new SqlException(SqlState.ProgramLimitExceeded, "requested length too large");
        var result = new byte[length];
        var target = result.AsSpan();
        if (!left)
        {
            text.CopyTo(target);
            target = target[text.Length..];
        }
        for (var i = 0; i < whole; i++)
        {
            fill.CopyTo(target);
            target = target[fill.Length..];
        }
        fill[..rest].CopyTo(target);
        if (left)
            text.CopyTo(target[rest..]);
        return result;
    }
}
