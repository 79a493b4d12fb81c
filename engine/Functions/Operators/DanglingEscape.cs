using OmenDb.Types;

namespace OmenDb.Engine.Functions.Operators;

/// <summary>LIKE with a pattern that ends in its escape character: an error only for a text that reaches the end of the pattern, as PostgreSQL's matcher
/// goes from left to right. Rare, so a plain recursive matcher.</summary>
internal static class DanglingEscape
{
    private enum Outcome : byte { No, Yes, TextUsedUp }

    /// <exception cref="SqlException">22025.</exception>
    public static bool Matches(ReadOnlySpan<byte> text, ReadOnlySpan<byte> pattern) => Match(text, pattern) == Outcome.Yes;

    private static Outcome Match(ReadOnlySpan<byte> text, ReadOnlySpan<byte> pattern)
    {
        while (!text.IsEmpty && !pattern.IsEmpty)
        {
            switch (pattern[0])
            {
                case (byte)'\\':
                    pattern = Escaped(pattern);
                    if (pattern[0] != text[0])
                        return Outcome.No;
                    text = text[1..];
                    break;
                case (byte)'%':
                    return AfterPercent(text, pattern[1..]);
                case (byte)'_':
                    text = text[Utf8.ByteLengthOf(text, 1)..];
                    break;
                default:
                    if (pattern[0] != text[0])
                        return Outcome.No;
                    text = text[1..];
                    break;
            }
            pattern = pattern[1..];
        }
        if (!text.IsEmpty)
            return Outcome.No;
        return pattern.TrimStart((byte)'%').IsEmpty ? Outcome.Yes : Outcome.TextUsedUp;
    }

    private static Outcome AfterPercent(ReadOnlySpan<byte> text, ReadOnlySpan<byte> pattern)
    {
        while (!pattern.IsEmpty && pattern[0] is (byte)'%' or (byte)'_')
        {
            if (pattern[0] == (byte)'_')
            {
                if (text.IsEmpty)
                    return Outcome.TextUsedUp;
                text = text[Utf8.ByteLengthOf(text, 1)..];
            }
            pattern = pattern[1..];
        }
        if (pattern.IsEmpty)
            return Outcome.Yes;
        var first = pattern[0] == (byte)'\\' ? Escaped(pattern)[0] : pattern[0];
        while (!text.IsEmpty)
        {
            if (text[0] == first && Match(text, pattern) is not Outcome.No and var outcome)
                return outcome;
            text = text[Utf8.ByteLengthOf(text, 1)..];
        }
        return Outcome.TextUsedUp;
    }

    private static ReadOnlySpan<byte> Escaped(ReadOnlySpan<byte> pattern) => pattern.Length > 1 ? pattern[1..]
        : throw new SqlException(SqlState.InvalidEscapeSequence, "LIKE pattern must not end with escape character");
}
