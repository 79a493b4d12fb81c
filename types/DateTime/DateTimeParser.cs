namespace OmenDb.Types;

/// <summary>Dates, times and timestamps from the formats that PostgreSQL reads.</summary>
/// <remarks>One scan over the words of the text fills <see cref="Fields"/>; each type then takes the fields that it needs.</remarks>
public static partial class DateTimeParser
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
}
