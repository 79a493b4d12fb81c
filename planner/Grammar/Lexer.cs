using System.Buffers;
using System.Text;
using OmenDb.Types;

namespace OmenDb.Planner.Grammar;

/// <summary>Splits SQL text into tokens by the rules of PostgreSQL's scanner (standard_conforming_strings = on).</summary>
/// <remarks>Copying it is the way to look further ahead than one token. Allocates only for strings with escapes.</remarks>
internal ref partial struct Lexer(string text)
{
    /// <summary>PostgreSQL's NAMEDATALEN less the terminating zero.</summary>
    private const int MaxIdentifierBytes = 63;

    /// <summary>Characters that let an operator end in + or -.</summary>
    private static readonly SearchValues<char> s_extraOperatorChars = SearchValues.Create("~!@#^&|`?%");

    private readonly string _text = text;
    private readonly ReadOnlySpan<char> _span = text;
    private int _pos;

    public readonly string Source => _text;

    /// <exception cref="SqlException">42601 and relatives: unterminated or malformed tokens.</exception>
    public void Next(out Token token)
    {
        SkipSpace();
        token = default;
        var start = _pos;
        token.Start = start;
        if (start >= _span.Length)
        {
            token.End = start;
            return;
        }
        var c = _span[start];
        if (IsIdentifierStart(c))
        {
            if (start + 1 < _span.Length && (_span[start + 1] == '\'' || (_span[start + 1] == '&' && start + 2 < _span.Length))
                && ScanPrefixedString(c, ref token))
            {
                return;
            }
            ScanWord(ref token);
        }
        else if (char.IsAsciiDigit(c) || (c == '.' && start + 1 < _span.Length && char.IsAsciiDigit(_span[start + 1])))
        {
            ScanNumber(ref token);
        }
        else
        {
            switch (c)
            {
                case '\'': ScanQuoted(ref token, 1, TokenKind.String, escapes: false); break;
                case '"': ScanQuotedIdentifier(ref token, 1, TokenKind.QuotedIdentifier); break;
                case '$': ScanDollar(ref token); break;
                case ',': Single(ref token, TokenKind.Comma); break;
                case '(': Single(ref token, TokenKind.LeftParen); break;
                case ')': Single(ref token, TokenKind.RightParen); break;
                case '[': Single(ref token, TokenKind.LeftBracket); break;
                case ']': Single(ref token, TokenKind.RightBracket); break;
                case ';': Single(ref token, TokenKind.Semicolon); break;
                case '.':
                    if (At(start + 1, '.'))
                        Finish(ref token, TokenKind.DotDot, start + 2);
                    else
                        Single(ref token, TokenKind.Dot);
                    break;
                case ':':
                    if (At(start + 1, ':'))
                        Finish(ref token, TokenKind.Typecast, start + 2);
                    else if (At(start + 1, '='))
                        Finish(ref token, TokenKind.ColonEquals, start + 2);
                    else
                        Single(ref token, TokenKind.Colon);
                    break;
                default:
                    if (!IsOperatorChar(c))
                        throw Error("syntax error", start, start + (char.IsHighSurrogate(c) && start + 1 < _span.Length ? 2 : 1));
                    ScanOperator(ref token);
                    break;
            }
        }
    }

    /// <summary>What PostgreSQL quotes after "at or near".</summary>
    public readonly SqlException Error(string message, int start, int end) => start >= _span.Length
        ? SqlException.Syntax($"{message} at end of input", start + 1)
        : SqlException.Syntax($"{message} at or near \"{_text.AsSpan(start, end - start)}\"", start + 1);

    /// <summary>The identifier's name: unquoted folded to lower case (ASCII letters only), both cut at 63 bytes of UTF-8.</summary>
    public readonly string Name(in Token token)
    {
        switch (token.Kind)
        {
            case TokenKind.Keyword:
                return KeywordTable.Word(token.Keyword);
            case TokenKind.Identifier:
                return Truncate(Fold(_span[token.Start..token.End]));
            case TokenKind.UnicodeIdentifier:
                return token.Text!;
            default:
                return Truncate(token.Text ?? Slice(token.Start + 1, token.End - 1));
        }
    }

    /// <summary>The content of a string token.</summary>
    public readonly string StringValue(in Token token) =>
        token.Text ?? Slice(token.Start + token.QuoteLength, token.End - (token.Text is null && _span[token.Start] == '$' ? token.QuoteLength : 1));

    public readonly ReadOnlySpan<char> Raw(in Token token) => _span[token.Start..token.End];

    public readonly string Slice(int start, int end) => start >= end ? "" : _text.Substring(start, end - start);

    private static string Fold(ReadOnlySpan<char> word)
    {
        var upper = word.IndexOfAnyInRange('A', 'Z');
        return upper < 0 ? word.ToString() : string.Create(word.Length, word, static (target, source) =>
        {
            for (var i = 0; i < target.Length; i++)
                target[i] = source[i] is >= 'A' and <= 'Z' ? (char)(source[i] | 0x20) : source[i];
        });
    }

    internal static string Truncate(string name)
    {
        if (name.Length <= MaxIdentifierBytes / 3 || Encoding.UTF8.GetByteCount(name) <= MaxIdentifierBytes)
            return name;
        var bytes = 0;
        var length = 0;
        foreach (var rune in name.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > MaxIdentifierBytes)
                break;
            length += rune.Utf16SequenceLength;
        }
        return name[..length];
    }

    private static bool IsIdentifierStart(char c) => (c | 0x20) is >= 'a' and <= 'z' || c == '_' || c >= 0x80;

    /// <summary>Where the identifier that begins at <paramref name="at"/> ends.</summary>
    private int EndOfIdentifier(int at)
    {
        while (at < _span.Length && IsIdentifierPart(_span[at]))
            at++;
        return at;
    }

    private static bool IsIdentifierPart(char c) => IsIdentifierStart(c) || char.IsAsciiDigit(c) || c == '$';

    private static bool IsOperatorChar(char c) =>
        c is '~' or '!' or '@' or '#' or '^' or '&' or '|' or '`' or '?' or '+' or '-' or '*' or '/' or '%' or '<' or '>' or '=';

    internal static bool IsSpace(char c) => c is ' ' or '\t' or '\n' or '\r' or '\f' or '\v';

    private readonly bool At(int index, char c) => index < _span.Length && _span[index] == c;

    private void Single(ref Token token, TokenKind kind) => Finish(ref token, kind, _pos + 1);

    private void Finish(ref Token token, TokenKind kind, int end)
    {
        token.Kind = kind;
        token.End = end;
        _pos = end;
    }

    private void SkipSpace()
    {
        while (_pos < _span.Length)
        {
            var c = _span[_pos];
            if (IsSpace(c))
            {
                _pos++;
            }
            else if (c == '-' && At(_pos + 1, '-'))
            {
                var end = _span[_pos..].IndexOfAny('\n', '\r');
                _pos = end < 0 ? _span.Length : _pos + end;
            }
            else if (c == '/' && At(_pos + 1, '*'))
            {
                SkipComment();
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>Comments nest.</summary>
    private void SkipComment()
    {
        var start = _pos;
        var depth = 0;
        while (_pos < _span.Length)
        {
            if (_span[_pos] == '/' && At(_pos + 1, '*'))
            {
                depth++;
                _pos += 2;
            }
            else if (_span[_pos] == '*' && At(_pos + 1, '/'))
            {
                _pos += 2;
                if (--depth == 0)
                    return;
            }
            else
            {
                _pos++;
            }
        }
        throw Error("unterminated /* comment", start, _span.Length);
    }

    private void ScanWord(ref Token token)
    {
        var end = _pos + 1;
        while (end < _span.Length && IsIdentifierPart(_span[end]))
            end++;
        token.Keyword = KeywordTable.Find(_span[_pos..end]);
        Finish(ref token, token.Keyword == Keyword.NotKeyword ? TokenKind.Identifier : TokenKind.Keyword, end);
    }

    private void ScanNumber(ref Token token)
    {
        var kind = TokenKind.Integer;
        var end = _pos;
        while (end < _span.Length && char.IsAsciiDigit(_span[end]))
            end++;
        if (At(end, '.') && !At(end + 1, '.'))
        {
            kind = TokenKind.Number;
            end++;
            while (end < _span.Length && char.IsAsciiDigit(_span[end]))
                end++;
        }
        if (end < _span.Length && _span[end] is 'e' or 'E')
        {
            var digits = end + 1;
            if (digits < _span.Length && _span[digits] is '+' or '-')
                digits++;
            if (digits < _span.Length && char.IsAsciiDigit(_span[digits]))
            {
                kind = TokenKind.Number;
                end = digits;
                while (end < _span.Length && char.IsAsciiDigit(_span[end]))
                    end++;
            }
            else
            {
                throw Error("trailing junk after numeric literal", _pos, digits);
            }
        }
        if (end < _span.Length && IsIdentifierStart(_span[end]))
            throw Error("trailing junk after numeric literal", _pos, EndOfIdentifier(end));
        Finish(ref token, kind, end);
    }

    private void ScanOperator(ref Token token)
    {
        var end = _pos;
        while (end < _span.Length && IsOperatorChar(_span[end])
            && !(_span[end] == '-' && At(end + 1, '-')) && !(_span[end] == '/' && At(end + 1, '*')))
        {
            end++;
        }
        var length = end - _pos;
        // A trailing + or - belongs to the next operand, unless the operator holds a character that no SQL operator has.
        if (length > 1 && _span[end - 1] is '+' or '-' && _span[_pos..(end - 1)].IndexOfAny(s_extraOperatorChars) < 0)
        {
            while (length > 1 && _span[_pos + length - 1] is '+' or '-')
                length--;
        }
        var kind = TokenKind.Operator;
        if (length == 1)
        {
            kind = _span[_pos] switch
            {
                '+' => TokenKind.Plus,
                '-' => TokenKind.Minus,
                '*' => TokenKind.Star,
                '/' => TokenKind.Slash,
                '%' => TokenKind.Percent,
                '^' => TokenKind.Caret,
                '<' => TokenKind.Less,
                '>' => TokenKind.Greater,
                '=' => TokenKind.Equals,
                _ => TokenKind.Operator,
            };
        }
        else if (length == 2)
        {
            kind = (_span[_pos], _span[_pos + 1]) switch
            {
                ('=', '>') => TokenKind.EqualsGreater,
                ('>', '=') => TokenKind.GreaterEquals,
                ('<', '=') => TokenKind.LessEquals,
                ('<', '>') => TokenKind.NotEquals,
                ('!', '=') => TokenKind.NotEquals,
                _ => TokenKind.Operator,
            };
        }
        else if (length > MaxIdentifierBytes)
        {
            throw Error("operator too long", _pos, _pos + length);
        }
        Finish(ref token, kind, _pos + length);
    }
}
