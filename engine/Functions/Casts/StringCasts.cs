using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Casts;

/// <summary>Among the text types: lengths are checked by assignment, cut by an explicit cast.</summary>
internal static class StringCasts
{
    public static bool IsStringLike(SqlType type) => (type.IsString && type.Id != TypeId.Json) || type.Id is TypeId.InternalChar or TypeId.PgNodeTree;

    public static ScalarFunction? Make(SqlType from, SqlType to, bool isExplicit)
    {
        switch (to.Id)
        {
            case TypeId.Varchar when to.Length >= 0 && !(from.Id is TypeId.Varchar or TypeId.Char && from.Length >= 0 && from.Length <= to.Length):
                return Length(from, to, isExplicit, isChar: false);
            case TypeId.Char when to.Length >= 0 && !(from.Id == TypeId.Char && from.Length >= 0 && from.Length <= to.Length):
                return Length(from, to, isExplicit, isChar: true);
            case TypeId.Char when from.Id != TypeId.Char:
                return NumberCasts.Row<ReadOnlySpan<byte>, ReadOnlySpan<byte>>(from, to, static (_, s) => s.TrimEnd((byte)' '), total: true);
            case TypeId.Name when from.Id != TypeId.Name:
                return NumberCasts.Row<ReadOnlySpan<byte>, ReadOnlySpan<byte>>(from, to, static (_, s) => s.Length < 64 ? s : s[..Clip(s, 63)], total: true);
            case TypeId.InternalChar when from.Id != TypeId.InternalChar:
                return NumberCasts.Row<ReadOnlySpan<byte>, ReadOnlySpan<byte>>(from, to, static (_, s) => s.Length <= 1 ? s : s[..1], total: true);
            default:
                return null;
        }
    }

    private static ScalarFunction Length(SqlType from, SqlType to, bool isExplicit, bool isChar)
    {
        var limit = to.Length;
        var typeName = isChar ? $"character({limit})" : $"character varying({limit})";
        return NumberCasts.Row<ReadOnlySpan<byte>, ReadOnlySpan<byte>>(from, to, (_, s) =>
        {
            if (isChar)
                s = s.TrimEnd((byte)' ');
            if (s.Length <= limit)
                return s;
            var end = EndOfCharacters(s, limit);
            if (end == s.Length)
                return s;
            // Trailing blanks past the length are no error, by the standard.
            if (!isExplicit && s[end..].ContainsAnyExcept((byte)' '))
                throw new SqlException(SqlState.StringDataRightTruncation, $"value too long for type {typeName}");
            return isChar ? s[..end].TrimEnd((byte)' ') : s[..end];
        }, total: isExplicit);
    }

    /// <summary>Bytes of the first <paramref name="count"/> characters.</summary>
    private static int EndOfCharacters(ReadOnlySpan<byte> text, int count)
    {
        var i = 0;
        for (; i < text.Length; i++)
        {
            if ((text[i] & 0xC0) != 0x80 && count-- == 0)
                break;
        }
        return i;
    }

    /// <summary>At most so many bytes, not through a character.</summary>
    private static int Clip(ReadOnlySpan<byte> text, int bytes)
    {
        while (bytes > 0 && (text[bytes] & 0xC0) == 0x80)
            bytes--;
        return bytes;
    }
}
