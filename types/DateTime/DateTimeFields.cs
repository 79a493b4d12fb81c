namespace OmenDb.Types;

/// <summary>The fields of extract(), date_part() and date_trunc().</summary>
public enum DateTimeField : byte
{
    Microseconds, Milliseconds, Second, Minute, Hour, Day, Week, Month, Quarter, Year, Decade, Century, Millennium,
    DayOfWeek, IsoDayOfWeek, DayOfYear, IsoYear, Epoch, Julian, Timezone, TimezoneHour, TimezoneMinute,
}

/// <summary>extract(): the numeric value of one field, with PostgreSQL's scale.</summary>
public static class DateTimeFields
{
    /// <exception cref="SqlException">22023 for unknown names.</exception>
    public static DateTimeField Parse(string name, string typeName = "timestamp without time zone") => name.ToLowerInvariant() switch
    {
        "microseconds" or "microsecond" or "us" or "usec" or "usecs" or "usecond" or "useconds" => DateTimeField.Microseconds,
        "milliseconds" or "millisecond" or "ms" or "msec" or "msecs" or "msecond" or "mseconds" => DateTimeField.Milliseconds,
        "second" or "seconds" or "s" or "sec" or "secs" => DateTimeField.Second,
        "minute" or "minutes" or "m" or "min" or "mins" => DateTimeField.Minute,
        "hour" or "hours" or "h" or "hr" or "hrs" => DateTimeField.Hour,
        "day" or "days" or "d" => DateTimeField.Day,
        "week" or "weeks" or "w" => DateTimeField.Week,
        "month" or "months" or "mon" or "mons" => DateTimeField.Month,
        "quarter" or "qtr" => DateTimeField.Quarter,
        "year" or "years" or "y" or "yr" or "yrs" => DateTimeField.Year,
        "decade" or "decades" or "dec" or "decs" => DateTimeField.Decade,
        "century" or "centuries" or "c" or "cent" => DateTimeField.Century,
        "millennium" or "millennia" or "mil" or "mils" => DateTimeField.Millennium,
        "dow" => DateTimeField.DayOfWeek,
        "isodow" => DateTimeField.IsoDayOfWeek,
        "doy" => DateTimeField.DayOfYear,
        "isoyear" => DateTimeField.IsoYear,
        "epoch" => DateTimeField.Epoch,
        "julian" or "j" or "jd" => DateTimeField.Julian,
        "timezone" => DateTimeField.Timezone,
        "timezone_hour" => DateTimeField.TimezoneHour,
        "timezone_minute" => DateTimeField.TimezoneMinute,
        _ => throw new SqlException(SqlState.InvalidParameterValue, $"unit \"{name}\" not recognized for type {typeName}"),
    };

    /// <summary>A field of a timestamp. Null for fields that an infinite timestamp does not have.</summary>
    /// <param name="field">Which.</param>
    /// <param name="timestamp">UTC when <paramref name="zone"/> is given, otherwise local.</param>
    /// <param name="zone">timestamptz: fields are those of local time in this zone.</param>
    /// <exception cref="SqlException">0A000 for zone fields of a timestamp without zone.</exception>
    public static PgNumeric? Extract(DateTimeField field, long timestamp, TimeZone? zone = null)
    {
        if (DateTimes.IsInfinite(timestamp))
        {
            return field is DateTimeField.Year or DateTimeField.Decade or DateTimeField.Century or DateTimeField.Millennium
                or DateTimeField.Julian or DateTimeField.IsoYear or DateTimeField.Epoch
                ? timestamp < 0 ? PgNumeric.NegativeInfinity : PgNumeric.PositiveInfinity
                : null;
        }
        var offset = zone?.OffsetAtUtc(timestamp) ?? 0;
        switch (field)
        {
            case DateTimeField.Epoch: return PgNumeric.FromScaled(timestamp, 6);
            case DateTimeField.Timezone when zone is not null: return offset;
            case DateTimeField.TimezoneHour when zone is not null: return offset / 3600;
            case DateTimeField.TimezoneMinute when zone is not null: return offset / 60 % 60;
            case DateTimeField.Timezone or DateTimeField.TimezoneHour or DateTimeField.TimezoneMinute:
                throw new SqlException(SqlState.FeatureNotSupported,
                    $"unit \"{(field == DateTimeField.Timezone ? "timezone" : field == DateTimeField.TimezoneHour ? "timezone_hour" : "timezone_minute")}\" not supported for type timestamp without time zone");
        }
        var (days, micros) = DateTimes.Split(timestamp + offset * DateTimes.MicrosPerSecond);
        if (field is DateTimeField.Julian)
        {
            var julian = days + 2440588L;
            return PgNumeric.Add(julian, PgNumeric.DivideScaled(micros, 0, DateTimes.MicrosPerDay, 0));
        }
        return TimeField(field, micros) ?? DateField(field, days);
    }

