using System.Globalization;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Times;

/// <summary>The current time in its variants, and pg_sleep.</summary>
internal static class ClockFunctions
{
    public static IEnumerable<FunctionInfo> All()
    {
        foreach (var name in new[] { "now", "transaction_timestamp" })
            yield return Scalar.Of(name, SqlType.TimestampTz, static c => c.Execution.TransactionTimestamp, Volatility.Stable);
        yield return Scalar.Of("statement_timestamp", SqlType.TimestampTz, static c => c.Execution.StatementTimestamp, Volatility.Stable);
        yield return Scalar.Of("clock_timestamp", SqlType.TimestampTz, static _ => ExecutionContext.UtcNow(), Volatility.Volatile);
        yield return Scalar.Of("current_date", SqlType.Date, static c => DateTimes.Split(LocalNow(c)).Days, Volatility.Stable);
        yield return Scalar.Of("localtimestamp", SqlType.Timestamp, static c => LocalNow(c), Volatility.Stable);
        yield return Scalar.Of("localtime", SqlType.Time, static c => DateTimes.Split(LocalNow(c)).Micros, Volatility.Stable);
        yield return Scalar.Of("current_time", SqlType.TimeTz, static c =>
        {
            var now = c.Execution.TransactionTimestamp;
            var east = DateTimeOperators.Zone(c).OffsetAtUtc(now);
            var encoded = new byte[TimeTz.Length];
            new TimeTz(DateTimes.Split(now + east * DateTimes.MicrosPerSecond).Micros, -east).Write(encoded);
            return encoded;
        }, Volatility.Stable);
        yield return Scalar.Of("timeofday", SqlType.Text, static c =>
        {
            var utc = ExecutionContext.UtcNow();
            var zone = DateTimeOperators.Zone(c);
            var local = utc + zone.OffsetAtUtc(utc) * DateTimes.MicrosPerSecond;
            Span<byte> letters = stackalloc byte[64];
            var name = System.Text.Encoding.ASCII.GetString(letters[..zone.Abbreviation(utc, letters)]);
            var time = DateTime.UnixEpoch.AddTicks(local * 10);
            return time.ToString("ddd MMM dd HH:mm:ss.ffffff yyyy ", CultureInfo.InvariantCulture) + name;
        }, Volatility.Volatile);
        yield return Scalar.Of<double, bool>("pg_sleep", [SqlType.Float8], SqlType.Void, static (c, seconds) => Sleep(c, seconds), Volatility.Volatile);
        yield return Scalar.Of<PgInterval, bool>("pg_sleep_for", [SqlType.Interval], SqlType.Void,
            static (c, i) => Sleep(c, (double)i.ComparisonValue / DateTimes.MicrosPerSecond), Volatility.Volatile);
        yield return Scalar.Of<long, bool>("pg_sleep_until", [SqlType.TimestampTz], SqlType.Void,
            static (c, t) => Sleep(c, (t - ExecutionContext.UtcNow()) / 1e6), Volatility.Volatile);
    }

    private static long LocalNow(FunctionContext context)
    {
        var now = context.Execution.TransactionTimestamp;
        return now + DateTimeOperators.Zone(context).OffsetAtUtc(now) * DateTimes.MicrosPerSecond;
    }

    /// <summary>In steps, so that a cancel and the statement timeout end it.</summary>
    private static bool Sleep(FunctionContext context, double seconds)
    {
        const int StepMs = 50;
        var end = Environment.TickCount64 + (double.IsNaN(seconds) ? 0 : Math.Min(seconds * 1000, long.MaxValue / 4.0));
        while (true)
        {
            context.Execution.CheckInterrupts();
            var left = end - Environment.TickCount64;
            if (left <= 0)
                return false;
            context.Execution.Cancellation.WaitHandle.WaitOne((int)Math.Clamp(left, 1, StepMs));
        }
    }
}
