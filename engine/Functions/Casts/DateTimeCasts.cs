using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Casts;

/// <summary>Among date, time, timestamp and interval types; those that cross time zones use the session's TimeZone.</summary>
internal static class DateTimeCasts
{
    public static bool TryMake(SqlType from, SqlType to, out ScalarFunction? cast)
    {
        cast = null;
        if (!from.IsDateTime || !to.IsDateTime)
            return false;
        if (from.Id == to.Id)
        {
            if (to.Length >= 0 && to.Length < 6 && from.Id is TypeId.Time or TypeId.Timestamp or TypeId.TimestampTz && to.Length != from.Length)
            {
                var digits = to.Length;
                cast = NumberCasts.Row<long, long>(from, to, (_, x) => DateTimes.IsInfinite(x) ? x : DateTimes.RoundMicroseconds(x, digits), total: true);
            }
            else if (to.Id == TypeId.Interval && to.Length is >= 0 and < 6)
            {
                var digits = to.Length;
                cast = NumberCasts.Row<PgInterval, PgInterval>(from, to,
                    (_, x) => new PgInterval(x.Months, x.Days, DateTimes.RoundMicroseconds(x.Microseconds, digits)), total: true);
            }
            return true;
        }
        cast = (from.Id, to.Id) switch
        {
            (TypeId.Date, TypeId.Timestamp) => NumberCasts.Row<int, long>(from, to, static (_, x) => DateTimes.DateToTimestamp(x)),
            (TypeId.Date, TypeId.TimestampTz) => NumberCasts.Row<int, long>(from, to,
                static (c, x) => TimeZones.ToUtc(DateTimes.DateToTimestamp(x), c.Settings.TimeZone), volatility: Volatility.Stable),
            (TypeId.Timestamp, TypeId.Date) => NumberCasts.Row<long, int>(from, to, static (_, x) => DateTimes.TimestampToDate(x), total: true),
            (TypeId.Timestamp, TypeId.Time) => OrNull(from, to, static (_, x) => DateTimes.IsInfinite(x) ? null : DateTimes.Split(x).Micros, Volatility.Immutable),
            (TypeId.Timestamp, TypeId.TimestampTz) => NumberCasts.Row<long, long>(from, to,
                static (c, x) => TimeZones.ToUtc(x, c.Settings.TimeZone), volatility: Volatility.Stable),
            (TypeId.TimestampTz, TypeId.Timestamp) => NumberCasts.Row<long, long>(from, to,
                static (c, x) => TimeZones.ToLocal(x, c.Settings.TimeZone), volatility: Volatility.Stable),
            (TypeId.TimestampTz, TypeId.Date) => NumberCasts.Row<long, int>(from, to,
                static (c, x) => DateTimes.TimestampToDate(TimeZones.ToLocal(x, c.Settings.TimeZone)), volatility: Volatility.Stable),
            (TypeId.TimestampTz, TypeId.Time) => OrNull(from, to,
                static (c, x) => DateTimes.IsInfinite(x) ? null : DateTimes.Split(TimeZones.ToLocal(x, c.Settings.TimeZone)).Micros, Volatility.Stable),
            (TypeId.Time, TypeId.Interval) => NumberCasts.Row<long, PgInterval>(from, to, static (_, x) => new PgInterval(0, 0, x), total: true),
            (TypeId.Interval, TypeId.Time) => NumberCasts.Row<PgInterval, long>(from, to,
                static (_, x) => DateTimes.Modulo(x.Microseconds, DateTimes.MicrosPerDay), total: true),
            (TypeId.Time, TypeId.TimeTz) => NumberCasts.Row<long, byte[]>(from, to, static (c, x) =>
            {
                var now = c.Execution.TransactionTimestamp;
                return Encode(new TimeTz(x, -IoContexts.Of(c.Execution).TimeZone.OffsetAtUtc(now)));
            }, volatility: Volatility.Stable),
            (TypeId.TimeTz, TypeId.Time) => NumberCasts.Row<byte[], long>(from, to, static (_, x) => TimeTz.Read(x).Micros, total: true),
            (TypeId.TimestampTz, TypeId.TimeTz) => NumberCasts.Row<long, byte[]>(from, to, static (c, x) =>
            {
                if (DateTimes.IsInfinite(x))
                    return null!;
                var east = IoContexts.Of(c.Execution).TimeZone.OffsetAtUtc(x);
                return Encode(new TimeTz(DateTimes.Split(x + east * DateTimes.MicrosPerSecond).Micros, -east));
            }, volatility: Volatility.Stable),
            _ => null,
        };
        return cast is not null;
    }

    private static byte[] Encode(TimeTz value)
    {
        var bytes = new byte[TimeTz.Length];
        value.Write(bytes);
        return bytes;
    }

    private static ScalarFunction OrNull(SqlType from, SqlType to, Func<FunctionContext, long, long?> body, Volatility volatility) =>
        Scalar.Of("cast", [from], to, body, volatility);
}

/// <summary>Between local time and UTC, in microseconds since 1970; infinities stay.</summary>
public static class TimeZones
{
    private const long TicksPerMicrosecond = TimeSpan.TicksPerMicrosecond;

    /// <summary>A local time that a transition skips is read with the offset before it; an ambiguous one as standard time, as PostgreSQL does.</summary>
    public static long ToUtc(long local, TimeZoneInfo zone)
    {
        if (DateTimes.IsInfinite(local))
            return local;
        var offset = OffsetOfLocal(local, zone);
        return DateTimes.CheckTimestamp((Int128)local - offset);
    }

    public static long ToLocal(long utc, TimeZoneInfo zone)
    {
        if (DateTimes.IsInfinite(utc))
            return utc;
        return DateTimes.CheckTimestamp((Int128)utc + OffsetOfUtc(utc, zone));
    }

    /// <summary>Microseconds east of UTC at an instant.</summary>
    public static long OffsetOfUtc(long utc, TimeZoneInfo zone) =>
        ReferenceEquals(zone, TimeZoneInfo.Utc) ? 0 : zone.GetUtcOffset(Clamp(utc, DateTimeKind.Utc)).Ticks / TicksPerMicrosecond;

    private static long OffsetOfLocal(long local, TimeZoneInfo zone)
    {
        if (ReferenceEquals(zone, TimeZoneInfo.Utc))
            return 0;
        var time = Clamp(local, DateTimeKind.Unspecified);
        var offset = zone.IsInvalidTime(time) ? zone.GetUtcOffset(time.AddHours(-3)) : zone.GetUtcOffset(time);
        return offset.Ticks / TicksPerMicrosecond;
    }

    // Zones have no transitions outside of DateTime's range: its ends speak for what lies beyond.
    private static DateTime Clamp(long microseconds, DateTimeKind kind)
    {
        var ticks = (Int128)microseconds * TicksPerMicrosecond + DateTime.UnixEpoch.Ticks;
        var clamped = ticks < 0 ? 0 : ticks > DateTime.MaxValue.Ticks ? DateTime.MaxValue.Ticks : (long)ticks;
        return new DateTime(clamped, kind);
    }
}
