using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Strings;

/// <summary>PostgreSQL's advanced regular expressions as .NET ones. Source: PostgreSQL 15 manual, section 9.7.3.</summary>
/// <remarks>Patterns without look-around, word-edge or back reference run in the framework's linear-time engine; the others backtrack under a
/// time limit, so that no pattern hangs the server. Known difference: of several alternatives the first that matches is
/// taken, where PostgreSQL takes the longest.</remarks>
internal sealed class PgRegex
{
    private const int MaxCached = 512;
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(10);
    private static readonly ConcurrentDictionary<(string Pattern, string Flags), PgRegex> Cache = new();

    private readonly Regex _regex;

    private PgRegex(Regex regex, int groups)
    {
        _regex = regex;
        GroupCount = groups;
    }

    /// <summary>Capturing parentheses.</summary>
    public int GroupCount { get; }

    /// <param name="pattern">An ARE, or with flag q a literal string.</param>
    /// <param name="flags">Of i c n m s p w x t q e b; anything else (g) is the caller's business and must not be here.</param>
    /// <exception cref="SqlException">2201B; 22023 for unknown flags.</exception>
    public static PgRegex Get(string pattern, string flags)
    {
        if (Cache.TryGetValue((pattern, flags), out var known))
            return known;
        var made = Compile(pattern, flags);
        if (Cache.Count >= MaxCached)
            Cache.Clear();
        return Cache.GetOrAdd((pattern, flags), made);
    }

    public bool IsMatch(ReadOnlySpan<char> text)
    {
        try
        {
            return _regex.IsMatch(text);
        }
        catch (RegexMatchTimeoutException error)
        {
            throw TooSlow(error);
        }
    }

    /// <summary>The first match at or after <paramref name="start"/>; ^ means the start of the text all the same.</summary>
    public Match Match(string text, int start)
    {
        try
        {
            return _regex.Match(text, start);
        }
        catch (RegexMatchTimeoutException error)
        {
            throw TooSlow(error);
        }
    }

    private static SqlException TooSlow(Exception error) =>
        new(SqlState.StatementTooComplex, "regular expression is too complex: matching took too long", error);

    internal static SqlException Invalid(string reason) => new(SqlState.InvalidRegularExpression, $"invalid regular expression: {reason}");

    private static PgRegex Compile(string pattern, string flags)
    {
        var translator = new Translator(pattern);
        translator.ApplyFlags(flags);
        var text = translator.Translate();
        var options = RegexOptions.CultureInvariant | (translator.IgnoreCase ? RegexOptions.IgnoreCase : 0);
        try
        {
            if (!translator.Backtracks)
            {
                try
                {
                    return new PgRegex(new Regex(text, options | RegexOptions.NonBacktracking), translator.Groups);
                }
                catch (NotSupportedException)
                {
                    // Too large an automaton (nested counts): the backtracking engine can still do it.
                }
            }
            return new PgRegex(new Regex(text, options, MatchTimeout), translator.Groups);
        }
        catch (RegexParseException error)
        {
            throw Invalid(error.Error switch
            {
                RegexParseError.InsufficientClosingParentheses or RegexParseError.InsufficientOpeningParentheses => "parentheses () not balanced",
                RegexParseError.UnterminatedBracket => "brackets [] not balanced",
                RegexParseError.QuantifierAfterNothing or RegexParseError.NestedQuantifiersNotParenthesized => "quantifier operand invalid",
                RegexParseError.ReversedQuantifierRange => "invalid repetition count(s)",
                RegexParseError.ReversedCharacterRange => "invalid character range",
                RegexParseError.UndefinedNumberedReference => "invalid backreference number",
                _ => "invalid escape \\ sequence",
            });
        }
    }

    /// <summary>One pass over the pattern; everything that the two languages read differently is written out.</summary>
    private sealed class Translator(string pattern)
    {
        private const string Space = "\\t-\\r \\u0085\\u00a0\\u2000-\\u200a\\u2028\\u2029\\u3000";
        private readonly StringBuilder _out = new(pattern.Length + 16);
        private int _at;
        private bool _expanded;
        private bool _literal;
        private bool _lineDot;
        private bool _lineAnchors;
        private int _depth;

        public bool IgnoreCase { get; private set; }

        public bool Backtracks { get; private set; }

        public int Groups { get; private set; }

