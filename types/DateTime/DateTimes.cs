using System.Runtime.CompilerServices;

namespace OmenDb.Types;

/// <summary>date, time and timestamp values: what the integers mean, and their limits.</summary>
/// <remarks>
/// <code>
/// date          int32   days since 1970-01-01;          int.MinValue = -infinity,  int.MaxValue = infinity
/// time          int64   microseconds since midnight, 24:00:00 included
/// timestamp     int64   microseconds since 1970-01-01;  long.MinValue = -infinity, long.MaxValue = infinity
/// timestamptz   int64   the same, in UTC
/// timetz        12 bytes in a view, see <see cref="TimeTz"/>
/// interval      <see cref="PgInterval"/>
/// </code>
/// Integer order is SQL order. Dates reach from 4713-11-24 BC to 5874897-12-31 as in PostgreSQL; timestamps from there to
/// 294246-12-31 (PostgreSQL counts from 2000 and so reaches 30 years further). The calendar is the proleptic Gregorian one.
/// The reserved values of decimals stand at <see cref="ScaledDecimal"/>.
/// </remarks>
public static class DateTimes
{
    public const long MicrosPerDay = PgInterval.MicrosecondsPerDay;
    public const long MicrosPerSecond = PgInterval.MicrosecondsPerSecond;

    public const int DateInfinity = int.MaxValue;
    public const int DateNegativeInfinity = int.MinValue;
    public const long TimestampInfinity = long.MaxValue;
    public const long TimestampNegativeInfinity = long.MinValue;

    /// <summary>4713-11-24 BC, Julian day 0.</summary>
    public const int MinDate = -2440588;

    /// <summary>5874897-12-31.</summary>
    public const int MaxDate = 2147483493 - 2440588;

    public const long MinTimestamp = MinDate * MicrosPerDay;

    /// <summary>294246-12-31 23:59:59.999999.</summary>
    public const long MaxTimestamp = 106751626 * MicrosPerDay - 1;

    /// <summary>Days from 1970-01-01 to PostgreSQL's epoch 2000-01-01.</summary>
    public const int DaysTo2000 = 10957;

    public const long MicrosTo2000 = DaysTo2000 * MicrosPerDay;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsInfinite(int date) => date is int.MinValue or int.MaxValue;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsInfinite(long timestamp) => timestamp is long.MinValue or long.MaxValue;

    public static SqlException DateOutOfRange() => new(SqlState.DatetimeFieldOverflow, "date out of range");

    public static SqlException TimestampOutOfRange() => new(SqlState.DatetimeFieldOverflow, "timestamp out of range");

    /// <summary>Days since 1970-01-01. Years before 1 are 0 = 1 BC, -1 = 2 BC …; month and day must be valid.</summary>
    /// <remarks>After Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, so the leap day is last.</remarks>
    public static int ToDays(int year, int month, int day)
    {
        long y = month <= 2 ? year - 1L : year;
        var era = FloorDiv(y, 400);
        var yearOfEra = (int)(y - era * 400);
        var dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
        var dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
        return (int)(era * 146097 + dayOfEra - 719468);
    }

