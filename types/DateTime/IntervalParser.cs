namespace OmenDb.Types;

/// <summary>Intervals from text: units in words, clock times, SQL standard and ISO 8601.</summary>
/// <remarks>Fields are read from the right, as PostgreSQL does: a number without unit takes its meaning from what follows it.</remarks>
public static class IntervalParser
{
    private enum Unit : byte
    {
        None, Microsecond, Millisecond, Second, Minute, Hour, Day, Week, Month, Year, Decade, Century, Millennium, Ago,
    }

    private ref struct Sum
    {
        public double Months, Days;
        public Int128 Micros;
        public int Seen; // bit per unit
        public bool IsOutOfRange;

        public bool Mark(Unit unit)
        {
            var bit = 1 << (int)unit;
            var isNew = (Seen & bit) == 0;
            Seen |= bit;
            return isNew;
        }
    }

    /// <param name="text">Valid UTF-8.</param>
    /// <param name="fields">The qualifier of <c>interval '1' year</c>; decides bare numbers and cuts lower fields off.</param>
    /// <param name="digits">Fractional digits of the seconds, -1 = all six.</param>
    /// <param name="style">SqlStandard: a leading minus negates all fields.</param>
    /// <exception cref="SqlException">22007; 22015.</exception>
    public static PgInterval Parse(ReadOnlySpan<byte> text, IntervalFields fields = IntervalFields.None, int digits = -1,
        IntervalStyle style = IntervalStyle.Postgres)
    {
        var sum = new Sum();
        var rest = Ascii.Trim(text);
        var ok = rest.Length > 0 && (rest[0] == 'P' && ParseIso(rest[1..], ref sum) || ParseFields(rest, fields, style, ref sum));
        if (!ok)
            throw new SqlException(SqlState.InvalidDatetimeFormat, $"invalid input syntax for type interval: \"{Utf8.ToDisplay(text)}\"");
        if (Math.Abs(sum.Months) is > int.MaxValue and <= int.MaxValue * 12.0)
            throw PgInterval.OutOfRange();
        if (sum.IsOutOfRange || Math.Abs(sum.Months) > int.MaxValue || Math.Abs(sum.Days) > int.MaxValue || sum.Micros > long.MaxValue || sum.Micros < long.MinValue)
            throw new SqlException(SqlState.IntervalFieldOverflow, $"interval field value out of range: \"{Utf8.ToDisplay(text)}\"");
        return Restrict(new PgInterval((int)sum.Months, (int)sum.Days, (long)sum.Micros), fields, digits);
    }

    /// <summary>Cuts off what a qualifier does not hold: <c>interval(p)</c>, <c>interval day to minute</c>.</summary>
    public static PgInterval Restrict(PgInterval value, IntervalFields fields, int digits)
    {
        var (months, days, micros) = (value.Months, value.Days, value.Microseconds);
        if (fields != IntervalFields.None)
        {
            var lowest = (IntervalFields)(byte)(1 << (31 - int.LeadingZeroCount((int)fields)));
            if (lowest == IntervalFields.Year)
                months = months / 12 * 12;
            if (lowest <= IntervalFields.Month)
                days = 0;
            if (lowest <= IntervalFields.Day)
                micros = 0;
            else if (lowest == IntervalFields.Hour)
                micros -= micros % PgInterval.MicrosecondsPerHour;
            else if (lowest == IntervalFields.Minute)
                micros -= micros % PgInterval.MicrosecondsPerMinute;
        }
        return new PgInterval(months, days, DateTimes.RoundMicroseconds(micros, digits));
    }