        public void ApplyFlags(string flags)
        {
            foreach (var flag in flags)
            {
                switch (flag)
                {
                    case 'i': IgnoreCase = true; break;
                    case 'c': IgnoreCase = false; break;
                    case 'n' or 'm': _lineDot = _lineAnchors = true; break;
                    case 's': _lineDot = _lineAnchors = false; break;
                    case 'p': (_lineDot, _lineAnchors) = (true, false); break;
                    case 'w': (_lineDot, _lineAnchors) = (false, true); break;
                    case 'x': _expanded = true; break;
                    case 't': _expanded = false; break;
                    case 'q': _literal = true; break;
                    case 'b' or 'e': break;
                    default:
                        throw new SqlException(SqlState.InvalidParameterValue, $"invalid regular expression option: \"{flag}\"");
                }
            }
        }

        public string Translate()
        {
            if (pattern.StartsWith("***=", StringComparison.Ordinal))
                (_literal, _at) = (true, 4);
            else if (pattern.StartsWith("***:", StringComparison.Ordinal))
                _at = 4;
            else if (pattern.StartsWith("***", StringComparison.Ordinal))
                throw Invalid("quantifier operand invalid");
            if (_literal)
                return Regex.Escape(pattern[_at..]);
            EmbeddedOptions();
            Body();
            if (_depth > 0)
                throw Invalid("parentheses () not balanced");
            return _out.ToString();
        }

        private void EmbeddedOptions()
        {
            if (_at + 2 >= pattern.Length || pattern[_at] != '(' || pattern[_at + 1] != '?' || !char.IsAsciiLetter(pattern[_at + 2]))
                return;
            var end = pattern.IndexOf(')', _at);
            if (end < 0)
                throw Invalid("invalid embedded option");
            foreach (var c in pattern.AsSpan(_at + 2, end - _at - 2))
            {
                if (!"bceimnpqstwx".Contains(c, StringComparison.Ordinal))
                    throw Invalid("invalid embedded option");
            }
            ApplyFlags(pattern[(_at + 2)..end]);
            _at = end + 1;
        }

        private void Body()
        {
            var operand = false; // something stands before that a quantifier may apply to
            while (_at < pattern.Length)
            {
                var c = pattern[_at++];
                switch (c)
                {
                    case '\\':
                        operand = Escape();
                        break;
                    case '[':
                        if (pattern.AsSpan(_at).StartsWith("[:<:]]") || pattern.AsSpan(_at).StartsWith("[:>:]]"))
                        {
                            WordEdge(pattern[_at + 2] == '<');
                            _at += 6;
                            operand = false;
                            break;
                        }
                        Bracket();
                        operand = true;
                        break;
                    case '(':
                        _depth++;
                        Group();
                        operand = false;
                        break;
                    case ')':
                        if (--_depth < 0)
                            throw Invalid("parentheses () not balanced");
                        _out.Append(')');
                        operand = true;
                        break;
                    case '|':
                        _out.Append('|');
                        operand = false;
                        break;
                    case '^':
                        Anchor("^", "\\A");
                        operand = false;
                        break;
                    case '$':
                        Anchor("$", "\\z");
                        operand = false;
                        break;
                    case '.':
                        _out.Append(_lineDot ? "[^\\n]" : "[\\s\\S]");
                        operand = true;
                        break;
                    case '*' or '+' or '?':
                        Quantifier(c.ToString(), ref operand);
                        break;
                    case '{' when _at < pattern.Length && char.IsAsciiDigit(pattern[_at]):
                        Quantifier(Bound(), ref operand);
                        break;
                    case '#' when _expanded:
                        while (_at < pattern.Length && pattern[_at] != '\n')
                            _at++;
                        break;
                    case ' ' or '\t' or '\n' or '\r' or '\v' or '\f' when _expanded:
                        break;
                    default:
                        Literal(c);
                        if (char.IsHighSurrogate(c) && _at < pattern.Length)
                        {
                            // One character of two code units: a quantifier must apply to both.
                            _out.Insert(_out.Length - 6, "(?:");
                            Literal(pattern[_at++]);
                            _out.Append(')');
                        }
                        operand = true;
                        break;
                }
            }
        }

        private void Anchor(string perLine, string whole)
        {
            if (_lineAnchors)
            {
                _out.Append(perLine == "^" ? "(?m:^)" : "(?m:$)");
                return;
            }
            _out.Append(whole);
        }

        private void Literal(char c)
        {
            if (char.IsAsciiLetterOrDigit(c))
                _out.Append(c);
            else
                _out.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
        }

