namespace OmenDb.Types;

/// <summary>Arithmetic on dates and timestamps.</summary>
public static class DateTimeMath
{
    /// <exception cref="SqlException">22008.</exception>
    public static int AddDays(int date, long days)
    {
        if (DateTimes.IsInfinite(date))
            return date;
        var result = date + (Int128)days;
        return result >= DateTimes.MinDate && result <= DateTimes.MaxDate ? (int)result : throw DateTimes.DateOutOfRange();
    }

    /// <summary>date - date.</summary>
    /// <exception cref="SqlException">22008 for infinite dates.</exception>
    public static int Subtract(int left, int right) => DateTimes.IsInfinite(left) || DateTimes.IsInfinite(right)
        ? throw new SqlException(SqlState.DatetimeFieldOverflow, "cannot subtract infinite dates")
        : left - right;

    /// <summary>Months first (the day is clamped to the month's end), then days, then time.</summary>
    /// <param name="timestamp">Local when <paramref name="zone"/> is null, otherwise UTC.</param>
    /// <param name="interval">What is added.</param>
    /// <param name="zone">timestamptz: months and days are added to local time in this zone.</param>
    /// <exception cref="SqlException">22008.</exception>
    public static long Add(long timestamp, PgInterval interval, TimeZone? zone = null)
    {
        if (DateTimes.IsInfinite(timestamp))
            return timestamp;
        if (interval.Months != 0 || interval.Days != 0)
        {
            var local = zone is null ? timestamp : timestamp + zone.OffsetAtUtc(timestamp) * DateTimes.MicrosPerSecond;
            var (days, micros) = DateTimes.Split(local);
            if (interval.Months != 0)
            {
                var (year, month, day) = DateTimes.FromDays(days);
                var months = year * 12L + month - 1 + interval.Months;
                year = (int)DateTimes.FloorDiv(months, 12);
                month = (int)DateTimes.Modulo(months, 12) + 1;
                if (year is < -4713 or > 294276)
                    throw DateTimes.TimestampOutOfRange();
                days = DateTimes.ToDays(year, month, Math.Min(day, DateTimes.DaysInMonth(year, month)));
            }
            local = DateTimes.CheckTimestamp(((Int128)days + interval.Days) * DateTimes.MicrosPerDay + micros);
            timestamp = zone?.ToUtc(local) ?? local;
        }
        return DateTimes.CheckTimestamp((Int128)timestamp + interval.Microseconds);
    }

    /// <summary>timestamp - timestamp: days and time, no months.</summary>
    /// <exception cref="SqlException">22008 for infinite timestamps.</exception>
    public static PgInterval Difference(long left, long right)
    {
        if (DateTimes.IsInfinite(left) || DateTimes.IsInfinite(right))
            throw new SqlException(SqlState.DatetimeFieldOverflow, "cannot subtract infinite timestamps");
        return new PgInterval(0, 0, left - right).JustifyHours();
    }

    /// <summary>age(): years, months, days and time between two local timestamps.</summary>
    /// <exception cref="SqlException">22008 for infinite timestamps.</exception>
    public static PgInterval Age(long left, long right)
    {
        if (DateTimes.IsInfinite(left) || DateTimes.IsInfinite(right))
            throw DateTimes.TimestampOutOfRange();
        return left < right ? -AgeOf(right, left) : AgeOf(left, right);
    }

    /// <summary>Borrowed days come from the month of the earlier timestamp.</summary>
    private static PgInterval AgeOf(long later, long earlier)
    {
        var (days1, time1) = DateTimes.Split(later);
        var (days2, time2) = DateTimes.Split(earlier);
        var (y1, m1, d1) = DateTimes.FromDays(days1);
        var (y2, m2, d2) = DateTimes.FromDays(days2);
        var micros = time1 - time2;
        var days = d1 - d2;
        var months = (y1 - y2) * 12 + m1 - m2;
        if (micros < 0)
        {
            micros += DateTimes.MicrosPerDay;
            days--;
        }
        if (days < 0)
        {
            days += DateTimes.DaysInMonth(y2, m2);
            months--;
        }
        return new PgInterval(months, days, micros);
    }

