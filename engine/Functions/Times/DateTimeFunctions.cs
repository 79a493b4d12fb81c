using System.Globalization;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Times;

/// <summary>date_trunc, date_bin, age, make_*, justify_*, isfinite, AT TIME ZONE, OVERLAPS, interval literals with fields.</summary>
internal static class DateTimeFunctions
{
    private static readonly SqlType D = SqlType.Date, T = SqlType.Time, Ts = SqlType.Timestamp, Tz = SqlType.TimestampTz, I = SqlType.Interval,
        Text = SqlType.Text, Int = SqlType.Int4, Bool = SqlType.Bool;

    public static IEnumerable<FunctionInfo> All()
    {
        yield return Scalar.Of<ReadOnlySpan<byte>, int, int, PgInterval>("omendb_interval_in", [Text, Int, Int], I,
            static (c, s, fields, digits) => IntervalParser.Parse(s, (IntervalFields)fields, digits, IoContexts.Of(c.Execution).IntervalStyle));

        yield return Scalar.Of<string, long, long>("date_trunc", [Text, Ts], Ts, static (_, unit, t) => Truncate(unit, t, "timestamp without time zone"));
        yield return Scalar.Of<string, long, long>("date_trunc", [Text, Tz], Tz, static (c, unit, t) => TruncateIn(unit, t, DateTimeOperators.Zone(c)), Volatility.Stable);
        yield return Scalar.Of<string, long, string, long>("date_trunc", [Text, Tz, Text], Tz, static (_, unit, t, zone) => TruncateIn(unit, t, Types.TimeZone.Get(zone)),
            Volatility.Stable);
        yield return Scalar.Of<string, PgInterval, PgInterval>("date_trunc", [Text, I], I, static (_, unit, i) => Truncate(unit, i));
        foreach (var type in new[] { Ts, Tz })
        {
            yield return Scalar.Of<PgInterval, long, long, long>("date_bin", [I, type, type], type, static (_, stride, t, origin) => DateTimeMath.Bin(stride, t, origin));
            yield return Scalar.Of<long, bool>("isfinite", [type], Bool, static (_, t) => !DateTimes.IsInfinite(t), total: true);
        }
        yield return Scalar.Of<int, bool>("isfinite", [D], Bool, static (_, d) => !DateTimes.IsInfinite(d), total: true);
        yield return Scalar.Of<PgInterval, bool>("isfinite", [I], Bool, static (_, _) => true, total: true);

        yield return Scalar.Of<long, long, PgInterval>("age", [Ts, Ts], I, static (_, x, y) => DateTimeMath.Age(x, y));
        yield return Scalar.Of<long, long, PgInterval>("age", [Tz, Tz], I, static (c, x, y) => DateTimeMath.Age(Local(c, x), Local(c, y)), Volatility.Stable);
        yield return Scalar.Of<long, PgInterval>("age", [Ts], I, static (c, x) => DateTimeMath.Age(Midnight(c), x), Volatility.Stable);
        yield return Scalar.Of<long, PgInterval>("age", [Tz], I, static (c, x) => DateTimeMath.Age(Midnight(c), Local(c, x)), Volatility.Stable);

        yield return Scalar.Of<PgInterval, PgInterval>("justify_days", [I], I, static (_, i) => i.JustifyDays());
        yield return Scalar.Of<PgInterval, PgInterval>("justify_hours", [I], I, static (_, i) => i.JustifyHours());
        yield return Scalar.Of<PgInterval, PgInterval>("justify_interval", [I], I, static (_, i) => i.Justify());

        yield return Scalar.Of<int, int, int, int>("make_date", [Int, Int, Int], D, static (_, y, m, d) => DateTimeMath.MakeDate(y, m, d));
        yield return Scalar.Of<int, int, double, long>("make_time", [Int, Int, SqlType.Float8], T, static (_, h, m, s) => DateTimeMath.MakeTime(h, m, s));
        yield return Scalar.Row("make_timestamp", [Int, Int, Int, Int, Int, SqlType.Float8], Ts, static (_, a) => MakeTimestamp(a));
        yield return Scalar.Row("make_timestamptz", [Int, Int, Int, Int, Int, SqlType.Float8], Tz,
            static (c, a) => DateTimeOperators.Zone(c).ToUtc(MakeTimestamp(a)), Volatility.Stable);
        yield return Scalar.Row("make_timestamptz", [Int, Int, Int, Int, Int, SqlType.Float8, Text], Tz,
            static (_, a) => Types.TimeZone.Get(a.Get<string>(6)).ToUtc(MakeTimestamp(a)), Volatility.Stable);
        yield return Scalar.Row("make_interval", [Int, Int, Int, Int, Int, Int, SqlType.Float8], I, static (_, a) => MakeInterval(a), optional: 7);
        yield return Scalar.Of<double, long>("to_timestamp", [SqlType.Float8], Tz, static (_, x) => FromEpoch(x));

        yield return Scalar.Of<string, long, long>("timezone", [Text, Ts], Tz, static (_, zone, t) => ToUtc(Types.TimeZone.Get(zone), t));
        yield return Scalar.Of<string, long, long>("timezone", [Text, Tz], Ts, static (_, zone, t) => ToLocal(Types.TimeZone.Get(zone), t));
        yield return Scalar.Of<PgInterval, long, long>("timezone", [I, Ts], Tz, static (_, zone, t) => ToUtc(ZoneOf(zone), t));
        yield return Scalar.Of<PgInterval, long, long>("timezone", [I, Tz], Ts, static (_, zone, t) => ToLocal(ZoneOf(zone), t));
        yield return Scalar.Of<string, ReadOnlySpan<byte>, byte[]>("timezone", [Text, SqlType.TimeTz], SqlType.TimeTz,
            static (c, zone, t) => ShiftZone(t, Types.TimeZone.Get(zone).OffsetAtUtc(c.Execution.TransactionTimestamp)), Volatility.Stable);
        yield return Scalar.Of<PgInterval, ReadOnlySpan<byte>, byte[]>("timezone", [I, SqlType.TimeTz], SqlType.TimeTz,
            static (_, zone, t) => ShiftZone(t, ZoneOf(zone).OffsetAtUtc(0)));

        foreach (var type in new[] { Ts, Tz, T })
        {
            var volatility = type.Id == TypeId.TimestampTz ? Volatility.Stable : Volatility.Immutable;
            yield return Scalar.Row("overlaps", [type, type, type, type], Bool, static (_, a) => Overlaps(Bound(a, 0), Bound(a, 1), Bound(a, 2), Bound(a, 3)), volatility, strict: false);
            yield return Scalar.Row("overlaps", [type, I, type, I], Bool, static (c, a) => Overlaps(Bound(a, 0), End(c, a, 0, 1), Bound(a, 2), End(c, a, 2, 3)), volatility, strict: false);
            yield return Scalar.Row("overlaps", [type, type, type, I], Bool, static (c, a) => Overlaps(Bound(a, 0), Bound(a, 1), Bound(a, 2), End(c, a, 2, 3)), volatility, strict: false);
            yield return Scalar.Row("overlaps", [type, I, type, type], Bool, static (c, a) => Overlaps(Bound(a, 0), End(c, a, 0, 1), Bound(a, 2), Bound(a, 3)), volatility, strict: false);
        }
    }

