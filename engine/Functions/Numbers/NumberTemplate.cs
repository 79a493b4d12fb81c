using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics;
using System.Text;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Numbers;

/// <summary>to_char of numbers, to_number. Source: PostgreSQL 15 manual, tables 9.29 and 9.30, and the order of steps in its formatting.c.</summary>
internal static class NumberTemplateFunctions
{
    public static IEnumerable<FunctionInfo> All()
    {
        yield return Scalar.Of<int, string, string>("to_char", [SqlType.Int4, SqlType.Text], SqlType.Text, static (_, x, f) => NumberTemplate.Get(f).Format(x), Volatility.Stable);
        yield return Scalar.Of<long, string, string>("to_char", [SqlType.Int8, SqlType.Text], SqlType.Text, static (_, x, f) => NumberTemplate.Get(f).Format(x), Volatility.Stable);
        yield return Scalar.Of<PgNumeric, string, string>("to_char", [SqlType.Numeric, SqlType.Text], SqlType.Text, static (_, x, f) => NumberTemplate.Get(f).Format(x), Volatility.Stable);
        yield return Scalar.Of<double, string, string>("to_char", [SqlType.Float8, SqlType.Text], SqlType.Text, static (_, x, f) => NumberTemplate.Get(f).Format(PgNumeric.FromDouble(x)), Volatility.Stable);
        yield return Scalar.Of<float, string, string>("to_char", [SqlType.Float4, SqlType.Text], SqlType.Text, static (_, x, f) => NumberTemplate.Get(f).Format(PgNumeric.FromSingle(x)), Volatility.Stable);
        yield return Scalar.Of<string, string, PgNumeric?>("to_number", [SqlType.Text, SqlType.Text], SqlType.Numeric, static (_, s, f) => NumberTemplate.Get(f).Parse(s), Volatility.Stable);
    }
}

/// <summary>A number template: immutable, cached by its text.</summary>
internal sealed class NumberTemplate
{
    private enum Mark : byte { Literal, Nine, Zero, Point, Comma, Group, Currency, Minus, Plus, Sign, SignHere, Bracket, Ordinal, OrdinalUpper, Roman, RomanLower }

    private static readonly ConcurrentDictionary<string, NumberTemplate> Cache = new();

    private readonly List<(Mark Mark, char Text)> _marks = [];
    private int _pre, _post, _multi, _zeroStart, _zeroEnd, _preAtSign;
    private bool _fill, _zero, _point, _sign, _signAfter, _minus, _plus, _bracket, _scientific, _roman, _shift;

    public static NumberTemplate Get(string text)
    {
        if (Cache.TryGetValue(text, out var known))
            return known;
        if (Cache.Count > 500)
            Cache.Clear();
        var made = new NumberTemplate();
        made.Read(text);
        return Cache[text] = made;
    }

    private static SqlException Bad(string message) => new(SqlState.SyntaxError, message);