    private static bool ParseFields(ReadOnlySpan<byte> text, IntervalFields fields, IntervalStyle style, ref Sum sum)
    {
        Span<Range> tokens = stackalloc Range[32];
        if (!Tokenize(text, tokens, out var count))
            return false;
        var unit = Unit.None;
        var ago = false;
        var anyField = false;
        var signs = 0;
        for (var i = count - 1; i >= 0; i--)
        {
            var token = text[tokens[i]];
            if (Ascii.IsLetter(token[0]))
            {
                unit = UnitOf(token);
                if (unit == Unit.None)
                    return false;
                ago |= unit == Unit.Ago;
                continue;
            }
            var negative = token[0] == '-';
            if (token[0] is (byte)'-' or (byte)'+')
            {
                signs++;
                token = token[1..];
            }
            if (token.Length == 0)
                return false;
            if (token.Contains((byte)':'))
            {
                if (!Clock(token, fields, negative, ref sum))
                    return false;
                unit = Unit.Day; // "1 02:03:04": what stands before a clock time is days
                anyField = true;
                continue;
            }
            var dash = token.IndexOf((byte)'-');
            if (dash > 0)
            {
                if (!Digits(token[..dash], out var years) || !Digits(token[(dash + 1)..], out var months) || months >= 12
                    || !sum.Mark(Unit.Year) || !sum.Mark(Unit.Month))
                    return false;
                var total = years * 12.0 + months;
                sum.Months += negative ? -total : total;
                unit = Unit.Month;
                anyField = true;
                continue;
            }
            if (unit == Unit.None)
                unit = DefaultUnit(fields);
            // The unit stays in force: a second number before the same unit is a duplicate.
            if (unit == Unit.Ago || !Number(token, out var whole, out var fraction) || !sum.Mark(unit))
                return false;
            Apply(ref sum, unit, negative ? -whole : whole, negative ? -fraction : fraction);
            anyField = true;
        }
        if (!anyField)
            return false;
        var first = text[tokens[0]];
        if (style == IntervalStyle.SqlStandard && first[0] == '-' && signs == 1)
        {
            // SQL: the sign stands for the whole; the first field is negative already.
            sum.Months = -Math.Abs(sum.Months);
            sum.Days = -Math.Abs(sum.Days);
            sum.Micros = -Int128.Abs(sum.Micros);
        }
        if (ago)
        {
            sum.Months = -sum.Months;
            sum.Days = -sum.Days;
            sum.Micros = -sum.Micros;
        }
        return true;
    }

    /// <summary>Splits at blanks and between numbers and letters; '@' and commas are noise.</summary>
    private static bool Tokenize(ReadOnlySpan<byte> text, Span<Range> tokens, out int count)
    {
        count = 0;
        var i = 0;
        while (i < text.Length)
        {
            var c = text[i];
            if (Ascii.IsSpace(c) || c is (byte)'@' or (byte)',')
            {
                i++;
                continue;
            }
            if (count == tokens.Length)
                return false;
            var start = i;
            if (Ascii.IsLetter(c))
            {
                while (i < text.Length && Ascii.IsLetter(text[i]))
                    i++;
            }
            else if (Ascii.IsDigit(c) || c is (byte)'-' or (byte)'+' or (byte)'.')
            {
                i++;
                if (c is (byte)'-' or (byte)'+')
                {
                    while (i < text.Length && Ascii.IsSpace(text[i]))
                        start = i++; // "- 1": the sign stands apart; keep only when adjacent
                    if (start > 0 && Ascii.IsSpace(text[start]))
                        return false;
                }
                while (i < text.Length && (Ascii.IsDigit(text[i]) || text[i] is (byte)'.' or (byte)':' || text[i] == '-' && Ascii.IsDigit(text[i - 1])))
                    i++;
            }
            else
            {
                return false;
            }
            tokens[count++] = start..i;
        }
        return count > 0;
    }

    private static Unit DefaultUnit(IntervalFields fields) => fields switch
    {
        IntervalFields.None => Unit.Second,
        IntervalFields.Year => Unit.Year,
        _ => (IntervalFields)(1 << (31 - int.LeadingZeroCount((int)fields))) switch
        {
            IntervalFields.Month => Unit.Month,
            IntervalFields.Day => Unit.Day,
            IntervalFields.Hour => Unit.Hour,
            IntervalFields.Minute => Unit.Minute,
            _ => Unit.Second,
        },
    };

    private static bool Digits(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        return text.Length > 0 && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9') && Ascii.TryParseInteger(text, out value);
    }

    private static bool Number(ReadOnlySpan<byte> token, out long whole, out double fraction)
    {
        whole = 0;
        fraction = 0;
        var point = token.IndexOf((byte)'.');
        var head = point < 0 ? token : token[..point];
        if (head.Length > 0 && !Digits(head, out whole))
            return false;
        if (point < 0)
            return head.Length > 0;
        var tail = token[(point + 1)..];
        if (tail.Length == 0)
            return head.Length > 0;
        return !tail.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && double.TryParse(token[point..], System.Globalization.CultureInfo.InvariantCulture, out fraction);
    }

