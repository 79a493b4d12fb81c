using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Numbers;

/// <summary>Functions of double precision, with the errors of PostgreSQL's float.c.</summary>
internal static class MathFunctions
{
    private const double RadiansPerDegree = 0.0174532925199432957692;

    public static IEnumerable<FunctionInfo> All()
    {
        yield return Scalar.Of("pi", SqlType.Float8, static _ => Math.PI, total: true);
        foreach (var name in new[] { "ceil", "ceiling" })
            yield return Total(name, Math.Ceiling);
        yield return Total("floor", Math.Floor);
        foreach (var name in new[] { "round", "dround" })
            yield return Total(name, static x => Math.Round(x, MidpointRounding.ToEven));
        yield return Total("trunc", Math.Truncate);
        yield return Total("sign", static x => x > 0 ? 1 : x < 0 ? -1 : 0);
        foreach (var name in new[] { "sqrt", "|/" })
        {
            yield return Unary(name, static x => x < 0
                ? throw new SqlException(SqlState.InvalidArgumentForPowerFunction, "cannot take square root of a negative number")
                : Math.Sqrt(x));
        }
        foreach (var name in new[] { "cbrt", "||/" })
            yield return Total(name, Math.Cbrt);
        yield return Unary("exp", static x => Checked(Math.Exp(x), double.IsInfinity(x), mayBeZero: double.IsNegativeInfinity(x)));
        yield return Unary("ln", static x => Math.Log(PositiveForLog(x)));
        foreach (var name in new[] { "log", "log10" })
            yield return Unary(name, static x => Math.Log10(PositiveForLog(x)));
        foreach (var name in new[] { "power", "pow", "^" })
            yield return Scalar.Of<double, double, double>(name, [SqlType.Float8, SqlType.Float8], SqlType.Float8, static (_, x, y) => Power(x, y));
        yield return Total("degrees", static x => x / RadiansPerDegree);
        yield return Total("radians", static x => x * RadiansPerDegree);
        yield return Unary("sin", static x => Math.Sin(FiniteOrNaN(x)));
        yield return Unary("cos", static x => Math.Cos(FiniteOrNaN(x)));
        yield return Unary("tan", static x => Math.Tan(FiniteOrNaN(x)));
        yield return Unary("cot", static x => 1 / Math.Tan(FiniteOrNaN(x)));
        yield return Unary("asin", static x => Math.Asin(UnitOrNaN(x)));
        yield return Unary("acos", static x => Math.Acos(UnitOrNaN(x)));
        yield return Total("atan", Math.Atan);
        yield return Scalar.Of<double, double, double>("atan2", [SqlType.Float8, SqlType.Float8], SqlType.Float8, static (_, y, x) => Math.Atan2(y, x), total: true);
        yield return Total("sinh", Math.Sinh);
        yield return Total("cosh", Math.Cosh);
        yield return Total("tanh", Math.Tanh);
        yield return Total("asinh", Math.Asinh);
        yield return Unary("acosh", static x => x < 1 ? throw InputOutOfRange() : Math.Acosh(x));
        yield return Unary("atanh", static x => x is < -1 or > 1 ? throw InputOutOfRange() : Math.Atanh(x));
        yield return Unary("sind", static x => Degrees.Sin(FiniteOrNaN(x)));
        yield return Unary("cosd", static x => Degrees.Cos(FiniteOrNaN(x)));
        yield return Unary("tand", static x => Degrees.Tan(FiniteOrNaN(x)));
        yield return Unary("cotd", static x => Degrees.Cot(FiniteOrNaN(x)));
        yield return Unary("asind", static x => Degrees.Asin(UnitOrNaN(x)));
        yield return Unary("acosd", static x => Degrees.Acos(UnitOrNaN(x)));
        yield return Total("atand", static x => Degrees.Atan(x));
        yield return Scalar.Of<double, double, double>("atan2d", [SqlType.Float8, SqlType.Float8], SqlType.Float8, static (_, y, x) => Degrees.Atan2(y, x), total: true);
        yield return Scalar.Of<double, double, double, int, int>("width_bucket", [SqlType.Float8, SqlType.Float8, SqlType.Float8, SqlType.Int4], SqlType.Int4,
            static (_, x, low, high, count) => Bucket(x, low, high, count));
        yield return Scalar.Of("random", SqlType.Float8, static c => RandomStates.Of(c).Next(), Volatility.Volatile);
        yield return Scalar.Of<double, bool>("setseed", [SqlType.Float8], SqlType.Void, static (c, seed) =>
        {
            if (double.IsNaN(seed) || seed is < -1 or > 1)
                throw new SqlException(SqlState.InvalidParameterValue, FormattableString.Invariant($"setseed parameter {seed} is out of allowed range [-1,1]"));
            RandomStates.Of(c).Seed(seed);
            return false;
        }, Volatility.Volatile);
    }