        private void Quantifier(string text, ref bool operand)
        {
            if (!operand)
                throw Invalid("quantifier operand invalid");
            _out.Append(text);
            if (_at < pattern.Length && pattern[_at] == '?')
            {
                _out.Append('?');
                _at++;
            }
            operand = false;
        }

        private string Bound()
        {
            var end = pattern.IndexOf('}', _at);
            if (end < 0)
                throw Invalid("braces {} not balanced");
            var body = pattern[_at..end];
            _at = end + 1;
            var parts = body.Split(',');
            if (parts.Length > 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var low))
                throw Invalid("invalid repetition count(s)");
            if (parts.Length == 1)
                return low > 255 ? throw Invalid("invalid repetition count(s)") : $"{{{low}}}";
            if (parts[1].Length == 0)
                return low > 255 ? throw Invalid("invalid repetition count(s)") : $"{{{low},}}";
            if (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var high) || high < low || high > 255)
                throw Invalid("invalid repetition count(s)");
            return $"{{{low},{high}}}";
        }

        private void Group()
        {
            if (_at >= pattern.Length || pattern[_at] != '?')
            {
                Groups++;
                _out.Append('(');
                return;
            }
            foreach (var (prefix, looks) in new[] { ("?:", false), ("?=", true), ("?!", true), ("?<=", true), ("?<!", true) })
            {
                if (!pattern.AsSpan(_at).StartsWith(prefix))
                    continue;
                _out.Append('(').Append(prefix);
                _at += prefix.Length;
                Backtracks |= looks;
                return;
            }
            if (pattern.AsSpan(_at).StartsWith("?#"))
            {
                var end = pattern.IndexOf(')', _at);
                if (end < 0)
                    throw Invalid("parentheses () not balanced");
                _at = end + 1;
                _depth--;
                return;
            }
            throw Invalid("quantifier operand invalid");
        }

        private void WordEdge(bool start)
        {
            const string Word = "[\\p{L}\\p{Nd}_]";
            Backtracks = true;
            _out.Append(start ? $"(?<!{Word})(?={Word})" : $"(?<={Word})(?!{Word})");
        }

        /// <returns>Whether a quantifier may follow.</returns>
        private bool Escape()
        {
            if (_at >= pattern.Length)
                throw Invalid("invalid escape \\ sequence");
            var c = pattern[_at];
            switch (c)
            {
                case 'd': _out.Append("[0-9]"); break;
                case 'D': _out.Append("[^0-9]"); break;
                case 's': _out.Append('[').Append(Space).Append(']'); break;
                case 'S': _out.Append("[^").Append(Space).Append(']'); break;
                case 'w': _out.Append("[\\p{L}\\p{Nd}_]"); break;
                case 'W': _out.Append("[^\\p{L}\\p{Nd}_]"); break;
                case 'A':
                    _out.Append("\\A");
                    _at++;
                    return false;
                case 'Z':
                    _out.Append("\\z");
                    _at++;
                    return false;
                case 'm' or 'M':
                    WordEdge(c == 'm');
                    _at++;
                    return false;
                case 'y' or 'Y':
                    _out.Append(c == 'y' ? "\\b" : "\\B");
                    _at++;
                    return false;
                case >= '1' and <= '9':
                    var number = c - '0';
                    _at++;
                    while (_at < pattern.Length && char.IsAsciiDigit(pattern[_at]) && number * 10 + pattern[_at] - '0' <= Groups)
                        number = number * 10 + pattern[_at++] - '0';
                    if (number > Groups)
                        throw Invalid("invalid backreference number");
                    _out.Append("(?:\\").Append(number).Append(')');
                    Backtracks = true;
                    return true;
                default:
                    Append(EscapedCharacter());
                    return true;
            }
            _at++;
            return true;
        }

        private void Append(int code)
        {
            if (code < 0x10000)
            {
                Literal((char)code);
                return;
            }
            _out.Append("(?:");
            foreach (var unit in char.ConvertFromUtf32(code))
                Literal(unit);
            _out.Append(')');
        }

        /// <summary>A character-entry escape; the position is behind the backslash, and behind the escape afterwards.</summary>
        private int EscapedCharacter()
        {
            var c = pattern[_at++];
            switch (c)
            {
                case 'a': return 7;
                case 'b': return 8;
                case 'B': return '\\';
                case 'e': return 27;
                case 'f': return 12;
                case 'n': return 10;
                case 'r': return 13;
                case 't': return 9;
                case 'v': return 11;
                case '0': return Hex(0, 2, 8);
                case 'x': return Hex(1, 255, 16);
                case 'u': return Hex(4, 4, 16);
                case 'U': return Hex(8, 8, 16);
                case 'c' when _at < pattern.Length: return pattern[_at++] & 31;
                default:
                    if (char.IsAsciiLetterOrDigit(c))
                        throw Invalid("invalid escape \\ sequence");
                    if (char.IsHighSurrogate(c) && _at < pattern.Length)
                        return char.ConvertToUtf32(c, pattern[_at++]);
                    return c;
            }
        }

        private int Hex(int least, int most, int radix)
        {
            var value = 0L;
            var digits = 0;
            while (digits < most && _at < pattern.Length && char.IsAsciiHexDigit(pattern[_at]) && (radix == 16 || pattern[_at] is >= '0' and <= '7'))
            {
                value = value * radix + Convert.ToInt32(pattern[_at++].ToString(), 16);
                digits++;
                if (value > 0x10FFFF)
                    throw Invalid("invalid escape \\ sequence");
            }
            return digits < least || value is >= 0xD800 and <= 0xDFFF ? throw Invalid("invalid escape \\ sequence") : (int)value;
        }

        private void Bracket()
        {
            _out.Append('[');
            var negated = _at < pattern.Length && pattern[_at] == '^';
            if (negated)
            {
                _out.Append('^');
                _at++;
                if (_lineDot)
                    _out.Append("\\n");
            }
            var first = true;
            int? low = null; // the last single character, which a range may start with
            while (true)
            {
                if (_at >= pattern.Length)
                    throw Invalid("brackets [] not balanced");
                var c = pattern[_at];
                if (c == ']' && !first)
                {
                    _at++;
                    break;
                }
                first = false;
                if (c == '[' && _at + 1 < pattern.Length && pattern[_at + 1] is ':' or '.' or '=')
                {
                    var kind = pattern[_at + 1];
                    var end = pattern.IndexOf($"{kind}]", _at + 2, StringComparison.Ordinal);
                    if (end < 0)
                        throw Invalid("brackets [] not balanced");
                    var name = pattern[(_at + 2)..end];
                    _at = end + 2;
                    if (kind == ':')
                    {
                        _out.Append(ClassOf(name));
                        low = null;
                        continue;
                    }
                    if (name.Length != 1)
                        throw Invalid("invalid collating element");
                    low = Item(name[0], low);
                    continue;
                }
                if (c == '\\')
                {
                    _at++;
                    if (_at >= pattern.Length)
                        throw Invalid("invalid escape \\ sequence");
                    if (pattern[_at] is 'd' or 's' or 'w')
                    {
                        _out.Append(ClassOf(pattern[_at] switch { 'd' => "digit", 's' => "space", _ => "word" }));
                        _at++;
                        low = null;
                        continue;
                    }
                    low = Item(EscapedCharacter(), low);
                    continue;
                }
                _at++;
                if (c == '-' && low is not null && _at < pattern.Length && pattern[_at] != ']')
                {
                    var high = (int)pattern[_at++];
                    if (high == '\\' && _at < pattern.Length)
                        high = EscapedCharacter();
                    if (high < low)
                        throw Invalid("invalid character range");
                    _out.Append('-');
                    Literal((char)high);
                    low = null;
                    continue;
                }
                low = Item(c, low);
            }
            _out.Append(']');
        }

        private int? Item(int code, int? _)
        {
            if (code > 0xFFFF)
                throw SqlException.NotSupported("a character outside of the basic plane in a bracket expression");
            Literal((char)code);
            return code;
        }

        private static string ClassOf(string name) => name switch
        {
            "alpha" => "\\p{L}",
            "digit" => "0-9",
            "alnum" => "\\p{L}\\p{Nd}",
            "upper" => "\\p{Lu}",
            "lower" => "\\p{Ll}",
            "space" => Space,
            "blank" => " \\t",
            "punct" => "!-/:-@\\[-`{-~\\p{P}",
            "cntrl" => "\\u0000-\\u001f\\u007f-\\u009f",
            "xdigit" => "0-9A-Fa-f",
            "graph" => "!-~\\u00a1-\\uffff",
            "print" => " -~\\u00a0-\\uffff",
            "word" => "\\p{L}\\p{Nd}_",
            "ascii" => "\\u0000-\\u007f",
            _ => throw Invalid("invalid character class"),
        };
    }
}
