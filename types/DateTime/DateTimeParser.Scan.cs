namespace OmenDb.Types;

/// <summary>The scan: words of the text to fields.</summary>
public static partial class DateTimeParser
{
    private static Fields Scan(ReadOnlySpan<byte> text, string typeName, IoContext context, bool timeOnly)
    {
        var f = new Fields();
        var ok = ScanWords(text, ref f, context.DateOrder, timeOnly);
        if (f.OutOfRange)
            throw FieldOverflow(text);
        if (!ok)
            throw Invalid(text, typeName);
        if (f.Meridian != 0)
        {
            var hour = f.Time / PgInterval.MicrosecondsPerHour;
            if (hour is 0 or > 12)
                throw FieldOverflow(text);
            if (f.Meridian == 1 && hour == 12)
                f.Time -= 12 * PgInterval.MicrosecondsPerHour;
            else if (f.Meridian == 2 && hour < 12)
                f.Time += 12 * PgInterval.MicrosecondsPerHour;
        }
        return f;
    }

    private static bool ScanWords(ReadOnlySpan<byte> text, ref Fields f, DateOrder order, bool timeOnly)
    {
        var i = 0;
        var any = false;
        while (i < text.Length)
        {
            var c = text[i];
            if (Ascii.IsSpace(c) || c == ',')
            {
                i++;
                continue;
            }
            any = true;
            var start = i;
            if (Ascii.IsDigit(c))
            {
                while (i < text.Length && (Ascii.IsDigit(text[i]) || text[i] is (byte)':' or (byte)'.' or (byte)'/'
                    || text[i] == '-' && !f.HasTime && text[start..i].IndexOf((byte)':') < 0
                    || Ascii.IsLetter(text[i]) && i > start && text[i - 1] == '-' // 05-Jan-2020
                    || Ascii.IsLetter(text[i]) && i > start && Ascii.IsLetter(text[i - 1])))
                    i++;
                if (!Numeric(text[start..i], ref f, order, timeOnly))
                    return false;
            }
            else if (c is (byte)'+' or (byte)'-')
            {
                i++;
                while (i < text.Length && (Ascii.IsDigit(text[i]) || text[i] == ':'))
                    i++;
                if (i == start + 1 && c == '-' && Ascii.EqualsIgnoreCase(Word(text, i), "infinity"u8))
                {
                    f.Special = Special.NegativeInfinity;
                    i += 8;
                    continue;
                }
                if (!f.HasTime && !timeOnly && !f.HasDay || f.HasZone || !TimeZone.TryParseOffset(text[start..i], out var east))
                    return false;
                f.HasZone = true;
                f.ZoneEast = east;
            }
            else if (Ascii.IsLetter(c))
            {
                while (i < text.Length && (Ascii.IsLetter(text[i]) || text[i] is (byte)'/' or (byte)'_'
                    || text[i] == '-' && text[start..i].Contains((byte)'/')))
                    i++;
                if (i < text.Length && text[i] == '.')
                {
                    if (!Letters(text[start..i], ref f))
                        return false;
                    i++; // "Jan. 5"
                    continue;
                }
                if (!Letters(text[start..i], ref f))
                    return false;
                if (i < text.Length && text[i] == '-' && f.HasMonth && !f.HasTime)
                    i++; // Jan-05-2020
            }
            else
            {
                return false;
            }
        }
        return any;
    }

    private static ReadOnlySpan<byte> Word(ReadOnlySpan<byte> text, int at)
    {
        var end = at;
        while (end < text.Length && Ascii.IsLetter(text[end]))
            end++;
        return text[at..end];
    }

