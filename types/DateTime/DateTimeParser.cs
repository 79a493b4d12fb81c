namespace OmenDb.Types;

/// <summary>Dates, times and timestamps from the formats that PostgreSQL reads.</summary>
/// <remarks>One scan over the words of the text fills <see cref="Fields"/>; each type then takes the fields that it needs.</remarks>
public static class DateTimeParser
{
    private ref struct Fields
    {
        public int Year, Month, Day;
        public bool HasYear, HasMonth, HasDay, HasTime, IsBc, TwoDigitYear;
        public int DayOfYear;
        public long Time;
        public bool HasZone;
        public int ZoneEast;
        public TimeZone? NamedZone;
        public int Meridian; // 1 am, 2 pm
        public Special Special;
        public bool OutOfRange;
    }

    private enum Special : byte { None, Infinity, NegativeInfinity, Epoch, Now, Today, Tomorrow, Yesterday }

    /// <exception cref="SqlException">22007; 22008.</exception>
    public static int ParseDate(ReadOnlySpan<byte> text, IoContext context)
    {
        if (TryIsoDate(text, out var plain))
            return plain;
        var fields = Scan(text, "date", context, timeOnly: false);
        switch (fields.Special)
        {
            case Special.Infinity: return DateTimes.DateInfinity;
            case Special.NegativeInfinity: return DateTimes.DateNegativeInfinity;
            case Special.Epoch: return 0;
            case Special.None: return Day(ref fields, text, "date");
            default: return SpecialDay(fields.Special, context);
        }
    }

    private static int SpecialDay(Special special, IoContext context)
    {
        var zone = context.TimeZone;
        var today = DateTimes.Split(context.Now + zone.OffsetAtUtc(context.Now) * DateTimes.MicrosPerSecond).Days;
        return special == Special.Tomorrow ? today + 1 : special == Special.Yesterday ? today - 1 : today;
    }

    /// <exception cref="SqlException">22007; 22008.</exception>
    public static long ParseTimestamp(ReadOnlySpan<byte> text, int digits, IoContext context) =>
        DateTimes.RoundMicroseconds(Timestamp(text, "timestamp", withZone: false, context), digits);

    /// <summary>In UTC; text without zone is in the session's.</summary>
    /// <exception cref="SqlException">22007; 22008.</exception>
    public static long ParseTimestampTz(ReadOnlySpan<byte> text, int digits, IoContext context) =>
        DateTimes.RoundMicroseconds(Timestamp(text, "timestamp with time zone", withZone: true, context), digits);

    private static long Timestamp(ReadOnlySpan<byte> text, string typeName, bool withZone, IoContext context)
    {
        if (text.Length >= 10 && TryIsoDate(text[..10], out var isoDay))
        {
            // 2020-01-05 and 2020-01-05 10:00:00[.ffffff]: what programs send
            if (text.Length == 10)
                return withZone ? DateTimes.CheckTimestamp(context.TimeZone.ToUtc(isoDay * DateTimes.MicrosPerDay)) : isoDay * DateTimes.MicrosPerDay;
            if (text[10] is (byte)' ' or (byte)'T' && TryIsoTime(text[11..], out var isoTime))
            {
                var local = isoDay * DateTimes.MicrosPerDay + isoTime;
                return withZone ? context.TimeZone.ToUtc(local) : local;
            }
        }
        var fields = Scan(text, typeName, context, timeOnly: false);
        switch (fields.Special)
        {
            case Special.Infinity: return DateTimes.TimestampInfinity;
            case Special.NegativeInfinity: return DateTimes.TimestampNegativeInfinity;
            case Special.Epoch: return 0;
            case Special.Now:
                return withZone ? context.Now : context.Now + context.TimeZone.OffsetAtUtc(context.Now) * DateTimes.MicrosPerSecond;
        }
        var day = fields.Special == Special.None ? Day(ref fields, text, typeName) : SpecialDay(fields.Special, context);
        var micros = (Int128)day * DateTimes.MicrosPerDay + fields.Time;
        if (micros > DateTimes.MaxTimestamp || micros < DateTimes.MinTimestamp)
            throw new SqlException(SqlState.DatetimeFieldOverflow, $"timestamp out of range: \"{Utf8.ToDisplay(text)}\"");
        if (!withZone)
            return (long)micros;
        var utc = fields.HasZone
            ? (long)micros - fields.ZoneEast * DateTimes.MicrosPerSecond
            : (fields.NamedZone ?? context.TimeZone).ToUtc((long)micros);
        return utc >= DateTimes.MinTimestamp && utc <= DateTimes.MaxTimestamp
            ? utc
            : throw new SqlException(SqlState.DatetimeFieldOverflow, $"timestamp out of range: \"{Utf8.ToDisplay(text)}\"");
    }

    /// <exception cref="SqlException">22007; 22008.</exception>
    public static long ParseTime(ReadOnlySpan<byte> text, int digits, IoContext context)
    {
        if (TryIsoTime(text, out var plain))
            return DateTimes.RoundMicroseconds(plain, digits);
        var fields = Scan(text, "time", context, timeOnly: true);
        if (fields.Special == Special.Now)
            return DateTimes.RoundMicroseconds(DateTimes.Split(context.Now + context.TimeZone.OffsetAtUtc(context.Now) * DateTimes.MicrosPerSecond).Micros, digits);
        return fields.HasTime && fields.Special == Special.None ? DateTimes.RoundMicroseconds(fields.Time, digits) : throw Invalid(text, "time");
    }

