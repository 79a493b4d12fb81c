using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Functions.Operators;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Casts;

/// <summary>Between numbers, and between integers and bool.</summary>
internal static class NumberCasts
{
    /// <summary>Null: not a cast of this kind, or nothing to compute.</summary>
    public static ScalarFunction? Make(SqlType from, SqlType to)
    {
        if (from.Id == TypeId.Bool && to.Id == TypeId.Int4)
            return Row<bool, int>(from, to, static (_, x) => x ? 1 : 0, total: true);
        if (from.Id == TypeId.Int4 && to.Id == TypeId.Bool)
            return Row<int, bool>(from, to, static (_, x) => x != 0, total: true);
        if (!from.IsNumber || !to.IsNumber)
            return null;
        if (to.NumericLimit is var (precision, scale))
        {
            return from.Id switch
            {
                TypeId.Int2 => Row<short, PgNumeric>(from, to, (_, x) => PgNumeric.FromInt64(x).ToPrecision(precision, scale)),
                TypeId.Int4 => Row<int, PgNumeric>(from, to, (_, x) => PgNumeric.FromInt64(x).ToPrecision(precision, scale)),
                TypeId.Int8 => Row<long, PgNumeric>(from, to, (_, x) => PgNumeric.FromInt64(x).ToPrecision(precision, scale)),
                TypeId.Float4 => Row<float, PgNumeric>(from, to, (_, x) => PgNumeric.FromSingle(x).ToPrecision(precision, scale)),
                TypeId.Float8 => Row<double, PgNumeric>(from, to, (_, x) => PgNumeric.FromDouble(x).ToPrecision(precision, scale)),
                _ => Row<PgNumeric, PgNumeric>(from, to, (_, x) => x.ToPrecision(precision, scale)),
            };
        }
        if (to.Id == TypeId.Numeric)
        {
            return from.Id switch
            {
                TypeId.Numeric when from.NumericLimit is not null && to.Precision == 0 => null,
                TypeId.Numeric => from.Equals(to) || (from.Physical == to.Physical && from.Scale == to.Scale && to.Precision >= from.Precision
                    && to.Physical != PhysicalType.View) ? null : new ToNumeric(from, to) { Name = "numeric", Kind = FunctionKind.Scalar, Arguments = [from], Result = to },
                TypeId.Float4 => Row<float, PgNumeric>(from, to, static (_, x) => PgNumeric.FromSingle(x)),
                TypeId.Float8 => Row<double, PgNumeric>(from, to, static (_, x) => PgNumeric.FromDouble(x)),
                _ => new ToNumeric(from, to) { Name = "numeric", Kind = FunctionKind.Scalar, Arguments = [from], Result = to },
            };
        }
        if (from.Id == TypeId.Numeric)
        {
            return to.Id switch
            {
                TypeId.Int2 => Row<PgNumeric, short>(from, to, static (_, x) => x.ToInt16()),
                TypeId.Int4 => Row<PgNumeric, int>(from, to, static (_, x) => x.ToInt32()),
                TypeId.Int8 => Row<PgNumeric, long>(from, to, static (_, x) => x.ToInt64()),
                TypeId.Float4 => Row<PgNumeric, float>(from, to, static (_, x) => x.ToFloat4()),
                _ => Row<PgNumeric, double>(from, to, static (_, x) => x.ToFloat8()),
            };
        }
        return from.Id == to.Id ? null : new MachineCast(from, to) { Name = "cast", Kind = FunctionKind.Scalar, Arguments = [from], Result = to, IsTotal = Widens(from, to) };
    }

    private static bool Widens(SqlType from, SqlType to) => to.IsFloat ? to.Id == TypeId.Float8 || from.IsInteger : from.IsInteger && from.Id < to.Id;

    internal static ScalarFunction Row<TFrom, TTo>(SqlType from, SqlType to, Func<FunctionContext, TFrom, TTo> body, bool total = false,
        Volatility volatility = Volatility.Immutable) where TFrom : allows ref struct where TTo : allows ref struct =>
        Scalar.Of("cast", [from], to, body, volatility, total: total);