    private static ScalarFunction Total(string name, Func<double, double> body) =>
        Scalar.Of<double, double>(name, [SqlType.Float8], SqlType.Float8, (_, x) => body(x), total: true);

    private static ScalarFunction Unary(string name, Func<double, double> body) =>
        Scalar.Of<double, double>(name, [SqlType.Float8], SqlType.Float8, (_, x) => body(x));

    private static SqlException InputOutOfRange() => new(SqlState.NumericValueOutOfRange, "input is out of range");

    private static double FiniteOrNaN(double x) => double.IsInfinity(x) ? throw InputOutOfRange() : x;

    private static double UnitOrNaN(double x) => x is < -1 or > 1 ? throw InputOutOfRange() : x;

    private static double PositiveForLog(double x)
    {
        if (x == 0)
            throw new SqlException(SqlState.InvalidArgumentForLogarithm, "cannot take logarithm of zero");
        if (x < 0)
            throw new SqlException(SqlState.InvalidArgumentForLogarithm, "cannot take logarithm of a negative number");
        return x;
    }

    private static double Checked(double result, bool mayBeInfinite, bool mayBeZero)
    {
        if (double.IsInfinity(result) && !mayBeInfinite)
            throw new SqlException(SqlState.NumericValueOutOfRange, "value out of range: overflow");
        if (result == 0 && !mayBeZero)
            throw new SqlException(SqlState.NumericValueOutOfRange, "value out of range: underflow");
        return result;
    }

    private static double Power(double x, double y)
    {
        if (double.IsNaN(x))
            return y == 0 ? 1 : x;
        if (double.IsNaN(y))
            return x == 1 ? 1 : y;
        if (x == 0 && y < 0)
            throw new SqlException(SqlState.InvalidArgumentForPowerFunction, "zero raised to a negative power is undefined");
        if (x < 0 && Math.Floor(y) != y)
            throw new SqlException(SqlState.InvalidArgumentForPowerFunction, "a negative number raised to a non-integer power yields a complex result");
        if (double.IsInfinity(x) || double.IsInfinity(y))
            return Math.Pow(x, y);
        return Checked(Math.Pow(x, y), false, x == 0);
    }

    private static int Bucket(double x, double low, double high, int count)
    {
        const string State = "2201G";
        if (count <= 0)
            throw new SqlException(State, "count must be greater than zero");
        if (double.IsNaN(x) || double.IsNaN(low) || double.IsNaN(high))
            throw new SqlException(State, "operand, lower bound, and upper bound cannot be NaN");
        if (double.IsInfinity(low) || double.IsInfinity(high))
            throw new SqlException(State, "lower and upper bounds must be finite");
        if (low == high)
            throw new SqlException(State, "lower bound cannot equal upper bound");
        if (low < high)
            return x < low ? 0 : x >= high ? Beyond(count) : Math.Min((int)((x - low) / (high - low) * count), count - 1) + 1;
        return x > low ? 0 : x <= high ? Beyond(count) : Math.Min((int)((low - x) / (low - high) * count), count - 1) + 1;
    }

    internal static int Beyond(int count) => count == int.MaxValue ? throw SqlException.OutOfRange("integer") : count + 1;

    /// <summary>Trigonometry in degrees that is exact where the result is: after PostgreSQL's float.c, scaled by the constants' own errors.</summary>
    private static class Degrees
    {
        private static readonly double Sin30 = Math.Sin(30 * RadiansPerDegree);
        private static readonly double OneMinusCos60 = 1 - Math.Cos(60 * RadiansPerDegree);
        private static readonly double Asin05 = Math.Asin(0.5);
        private static readonly double Acos05 = Math.Acos(0.5);
        private static readonly double Atan10 = Math.Atan(1.0);
        private static readonly double Tan45 = SinQ1(45) / CosQ1(45);
        private static readonly double Cot45 = CosQ1(45) / SinQ1(45);

