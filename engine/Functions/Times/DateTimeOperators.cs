using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Times;

/// <summary>+ - * / among dates, times, timestamps and intervals.</summary>
internal static class DateTimeOperators
{
    private static readonly SqlType D = SqlType.Date, T = SqlType.Time, Ts = SqlType.Timestamp, Tz = SqlType.TimestampTz, I = SqlType.Interval;

    public static IEnumerable<FunctionInfo> All()
    {
        foreach (var f in Commutative<int, int, int>(D, SqlType.Int4, D, static (_, d, n) => DateTimeMath.AddDays(d, n)))
            yield return f;
        yield return Scalar.Of<int, int, int>("-", [D, SqlType.Int4], D, static (_, d, n) => DateTimeMath.AddDays(d, -(long)n));
        yield return Scalar.Of<int, int, int>("-", [D, D], SqlType.Int4, static (_, x, y) => DateTimeMath.Subtract(x, y));
        foreach (var f in Commutative<int, PgInterval, long>(D, I, Ts, static (_, d, i) => DateTimeMath.Add(DateTimes.DateToTimestamp(d), i)))
            yield return f;
        yield return Scalar.Of<int, PgInterval, long>("-", [D, I], Ts, static (_, d, i) => DateTimeMath.Add(DateTimes.DateToTimestamp(d), -i));
        foreach (var f in Commutative<int, long, long>(D, T, Ts, static (_, d, t) => AddTime(d, t)))
            yield return f;
        foreach (var f in Commutative<long, PgInterval, long>(Ts, I, Ts, static (_, t, i) => DateTimeMath.Add(t, i)))
            yield return f;
        yield return Scalar.Of<long, PgInterval, long>("-", [Ts, I], Ts, static (_, t, i) => DateTimeMath.Add(t, -i));
        foreach (var f in Commutative<long, PgInterval, long>(Tz, I, Tz, static (c, t, i) => DateTimeMath.Add(t, i, Zone(c)), Volatility.Stable))
            yield return f;
        yield return Scalar.Of<long, PgInterval, long>("-", [Tz, I], Tz, static (c, t, i) => DateTimeMath.Add(t, -i, Zone(c)), Volatility.Stable);
        yield return Scalar.Of<long, long, PgInterval>("-", [Ts, Ts], I, static (_, x, y) => DateTimeMath.Difference(x, y));
        yield return Scalar.Of<long, long, PgInterval>("-", [Tz, Tz], I, static (_, x, y) => DateTimeMath.Difference(x, y));
        foreach (var f in Commutative<long, PgInterval, long>(T, I, T, static (_, t, i) => DateTimes.Modulo(t + i.Microseconds % DateTimes.MicrosPerDay, DateTimes.MicrosPerDay)))
            yield return f;
        yield return Scalar.Of<long, PgInterval, long>("-", [T, I], T,
            static (_, t, i) => DateTimes.Modulo(t - i.Microseconds % DateTimes.MicrosPerDay, DateTimes.MicrosPerDay));
        yield return Scalar.Of<long, long, PgInterval>("-", [T, T], I, static (_, x, y) => new PgInterval(0, 0, x - y), total: true);
        yield return Scalar.Of<ReadOnlySpan<byte>, PgInterval, byte[]>("+", [SqlType.TimeTz, I], SqlType.TimeTz, static (_, t, i) => AddTimeTz(t, i.Microseconds));
        yield return Scalar.Of<ReadOnlySpan<byte>, PgInterval, byte[]>("-", [SqlType.TimeTz, I], SqlType.TimeTz, static (_, t, i) => AddTimeTz(t, -i.Microseconds));
        yield return Scalar.Of<PgInterval, PgInterval, PgInterval>("+", [I, I], I, static (_, x, y) => x + y);
        yield return Scalar.Of<PgInterval, PgInterval, PgInterval>("-", [I, I], I, static (_, x, y) => x - y);
        yield return Scalar.Of<PgInterval, PgInterval>("-", [I], I, static (_, x) => -x);
        foreach (var f in Commutative<PgInterval, double, PgInterval>(I, SqlType.Float8, I, static (_, i, x) => PgInterval.Multiply(i, x), name: "*"))
            yield return f;
        yield return Scalar.Of<PgInterval, double, PgInterval>("/", [I, SqlType.Float8], I, static (_, i, x) => PgInterval.Divide(i, x));
    }

    private static IEnumerable<FunctionInfo> Commutative<T1, T2, TResult>(SqlType left, SqlType right, SqlType result, Func<FunctionContext, T1, T2, TResult> body,
        Volatility volatility = Volatility.Immutable, string name = "+")
    {
        yield return Scalar.Of(name, [left, right], result, body, volatility);
        yield return Scalar.Of<T2, T1, TResult>(name, [right, left], result, (c, y, x) => body(c, x, y), volatility);
    }

    internal static Types.TimeZone Zone(FunctionContext context) => IoContexts.Of(context.Execution).TimeZone;

    private static long AddTime(int date, long time) => DateTimes.IsInfinite(date)
        ? DateTimes.DateToTimestamp(date)
        : DateTimes.CheckTimestamp((Int128)DateTimes.DateToTimestamp(date) + time);

    private static byte[] AddTimeTz(ReadOnlySpan<byte> encoded, long micros)
    {
        var time = TimeTz.Read(encoded);
        var result = new byte[TimeTz.Length];
        new TimeTz(DateTimes.Modulo(time.Micros + micros % DateTimes.MicrosPerDay, DateTimes.MicrosPerDay), time.ZoneSecondsWest).Write(result);
        return result;
    }
}
