using OmenDb.Arrow;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Planner.Rules;

/// <summary>Moves a cast from the column to the constant: column::wider op constant becomes column op constant'.</summary>
/// <remarks>Comparisons then run on the column's own representation, and indexes and zone maps can answer them. Handled: integers of other
/// widths, dates against timestamps, numerics of another scale, varchar against text. A constant that lies between two values of the
/// column's type moves to the nearest one on the right side; where no constant does, the predicate is left alone.</remarks>
internal sealed class SargableRewriteRule : Rule
{
    private const long MicrosecondsPerDay = 86_400_000_000;

    public override string Name => "sargable_rewrite";

    public override LogicalPlan Apply(LogicalPlan plan, RuleContext context) =>
        PlanTree.MapExpressions(plan, e => ExpressionTree.Rewrite(e, node => node switch
        {
            ComparisonExpression comparison => Rewrite(comparison),
            InListExpression list => Rewrite(list),
            _ => node,
        }));

    private static Expression Rewrite(ComparisonExpression comparison)
    {
        if (comparison.Operator is ComparisonOperator.IsDistinctFrom or ComparisonOperator.IsNotDistinctFrom)
            return comparison;
        if (comparison.Left is ConstantExpression && comparison.Right is not ConstantExpression)
        {
            comparison = comparison with
            {
                Left = comparison.Right, Right = comparison.Left, Operator = Statistics.CardinalityEstimator.Mirror(comparison.Operator),
            };
        }
        if (comparison.Right is not ConstantExpression { Value: not null } constant || ColumnOf(comparison.Left) is not { } column)
            return comparison;
        return Convert(column.Type, constant, comparison.Operator) is var (op, value)
            ? new ComparisonExpression(op, column, value) { Position = comparison.Position }
            : comparison;
    }

    private static Expression Rewrite(InListExpression list)
    {
        if (ColumnOf(list.Operand) is not { } column)
            return list;
        var items = new List<Expression>();
        foreach (var item in list.Items)
        {
            if (item is not ConstantExpression { Value: not null } constant || Convert(column.Type, constant, ComparisonOperator.Equal) is not var (_, value))
                return list;
            items.Add(value);
        }
        return list with { Operand = column, Items = [.. items] };
    }

    /// <summary>The column below an implicit cast, or a numeric column itself (its constant may have another scale).</summary>
    private static ColumnExpression? ColumnOf(Expression expression) => expression switch
    {
        CastExpression { Context: CastContext.Implicit or CastContext.Assignment, Operand: ColumnExpression column } => column,
        ColumnExpression { Type: { Id: TypeId.Numeric, Precision: > 0 } } column => column,
        _ => null,
    };

    private static (ComparisonOperator Operator, ConstantExpression Constant)? Convert(SqlType type, ConstantExpression constant, ComparisonOperator op)
    {
        switch (type.Id, constant.Type.Id)
        {
            case (TypeId.Varchar, TypeId.Text):
                return (op, constant with { Type = SqlType.Varchar });
            case (TypeId.Int2 or TypeId.Int4 or TypeId.Int8, TypeId.Int2 or TypeId.Int4 or TypeId.Int8):
                var integer = System.Convert.ToInt64(constant.Value);
                object? narrow = type.Id switch
                {
                    TypeId.Int2 => integer is >= short.MinValue and <= short.MaxValue ? (short)integer : null,
                    TypeId.Int4 => integer is >= int.MinValue and <= int.MaxValue ? (int)integer : null,
                    _ => integer,
                };
                return narrow is null ? null : (op, new ConstantExpression(narrow, SqlType.Of(type.Id)) { Position = constant.Position });
            case (TypeId.Date, TypeId.Timestamp):
                return FromTimestamp((long)constant.Value!, constant, op);
            case (TypeId.Numeric, TypeId.Numeric) when type.Precision > 0 && constant.Type.Precision > 0 && constant.Type.Scale != type.Scale:
                return Rescale(type, constant, op);
            default:
                return null;
        }
    }

    private static (ComparisonOperator, ConstantExpression)? FromTimestamp(long microseconds, ConstantExpression constant, ComparisonOperator op)
    {
        var day = Math.DivRem(microseconds, MicrosecondsPerDay, out var rest);
        if (rest < 0)
        {
            day--;
            rest += MicrosecondsPerDay;
        }
        // Far enough from the sentinels for infinity and from the ends of int4.
        if (day is < -10_000_000 or > 100_000_000 || Between(op, rest != 0) is not { } moved)
            return null;
        return (moved, new ConstantExpression((int)day, SqlType.Date) { Position = constant.Position });
    }

    private static (ComparisonOperator, ConstantExpression)? Rescale(SqlType type, ConstantExpression constant, ComparisonOperator op)
    {
        var value = constant.Value is long small ? small : (Int128)constant.Value!;
        var difference = type.Scale - constant.Type.Scale;
        var factor = Int128.One;
        for (var i = 0; i < Math.Abs(difference); i++)
            factor *= 10;
        var between = false;
        if (difference > 0)
        {
            if (Int128.Abs(value) > Int128.MaxValue / factor / 4)
                return null;
            value *= factor;
        }
        else
        {
            var (quotient, remainder) = Int128.DivRem(value, factor);
            between = remainder != 0;
            value = remainder < 0 ? quotient - 1 : quotient; // the greatest value of the scale that is not above the constant
        }
        if (Between(op, between) is not { } moved)
            return null;
        var digits = 1;
        for (var rest = Int128.Abs(value) / 10; rest != 0; rest /= 10)
            digits++;
        if (digits > 38)
            return null;
        var precision = Math.Max(digits, Math.Max(1, type.Scale));
        // Same physical type as the column's where the value fits, so that no widening is needed.
        if (type.Precision > 18 && precision <= 18)
            precision = 19;
        if (type.Precision <= 18 && precision > 18)
            return null;
        var target = SqlType.NumericOf(precision, type.Scale);
        return (moved, new ConstantExpression(target.Physical == PhysicalType.Int64 ? (object)(long)value : value, target) { Position = constant.Position });
    }

    /// <summary>The operator against the value just below, when the constant itself lies between two values; null where that cannot be said.</summary>
    private static ComparisonOperator? Between(ComparisonOperator op, bool between) => !between ? op : op switch
    {
        ComparisonOperator.Less or ComparisonOperator.LessOrEqual => ComparisonOperator.LessOrEqual,
        ComparisonOperator.Greater or ComparisonOperator.GreaterOrEqual => ComparisonOperator.Greater,
        _ => null,
    };
}