        private static double Sin0To30(double x) => Math.Sin(x * RadiansPerDegree) / Sin30 / 2;

        private static double Cos0To60(double x) => 1 - (1 - Math.Cos(x * RadiansPerDegree)) / OneMinusCos60 / 2;

        private static double SinQ1(double x) => x <= 30 ? Sin0To30(x) : Cos0To60(90 - x);

        private static double CosQ1(double x) => x <= 60 ? Cos0To60(x) : Sin0To30(90 - x);

        private static double AsinQ1(double x) => x <= 0.5 ? Math.Asin(x) / Asin05 * 30 : 90 - Math.Acos(x) / Acos05 * 60;

        private static double AcosQ1(double x) => x <= 0.5 ? 90 - Math.Asin(x) / Asin05 * 30 : Math.Acos(x) / Acos05 * 60;

        public static double Sin(double x)
        {
            if (double.IsNaN(x))
                return x;
            x %= 360;
            var sign = 1;
            if (x < 0)
                (x, sign) = (-x, -sign);
            if (x > 180)
                (x, sign) = (360 - x, -sign);
            if (x > 90)
                x = 180 - x;
            return sign * SinQ1(x);
        }

        public static double Cos(double x)
        {
            if (double.IsNaN(x))
                return x;
            x = Math.Abs(x % 360);
            var sign = 1;
            if (x > 180)
                x = 360 - x;
            if (x > 90)
                (x, sign) = (180 - x, -sign);
            return sign * CosQ1(x);
        }

        private static double Fold(ref double x)
        {
            var sign = 1.0;
            x %= 360;
            if (x < 0)
                (x, sign) = (-x, -sign);
            if (x > 180)
                (x, sign) = (360 - x, -sign);
            if (x > 90)
                (x, sign) = (180 - x, -sign);
            return sign;
        }

        public static double Tan(double x)
        {
            if (double.IsNaN(x))
                return x;
            var sign = Fold(ref x);
            var result = sign * (SinQ1(x) / CosQ1(x) / Tan45);
            return result == 0 ? 0 : result;
        }

        public static double Cot(double x)
        {
            if (double.IsNaN(x))
                return x;
            var sign = Fold(ref x);
            var result = sign * (CosQ1(x) / SinQ1(x) / Cot45);
            return result == 0 ? 0 : result;
        }

        public static double Asin(double x) => double.IsNaN(x) ? x : x >= 0 ? AsinQ1(x) : -AsinQ1(-x);

        public static double Acos(double x) => double.IsNaN(x) ? x : x >= 0 ? AcosQ1(x) : 90 + AsinQ1(-x);

        public static double Atan(double x) => Math.Atan(x) / Atan10 * 45;

        public static double Atan2(double y, double x) => Math.Atan2(y, x) / Atan10 * 45;
    }
}

/// <summary>The generator behind random(), one per session; setseed() gives PostgreSQL's own sequences.</summary>
/// <remarks>xoroshiro128**, after Blackman and Vigna 2018, "Scrambled Linear Pseudorandom Number Generators".</remarks>
internal sealed class RandomStates
{
    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<object, RandomStates> States = [];
    private readonly Lock _gate = new();
    private ulong _s0 = (ulong)Random.Shared.NextInt64() | 1;
    private ulong _s1 = (ulong)Random.Shared.NextInt64();

    public static RandomStates Of(FunctionContext context) =>
        States.GetValue((object?)context.Execution.Session ?? context.Execution, static _ => new RandomStates());

    public void Seed(double seed)
    {
        var state = (ulong)(long)(((1UL << 52) - 1) * seed);
        lock (_gate)
        {
            _s0 = SplitMix(ref state);
            _s1 = SplitMix(ref state);
        }
    }

    private static ulong SplitMix(ref ulong state)
    {
        var value = state += 0x9E3779B97F4A7C15;
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
        value = (value ^ value >> 27) * 0x94D049BB133111EB;
        return value ^ value >> 31;
    }

    public double Next()
    {
        lock (_gate)
        {
            var mixed = _s1 ^ _s0;
            var value = ulong.RotateLeft(_s0 * 5, 7) * 9;
            _s0 = ulong.RotateLeft(_s0, 24) ^ mixed ^ mixed << 16;
            _s1 = ulong.RotateLeft(mixed, 37);
            return Math.ScaleB(value >> 12, -52);
        }
    }
}