    private static bool Numeric(ReadOnlySpan<byte> token, ref Fields f, DateOrder order, bool timeOnly)
    {
        if (token.Contains((byte)':'))
            return !f.HasTime && Clock(token, ref f);
        // Letters at the end: 10pm, 20200105T101500, 2020-01-05T…
        var letter = 0;
        while (letter < token.Length && !Ascii.IsLetter(token[letter]))
            letter++;
        var dashed = token.IndexOfAny((byte)'-', (byte)'/') >= 0 || token.IndexOf((byte)'.') != token.LastIndexOf((byte)'.');
        if (dashed)
            return !timeOnly || !f.HasDay ? DashedDate(token, ref f, order) : false;
        if (letter < token.Length)
            return false;
        if (!Ascii.TryParseInteger(token, out var value))
        {
            if (!f.HasYear && !timeOnly && token.Length == 8 && token[4] == '.')
                return DashedDate(token, ref f, order);
            // 20200105.5 and the like are fractions of a time: hhmmss.fff after a date
            return f.HasDay && !f.HasTime && token.IndexOf((byte)'.') == 6 && CompactTime(token, ref f);
        }
        var dateDone = f.HasYear && f.HasMonth && f.HasDay;
        if (timeOnly || dateDone)
            return !f.HasTime && token.Length is 4 or 6 && CompactTime(token, ref f);
        if (f.HasMonth || f.HasDay)
            return Loose(token, (int)value, ref f, order);
        switch (token.Length)
        {
            case 8:
                (f.Year, f.Month, f.Day) = ((int)value / 10000, (int)value / 100 % 100, (int)value % 100);
                f.HasYear = f.HasMonth = f.HasDay = true;
                return true;
            case 6:
                (f.Year, f.Month, f.Day) = ((int)value / 10000, (int)value / 100 % 100, (int)value % 100);
                f.HasYear = f.HasMonth = f.HasDay = f.TwoDigitYear = true;
                return true;
            default:
                return Loose(token, (int)value, ref f, order);
        }
    }

    /// <summary>A number of its own: year, month or day by what is known already and by the order.</summary>
    private static bool Loose(ReadOnlySpan<byte> token, int value, ref Fields f, DateOrder order)
    {
        if (token.Length >= 3 && !f.HasYear)
        {
            if (token.Length == 3 && f.Year == 0 && f.HasYear)
                f.DayOfYear = value;
            f.Year = value;
            f.HasYear = true;
            return true;
        }
        if (token.Length == 3 && f.HasYear && !f.HasMonth)
        {
            f.DayOfYear = value;
            f.HasMonth = f.HasDay = true;
            return true;
        }
        if (f.HasMonth && !f.HasDay)
        {
            f.Day = value;
            f.HasDay = true;
            return true;
        }
        if (!f.HasMonth && (f.HasDay || order != DateOrder.Dmy))
        {
            if (order == DateOrder.Ymd && !f.HasYear)
            {
                f.Year = value;
                f.HasYear = f.TwoDigitYear = true;
                return true;
            }
            f.Month = value;
            f.HasMonth = true;
            return true;
        }
        if (!f.HasDay)
        {
            f.Day = value;
            f.HasDay = true;
            return true;
        }
        if (f.HasYear)
            return false;
        f.Year = value;
        f.HasYear = true;
        f.TwoDigitYear = token.Length <= 2;
        return true;
    }

