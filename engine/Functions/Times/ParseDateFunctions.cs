using System.Globalization;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Times;

/// <summary>to_date and to_timestamp by template.</summary>
internal static class ParseDateFunctions
{
    public static IEnumerable<FunctionInfo> All()
    {
        yield return Scalar.Of<string, string, int>("to_date", [SqlType.Text, SqlType.Text], SqlType.Date,
            static (_, text, template) => new Parser(text, template).Read().Date(), Volatility.Stable);
        yield return Scalar.Of<string, string, long>("to_timestamp", [SqlType.Text, SqlType.Text], SqlType.TimestampTz, static (c, text, template) =>
        {
            var parser = new Parser(text, template).Read();
            var local = DateTimes.CheckTimestamp((Int128)parser.Date() * DateTimes.MicrosPerDay + parser.Time());
            return DateTimes.CheckTimestamp(parser.OffsetSeconds is { } east ? local - east * DateTimes.MicrosPerSecond : DateTimeOperators.Zone(c).ToUtc(local));
        }, Volatility.Stable);
    }

    private sealed class Parser(string text, string template)
    {
        private readonly TemplatePart[] _parts = FormatTemplate.Parse(template);
        private int _at;
        private int? _year, _month, _day, _dayOfYear, _isoYear, _isoWeek, _isoDay, _week, _monthWeek, _julian, _century, _zoneHour, _zoneMinute, _seconds;
        private int _yearDigits = 4;
        private bool _isBc, _isTwelve;
        private bool? _afternoon;
        private int _hour, _minute, _second, _micros, _zoneSign = 1;

        public int? OffsetSeconds => _zoneHour is null && _zoneMinute is null ? null : _zoneSign * ((_zoneHour ?? 0) * 3600 + (_zoneMinute ?? 0) * 60);

        public Parser Read()
        {
            for (var i = 0; i < _parts.Length; i++)
            {
                var part = _parts[i];
                if (part.Key is null)
                {
                    Literal(part.Text);
                    continue;
                }
                SkipSpaces();
                if (_at >= text.Length)
                    break;
                Field(part, i);
                if (part.Suffix.Length > 0)
                    _at = Math.Min(text.Length, _at + 2);
            }
            return this;
        }

        private void SkipSpaces()
        {
            while (_at < text.Length && char.IsWhiteSpace(text[_at]))
                _at++;
        }

        /// <summary>A separator of the template stands for any separator; quoted text takes as many characters as it has.</summary>
        private void Literal(string literal)
        {
            if (literal.Length == 1 && !char.IsLetterOrDigit(literal[0]))
            {
                SkipSpaces();
                if (_at < text.Length && !char.IsLetterOrDigit(text[_at]) && !(text[_at] is '+' or '-' && literal == " "))
                    _at++;
                return;
            }
            _at = Math.Min(text.Length, _at + literal.Length);
        }

        /// <summary>A number follows at once: then this one ends at its width.</summary>
        private bool IsBounded(int index) => !_parts[index].FillMode && index + 1 < _parts.Length && _parts[index + 1].Key is { } next
            && next is not ("A.D." or "A.M." or "AD" or "AM" or "B.C." or "BC" or "DAY" or "DY" or "MONTH" or "MON" or "P.M." or "PM" or "RM" or "TZ" or "TZH" or "OF");

        private static SqlException Bad(string message, string? detail = null) => new(SqlState.InvalidDatetimeFormat, message) { Detail = detail };