    private static long Local(FunctionContext context, long utc) => ToLocal(DateTimeOperators.Zone(context), utc);

    private static long ToLocal(Types.TimeZone zone, long utc) =>
        DateTimes.IsInfinite(utc) ? utc : DateTimes.CheckTimestamp((Int128)utc + zone.OffsetAtUtc(utc) * DateTimes.MicrosPerSecond);

    private static long ToUtc(Types.TimeZone zone, long local) => DateTimes.IsInfinite(local) ? local : DateTimes.CheckTimestamp(zone.ToUtc(local));

    private static long Midnight(FunctionContext context) =>
        DateTimes.Split(Local(context, context.Execution.TransactionTimestamp)).Days * DateTimes.MicrosPerDay;

    private static Types.TimeZone ZoneOf(PgInterval offset)
    {
        if (offset.Months != 0 || offset.Days != 0)
            throw new SqlException(SqlState.InvalidParameterValue, $"interval time zone \"{offset}\" must not include months or days");
        return Types.TimeZone.Fixed((int)(offset.Microseconds / DateTimes.MicrosPerSecond));
    }

    private static byte[] ShiftZone(ReadOnlySpan<byte> encoded, int secondsEast)
    {
        var time = TimeTz.Read(encoded);
        var utc = time.Micros + time.ZoneSecondsWest * DateTimes.MicrosPerSecond;
        var result = new byte[TimeTz.Length];
        new TimeTz(DateTimes.Modulo(utc + secondsEast * DateTimes.MicrosPerSecond, DateTimes.MicrosPerDay), -secondsEast).Write(result);
        return result;
    }

    private static long Truncate(string unit, long timestamp, string typeName)
    {
        DateTimeFields.Parse(unit, typeName);
        return DateTimeMath.Truncate(unit, timestamp);
    }

    private static long TruncateIn(string unit, long timestamp, Types.TimeZone zone)
    {
        var field = DateTimeFields.Parse(unit, "timestamp with time zone");
        if (DateTimes.IsInfinite(timestamp))
            return timestamp;
        var offset = zone.OffsetAtUtc(timestamp) * DateTimes.MicrosPerSecond;
        var local = DateTimeMath.Truncate(unit, timestamp + offset);
        // From the day up the zone's offset may be another one at the start of the unit.
        return field is DateTimeField.Microseconds or DateTimeField.Milliseconds or DateTimeField.Second or DateTimeField.Minute or DateTimeField.Hour
            ? local - offset
            : zone.ToUtc(local);
    }