    /// <summary>Integers and floats among themselves.</summary>
    private sealed class MachineCast(SqlType from, SqlType to) : ScalarFunction
    {
        public override void Invoke(FunctionContext context, ReadOnlySpan<Vector> arguments, Vector result)
        {
            var flags = Cast.Evaluate(arguments[0], to.Arrow, context.Rows, result);
            if (flags == ArithmeticFlags.None)
                return;
            flags = Cast.Recheck(arguments[0], to.Arrow, context.Rows, context.Selection);
            if (to.Id == TypeId.Float4 && from.Id == TypeId.Float8 && (flags & ArithmeticFlags.Underflow) != 0)
                throw new SqlException(SqlState.NumericValueOutOfRange, "value out of range: underflow");
            ArithmeticFunction.Raise(flags, to);
        }
    }

    /// <summary>Integers and numerics to a numeric: machine integers while nothing is lost, PgNumeric otherwise.</summary>
    private sealed unsafe class ToNumeric(SqlType from, SqlType to) : ScalarFunction
    {
        private readonly int _fromScale = from.Id == TypeId.Numeric ? from.Scale : 0;
        private readonly bool _fromNumeric = from.Id == TypeId.Numeric;

        // Digits before the point that the source may have; what the target must hold for the fast way.
        private readonly bool _fits = to.Precision > 0 && to.Precision - to.Scale >= from.Id switch
        {
            TypeId.Int2 => 5, TypeId.Int4 => 10, TypeId.Int8 => 19, _ => from.Precision == 0 ? int.MaxValue : from.Precision - from.Scale,
        };

        public override void Invoke(FunctionContext context, ReadOnlySpan<Vector> arguments, Vector result)
        {
            var source = arguments[0];
            if (_fits && to.Scale >= _fromScale && source.Physical is PhysicalType.Int64 or PhysicalType.Int128 && source.Physical <= to.Physical
                && DecimalRescale.Into(source, _fromScale, to.Scale, to.Physical, context.Rows, result))
            {
                result.Type = to.Arrow;
                return;
            }
            ByRow(context, arguments, result);
        }

        private void ByRow(FunctionContext context, ReadOnlySpan<Vector> arguments, Vector result)
        {
            var rows = context.ActiveRows(arguments, strict: true);
            var column = context.Result;
            column.Begin(result, to, context.Rows);
            Nulls.Propagate(arguments[0], result);
            var source = new ArgumentColumn(arguments[0], from);
            foreach (var row in rows)
            {
                var value = _fromNumeric ? source.Read<PgNumeric>(row) : PgNumeric.FromInt64(from.Physical switch
                {
                    PhysicalType.Int16 => source.Read<short>(row),
                    PhysicalType.Int32 => source.Read<int>(row),
                    _ => source.Read<long>(row),
                });
                if (to.Precision > 0)
                    value = value.ToPrecision(to.Precision, to.Scale);
                column.Write(row, value);
            }
            column.End();
        }
    }
}

/// <summary>An array cast element by element.</summary>
internal sealed class ArrayCast : ScalarFunction
{
    private readonly ScalarFunction _element;
    private readonly SqlType _from;
    private readonly SqlType _to;

    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public ArrayCast(ScalarFunction element, SqlType from, SqlType to)
    {
        _element = element;
        _from = from;
        _to = to;
        Name = "array_cast";
        Kind = FunctionKind.Scalar;
        Arguments = [from];
        Result = to;
    }

    public override unsafe void Invoke(FunctionContext context, ReadOnlySpan<Vector> arguments, Vector result)
    {
        using var lists = new Vector();
        Flatten.Into(arguments[0], context.Rows, lists);
        result.ResetFlat(_to.Arrow, context.Rows);
        Buffer.MemoryCopy(lists.Values, result.Values, context.Rows * 16L, context.Rows * 16L);
        Nulls.Propagate(lists, result);
        var elements = lists.Child!;
        var frame = new Expressions.Frame(context.Execution, 4);
        var inner = new FunctionContext(frame, 1, [_from.Element!], _to.Element!) { Rows = elements.Length };
        using var cast = new Vector();
        _element.Invoke(inner, [elements], cast);
        result.Elements.Append(cast, 0, elements.Length);
        frame.Dispose();
    }
}
