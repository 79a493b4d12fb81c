using OmenDb.Planner.Expressions;

namespace OmenDb.Planner.Rules;

/// <summary>Whether a predicate can be true when some columns are null. Conservative: false means "do not know".</summary>
internal static class NullRejection
{
    /// <summary>True when the predicate is false or null for every row in which all of <paramref name="columns"/> are null.</summary>
    public static bool Rejects(Expression predicate, IReadOnlyCollection<Column> columns) => predicate switch
    {
        ComparisonExpression { Operator: not (ComparisonOperator.IsDistinctFrom or ComparisonOperator.IsNotDistinctFrom) } c =>
            IsNull(c.Left, columns) || IsNull(c.Right, columns),
        LogicalExpression { IsAnd: true } and => and.Operands.Any(o => Rejects(o, columns)),
        LogicalExpression or => or.Operands.All(o => Rejects(o, columns)),
        NullTestExpression { Negated: true } test => IsNull(test.Operand, columns),
        BooleanTestExpression { Test: BooleanTest.IsTrue or BooleanTest.IsFalse or BooleanTest.IsNotUnknown } test => IsNull(test.Operand, columns),
        InListExpression list => IsNull(list.Operand, columns),
        _ => IsNull(predicate, columns),
    };

    /// <summary>True when the expression is null whenever all of the columns are.</summary>
    private static bool IsNull(Expression expression, IReadOnlyCollection<Column> columns) => expression switch
    {
        ColumnExpression c => columns.Contains(c.Column),
        CastExpression cast => IsNull(cast.Operand, columns),
        FunctionExpression { Function.Strict: true } f => f.Arguments.Any(a => IsNull(a, columns)),
        ComparisonExpression { Operator: not (ComparisonOperator.IsDistinctFrom or ComparisonOperator.IsNotDistinctFrom) } c =>
            IsNull(c.Left, columns) || IsNull(c.Right, columns),
        NotExpression not => IsNull(not.Operand, columns),
        _ => false,
    };
}