    /// <summary>A field of a time of day; null for the fields of dates.</summary>
    public static PgNumeric? TimeField(DateTimeField field, long micros) => field switch
    {
        DateTimeField.Microseconds => micros % PgInterval.MicrosecondsPerMinute,
        DateTimeField.Milliseconds => PgNumeric.FromScaled(micros % PgInterval.MicrosecondsPerMinute, 3),
        DateTimeField.Second => PgNumeric.FromScaled(micros % PgInterval.MicrosecondsPerMinute, 6),
        DateTimeField.Minute => micros / PgInterval.MicrosecondsPerMinute % 60,
        DateTimeField.Hour => micros / PgInterval.MicrosecondsPerHour,
        _ => null,
    };

    /// <summary>A field of a finite date.</summary>
    public static long DateField(DateTimeField field, int days)
    {
        var (year, month, day) = DateTimes.FromDays(days);
        return field switch
        {
            DateTimeField.Day => day,
            DateTimeField.Month => month,
            DateTimeField.Quarter => (month - 1) / 3 + 1,
            DateTimeField.Year => year > 0 ? year : year - 1,
            DateTimeField.Decade => DateTimes.FloorDiv(year, 10),
            DateTimeField.Century => year > 0 ? (year + 99) / 100 : -((99 - (year - 1)) / 100),
            DateTimeField.Millennium => year > 0 ? (year + 999) / 1000 : -((999 - (year - 1)) / 1000),
            DateTimeField.Week => DateTimes.IsoWeek(days).Week,
            DateTimeField.IsoYear => DateTimes.IsoWeek(days).Year is var iso && iso > 0 ? iso : iso - 1,
            DateTimeField.DayOfWeek => DateTimes.DayOfWeek(days),
            DateTimeField.IsoDayOfWeek => DateTimes.DayOfWeek(days) is 0 ? 7 : DateTimes.DayOfWeek(days),
            DateTimeField.DayOfYear => DateTimes.DayOfYear(days),
            _ => throw SqlException.NotSupported($"extracting {field} from a date"),
        };
    }

    /// <summary>A field of an interval. Years have 365.25 days for epoch, as in PostgreSQL.</summary>
    public static PgNumeric Extract(DateTimeField field, PgInterval value) => TimeField(field, value.Microseconds) ?? field switch
    {
        DateTimeField.Day => value.Days,
        DateTimeField.Month => value.Months % 12,
        DateTimeField.Quarter => value.Months % 12 / 3 + 1,
        DateTimeField.Year => value.Months / 12,
        DateTimeField.Decade => value.Months / 120,
        DateTimeField.Century => value.Months / 1200,
        DateTimeField.Millennium => value.Months / 12000,
        DateTimeField.Epoch => PgNumeric.FromScaled(
            ((Int128)(value.Months / 12) * 31_557_600 + (Int128)(value.Months % 12) * 2_592_000 + (Int128)value.Days * 86_400) * 1_000_000
            + value.Microseconds, 6),
        _ => throw new SqlException(SqlState.FeatureNotSupported, $"unit \"{field}\" not supported for type interval"),
    };
}