    /// <summary>The calendar day of a finite date; years as <see cref="ToDays"/> has them.</summary>
    public static (int Year, int Month, int Day) FromDays(int days)
    {
        var z = days + 719468L;
        var era = FloorDiv(z, 146097);
        var dayOfEra = (int)(z - era * 146097);
        var yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
        var dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        var mp = (5 * dayOfYear + 2) / 153;
        var month = mp < 10 ? mp + 3 : mp - 9;
        return ((int)(yearOfEra + era * 400) + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * mp + 2) / 5 + 1);
    }

    public static bool IsLeapYear(int year) => year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    public static int DaysInMonth(int year, int month) => month switch
    {
        2 => IsLeapYear(year) ? 29 : 28,
        4 or 6 or 9 or 11 => 30,
        _ => 31,
    };

    /// <summary>Sunday = 0.</summary>
    public static int DayOfWeek(int days) => (int)Modulo(days + 4L, 7);

    /// <summary>1 January = 1.</summary>
    public static int DayOfYear(int days)
    {
        var (year, _, _) = FromDays(days);
        return days - ToDays(year, 1, 1) + 1;
    }

    /// <summary>ISO 8601 year and week.</summary>
    public static (int Year, int Week) IsoWeek(int days)
    {
        // The week belongs to the year of its Thursday.
        var thursday = days - (int)Modulo(days + 3L, 7) + 3;
        var (year, _, _) = FromDays(thursday);
        return (year, (thursday - ToDays(year, 1, 1)) / 7 + 1);
    }

    /// <summary>Monday of week 1 of an ISO year.</summary>
    public static int IsoYearStart(int year)
    {
        var fourth = ToDays(year, 1, 4);
        return fourth - (int)Modulo(fourth + 3L, 7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long FloorDiv(long value, long divisor)
    {
        var quotient = value / divisor;
        return value % divisor < 0 ? quotient - 1 : quotient;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Modulo(long value, long divisor)
    {
        var rest = value % divisor;
        return rest < 0 ? rest + divisor : rest;
    }

    /// <summary>Date and time of day of a finite timestamp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (int Days, long Micros) Split(long timestamp)
    {
        var days = FloorDiv(timestamp, MicrosPerDay);
        return ((int)days, timestamp - days * MicrosPerDay);
    }

    /// <exception cref="SqlException">22008.</exception>
    public static long CheckTimestamp(Int128 value) => value is var v && v >= MinTimestamp && v <= MaxTimestamp ? (long)v : throw TimestampOutOfRange();

    /// <summary>date to timestamp, infinities kept.</summary>
    /// <exception cref="SqlException">22008.</exception>
    public static long DateToTimestamp(int date)
    {
        if (IsInfinite(date))
            return date < 0 ? TimestampNegativeInfinity : TimestampInfinity;
        var micros = date * MicrosPerDay;
        return date * (Int128)MicrosPerDay <= MaxTimestamp ? micros
            : throw new SqlException(SqlState.DatetimeFieldOverflow, "date out of range for timestamp");
    }

    public static int TimestampToDate(long timestamp) => IsInfinite(timestamp)
        ? timestamp < 0 ? DateNegativeInfinity : DateInfinity
        : (int)FloorDiv(timestamp, MicrosPerDay);

    /// <summary>To p fractional digits of a second, half away from zero; -1 keeps all.</summary>
    public static long RoundMicroseconds(long micros, int digits)
    {
        if (digits is < 0 or >= 6 || IsInfinite(micros))
            return micros;
        var unit = Pow10.Int64[6 - digits];
        var half = unit / 2;
        return micros >= 0 ? (micros + half) / unit * unit : -((-micros + half) / unit * unit);
    }
}

/// <summary>time with time zone: a time of day and an offset.</summary>
/// <remarks>Stands in a view as 12 bytes whose byte order is SQL order: the UTC time (big-endian int64, sign bit flipped), then
/// the offset in seconds west of Greenwich (big-endian int32, sign bit flipped).</remarks>
public readonly record struct TimeTz(long Micros, int ZoneSecondsWest)
{
    public const int Length = 12;

    public void Write(Span<byte> target)
    {
        var utc = Micros + ZoneSecondsWest * DateTimes.MicrosPerSecond;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(target, (ulong)utc ^ 1UL << 63);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(target[8..], (uint)ZoneSecondsWest ^ 1u << 31);
    }

    public static TimeTz Read(ReadOnlySpan<byte> source)
    {
        var utc = (long)(System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(source) ^ 1UL << 63);
        var zone = (int)(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(source[8..]) ^ 1u << 31);
        return new TimeTz(utc - zone * DateTimes.MicrosPerSecond, zone);
    }
}
