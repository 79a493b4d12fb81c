using System.Numerics;
using OmenDb.Arrow;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Aggregates;

/// <summary>stddev, variance and their variants; covariance, correlation and linear regression.</summary>
internal static class VarianceAggregates
{
    private sealed class Sums
    {
        public long Count;
        public PgNumeric X = PgNumeric.Zero;
        public PgNumeric Squares = PgNumeric.Zero;
    }

    public static IEnumerable<FunctionInfo> All()
    {
        foreach (var (name, root, sample) in new[]
        {
            ("stddev", true, true), ("stddev_samp", true, true), ("stddev_pop", true, false), ("variance", false, true), ("var_samp", false, true), ("var_pop", false, false),
        })
        {
            foreach (var type in new[] { SqlType.Int2, SqlType.Int4, SqlType.Int8, SqlType.Numeric })
            {
                yield return new ManagedAggregate<Sums>(static () => new Sums(), static (s, row) =>
                {
                    var x = row.Type(0).Id switch
                    {
                        TypeId.Int2 => row.Get<short>(0),
                        TypeId.Int4 => row.Get<int>(0),
                        TypeId.Int8 => row.Get<long>(0),
                        _ => row.Get<PgNumeric>(0),
                    };
                    s.Count++;
                    s.X += x;
                    s.Squares += x * x;
                }, static (into, from) =>
                {
                    into.Count += from.Count;
                    into.X += from.X;
                    into.Squares += from.Squares;
                }, (s, _) => Result(s, root, sample)?.ToBytes())
                {
                    Name = name, Kind = FunctionKind.Aggregate, Arguments = [type], Result = SqlType.Numeric, Strict = false,
                };
            }
            foreach (var type in new[] { SqlType.Float4, SqlType.Float8 })
            {
                yield return Moments(name, [type], SqlType.Float8, s => s.Count == 0 || sample && s.Count == 1 ? null
                    : (s.Sxx / (sample ? s.Count - 1 : s.Count)) is var v && root ? Math.Sqrt(v) : v);
            }
        }
        SqlType[] pair = [SqlType.Float8, SqlType.Float8];
        yield return Moments("covar_pop", pair, SqlType.Float8, static s => s.Count == 0 ? null : s.Sxy / s.Count);
        yield return Moments("covar_samp", pair, SqlType.Float8, static s => s.Count < 2 ? null : s.Sxy / (s.Count - 1));
        yield return Moments("corr", pair, SqlType.Float8, static s => s.Count == 0 || s.Sxx == 0 || s.Syy == 0 ? null : s.Sxy / Math.Sqrt(s.Sxx * s.Syy));
        yield return Moments("regr_count", pair, SqlType.Int8, static s => s.Count);
        yield return Moments("regr_sxx", pair, SqlType.Float8, static s => s.Count == 0 ? null : s.Sxx);
        yield return Moments("regr_syy", pair, SqlType.Float8, static s => s.Count == 0 ? null : s.Syy);
        yield return Moments("regr_sxy", pair, SqlType.Float8, static s => s.Count == 0 ? null : s.Sxy);
        yield return Moments("regr_avgx", pair, SqlType.Float8, static s => s.Count == 0 ? null : s.X / s.Count);
        yield return Moments("regr_avgy", pair, SqlType.Float8, static s => s.Count == 0 ? null : s.Y / s.Count);
        yield return Moments("regr_r2", pair, SqlType.Float8, static s => s.Count == 0 || s.Sxx == 0 ? null : s.Syy == 0 ? 1 : s.Sxy * s.Sxy / (s.Sxx * s.Syy));
        yield return Moments("regr_slope", pair, SqlType.Float8, static s => s.Count == 0 || s.Sxx == 0 ? null : s.Sxy / s.Sxx);
        yield return Moments("regr_intercept", pair, SqlType.Float8, static s => s.Count == 0 || s.Sxx == 0 ? null : (s.Y - s.X * s.Sxy / s.Sxx) / s.Count);
    }

    /// <summary>numeric_stddev_internal: (n * sum(x²) - sum(x)²) / (n * (n - 1)), the digits being those of numeric division.</summary>
    private static PgNumeric? Result(Sums s, bool root, bool sample)
    {
        if (s.Count == 0 || sample && s.Count == 1)
            return null;
        if (!s.X.IsFinite || !s.Squares.IsFinite)
            return PgNumeric.NaN;
        var numerator = s.Squares * s.Count - s.X * s.X;
        if (numerator.SignOf <= 0)
            return PgNumeric.Zero;
        var variance = numerator / ((PgNumeric)s.Count * (sample ? s.Count - 1 : s.Count));
        return root ? SquareRoot(variance) : variance;
    }

