using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Numbers;

/// <summary>Functions of numeric and of integers.</summary>
internal static class NumericFunctions
{
    public static IEnumerable<FunctionInfo> All()
    {
        foreach (var name in new[] { "ceil", "ceiling" })
            yield return Unary(name, static x => x.Ceiling());
        yield return Unary("floor", static x => x.Floor());
        yield return Unary("round", static x => x.Round(0));
        yield return Unary("trunc", static x => x.Truncate(0));
        yield return Unary("sign", static x => x.Sign());
        yield return Unary("sqrt", static x => x.Sqrt());
        yield return Unary("exp", static x => x.Exp());
        yield return Unary("ln", static x => x.Ln());
        foreach (var name in new[] { "log", "log10" })
            yield return Unary(name, static x => x.Log10());
        yield return Unary("trim_scale", static x => x.TrimScale());
        yield return Scalar.Of<PgNumeric, int, PgNumeric>("round", [SqlType.Numeric, SqlType.Int4], SqlType.Numeric,
            static (_, x, n) => x.IsFinite ? x.Round(Math.Clamp(n, -2000, 2000)) : x);
        yield return Scalar.Of<PgNumeric, int, PgNumeric>("trunc", [SqlType.Numeric, SqlType.Int4], SqlType.Numeric,
            static (_, x, n) => x.IsFinite ? x.Truncate(Math.Clamp(n, -2000, 2000)) : x);
        yield return Binary("log", static (b, x) => PgNumeric.Log(b, x));
        foreach (var name in new[] { "power", "pow", "^" })
            yield return Binary(name, static (x, y) => PgNumeric.Power(x, y));
        yield return Binary("div", static (x, y) => PgNumeric.DivideTruncated(x, y));
        yield return Binary("gcd", static (x, y) => PgNumeric.Gcd(x, y));
        yield return Binary("lcm", static (x, y) => PgNumeric.Lcm(x, y));
        yield return Scalar.Of<PgNumeric, int?>("scale", [SqlType.Numeric], SqlType.Int4, static (_, x) => x.IsFinite ? x.Scale : null, total: true);
        yield return Scalar.Of<PgNumeric, int?>("min_scale", [SqlType.Numeric], SqlType.Int4, static (_, x) => x.IsFinite ? x.MinScale() : null, total: true);
        yield return Scalar.Of<long, PgNumeric>("factorial", [SqlType.Int8], SqlType.Numeric, static (_, n) => PgNumeric.Factorial(n));
        yield return Scalar.Of<PgNumeric, PgNumeric, PgNumeric, int, int>("width_bucket", [SqlType.Numeric, SqlType.Numeric, SqlType.Numeric, SqlType.Int4],
            SqlType.Int4, static (_, x, low, high, count) => Bucket(x, low, high, count));
        yield return Scalar.Of<int, int, int>("gcd", [SqlType.Int4, SqlType.Int4], SqlType.Int4, static (_, x, y) => Narrow(Gcd(x, y)));
        yield return Scalar.Of<long, long, long>("gcd", [SqlType.Int8, SqlType.Int8], SqlType.Int8, static (_, x, y) => Wide(Gcd(x, y)));
        yield return Scalar.Of<int, int, int>("lcm", [SqlType.Int4, SqlType.Int4], SqlType.Int4, static (_, x, y) => Narrow(Lcm(x, y)));
        yield return Scalar.Of<long, long, long>("lcm", [SqlType.Int8, SqlType.Int8], SqlType.Int8, static (_, x, y) => Wide(Lcm(x, y)));

        foreach (var (name, op) in new (string, Func<long, long, long>)[] { ("&", static (x, y) => x & y), ("|", static (x, y) => x | y), ("#", static (x, y) => x ^ y) })
        {
            yield return Scalar.Of<short, short, short>(name, [SqlType.Int2, SqlType.Int2], SqlType.Int2, (_, x, y) => (short)op(x, y), total: true);
            yield return Scalar.Of<int, int, int>(name, [SqlType.Int4, SqlType.Int4], SqlType.Int4, (_, x, y) => (int)op(x, y), total: true);
            yield return Scalar.Of<long, long, long>(name, [SqlType.Int8, SqlType.Int8], SqlType.Int8, (_, x, y) => op(x, y), total: true);
        }
        yield return Scalar.Of<short, short>("~", [SqlType.Int2], SqlType.Int2, static (_, x) => (short)~x, total: true);
        yield return Scalar.Of<int, int>("~", [SqlType.Int4], SqlType.Int4, static (_, x) => ~x, total: true);
        yield return Scalar.Of<long, long>("~", [SqlType.Int8], SqlType.Int8, static (_, x) => ~x, total: true);
        yield return Scalar.Of<short, int, short>("<<", [SqlType.Int2, SqlType.Int4], SqlType.Int2, static (_, x, n) => (short)(x << n), total: true);
        yield return Scalar.Of<int, int, int>("<<", [SqlType.Int4, SqlType.Int4], SqlType.Int4, static (_, x, n) => x << n, total: true);
        yield return Scalar.Of<long, int, long>("<<", [SqlType.Int8, SqlType.Int4], SqlType.Int8, static (_, x, n) => x << n, total: true);
        yield return Scalar.Of<short, int, short>(">>", [SqlType.Int2, SqlType.Int4], SqlType.Int2, static (_, x, n) => (short)(x >> n), total: true);
        yield return Scalar.Of<int, int, int>(">>", [SqlType.Int4, SqlType.Int4], SqlType.Int4, static (_, x, n) => x >> n, total: true);
        yield return Scalar.Of<long, int, long>(">>", [SqlType.Int8, SqlType.Int4], SqlType.Int8, static (_, x, n) => x >> n, total: true);
    }