    /// <summary>date_bin().</summary>
    /// <exception cref="SqlException">22008; 0A000 for strides with months.</exception>
    public static long Bin(PgInterval stride, long timestamp, long origin)
    {
        if (DateTimes.IsInfinite(timestamp))
            return timestamp;
        if (DateTimes.IsInfinite(origin))
            throw new SqlException(SqlState.DatetimeFieldOverflow, "origin out of range");
        if (stride.Months != 0)
            throw new SqlException(SqlState.FeatureNotSupported, "timestamps cannot be binned into intervals containing months or years");
        var width = (Int128)stride.Days * DateTimes.MicrosPerDay + stride.Microseconds;
        if (width <= 0)
            throw new SqlException(SqlState.DatetimeFieldOverflow, "stride must be greater than zero");
        var offset = (Int128)timestamp - origin;
        var bins = offset / width - (offset % width < 0 ? 1 : 0);
        return DateTimes.CheckTimestamp(origin + bins * width);
    }

    /// <exception cref="SqlException">22008.</exception>
    public static int MakeDate(int year, int month, int day)
    {
        var calendar = year < 0 ? year + 1 : year; // -1 is 1 BC
        if (year == 0 || month is < 1 or > 12 || year is < -4714 or > 5874897 || day < 1 || day > DateTimes.DaysInMonth(calendar, month))
            throw new SqlException(SqlState.DatetimeFieldOverflow, $"date field value out of range: {year}-{month:00}-{day:00}");
        return DateTimes.ToDays(calendar, month, day);
    }

    /// <exception cref="SqlException">22008.</exception>
    public static long MakeTime(int hour, int minute, double second)
    {
        var micros = Math.Round(second * 1e6, MidpointRounding.ToEven);
        if (hour is < 0 or > 24 || minute is < 0 or > 59 || !(second >= 0 && second <= 60) || hour == 24 && (minute > 0 || second > 0))
            throw new SqlException(SqlState.DatetimeFieldOverflow, $"time field value out of range: {hour}:{minute:00}:{FormattableString.Invariant($"{second:00.######}")}");
        return (hour * 60L + minute) * PgInterval.MicrosecondsPerMinute + (long)micros;
    }

    /// <summary>date_trunc() on local time.</summary>
    /// <param name="unit">Lower case, singular or plural: microseconds … millennium.</param>
    /// <param name="timestamp">Local.</param>
    /// <exception cref="SqlException">22023.</exception>
    public static long Truncate(string unit, long timestamp)
    {
        var field = DateTimeFields.Parse(unit);
        if (DateTimes.IsInfinite(timestamp))
            return timestamp;
        var (days, micros) = DateTimes.Split(timestamp);
        var (year, month, _) = DateTimes.FromDays(days);
        switch (field)
        {
            case DateTimeField.Microseconds: return timestamp;
            case DateTimeField.Milliseconds: return timestamp - DateTimes.Modulo(timestamp, 1000);
            case DateTimeField.Second: return timestamp - DateTimes.Modulo(timestamp, DateTimes.MicrosPerSecond);
            case DateTimeField.Minute: return timestamp - DateTimes.Modulo(timestamp, PgInterval.MicrosecondsPerMinute);
            case DateTimeField.Hour: return timestamp - DateTimes.Modulo(timestamp, PgInterval.MicrosecondsPerHour);
            case DateTimeField.Day: return timestamp - micros;
            case DateTimeField.Week: return (days - DateTimes.Modulo(days + 3L, 7)) * DateTimes.MicrosPerDay;
            case DateTimeField.Month: return Start(year, month);
            case DateTimeField.Quarter: return Start(year, (month - 1) / 3 * 3 + 1);
            case DateTimeField.Year: return Start(year, 1);
            case DateTimeField.Decade: return Start((int)DateTimes.FloorDiv(year, 10) * 10, 1);
            case DateTimeField.Century: return Start((int)DateTimes.FloorDiv(year - 1, 100) * 100 + 1, 1);
            case DateTimeField.Millennium: return Start((int)DateTimes.FloorDiv(year - 1, 1000) * 1000 + 1, 1);
            default:
                throw new SqlException(SqlState.FeatureNotSupported, $"unit \"{unit}\" not supported for type timestamp without time zone");
        }

        static long Start(int year, int month) => DateTimes.CheckTimestamp((Int128)DateTimes.ToDays(year, month, 1) * DateTimes.MicrosPerDay);
    }
}