    private static void Apply(ref Sum sum, Unit unit, long whole, double fraction)
    {
        switch (unit)
        {
            case Unit.Microsecond: Time(ref sum, whole, fraction, 1); break;
            case Unit.Millisecond: Time(ref sum, whole, fraction, 1000); break;
            case Unit.Second: Time(ref sum, whole, fraction, PgInterval.MicrosecondsPerSecond); break;
            case Unit.Minute: Time(ref sum, whole, fraction, PgInterval.MicrosecondsPerMinute); break;
            case Unit.Hour: Time(ref sum, whole, fraction, PgInterval.MicrosecondsPerHour); break;
            case Unit.Day:
                sum.Days += whole;
                Time(ref sum, 0, fraction, PgInterval.MicrosecondsPerDay);
                break;
            case Unit.Week: Days(ref sum, whole * 7, fraction, 7); break;
            case Unit.Month:
                sum.Months += whole;
                Days(ref sum, 0, fraction, 30);
                break;
            case Unit.Year: Years(ref sum, whole, fraction, 12); break;
            case Unit.Decade: Years(ref sum, whole, fraction, 120); break;
            case Unit.Century: Years(ref sum, whole, fraction, 1200); break;
            default: Years(ref sum, whole, fraction, 12000); break;
        }

        static void Years(ref Sum sum, long whole, double fraction, int months) =>
            sum.Months += (double)whole * months + Math.Round(fraction * months, MidpointRounding.ToEven);

        static void Days(ref Sum sum, double whole, double fraction, int days)
        {
            var extra = fraction * days;
            var extraDays = Math.Truncate(extra);
            sum.Days += whole + extraDays;
            Time(ref sum, 0, extra - extraDays, PgInterval.MicrosecondsPerDay);
        }

        static void Time(ref Sum sum, long whole, double fraction, long unit) =>
            sum.Micros += (Int128)whole * unit + (long)Math.Round(fraction * unit, MidpointRounding.ToEven);
    }

    private static bool Clock(ReadOnlySpan<byte> token, IntervalFields fields, bool negative, ref Sum sum)
    {
        if (!sum.Mark(Unit.Hour) || !sum.Mark(Unit.Minute) || !sum.Mark(Unit.Second))
            return false;
        var first = token.IndexOf((byte)':');
        var tail = token[(first + 1)..];
        var second = tail.IndexOf((byte)':');
        if (!Digits(token[..first], out var hours))
            return false;
        long minutes;
        long seconds = 0;
        double fraction = 0;
        if (second >= 0)
        {
            if (!Digits(tail[..second], out minutes) || !Number(tail[(second + 1)..], out seconds, out fraction))
                return false;
        }
        else if (fields == IntervalFields.MinuteToSecond || tail.Contains((byte)'.'))
        {
            // "3:4.5" and minute to second: no hours
            if (!Number(tail, out seconds, out fraction))
                return false;
            minutes = hours;
            hours = 0;
        }
        else if (!Digits(tail, out minutes))
        {
            return false;
        }
        sum.IsOutOfRange |= minutes > 59 || seconds > 60;
        var micros = (Int128)hours * PgInterval.MicrosecondsPerHour + minutes * PgInterval.MicrosecondsPerMinute
            + seconds * PgInterval.MicrosecondsPerSecond + (long)Math.Round(fraction * 1e6, MidpointRounding.ToEven);
        sum.Micros += negative ? -micros : micros;
        return true;
    }