    /// <summary>The root with as many digits after the point as its argument has, half rounded up.</summary>
    private static PgNumeric SquareRoot(PgNumeric value)
    {
        var scaled = value.Mantissa * BigInteger.Pow(10, value.Scale);
        if (scaled.IsZero)
            return value;
        var guess = BigInteger.One << (int)((scaled.GetBitLength() + 1) / 2);
        while (true)
        {
            var next = guess + scaled / guess >> 1;
            if (next >= guess)
                break;
            guess = next;
        }
        if (scaled - guess * guess > guess)
            guess += 1;
        return PgNumeric.FromScaled(guess, value.Scale);
    }

    private struct State
    {
        public long Count;
        public double X, Y, Sxx, Syy, Sxy;
    }

    private delegate double? Finisher(State state);

    private static BasicAggregates.Simple Moments(string name, SqlType[] arguments, SqlType result, Finisher finish) => new((_, _) => new MomentKernel(finish, result))
    {
        Name = name, Kind = FunctionKind.Aggregate, Arguments = [.. arguments], Result = result, Strict = false,
    };

    /// <summary>Sums of squared deviations kept up to date, after Youngs and Cramer 1971; merged after Chan, Golub and LeVeque 1979.</summary>
    private sealed unsafe class MomentKernel(Finisher finish, SqlType result) : AggregateKernel
    {
        public override int StateSize => sizeof(State);

        public override void Update(AggregateStates states, ReadOnlySpan<Vector> arguments, int* rows, int count, int* groups)
        {
            var slots = (State*)states.Slots;
            var isPair = arguments.Length == 2;
            // The dependent variable comes first.
            var xs = arguments[isPair ? 1 : 0];
            var single = xs.Physical == PhysicalType.Float32;
            for (var i = 0; i < count; i++)
            {
                var row = rows == null ? i : rows[i];
                ref var s = ref slots[groups == null ? 0 : groups[row]];
                var x = single ? xs.Get<float>(row) : xs.Get<double>(row);
                var y = isPair ? arguments[0].Get<double>(row) : 0;
                s.Count++;
                s.X += x;
                s.Y += y;
                if (s.Count > 1)
                {
                    double n = s.Count;
                    var (dx, dy) = (x * n - s.X, y * n - s.Y);
                    var scale = 1 / (n * (n - 1));
                    s.Sxx += dx * dx * scale;
                    s.Syy += dy * dy * scale;
                    s.Sxy += dx * dy * scale;
                    if (double.IsInfinity(s.Sxx) && !double.IsInfinity(s.X) && !double.IsInfinity(x))
                        throw new SqlException(SqlState.NumericValueOutOfRange, "value out of range: overflow");
                }
                else
                {
                    // Infinite or NaN input: so is every result.
                    s.Sxx = double.IsFinite(x) ? 0 : double.NaN;
                    s.Syy = double.IsFinite(y) ? 0 : double.NaN;
                    s.Sxy = double.IsFinite(x) && double.IsFinite(y) ? 0 : double.NaN;
                }
            }
        }

        public override void Combine(AggregateStates target, AggregateStates source, int* picked, int* map, int count)
        {
            for (var i = 0; i < count; i++)
            {
                var given = picked == null ? i : picked[i];
                ref var into = ref ((State*)target.Slots)[map[i]];
                ref var from = ref ((State*)source.Slots)[given];
                if (from.Count == 0)
                    continue;
                if (into.Count == 0)
                {
                    into = from;
                    continue;
                }
                double n1 = into.Count, n2 = from.Count, n = n1 + n2;
                var dx = into.X / n1 - from.X / n2;
                var dy = into.Y / n1 - from.Y / n2;
                into.Sxx += from.Sxx + n1 * n2 * dx * dx / n;
                into.Syy += from.Syy + n1 * n2 * dy * dy / n;
                into.Sxy += from.Sxy + n1 * n2 * dx * dy / n;
                into.X += from.X;
                into.Y += from.Y;
                into.Count += from.Count;
            }
        }

        public override void Finish(AggregateStates states, int first, int count, Vector vector)
        {
            vector.ResetFlat(result.Arrow, count);
            for (var i = 0; i < count; i++)
            {
                var value = finish(((State*)states.Slots)[first + i]);
                if (value is null)
                    WideSumKernel<long>.SetNull(vector, i);
                else if (result.Id == TypeId.Int8)
                    ((long*)vector.Values)[i] = (long)value.Value;
                else
                    ((double*)vector.Values)[i] = value.Value;
            }
        }
    }
}
