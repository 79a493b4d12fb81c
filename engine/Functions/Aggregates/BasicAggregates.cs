using OmenDb.Arrow;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Aggregates;

/// <summary>count, sum, avg, min, max, bool_and, bool_or, every.</summary>
internal static class BasicAggregates
{
    /// <summary>An aggregate whose kernel depends on the argument types only.</summary>
    internal sealed class Simple(Func<SqlType[], SqlType, AggregateKernel> bind, Func<SqlType[], SqlType>? resultType = null) : AggregateFunction
    {
        public override SqlType ResultType(ReadOnlySpan<SqlType> arguments) => resultType?.Invoke(arguments.ToArray()) ?? Result;

        public override AggregateKernel Bind(ReadOnlySpan<SqlType> arguments, SqlType result) => bind(arguments.ToArray(), result);
    }

    private static Simple Make(string name, SqlType[] arguments, SqlType result, Func<SqlType[], SqlType, AggregateKernel> bind,
        Func<SqlType[], SqlType>? resultType = null, bool ignoresDuplicates = false) => new(bind, resultType)
        {
            Name = name, Kind = FunctionKind.Aggregate, Arguments = [.. arguments], Result = result, IgnoresDuplicates = ignoresDuplicates, Strict = false,
        };

    public static IEnumerable<FunctionInfo> All()
    {
        yield return Make("count", [], SqlType.Int8, static (_, _) => new CountKernel());
        yield return Make("count", [SqlType.Any], SqlType.Int8, static (_, _) => new CountKernel());
        yield return Make("bool_and", [SqlType.Bool], SqlType.Bool, static (_, _) => new BoolKernel(and: true), ignoresDuplicates: true);
        yield return Make("every", [SqlType.Bool], SqlType.Bool, static (_, _) => new BoolKernel(and: true), ignoresDuplicates: true);
        yield return Make("bool_or", [SqlType.Bool], SqlType.Bool, static (_, _) => new BoolKernel(and: false), ignoresDuplicates: true);
        foreach (var average in new[] { false, true })
        {
            var name = average ? "avg" : "sum";
            yield return Make(name, [SqlType.Int2], average ? SqlType.Numeric : SqlType.Int8, (_, r) => new WideSumKernel<short>(0, r, average));
            yield return Make(name, [SqlType.Int4], average ? SqlType.Numeric : SqlType.Int8, (_, r) => new WideSumKernel<int>(0, r, average));
            yield return Make(name, [SqlType.Int8], SqlType.Numeric, (_, r) => new WideSumKernel<long>(0, r, average),
                average ? null : static _ => SqlType.NumericOf(38, 0));
            yield return Make(name, [SqlType.Float4], average ? SqlType.Float8 : SqlType.Float4, (_, r) => new FloatSumKernel<float>(r, average));
            yield return Make(name, [SqlType.Float8], SqlType.Float8, (_, r) => new FloatSumKernel<double>(r, average));
            yield return Make(name, [SqlType.Numeric], SqlType.Numeric, (a, r) => a[0].Physical switch
            {
                PhysicalType.Int64 => new WideSumKernel<long>(a[0].Scale, r, average),
                PhysicalType.Int128 => new WideSumKernel<Int128>(a[0].Scale, r, average),
                _ => new ObjectSumKernel(a[0], average),
            }, average ? null : static a => NumericTypes.Total(a[0]));
            yield return Make(name, [SqlType.Interval], SqlType.Interval, (a, _) => new ObjectSumKernel(a[0], average));
        }
        foreach (var max in new[] { false, true })
        {
            foreach (var type in new[]
            {
                SqlType.Int2, SqlType.Int4, SqlType.Int8, SqlType.Float4, SqlType.Float8, SqlType.Numeric, SqlType.Text, SqlType.Char, SqlType.Date, SqlType.Time,
                SqlType.Timestamp, SqlType.TimestampTz, SqlType.Interval, SqlType.Oid, SqlType.Name, SqlType.Bytea,
            })
                yield return Make(max ? "max" : "min", [type], type, (a, r) => Extreme(a[0], max), static a => a[0], ignoresDuplicates: true);
        }
    }

    private static AggregateKernel Extreme(SqlType type, bool max) => type.Physical switch
    {
        PhysicalType.Int16 => new ExtremeKernel<short>(type, max),
        PhysicalType.Int32 => new ExtremeKernel<int>(type, max),
        PhysicalType.Int64 => new ExtremeKernel<long>(type, max),
        PhysicalType.Int128 => new ExtremeKernel<Int128>(type, max),
        PhysicalType.Float32 => new ExtremeKernel<float>(type, max),
        PhysicalType.Float64 => new ExtremeKernel<double>(type, max),
        PhysicalType.Interval => new ExtremeKernel<PgInterval>(type, max),
        PhysicalType.View => new BytesExtremeKernel(type, max),
        _ => throw SqlException.NotSupported($"min or max of {type.Id}"),
    };
}
