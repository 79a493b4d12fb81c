using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Aggregates;

/// <summary>percentile_cont, percentile_disc and mode: WITHIN GROUP. Rows come ordered, the direct arguments before the ordered one.</summary>
internal static class OrderedSetAggregates
{
    private sealed class Values
    {
        public readonly List<object> Items = [];
        public object? Fraction;
        public SqlType Type = SqlType.Unknown;
    }

    public static IEnumerable<FunctionInfo> All()
    {
        var fractions = SqlType.ArrayOf(SqlType.Float8);
        foreach (var type in new[] { SqlType.Float8, SqlType.Interval })
        {
            yield return Make("percentile_cont", [SqlType.Float8, type], type, null, static (s, f) => Continuous(s, f));
            yield return Make("percentile_cont", [fractions, type], SqlType.ArrayOf(type), null, static (s, f) => Continuous(s, f));
        }
        yield return Make("percentile_disc", [SqlType.Float8, SqlType.AnyElement], SqlType.AnyElement, static a => a[1], static (s, f) => Discrete(s, f));
        yield return Make("percentile_disc", [fractions, SqlType.AnyElement], SqlType.AnyArray, static a => SqlType.ArrayOf(a[1]), static (s, f) => Discrete(s, f));
        yield return new ManagedAggregate<Values>(static () => new Values(), static (s, row) =>
        {
            s.Type = row.Type(0);
            if (row.Boxed(0) is { } value)
                s.Items.Add(value);
        }, Merge, static (s, _) => Mode(s))
        {
            Name = "mode", Kind = FunctionKind.Aggregate, Arguments = [SqlType.AnyElement], Result = SqlType.AnyElement, TypeOf = static a => a[0], OrderSensitive = true,
            Strict = false,
        };
    }

    private static ManagedAggregate<Values> Make(string name, SqlType[] arguments, SqlType result, Func<SqlType[], SqlType>? typeOf, Func<Values, double, object?> pick) =>
        new(static () => new Values(), static (s, row) =>
        {
            s.Fraction = row.Boxed(0);
            s.Type = row.Type(1);
            if (row.Boxed(1) is { } value)
                s.Items.Add(value);
        }, Merge, (s, _) => s.Items.Count == 0 ? null : s.Fraction switch
        {
            null => null,
            double fraction => pick(s, Check(fraction)),
            object?[] several => several.Select(f => f is double fraction ? pick(s, Check(fraction)) : null).ToArray(),
            _ => throw SqlException.Internal("a percentile that is no number"),
        })
        {
            Name = name, Kind = FunctionKind.Aggregate, Arguments = [.. arguments], Result = result, TypeOf = typeOf, SkipsNulls = false, OrderSensitive = true, Strict = false,
        };

    private static double Check(double fraction) => fraction is >= 0 and <= 1
        ? fraction
        : throw new SqlException(SqlState.NumericValueOutOfRange, FormattableString.Invariant($"percentile value {fraction} is not between 0 and 1"));

    private static void Merge(Values into, Values from)
    {
        (into.Fraction, into.Type) = (from.Fraction, from.Type);
        into.Items.AddRange(from.Items);
    }

    private static object Continuous(Values s, double fraction)
    {
        var position = fraction * (s.Items.Count - 1);
        var low = (int)Math.Floor(position);
        var high = (int)Math.Ceiling(position);
        if (low == high)
            return s.Items[low];
        var rest = position - low;
        return (s.Items[low], s.Items[high]) switch
        {
            (double a, double b) => a + rest * (b - a),
            (PgInterval a, PgInterval b) => a + PgInterval.Multiply(b - a, rest),
            _ => throw SqlException.Internal("no interpolation for this type"),
        };
    }

    private static object Discrete(Values s, double fraction) => s.Items[Math.Max(0, (int)Math.Ceiling(fraction * s.Items.Count) - 1)];

    private static object? Mode(Values s)
    {
        object? best = null;
        var bestCount = 0;
        for (var i = 0; i < s.Items.Count;)
        {
            var end = i + 1;
            while (end < s.Items.Count && BoxedValues.Same(s.Items[i], s.Items[end], s.Type))
                end++;
            if (end - i > bestCount)
                (best, bestCount) = (s.Items[i], end - i);
            i = end;
        }
        return best;
    }
}
