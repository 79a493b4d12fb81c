using OmenDb.Planner.Expressions;

namespace OmenDb.Planner.Plans;

/// <summary>What is known not to be null in the rows of a plan, outer joins considered.</summary>
public static class Nullability
{
    /// <summary>True when the expression over the plan's columns is never null; false: not known.</summary>
    public static bool IsNeverNull(LogicalPlan plan, Expression expression) => expression switch
    {
        ConstantExpression constant => !constant.IsNull,
        ColumnExpression column => IsNeverNull(plan, column.Column),
        CastExpression cast => IsNeverNull(plan, cast.Operand),
        NullTestExpression or BooleanTestExpression => true,
        _ => false,
    };

    /// <summary>True when the column is never null in the plan's rows; false: not known.</summary>
    public static bool IsNeverNull(LogicalPlan plan, Column column) => plan switch
    {
        Scan scan => !column.Nullable && scan.Columns.Contains(column)
            || scan.Filters.Any(f => Rules.NullRejection.Rejects(f, [column])),
        Filter filter => IsNeverNull(filter.Input, column) || ExpressionTree.Conjuncts(filter.Predicate).Any(c => Rules.NullRejection.Rejects(c, [column])),
        Project project => project.Projections.FirstOrDefault(p => ReferenceEquals(p.Output, column)) is { } projection
            && IsNeverNull(project.Input, projection.Expression),
        Join join => IsNeverNullInJoin(join, column),
        Aggregate aggregate when aggregate.GroupingSets.IsDefault =>
            aggregate.Groups.FirstOrDefault(g => ReferenceEquals(g.Output, column)) is { } group && IsNeverNull(aggregate.Input, group.Expression)
            || aggregate.Calls.Any(c => ReferenceEquals(c.Output, column) && !column.Nullable),
        Sort or Limit or Distinct or LockRows => IsNeverNull(plan.Children[0], column),
        Window window when window.Input.Columns.Contains(column) => IsNeverNull(window.Input, column),
        _ => false,
    };

    private static bool IsNeverNullInJoin(Join join, Column column)
    {
        var left = join.Kind is not (JoinKind.Right or JoinKind.Full) && join.Left.Columns.Contains(column) && IsNeverNull(join.Left, column);
        var right = join.Kind is JoinKind.Inner or JoinKind.Right && join.Right.Columns.Contains(column) && IsNeverNull(join.Right, column);
        return left || right || ReferenceEquals(join.Mark, column) && !column.Nullable;
    }
}