    private static bool DashedDate(ReadOnlySpan<byte> token, ref Fields f, DateOrder order)
    {
        if (f.HasYear && f.HasDay)
            return false;
        Span<Range> parts = stackalloc Range[4];
        var count = Ascii.Split(token, parts, "-/."u8);
        if (count is < 2 or > 3)
            return false;
        Span<int> numbers = [0, 0, 0];
        var named = -1;
        for (var i = 0; i < count; i++)
        {
            var part = token[parts[i]];
            if (part.Length == 0)
                return false;
            if (Ascii.IsLetter(part[0]))
            {
                var month = MonthOf(part);
                if (month == 0 || named >= 0)
                    return false;
                named = i;
                f.Month = month;
                f.HasMonth = true;
            }
            else if (Ascii.TryParseInteger(part, out var value) && value <= int.MaxValue)
            {
                numbers[i] = (int)value;
            }
            else
            {
                return false;
            }
        }
        if (count == 2)
        {
            if (f.HasMonth && !f.HasDay && named < 0)
            {
                (f.Day, f.Year) = (numbers[0], numbers[1]); // Jan-05-2020
                f.TwoDigitYear = token[parts[1]].Length <= 2;
                f.HasDay = f.HasYear = true;
                return true;
            }
            // 2020.123 or 2020-123: day of the year
            if (token[parts[0]].Length < 3 || token[parts[1]].Length != 3)
                return false;
            (f.Year, f.DayOfYear) = (numbers[0], numbers[1]);
            f.HasYear = f.HasMonth = f.HasDay = true;
            return f.DayOfYear > 0;
        }
        var firstIsYear = token[parts[0]].Length > 2 && named != 0;
        int y, m, d;
        if (named >= 0)
        {
            m = named;
            y = firstIsYear ? 0 : 2;
            if (!firstIsYear && named != 2 && order == DateOrder.Ymd && token[parts[2]].Length <= 2 && named == 1)
                y = 0;
            d = 3 - m - y;
            if (d == m || y == m)
                return false;
        }
        else if (firstIsYear || order == DateOrder.Ymd)
        {
            (y, m, d) = (0, 1, 2);
        }
        else
        {
            (y, m, d) = order == DateOrder.Dmy ? (2, 1, 0) : (2, 0, 1);
        }
        f.Year = numbers[y];
        f.TwoDigitYear = token[parts[y]].Length <= 2;
        f.Day = numbers[d];
        if (named < 0)
            f.Month = numbers[m];
        f.HasYear = f.HasMonth = f.HasDay = true;
        return true;
    }

    private static bool Clock(ReadOnlySpan<byte> token, ref Fields f)
    {
        // letters glued to the end: 10:00:00Z, 10:00pm
        var end = token.Length;
        while (end > 0 && Ascii.IsLetter(token[end - 1]))
            end--;
        if (end < token.Length && !Letters(token[end..], ref f))
            return false;
        token = token[..end];
        Span<Range> parts = stackalloc Range[4];
        var count = Ascii.Split(token, parts, ":"u8);
        if (count is < 2 or > 3 || !Ascii.TryParseInteger(token[parts[0]], out var hour) || !Ascii.TryParseInteger(token[parts[1]], out var minute))
            return false;
        long second = 0;
        long fraction = 0;
        if (count == 3 && !Seconds(token[parts[2]], out second, out fraction))
            return false;
        return SetTime(ref f, hour, minute, second, fraction);
    }

    private static bool SetTime(ref Fields f, long hour, long minute, long second, long fraction)
    {
        f.HasTime = true;
        if (hour > 24 || minute > 59 || second > 60 || hour == 24 && (minute | second | fraction) != 0)
        {
            f.OutOfRange = true;
            return false;
        }
        f.Time = (hour * 3600 + minute * 60 + second) * DateTimes.MicrosPerSecond + fraction;
        return true;
    }

    private static bool CompactTime(ReadOnlySpan<byte> token, ref Fields f)
    {
        long second = 0;
        long fraction = 0;
        if (!Two(token, out var hour) || !Two(token[2..], out var minute) || token.Length > 4 && !Seconds(token[4..], out second, out fraction))
            return false;
        return SetTime(ref f, hour, minute, second, fraction);
    }