    private void Read(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            var rest = text.AsSpan(i);
            bool Is(string word) => text.AsSpan(i).StartsWith(word, StringComparison.OrdinalIgnoreCase);
            if (_scientific && !Is("FM") && rest[0] is not ('"'))
                throw Bad("\"EEEE\" must be the last pattern used");
            if (rest[0] == '"')
            {
                for (i++; i < text.Length && text[i] != '"'; i++)
                    _marks.Add((Mark.Literal, text[i]));
                i++;
            }
            else if (Is("EEEE"))
            {
                if (_fill || _sign || _bracket || _minus || _plus || _roman || _shift)
                    throw new SqlException(SqlState.SyntaxError, "\"EEEE\" is incompatible with other formats") { Detail = "\"EEEE\" may only be used together with digit and decimal point patterns." };
                _scientific = true;
                i += 4;
            }
            else if (Is("FM"))
            {
                _fill = true;
                i += 2;
            }
            else if (Is("MI") || Is("PL") || Is("SG"))
            {
                var mark = Is("MI") ? Mark.Minus : Is("PL") ? Mark.Plus : Mark.SignHere;
                if (_sign)
                    throw Bad($"cannot use \"S\" and \"{(mark == Mark.Minus ? "MI" : mark == Mark.Plus ? "PL" : "SG")}\" together");
                _minus |= mark != Mark.Plus;
                _plus |= mark != Mark.Minus;
                _marks.Add((mark, ' '));
                i += 2;
            }
            else if (Is("PR"))
            {
                if (_sign || _plus || _minus)
                    throw Bad("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together");
                _bracket = true;
                i += 2;
            }
            else if (Is("RN"))
            {
                _roman = true;
                _marks.Add((rest[0] == 'r' ? Mark.RomanLower : Mark.Roman, ' '));
                i += 2;
            }
            else if (rest.StartsWith("TH") || rest.StartsWith("th"))
            {
                _marks.Add((rest[0] == 'T' ? Mark.OrdinalUpper : Mark.Ordinal, ' '));
                i += 2;
            }
            else
            {
                Single(text[i]);
                i++;
            }
        }
    }

    private void Single(char c)
    {
        switch (c)
        {
            case '9':
                if (_bracket)
                    throw Bad("\"9\" must be ahead of \"PR\"");
                if (_shift)
                    _multi++;
                else if (_point)
                    _post++;
                else
                    _pre++;
                _marks.Add((Mark.Nine, c));
                break;
            case '0':
                if (_bracket)
                    throw Bad("\"0\" must be ahead of \"PR\"");
                if (!_zero && !_point)
                    (_zero, _zeroStart) = (true, _pre + 1);
                if (_point)
                    _post++;
                else
                    _pre++;
                _zeroEnd = _pre + _post;
                _marks.Add((Mark.Zero, c));
                break;
            case '.' or 'D' or 'd':
                if (_point)
                    throw Bad("multiple decimal points");
                if (_shift)
                    throw Bad("cannot use \"V\" and decimal point together");
                _point = true;
                _marks.Add((Mark.Point, '.'));
                break;
            case ',': _marks.Add((Mark.Comma, c)); break;
            case 'G' or 'g': _marks.Add((Mark.Group, ',')); break;
            case 'L' or 'l': _marks.Add((Mark.Currency, ' ')); break;
            case 'S' or 's':
                if (_sign)
                    throw Bad("cannot use \"S\" twice");
                if (_plus || _minus || _bracket)
                    throw Bad("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together");
                _sign = true;
                _signAfter = _point;
                _preAtSign = _point ? -1 : _pre;
                _marks.Add((Mark.Sign, c));
                break;
            case 'V' or 'v':
                if (_point)
                    throw Bad("cannot use \"V\" and decimal point together");
                _shift = true;
                break;
            case 'B' or 'b' or 'C' or 'c': break;
            default: _marks.Add((Mark.Literal, c)); break;
        }
    }

    public string Format(PgNumeric value)
    {
        if (_roman)
            return Roman(value);
        if (_scientific)
            return Scientific(value);
        var pre = _pre;
        if (_shift)
        {
            value *= PgNumeric.Power(10, _multi).Round(0);
            pre += _multi;
        }
        var negative = value.SignOf < 0;
        var spaces = 0;
        var number = value.IsNaN ? "NaN" : value.IsInfinite ? "Infinity" : value.Abs().Round(_post).ToString();
        var whole = number.IndexOf('.', StringComparison.Ordinal) is var dot && dot < 0 ? number.Length : dot;
        if (whole < pre)
            spaces = pre - whole;
        else if (whole > pre)
            number = new string('#', pre) + "." + new string('#', _post);
        if (!_point && number.Contains('.', StringComparison.Ordinal))
            number = number[..number.IndexOf('.', StringComparison.Ordinal)];
        return Process(number, negative, spaces, pre);
    }

    private string Process(string number, bool negative, int spaces, int pre)
    {
        var result = new StringBuilder();
        var signAfter = _signAfter || _sign && pre == _preAtSign;
        var signWritten = _plus || _minus ? !(_plus && !_minus) : !negative && _fill && !_sign;
        if (_plus && !_minus)
            signWritten = false;
        var count = _post + pre - 1;
        var lastRelevant = -1;
        if (_fill && _point)
        {
            lastRelevant = number.IndexOf('.', StringComparison.Ordinal);
            for (var i = lastRelevant + 1; lastRelevant >= 0 && i < number.Length; i++)
            {
                if (number[i] != '0')
                    lastRelevant = i;
            }
            if (lastRelevant >= 0 && _zeroEnd > spaces)
                lastRelevant = Math.Max(lastRelevant, Math.Min(number.Length - 1, _zeroEnd - spaces));
        }
        if (!signWritten && spaces == 0)
            count++;
        var at = 0;
        var current = 0;
        var inNumber = false;
        foreach (var (mark, text) in _marks)
        {
            switch (mark)
            {
                case Mark.Nine or Mark.Zero or Mark.Point:
                    Digit(mark);
                    break;
                case Mark.Comma or Mark.Group:
                    if (inNumber)
                        result.Append(',');
                    else if (!_fill)
                        result.Append(' ');
                    break;
                case Mark.Currency: result.Append(' '); break;
                case Mark.Minus:
                    if (negative)
                        result.Append('-');
                    else if (!_fill)
                        result.Append(' ');
                    break;
                case Mark.Plus:
                    if (!negative)
                        result.Append('+');
                    else if (!_fill)
                        result.Append(' ');
                    break;
                case Mark.SignHere: result.Append(negative ? '-' : '+'); break;
                case Mark.Ordinal or Mark.OrdinalUpper:
                    if (!number.StartsWith('#') && !negative && !_point)
                    {
                        var suffix = Times.ToCharFunctions.OrdinalSuffix(long.Parse(number.Length > 3 ? number[^3..] : number, CultureInfo.InvariantCulture));
                        result.Append(mark == Mark.Ordinal ? suffix : suffix.ToUpperInvariant());
                    }
                    break;
                case Mark.Literal: result.Append(text); break;
            }
        }
        return result.ToString();

        void Digit(Mark mark)
        {
            var blankZero = !_zero && at == 0 && number.Length > 0 && number[0] == '0' && _post != 0; // 0.1 in 9.9 has no zero
            if (!signWritten && (current >= spaces || _zero && _zeroStart - 1 == current) && (!blankZero || lastRelevant >= 0 && number[lastRelevant] == '.'))
            {
                if (_sign)
                {
                    if (!signAfter)
                        result.Append(negative ? '-' : '+');
                    signWritten = true;
                }
                else if (_bracket)
                {
                    result.Append(negative ? '<' : ' ');
                    signWritten = true;
                }
                else if (!negative)
                {
                    if (!_fill)
                        result.Append(' ');
                    signWritten = true;
                }
                else
                {
                    result.Append('-');
                    signWritten = true;
                }
            }
            if (current < spaces && (!_zero || _zeroStart - 1 > current))
            {
                if (!_fill)
                    result.Append(' ');
            }
            else if (_zero && current < spaces && _zeroStart - 1 <= current)
            {
                result.Append('0');
                inNumber = true;
            }
            else
            {
                if (at < number.Length && number[at] == '.')
                    result.Append('.'); // also where only zeros follow: FM9.9 of 1 is "1."
                else if (lastRelevant >= 0 && at > lastRelevant && mark != Mark.Zero)
                {
                    // a zero that fill mode drops
                }
                else if (blankZero)
                {
                    if (!_fill)
                        result.Append(' ');
                    else if (lastRelevant >= 0 && number[lastRelevant] == '.')
                        result.Append('0');
                }
                else if (at < number.Length)
                {
                    result.Append(number[at]);
                    inNumber = true;
                }
                at++;
            }
            current++;
            var end = count + (spaces > 0 ? 1 : 0) + (_point ? 1 : 0);
            if (current == end)
            {
                if (signWritten && _bracket)
                    result.Append(negative ? '>' : ' ');
                else if (_sign && signAfter)
                    result.Append(negative ? '-' : '+');
            }
        }
    }

    private string Scientific(PgNumeric value)
    {
        if (!value.IsFinite)
            return " " + new string('#', _pre) + "." + new string('#', _post + 4);
        var digits = BigInteger.Abs(value.Mantissa).ToString(CultureInfo.InvariantCulture);
        var exponent = value.IsZero ? 0 : digits.Length - 1 - value.Scale;
        var mantissa = value.IsZero ? PgNumeric.Zero : PgNumeric.FromScaled(BigInteger.Abs(value.Mantissa), digits.Length - 1);
        mantissa = mantissa.Round(_post);
        if (mantissa >= 10)
        {
            exponent++;
            mantissa = PgNumeric.One.Round(_post);
        }
        return $"{(value.SignOf < 0 ? '-' : ' ')}{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
    }

    private string Roman(PgNumeric value)
    {
        var number = value.IsFinite ? value.Round(0) : PgNumeric.Zero;
        if (number < 1 || number > 3999)
            return new string('#', 15);
        var n = number.ToInt32();
        var result = new StringBuilder();
        foreach (var (weight, letters) in new[]
        {
            (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
        })
        {
            for (; n >= weight; n -= weight)
                result.Append(letters);
        }
        var text = _marks.Exists(m => m.Mark == Mark.RomanLower) ? result.ToString().ToLowerInvariant() : result.ToString();
        return _fill ? text : text.PadLeft(15);
    }

    /// <summary>to_number(): digits where the template has digits; signs and separators as it says, others skipped.</summary>
    public PgNumeric? Parse(string text)
    {
        if (_scientific)
            throw SqlException.NotSupported("\"EEEE\" for input");
        if (_roman)
            throw SqlException.NotSupported("\"RN\" for input");
        if (_marks.Count == 0)
            return null;
        var whole = new StringBuilder();
        var fraction = new StringBuilder();
        var negative = false;
        var inFraction = false;
        var at = 0;
        var taken = 0;
        foreach (var (mark, _) in _marks)
        {
            if (at >= text.Length)
                break;
            switch (mark)
            {
                case Mark.Nine or Mark.Zero:
                    while (at < text.Length && text[at] == ' ')
                        at++;
                    if (at < text.Length && text[at] is '-' or '+' or '<')
                        negative |= text[at++] is '-' or '<';
                    while (at < text.Length && text[at] == ' ')
                        at++;
                    if (at < text.Length && text[at] == '.' && !inFraction && _point)
                        break; // fewer digits than the template has: the point ends them
                    if (at < text.Length && char.IsAsciiDigit(text[at]))
                    {
                        (inFraction ? fraction : whole).Append(text[at++]);
                        taken++;
                    }
                    break;
                case Mark.Point:
                    if (text[at] == '.')
                        at++;
                    inFraction = true;
                    break;
                case Mark.Comma or Mark.Group:
                    if (text[at] == ',')
                        at++;
                    break;
                case Mark.Minus or Mark.Sign or Mark.SignHere or Mark.Plus:
                    if (text[at] is '-' or '+')
                        negative |= text[at++] == '-';
                    break;
                default:
                    at++;
                    break;
            }
        }
        if (at < text.Length && (_bracket && text[at] == '>' || _sign && text[at] == '-'))
            negative = true;
        if (taken == 0)
            throw SqlException.InvalidText("numeric", " ");
        var value = PgNumeric.Parse((negative ? "-" : "") + (whole.Length == 0 ? "0" : whole.ToString()) + (fraction.Length > 0 ? "." + fraction : "")).Round(_post);
        return _shift ? value / PgNumeric.Power(10, _multi).Round(0) : value;
    }
}