    private static PgInterval Truncate(string unit, PgInterval i)
    {
        long Down(long unitMicros) => i.Microseconds - i.Microseconds % unitMicros;
        int Months(int unitMonths) => i.Months - i.Months % unitMonths;
        return DateTimeFields.Parse(unit, "interval") switch
        {
            DateTimeField.Microseconds => i,
            DateTimeField.Milliseconds => new PgInterval(i.Months, i.Days, Down(1000)),
            DateTimeField.Second => new PgInterval(i.Months, i.Days, Down(DateTimes.MicrosPerSecond)),
            DateTimeField.Minute => new PgInterval(i.Months, i.Days, Down(PgInterval.MicrosecondsPerMinute)),
            DateTimeField.Hour => new PgInterval(i.Months, i.Days, Down(PgInterval.MicrosecondsPerHour)),
            DateTimeField.Day => new PgInterval(i.Months, i.Days, 0),
            DateTimeField.Month => new PgInterval(i.Months, 0, 0),
            DateTimeField.Quarter => new PgInterval(Months(3), 0, 0),
            DateTimeField.Year => new PgInterval(Months(12), 0, 0),
            DateTimeField.Decade => new PgInterval(Months(120), 0, 0),
            DateTimeField.Century => new PgInterval(Months(1200), 0, 0),
            DateTimeField.Millennium => new PgInterval(Months(12000), 0, 0),
            DateTimeField.Week => throw new SqlException(SqlState.FeatureNotSupported, $"unit \"{unit}\" not supported for type interval")
            {
                Detail = "Months usually have fractional weeks.",
            },
            _ => throw new SqlException(SqlState.FeatureNotSupported, $"unit \"{unit}\" not supported for type interval"),
        };
    }

    private static long MakeTimestamp(RowArguments a)
    {
        var day = DateTimeMath.MakeDate(a.Get<int>(0), a.Get<int>(1), a.Get<int>(2));
        return DateTimes.CheckTimestamp((Int128)day * DateTimes.MicrosPerDay + DateTimeMath.MakeTime(a.Get<int>(3), a.Get<int>(4), a.Get<double>(5)));
    }

    private static PgInterval MakeInterval(RowArguments a)
    {
        static long At(RowArguments a, int index) => a.Count > index ? a.Get<int>(index) : 0;
        var seconds = a.Count > 6 ? a.Get<double>(6) : 0;
        if (double.IsNaN(seconds) || double.IsInfinity(seconds) || Math.Abs(seconds) > 9e12)
            throw PgInterval.OutOfRange();
        var months = At(a, 0) * 12 + At(a, 1);
        var days = At(a, 2) * 7 + At(a, 3);
        if (months != (int)months || days != (int)days)
            throw PgInterval.OutOfRange();
        return new PgInterval((int)months, (int)days, At(a, 4) * PgInterval.MicrosecondsPerHour + At(a, 5) * PgInterval.MicrosecondsPerMinute
            + (long)Math.Round(seconds * 1e6, MidpointRounding.ToEven));
    }

    private static long FromEpoch(double seconds)
    {
        if (double.IsNaN(seconds))
            throw new SqlException(SqlState.DatetimeFieldOverflow, "timestamp cannot be NaN");
        if (double.IsInfinity(seconds))
            return seconds < 0 ? DateTimes.TimestampNegativeInfinity : DateTimes.TimestampInfinity;
        if (Math.Abs(seconds) > 9.3e12)
            throw new SqlException(SqlState.DatetimeFieldOverflow, string.Create(CultureInfo.InvariantCulture, $"timestamp out of range: \"{seconds}\""));
        // Relative to 2000, as PostgreSQL rounds.
        return DateTimes.CheckTimestamp((Int128)Math.Round((seconds - 946684800) * 1e6, MidpointRounding.ToEven) + DateTimes.MicrosTo2000);
    }

    private static long? Bound(RowArguments a, int index) => a.IsNull(index) ? null : a.Get<long>(index);

    private static long? End(FunctionContext context, RowArguments a, int start, int length)
    {
        if (a.IsNull(start) || a.IsNull(length))
            return null;
        var (from, interval) = (a.Get<long>(start), a.Get<PgInterval>(length));
        return a.Type(start).Id switch
        {
            TypeId.Time => DateTimes.Modulo(from + interval.Microseconds % DateTimes.MicrosPerDay, DateTimes.MicrosPerDay),
            TypeId.Timestamp => DateTimeMath.Add(from, interval),
            _ => DateTimeMath.Add(from, interval, DateTimeOperators.Zone(context)),
        };
    }

    /// <summary>SQL's OVERLAPS with unknown ends: known as far as the known ends decide.</summary>
    private static bool? Overlaps(long? start1, long? end1, long? start2, long? end2)
    {
        static bool Order(ref long? start, ref long? end)
        {
            if (start is null)
            {
                if (end is null)
                    return false;
                (start, end) = (end, null);
            }
            else if (end is not null && start > end)
            {
                (start, end) = (end, start);
            }
            return true;
        }
        if (!Order(ref start1, ref end1) || !Order(ref start2, ref end2))
            return null;
        if (start1 == start2)
            return end1 is null || end2 is null ? null : true;
        if (start1 > start2)
            (start1, end1, start2, end2) = (start2, end2, start1, end1);
        if (end1 is null)
            return null;
        if (start2 < end1)
            return true;
        return end2 is null ? null : false;
    }
}