    private static bool Seconds(ReadOnlySpan<byte> text, out long seconds, out long fraction)
    {
        fraction = 0;
        var point = text.IndexOf((byte)'.');
        if (!Ascii.TryParseInteger(point < 0 ? text : text[..point], out seconds) || !Ascii.IsDigit(text[0]))
            return false;
        if (point < 0)
            return true;
        var tail = text[(point + 1)..];
        if (tail.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return false;
        if (tail.Length > 0)
        {
            var value = double.Parse(text[point..], System.Globalization.CultureInfo.InvariantCulture);
            fraction = (long)Math.Round(value * 1e6, MidpointRounding.ToEven);
        }
        return true;
    }

    private static bool Letters(ReadOnlySpan<byte> word, ref Fields f)
    {
        // T between date and time, also glued: "T10" is not used by anyone
        if (word.Length == 1 && (word[0] | 0x20) == 't')
            return f.HasDay;
        if (!f.HasMonth && MonthOf(word) is var month && month > 0)
        {
            // a number read before the name of the month was the day
            f.Month = month;
            f.HasMonth = true;
            return true;
        }
        if (f.HasMonth && !f.HasDay && MonthOf(word) is var late && late > 0)
        {
            (f.Day, f.Month) = (f.Month, late); // "5 Jan 2020" under MDY order
            f.HasDay = true;
            return true;
        }
        if (IsDayName(word))
            return true;
        Span<byte> lower = stackalloc byte[12];
        if (word.Length <= lower.Length)
        {
            for (var i = 0; i < word.Length; i++)
                lower[i] = Ascii.ToLower(word[i]);
            ReadOnlySpan<byte> w = lower[..word.Length];
            var special = w.SequenceEqual("infinity"u8) || w.SequenceEqual("inf"u8) ? Special.Infinity
                : w.SequenceEqual("epoch"u8) ? Special.Epoch
                : w.SequenceEqual("now"u8) ? Special.Now
                : w.SequenceEqual("today"u8) ? Special.Today
                : w.SequenceEqual("tomorrow"u8) ? Special.Tomorrow
                : w.SequenceEqual("yesterday"u8) ? Special.Yesterday : Special.None;
            if (special != Special.None && f.Special == Special.None)
            {
                f.Special = special;
                return true;
            }
            if (w.SequenceEqual("am"u8) || w.SequenceEqual("pm"u8))
            {
                f.Meridian = w[0] == 'a' ? 1 : 2;
                return f.HasTime || f.Meridian > 0;
            }
            if (w.SequenceEqual("bc"u8) || w.SequenceEqual("ad"u8))
            {
                f.IsBc = w[0] == 'b';
                return true;
            }
            if (w.SequenceEqual("allballs"u8))
            {
                f.HasTime = f.HasZone = true;
                return true;
            }
        }
        if (f.HasZone || !TimeZone.TryGet(Utf8.ToDisplay(word), out var zone))
            return false;
        f.NamedZone = zone;
        return true;
    }

    /// <summary>1 to 12 by name or abbreviation; 0 for other words.</summary>
    public static int MonthOf(ReadOnlySpan<byte> word)
    {
        ReadOnlySpan<byte> names = "january  february march    april    may      june     july     august   septemberoctober  november december "u8;
        if (word.Length < 3)
            return 0;
        if (Ascii.EqualsIgnoreCase(word, "sept"u8))
            return 9;
        for (var m = 0; m < 12; m++)
        {
            var name = Utf8.TrimTrailingBlanks(names.Slice(m * 9, 9));
            if (Ascii.EqualsIgnoreCase(word, name) || Ascii.EqualsIgnoreCase(word, name[..3]))
                return m + 1;
        }
        return 0;
    }

    private static bool IsDayName(ReadOnlySpan<byte> word)
    {
        ReadOnlySpan<byte> names = "sunday   monday   tuesday  wednesdaythursday friday   saturday "u8;
        for (var d = 0; d < 7; d++)
        {
            var name = Utf8.TrimTrailingBlanks(names.Slice(d * 9, 9));
            if (word.Length >= 3 && word.Length <= name.Length && Ascii.EqualsIgnoreCase(word, name[..word.Length])
                && (word.Length <= 5 || word.Length == name.Length))
                return true;
        }
        return false;
    }
}
