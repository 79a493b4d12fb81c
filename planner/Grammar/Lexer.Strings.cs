using System.Globalization;
using System.Text;
using OmenDb.Types;

namespace OmenDb.Planner.Grammar;

/// <content>Strings and quoted identifiers.</content>
internal ref partial struct Lexer
{
    /// <summary>E'..', B'..', X'..', N'..', U&amp;'..' and U&amp;"..".</summary>
    private bool ScanPrefixedString(char prefix, ref Token token)
    {
        if (_span[_pos + 1] == '&')
        {
            if ((prefix | 0x20) != 'u')
                return false;
            if (_span[_pos + 2] == '\'')
                ScanQuoted(ref token, 3, TokenKind.UnicodeString, escapes: false);
            else if (_span[_pos + 2] == '"')
                ScanQuotedIdentifier(ref token, 3, TokenKind.UnicodeIdentifier);
            else
                return false;
            return true;
        }
        switch ((char)(prefix | 0x20))
        {
            case 'e': ScanQuoted(ref token, 2, TokenKind.String, escapes: true); return true;
            case 'b': ScanQuoted(ref token, 2, TokenKind.BitString, escapes: false); return true;
            case 'x': ScanQuoted(ref token, 2, TokenKind.HexString, escapes: false); return true;
            case 'n': ScanQuoted(ref token, 2, TokenKind.NationalString, escapes: false); return true;
            default: return false;
        }
    }

    /// <summary>From the opening quote on; parts that are separated by white space with a line break belong together.</summary>
    private void ScanQuoted(ref Token token, int quoteLength, TokenKind kind, bool escapes)
    {
        var start = _pos;
        var content = start + quoteLength;
        StringBuilder? builder = null;
        var pos = content;
        var pending = content;
        while (true)
        {
            var stop = escapes ? _span[pos..].IndexOfAny('\'', '\\') : _span[pos..].IndexOf('\'');
            if (stop < 0)
            {
                var what = kind switch
                {
                    TokenKind.BitString => "unterminated bit string literal",
                    TokenKind.HexString => "unterminated hexadecimal string literal",
                    _ => "unterminated quoted string",
                };
                throw Error(what, start, _span.Length);
            }
            pos += stop;
            if (_span[pos] == '\\')
            {
                builder ??= new StringBuilder();
                builder.Append(_span[pending..pos]);
                pos = ReadEscape(builder, start, pos);
                pending = pos;
                continue;
            }
            if (At(pos + 1, '\''))
            {
                builder ??= new StringBuilder();
                builder.Append(_span[pending..(pos + 1)]);
                pos += 2;
                pending = pos;
                continue;
            }
            var next = ContinuationAfter(pos + 1);
            if (next < 0)
                break;
            builder ??= new StringBuilder();
            builder.Append(_span[pending..pos]);
            pos = next;
            pending = next;
        }
        token.Text = builder?.Append(_span[pending..pos]).ToString();
        token.QuoteLength = quoteLength;
        Finish(ref token, kind, pos + 1);
    }

    /// <summary>Where the next part's content begins, or -1: white space and line comments with at least one line break, then a quote.</summary>
    private readonly int ContinuationAfter(int pos)
    {
        var lineBreak = false;
        while (pos < _span.Length)
        {
            var c = _span[pos];
            if (IsSpace(c))
            {
                lineBreak |= c is '\n' or '\r';
                pos++;
            }
            else if (lineBreak && c == '-' && At(pos + 1, '-'))
            {
                var end = _span[pos..].IndexOfAny('\n', '\r');
                if (end < 0)
                    return -1;
                pos += end;
            }
            else
            {
                return lineBreak && c == '\'' ? pos + 1 : -1;
            }
        }
        return -1;
    }

    /// <summary>One backslash escape of E'..'; returns the position behind it.</summary>
    private readonly int ReadEscape(StringBuilder target, int start, int pos)
    {
        if (pos + 1 >= _span.Length)
            throw Error("unterminated quoted string", start, _span.Length);
        var c = _span[pos + 1];
        switch (c)
        {
            case 'b': target.Append('\b'); return pos + 2;
            case 'f': target.Append('\f'); return pos + 2;
            case 'n': target.Append('\n'); return pos + 2;
            case 'r': target.Append('\r'); return pos + 2;
            case 't': target.Append('\t'); return pos + 2;
            case 'v': target.Append('\v'); return pos + 2;
            case 'u' or 'U': return ReadUnicodeEscape(target, pos);
            case 'x' when pos + 2 < _span.Length && char.IsAsciiHexDigit(_span[pos + 2]):
            case >= '0' and <= '7':
                return ReadByteEscapes(target, pos);
            default: target.Append(c); return pos + 2;
        }
    }

    /// <summary>A run of <c>\xHH</c> and <c>\ooo</c>: bytes of UTF-8.</summary>
    private readonly int ReadByteEscapes(StringBuilder target, int pos)
    {
        var bytes = new List<byte>();
        while (At(pos, '\\') && pos + 1 < _span.Length)
        {
            var c = _span[pos + 1];
            var value = 0;
            var end = pos + 2;
            if (c == 'x' && end < _span.Length && char.IsAsciiHexDigit(_span[end]))
            {
                while (end < _span.Length && end < pos + 4 && char.IsAsciiHexDigit(_span[end]))
                    value = (value * 16) + Convert.ToInt32(_span[end++].ToString(), 16);
            }
            else if (c is >= '0' and <= '7')
            {
                value = c - '0';
                while (end < _span.Length && end < pos + 4 && _span[end] is >= '0' and <= '7')
                    value = (value * 8) + (_span[end++] - '0');
            }
            else
            {
                break;
            }
            if ((byte)value == 0)
            {
                throw new SqlException(SqlState.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": 0x00") { Position = pos + 1 };
            }
            bytes.Add((byte)value);
            pos = end;
        }
        try
        {
            target.Append(s_strictUtf8.GetString(bytes.ToArray()));
        }
        catch (DecoderFallbackException exception)
        {
            var shown = string.Join(' ', (exception.BytesUnknown ?? []).Select(b => "0x" + b.ToString("x2", CultureInfo.InvariantCulture)));
            throw new SqlException(SqlState.CharacterNotInRepertoire, $"invalid byte sequence for encoding \"UTF8\": {shown}", exception)
            {
                Position = pos + 1,
            };
        }
        return pos;
    }

    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary><c>\uXXXX</c> and <c>\UXXXXXXXX</c>, surrogate pairs included.</summary>
    private readonly int ReadUnicodeEscape(StringBuilder target, int pos)
    {
        var value = UnicodeDigits(pos);
        var end = pos + (_span[pos + 1] == 'u' ? 6 : 10);
        if (value is >= 0xD800 and < 0xDC00)
        {
            if (!At(end, '\\') || !(At(end + 1, 'u') || At(end + 1, 'U')))
                throw Error("invalid Unicode surrogate pair", pos, end);
            var low = UnicodeDigits(end);
            var behind = end + (_span[end + 1] == 'u' ? 6 : 10);
            if (low is < 0xDC00 or > 0xDFFF)
                throw Error("invalid Unicode surrogate pair", end, behind);
            target.Append((char)value).Append((char)low);
            return behind;
        }
        if (value is >= 0xDC00 and <= 0xDFFF)
            throw Error("invalid Unicode surrogate pair", pos, end);
        if (value is 0 or > 0x10FFFF)
            throw Error("invalid Unicode escape value", pos, end);
        target.Append(new Rune(value).ToString());
        return end;
    }

    private readonly int UnicodeDigits(int pos)
    {
        var digits = _span[pos + 1] == 'u' ? 4 : 8;
        if (pos + 2 + digits <= _span.Length
            && uint.TryParse(_span.Slice(pos + 2, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            return value > 0x10FFFF ? 0x110000 : (int)value;
        }
        throw new SqlException(SqlState.InvalidEscapeSequence, "invalid Unicode escape")
        {
            Position = pos + 1, Hint = "Unicode escapes must be \\uXXXX or \\UXXXXXXXX.",
        };
    }

    private void ScanQuotedIdentifier(ref Token token, int quoteLength, TokenKind kind)
    {
        var start = _pos;
        var pos = start + quoteLength;
        StringBuilder? builder = null;
        var pending = pos;
        while (true)
        {
            var stop = _span[pos..].IndexOf('"');
            if (stop < 0)
                throw Error("unterminated quoted identifier", start, _span.Length);
            pos += stop;
            if (!At(pos + 1, '"'))
                break;
            builder ??= new StringBuilder();
            builder.Append(_span[pending..(pos + 1)]);
            pos += 2;
            pending = pos;
        }
        if (pos == start + quoteLength)
            throw Error("zero-length delimited identifier", start, pos + 1);
        if (builder is not null)
            token.Text = builder.Append(_span[pending..pos]).ToString();
        else if (quoteLength > 1)
            token.Text = Slice(pending, pos);
        token.QuoteLength = quoteLength;
        Finish(ref token, kind, pos + 1);
    }

    /// <summary>$1, $$..$$ and $tag$..$tag$.</summary>
    private void ScanDollar(ref Token token)
    {
        var start = _pos;
        var end = start + 1;
        if (end < _span.Length && char.IsAsciiDigit(_span[end]))
        {
            while (end < _span.Length && char.IsAsciiDigit(_span[end]))
                end++;
            if (end < _span.Length && IsIdentifierStart(_span[end]))
                throw Error("trailing junk after parameter", start, EndOfIdentifier(end));
            Finish(ref token, TokenKind.Parameter, end);
            return;
        }
        if (end < _span.Length && IsIdentifierStart(_span[end]))
        {
            while (end < _span.Length && (IsIdentifierStart(_span[end]) || char.IsAsciiDigit(_span[end])))
                end++;
        }
        if (!At(end, '$'))
            throw Error("syntax error", start, start + 1);
        var tag = _span[start..(end + 1)];
        var close = _span[(end + 1)..].IndexOf(tag, StringComparison.Ordinal);
        if (close < 0)
            throw Error("unterminated dollar-quoted string", start, _span.Length);
        token.QuoteLength = tag.Length;
        Finish(ref token, TokenKind.String, end + 1 + close + tag.Length);
    }

    /// <summary>Decodes the escapes of U&amp;'..' and U&amp;"..".</summary>
    /// <param name="content">Between the quotes, doubled quotes already single.</param>
    /// <param name="position">0-based offset of the content, for errors.</param>
    public readonly string DecodeUnicode(string content, char escape, int position)
    {
        if (!content.Contains(escape, StringComparison.Ordinal))
            return content;
        var target = new StringBuilder(content.Length);
        var high = -1;
        for (var i = 0; i < content.Length;)
        {
            if (content[i] != escape)
            {
                if (high >= 0)
                    throw BadPair(position + i);
                target.Append(content[i++]);
                continue;
            }
            if (i + 1 < content.Length && content[i + 1] == escape)
            {
                if (high >= 0)
                    throw BadPair(position + i);
                target.Append(escape);
                i += 2;
                continue;
            }
            var plus = i + 1 < content.Length && content[i + 1] == '+';
            var (from, digits) = plus ? (i + 2, 6) : (i + 1, 4);
            if (from + digits > content.Length
                || !int.TryParse(content.AsSpan(from, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                throw new SqlException(SqlState.SyntaxError, "invalid Unicode escape")
                {
                    Position = position + i + 1, Hint = "Unicode escapes must be \\XXXX or \\+XXXXXX.",
                };
            }
            if (value is 0 or > 0x10FFFF)
                throw SqlException.Syntax("invalid Unicode escape value", position + i + 1);
            var isLow = value is >= 0xDC00 and <= 0xDFFF;
            if (isLow != high >= 0)
                throw BadPair(position + i);
            if (value is >= 0xD800 and < 0xDC00)
                high = value;
            else if (isLow)
                target.Append((char)high).Append((char)value);
            else
                target.Append(new Rune(value).ToString());
            if (isLow)
                high = -1;
            i = from + digits;
        }
        return high < 0 ? target.ToString() : throw BadPair(position + content.Length);
    }

    private static SqlException BadPair(int position) => SqlException.Syntax("invalid Unicode surrogate pair", position + 1);
}