    private static ScalarFunction Unary(string name, Func<PgNumeric, PgNumeric> body) =>
        Scalar.Of<PgNumeric, PgNumeric>(name, [SqlType.Numeric], SqlType.Numeric, (_, x) => body(x));

    private static ScalarFunction Binary(string name, Func<PgNumeric, PgNumeric, PgNumeric> body) =>
        Scalar.Of<PgNumeric, PgNumeric, PgNumeric>(name, [SqlType.Numeric, SqlType.Numeric], SqlType.Numeric, (_, x, y) => body(x, y));

    private static Int128 Gcd(Int128 x, Int128 y)
    {
        (x, y) = (Int128.Abs(x), Int128.Abs(y));
        while (y != 0)
            (x, y) = (y, x % y);
        return x;
    }

    private static Int128 Lcm(Int128 x, Int128 y) => x == 0 || y == 0 ? 0 : Int128.Abs(x / Gcd(x, y) * y);

    private static int Narrow(Int128 value) => value <= int.MaxValue ? (int)value : throw SqlException.OutOfRange("integer");

    private static long Wide(Int128 value) => value <= long.MaxValue ? (long)value : throw SqlException.OutOfRange("bigint");

    private static int Bucket(PgNumeric x, PgNumeric low, PgNumeric high, int count)
    {
        const string State = "2201G";
        if (count <= 0)
            throw new SqlException(State, "count must be greater than zero");
        if (x.IsNaN || low.IsNaN || high.IsNaN)
            throw new SqlException(State, "operand, lower bound, and upper bound cannot be NaN");
        if (low.IsInfinite || high.IsInfinite)
            throw new SqlException(State, "lower and upper bounds must be finite");
        var order = low.CompareTo(high);
        if (order == 0)
            throw new SqlException(State, "lower bound cannot equal upper bound");
        if (order > 0)
            (x, low, high) = (-x, -low, -high);
        if (x < low)
            return 0;
        return x >= high ? MathFunctions.Beyond(count) : PgNumeric.DivideTruncated((x - low) * count, high - low).ToInt32() + 1;
    }
}