    /// <exception cref="SqlException">22007; 22008.</exception>
    public static TimeTz ParseTimeTz(ReadOnlySpan<byte> text, int digits, IoContext context)
    {
        var fields = Scan(text, "time with time zone", context, timeOnly: true);
        var sessionOffset = context.TimeZone.OffsetAtUtc(context.Now);
        if (fields.Special == Special.Now)
            return new TimeTz(DateTimes.Split(context.Now + sessionOffset * DateTimes.MicrosPerSecond).Micros, -sessionOffset);
        if (!fields.HasTime || fields.Special != Special.None)
            throw Invalid(text, "time with time zone");
        var east = fields.HasZone ? fields.ZoneEast : fields.NamedZone?.OffsetAtUtc(context.Now) ?? sessionOffset;
        return new TimeTz(DateTimes.RoundMicroseconds(fields.Time, digits), -east);
    }

    private static SqlException Invalid(ReadOnlySpan<byte> text, string typeName) =>
        new(SqlState.InvalidDatetimeFormat, $"invalid input syntax for type {typeName}: \"{Utf8.ToDisplay(text)}\"");

    private static SqlException FieldOverflow(ReadOnlySpan<byte> text, bool mayBeOrder = false) =>
        new(SqlState.DatetimeFieldOverflow, $"date/time field value out of range: \"{Utf8.ToDisplay(text)}\"")
        {
            Hint = mayBeOrder ? "Perhaps you need a different \"datestyle\" setting." : null,
        };

    /// <summary>yyyy-mm-dd exactly, valid, AD.</summary>
    private static bool TryIsoDate(ReadOnlySpan<byte> text, out int days)
    {
        days = 0;
        if (text.Length != 10 || text[4] != '-' || text[7] != '-')
            return false;
        if (!Two(text, out var century) || !Two(text[2..], out var rest) || !Two(text[5..], out var month) || !Two(text[8..], out var day))
            return false;
        var year = century * 100 + rest;
        if (year == 0 || month is 0 or > 12 || day == 0 || day > DateTimes.DaysInMonth(year, month))
            return false;
        days = DateTimes.ToDays(year, month, day);
        return true;
    }

    /// <summary>hh:mm:ss[.f] exactly, valid, below 24 hours.</summary>
    private static bool TryIsoTime(ReadOnlySpan<byte> text, out long micros)
    {
        micros = 0;
        if (text.Length is < 8 or > 15 || text[2] != ':' || text[5] != ':' || !Two(text, out var hour) || !Two(text[3..], out var minute)
            || !Two(text[6..], out var second) || hour > 23 || minute > 59 || second > 59)
            return false;
        long fraction = 0;
        if (text.Length > 8)
        {
            if (text[8] != '.' || text.Length == 9)
                return false;
            for (var i = 9; i < 15; i++)
            {
                var digit = i < text.Length ? (uint)text[i] - '0' : 0;
                if (digit > 9)
                    return false;
                fraction = fraction * 10 + digit;
            }
        }
        micros = (hour * 3600L + minute * 60 + second) * DateTimes.MicrosPerSecond + fraction;
        return true;
    }

    private static bool Two(ReadOnlySpan<byte> text, out int value)
    {
        var high = (uint)text[0] - '0';
        var low = (uint)text[1] - '0';
        value = (int)(high * 10 + low);
        return high <= 9 && low <= 9;
    }

    private static int Day(ref Fields f, ReadOnlySpan<byte> text, string typeName)
    {
        if (!f.HasYear || f.DayOfYear == 0 && (!f.HasMonth || !f.HasDay))
            throw Invalid(text, typeName);
        var year = f.Year;
        if (f.TwoDigitYear && !f.IsBc)
            year += year < 70 ? 2000 : 1900;
        if (f.IsBc)
        {
            if (year <= 0)
                throw FieldOverflow(text);
            year = 1 - year;
        }
        else if (year == 0)
        {
            throw FieldOverflow(text);
        }
        if (f.DayOfYear != 0)
        {
            if (f.DayOfYear > (DateTimes.IsLeapYear(year) ? 366 : 365))
                throw FieldOverflow(text);
            return DateTimes.ToDays(year, 1, 1) + f.DayOfYear - 1;
        }
        if (f.Month is < 1 or > 12 || f.Day is < 1 or > 31)
            throw FieldOverflow(text, mayBeOrder: true);
        if (f.Day > DateTimes.DaysInMonth(year, f.Month))
            throw FieldOverflow(text);
        var days = year is > 5874897 or < -4713 ? long.MaxValue : DateTimes.ToDays(year, f.Month, f.Day);
        if (days is < DateTimes.MinDate or > DateTimes.MaxDate)
            throw new SqlException(SqlState.DatetimeFieldOverflow, $"{(typeName == "date" ? "date" : "timestamp")} out of range: \"{Utf8.ToDisplay(text)}\"");
        return (int)days;
    }

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
