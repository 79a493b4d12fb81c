namespace OmenDb.Arrow.Compute;

/// <summary>A part of a LIKE pattern without %: literal bytes and single-character wildcards.</summary>
internal sealed class LikePiece
{
    private readonly byte[] _bytes;
    private readonly bool[] _wild; // true: the byte stands for one UTF-8 character
    private readonly SubstringSearch _head;
    private readonly int _headLength; // literal bytes before the first wildcard

    public LikePiece(byte[] bytes, bool[] wild)
    {
        _bytes = bytes;
        _wild = wild;
        var first = Array.IndexOf(wild, true);
        _headLength = first < 0 ? bytes.Length : first;
        _head = new SubstringSearch(bytes[.._headLength]);
    }

    public bool IsEmpty => _bytes.Length == 0;

    public bool IsLiteral => _headLength == _bytes.Length;

    public ReadOnlySpan<byte> LiteralHead => _bytes.AsSpan(0, _headLength);

    /// <summary>Matches at <paramref name="start"/>; returns the position behind the match, or -1.</summary>
    public int MatchForward(ReadOnlySpan<byte> text, int start)
    {
        if (_headLength > 0 && !text[start..].StartsWith(LiteralHead))
            return -1;
        var at = start + _headLength;
        for (var i = _headLength; i < _bytes.Length; i++)
        {
            if (at >= text.Length)
                return -1;
            if (_wild[i])
            {
                at++;
                while (at < text.Length && (text[at] & 0xC0) == 0x80) // continuation bytes of the same character
                    at++;
            }
            else if (text[at++] != _bytes[i])
            {
                return -1;
            }
        }
        return at;
    }

    /// <summary>Matches at the end; returns where the match begins, or -1.</summary>
    public int MatchBackward(ReadOnlySpan<byte> text)
    {
        if (IsEmpty)
            return text.Length;
        if (IsLiteral)
            return text.EndsWith(_bytes) ? text.Length - _bytes.Length : -1;
        var at = text.Length;
        for (var i = _bytes.Length - 1; i >= 0; i--)
        {
            if (at == 0)
                return -1;
            at--;
            if (_wild[i])
            {
                while (at > 0 && (text[at] & 0xC0) == 0x80)
                    at--;
            }
            else if (text[at] != _bytes[i])
            {
                return -1;
            }
        }
        return at;
    }

    /// <summary>The leftmost match at or after <paramref name="start"/>; returns the position behind it, or -1.</summary>
    public int Find(ReadOnlySpan<byte> text, int start)
    {
        if (start > text.Length)
            return -1;
        if (IsLiteral)
        {
            var found = _head.IndexOf(text, start);
            return found < 0 ? -1 : found + _bytes.Length;
        }
        for (var at = start; at <= text.Length; at++)
        {
            if (_headLength > 0)
            {
                at = _head.IndexOf(text, at);
                if (at < 0)
                    return -1;
            }
            else if (at < text.Length && at > start && (text[at] & 0xC0) == 0x80)
            {
                continue; // a wildcard does not begin inside a character
            }
            var end = MatchForward(text, at);
            if (end >= 0)
                return end;
        }
        return -1;
    }
}