        private int Number(TemplatePart part, int index, int width, out int digits)
        {
            var limit = IsBounded(index) ? width : int.MaxValue;
            var start = _at;
            if (_at < text.Length && text[_at] is '-' or '+' && !IsBounded(index))
                _at++;
            var first = _at;
            while (_at < text.Length && _at - start < limit && char.IsAsciiDigit(text[_at]))
                _at++;
            digits = _at - first;
            if (limit != int.MaxValue && text.Length - start < width)
            {
                throw Bad($"source string too short for \"{part.Text}\" formatting field",
                    $"Field requires {width} characters, but only {text.Length - start} remain.");
            }
            if (digits == 0)
                throw Bad($"invalid value \"{text.AsSpan(start, Math.Min(width, text.Length - start))}\" for \"{part.Text}\"", "Value must be an integer.");
            if (limit != int.MaxValue && digits < width)
            {
                throw Bad($"invalid value \"{text.AsSpan(start, width)}\" for \"{part.Text}\"",
                    $"Field requires {width} characters, but only {digits} could be parsed.");
            }
            if (!int.TryParse(text.AsSpan(start, _at - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
                throw new SqlException(SqlState.DatetimeFieldOverflow, $"value for \"{part.Text}\" in source string is out of range");
            return value;
        }

        private int Choice(TemplatePart part, IReadOnlyList<string> names, int shorten)
        {
            for (var i = 0; i < names.Count; i++)
            {
                var name = shorten > 0 ? names[i][..shorten] : names[i];
                if (!text.AsSpan(_at).StartsWith(name, StringComparison.OrdinalIgnoreCase))
                    continue;
                _at += name.Length;
                return i;
            }
            var end = _at;
            while (end < text.Length && !char.IsWhiteSpace(text[end]))
                end++;
            throw Bad($"invalid value \"{text.AsSpan(_at, end - _at)}\" for \"{part.Text}\"", "The given value did not match any of the allowed values for this field.");
        }

        private void Field(TemplatePart part, int index)
        {
            int Take(int width) => Number(part, index, width, out _);
            switch (part.Key)
            {
                case "A.M." or "P.M." or "AM" or "PM":
                    _afternoon = Choice(part, part.Key.Length == 4 ? ["A.M.", "P.M."] : ["AM", "PM"], 0) == 1;
                    _isTwelve = true;
                    break;
                case "A.D." or "B.C." or "AD" or "BC":
                    _isBc = Choice(part, part.Key.Length == 4 ? ["A.D.", "B.C."] : ["AD", "BC"], 0) == 1;
                    break;
                case "HH24": _hour = Take(2); break;
                case "HH12" or "HH":
                    _hour = Take(2);
                    _isTwelve = true;
                    break;
                case "MI": _minute = Take(2); break;
                case "SS": _second = Take(2); break;
                case "SSSS" or "SSSSS": _seconds = Take(5); break;
                case "MS" or "US" or "FF1" or "FF2" or "FF3" or "FF4" or "FF5" or "FF6":
                    // Digits behind the point: 1.5 means 500 thousandths.
                    var width = part.Key == "MS" ? 3 : part.Key == "US" ? 6 : part.Key[2] - '0';
                    var start = _at;
                    while (_at < text.Length && _at - start < width && char.IsAsciiDigit(text[_at]))
                        _at++;
                    if (_at == start)
                        throw Bad($"invalid value \"{text.AsSpan(start, Math.Min(width, text.Length - start))}\" for \"{part.Text}\"", "Value must be an integer.");
                    _micros = int.Parse(text.AsSpan(start, _at - start).ToString().PadRight(6, '0'), CultureInfo.InvariantCulture);
                    break;
                case "TZH":
                    if (text[_at] is '+' or '-' or ' ')
                        _zoneSign = text[_at++] == '-' ? -1 : 1;
                    _zoneHour = Take(2);
                    break;
                case "TZM": _zoneMinute = Take(2); break;
                case "TZ" or "OF":
                    throw new SqlException(SqlState.FeatureNotSupported, $"formatting field \"{part.Text}\" is only supported in to_char");
                case "MONTH": _month = Choice(part, ToCharFunctions.Months, 0) + 1; break;
                case "MON": _month = Choice(part, ToCharFunctions.Months, 3) + 1; break;
                case "RM":
                    // Longest first: VIII before VII before VI before V before I.
                    var romans = ToCharFunctions.RomanMonths.OrderByDescending(r => r.Length).ToArray();
                    _month = Array.IndexOf(ToCharFunctions.RomanMonths, romans[Choice(part, romans, 0)]) + 1;
                    break;
                case "DAY": Choice(part, ToCharFunctions.Days, 0); break;
                case "DY": Choice(part, ToCharFunctions.Days, 3); break;
                case "MM": _month = Take(2); break;
                case "DD": _day = Take(2); break;
                case "DDD": _dayOfYear = Take(3); break;
                case "D": Take(1); break;
                case "ID": _isoDay = Take(1); break;
                case "IDDD": _dayOfYear = Take(3); break;
                case "IW": _isoWeek = Take(2); break;
                case "WW": _week = Take(2); break;
                case "W": _monthWeek = Take(1); break;
                case "Q": Take(1); break;
                case "CC": _century = Take(2); break;
                case "J": _julian = Take(7); break;
                case "Y,YYY":
                    var comma = text.IndexOf(',', _at);
                    if (comma < 0 || !int.TryParse(text.AsSpan(_at, comma - _at), CultureInfo.InvariantCulture, out var thousands))
                        throw Bad("invalid input string for \"Y,YYY\"");
                    _at = comma + 1;
                    _year = thousands * 1000 + Number(part with { FillMode = false }, index, 3, out _);
                    break;
                default:
                    var isIso = part.Key![0] == 'I';
                    var length = part.Key.Length;
                    var value = Number(part, index, length, out var digits);
                    // Fewer than four digits mean the year next to 2020.
                    if (length < 4 && digits < 4)
                        value += value < 70 ? 2000 : value < 100 ? 1900 : value < 520 ? 2000 : 1000;
                    _yearDigits = length;
                    if (isIso)
                        _isoYear = value;
                    else
                        _year = value;
                    break;
            }
        }

        private SqlException OutOfRange() => new(SqlState.DatetimeFieldOverflow, $"date/time field value out of range: \"{text}\"");

        public int Date()
        {
            if (_julian is { } julian)
                return julian - 2440588;
            if (_isoYear is { } isoYear && (_isoWeek is not null || _dayOfYear is not null))
            {
                var monday = DateTimes.IsoYearStart(isoYear);
                return _isoWeek is { } week ? monday + (week - 1) * 7 + (_isoDay ?? 1) - 1 : monday + _dayOfYear!.Value - 1;
            }
            var year = _year ?? _isoYear ?? 0;
            if (_century is { } century)
                year = _yearDigits < 4 && _year is not null ? (century - 1) * 100 + year % 100 : _year is null ? (century - 1) * 100 + 1 : year;
            if (_isBc)
                year = 1 - year;
            else if (year < 0)
                year++;
            // Without a year PostgreSQL takes 1 BC.
            var dayOfYear = _dayOfYear ?? (_week is { } w ? (w - 1) * 7 + 1 : null);
            if (dayOfYear is { } n && _month is null)
            {
                if (n < 1 || n > (DateTimes.IsLeapYear(year) ? 366 : 365))
                    throw OutOfRange();
                return DateTimes.ToDays(year, 1, 1) + n - 1;
            }
            var month = _month ?? 1;
            var day = _day ?? (_monthWeek is { } mw ? (mw - 1) * 7 + 1 : 1);
            if (month is < 1 or > 12 || day < 1 || day > DateTimes.DaysInMonth(year, month))
                throw OutOfRange();
            return DateTimes.ToDays(year, month, day);
        }

        public long Time()
        {
            var hour = _hour;
            if (_seconds is { } total)
                return total * DateTimes.MicrosPerSecond + _micros;
            if (_isTwelve)
            {
                if (hour is < 1 or > 12)
                {
                    throw new SqlException(SqlState.InvalidDatetimeFormat, $"hour \"{hour}\" is invalid for the 12-hour clock")
                    {
                        Hint = "Use the 24-hour clock, or give an hour between 1 and 12.",
                    };
                }
                if (_afternoon is true && hour < 12)
                    hour += 12;
                else if (_afternoon is false && hour == 12)
                    hour = 0;
            }
            if (hour is < 0 or > 23 || _minute is < 0 or > 59 || _second is < 0 or > 59)
                throw OutOfRange();
            return (hour * 3600L + _minute * 60 + _second) * DateTimes.MicrosPerSecond + _micros;
        }
    }
}