    private static Unit UnitOf(ReadOnlySpan<byte> word)
    {
        Span<byte> lower = stackalloc byte[16];
        if (word.Length > lower.Length)
            return Unit.None;
        for (var i = 0; i < word.Length; i++)
            lower[i] = Ascii.ToLower(word[i]);
        lower = lower[..word.Length];
        ReadOnlySpan<byte> w = lower;
        // Tokens longer than ten letters are compared by their first ten, as in PostgreSQL's table.
        if (w.Length > 10)
            w = w[..10];
        if (w.SequenceEqual("y"u8) || w.SequenceEqual("yr"u8) || w.SequenceEqual("yrs"u8) || w.SequenceEqual("year"u8) || w.SequenceEqual("years"u8))
            return Unit.Year;
        if (w.SequenceEqual("mon"u8) || w.SequenceEqual("mons"u8) || w.SequenceEqual("month"u8) || w.SequenceEqual("months"u8))
            return Unit.Month;
        if (w.SequenceEqual("d"u8) || w.SequenceEqual("day"u8) || w.SequenceEqual("days"u8))
            return Unit.Day;
        if (w.SequenceEqual("h"u8) || w.SequenceEqual("hr"u8) || w.SequenceEqual("hrs"u8) || w.SequenceEqual("hour"u8) || w.SequenceEqual("hours"u8))
            return Unit.Hour;
        if (w.SequenceEqual("m"u8) || w.SequenceEqual("min"u8) || w.SequenceEqual("mins"u8) || w.SequenceEqual("minute"u8) || w.SequenceEqual("minutes"u8))
            return Unit.Minute;
        if (w.SequenceEqual("s"u8) || w.SequenceEqual("sec"u8) || w.SequenceEqual("secs"u8) || w.SequenceEqual("second"u8) || w.SequenceEqual("seconds"u8))
            return Unit.Second;
        if (w.SequenceEqual("w"u8) || w.SequenceEqual("week"u8) || w.SequenceEqual("weeks"u8))
            return Unit.Week;
        if (w.SequenceEqual("ago"u8))
            return Unit.Ago;
        if (w.SequenceEqual("ms"u8) || w.SequenceEqual("msec"u8) || w.SequenceEqual("msecs"u8) || w.SequenceEqual("mseconds"u8)
            || w.SequenceEqual("msecond"u8) || w.SequenceEqual("millisecon"u8))
            return Unit.Millisecond;
        if (w.SequenceEqual("us"u8) || w.SequenceEqual("usec"u8) || w.SequenceEqual("usecs"u8) || w.SequenceEqual("usecond"u8)
            || w.SequenceEqual("useconds"u8) || w.SequenceEqual("microsecon"u8))
            return Unit.Microsecond;
        if (w.SequenceEqual("dec"u8) || w.SequenceEqual("decs"u8) || w.SequenceEqual("decade"u8) || w.SequenceEqual("decades"u8))
            return Unit.Decade;
        if (w.SequenceEqual("c"u8) || w.SequenceEqual("cent"u8) || w.SequenceEqual("century"u8) || w.SequenceEqual("centuries"u8))
            return Unit.Century;
        if (w.SequenceEqual("mil"u8) || w.SequenceEqual("mils"u8) || w.SequenceEqual("millennia"u8) || w.SequenceEqual("millennium"u8))
            return Unit.Millennium;
        return Unit.None;
    }

    /// <summary>ISO 8601 durations, with designators (P1Y2MT3H) or alternative (P0001-02-03T04:05:06).</summary>
    private static bool ParseIso(ReadOnlySpan<byte> text, ref Sum sum)
    {
        if (text.Length == 0)
            return false;
        var date = true;
        var i = 0;
        while (i < text.Length)
        {
            if (text[i] == 'T')
            {
                date = false;
                i++;
                continue;
            }
            var start = i;
            if (text[i] is (byte)'-' or (byte)'+')
                i++;
            while (i < text.Length && (Ascii.IsDigit(text[i]) || text[i] == '.'))
                i++;
            var negative = text[start] == '-';
            if (!Number(text[(text[start] is (byte)'-' or (byte)'+' ? start + 1 : start)..i], out var whole, out var fraction))
                return false;
            if (i == text.Length || text[i] is (byte)'-' or (byte)':')
                return IsoAlternative(text, ref sum);
            var unit = (date, text[i]) switch
            {
                (true, (byte)'Y') => Unit.Year,
                (true, (byte)'M') => Unit.Month,
                (true, (byte)'W') => Unit.Week,
                (true, (byte)'D') => Unit.Day,
                (false, (byte)'H') => Unit.Hour,
                (false, (byte)'M') => Unit.Minute,
                (false, (byte)'S') => Unit.Second,
                _ => Unit.None,
            };
            if (unit == Unit.None)
                return false;
            Apply(ref sum, unit, negative ? -whole : whole, negative ? -fraction : fraction);
            i++;
        }
        return true;
    }

    private static bool IsoAlternative(ReadOnlySpan<byte> text, ref Sum sum)
    {
        sum = default;
        var t = text.IndexOf((byte)'T');
        var date = t < 0 ? text : text[..t];
        var index = 0;
        foreach (var part in date.Split((byte)'-'))
        {
            if (date.Length == 0)
                break;
            if (!Digits(date[part], out var value) || index > 2)
                return false;
            Apply(ref sum, index switch { 0 => Unit.Year, 1 => Unit.Month, _ => Unit.Day }, value, 0);
            index++;
        }
        return t < 0 || Clock(text[(t + 1)..], IntervalFields.None, negative: false, ref sum);
    }
}
