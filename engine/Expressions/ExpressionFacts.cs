using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;

namespace OmenDb.Engine.Expressions;

/// <summary>What the physical planner asks about bound expressions.</summary>
internal static class ExpressionFacts
{
    public static IEnumerable<Expression> Children(Expression expression) => expression switch
    {
        FunctionExpression f => f.Arguments,
        CastExpression c => [c.Operand],
        ComparisonExpression c => [c.Left, c.Right],
        LogicalExpression l => l.Operands,
        NotExpression n => [n.Operand],
        NullTestExpression n => [n.Operand],
        BooleanTestExpression b => [b.Operand],
        CaseExpression c => c.Branches.SelectMany(b => new[] { b.When, b.Then }).Append(c.Else),
        ConditionalExpression c => c.Arguments,
        InListExpression i => i.Items.Prepend(i.Operand),
        ArrayComparisonExpression a => [a.Left, a.Array],
        ArrayExpression a => a.Elements,
        SubscriptExpression s => [s.Array, s.Index],
        RowExpression r => r.Fields,
        InnerPlanExpression i => i.Arguments,
        _ => [],
    };

    public static IEnumerable<Column> Columns(Expression expression) =>
        expression is ColumnExpression c ? [c.Column] : Children(expression).SelectMany(Columns);

    /// <summary>Names only columns of the layout.</summary>
    public static bool IsOver(Expression expression, ColumnLayout layout) => Columns(expression).All(c => layout.TryGet(c, out _));

    /// <summary>No columns and nothing volatile: one value per execution.</summary>
    public static bool IsRowFree(Expression expression) => !Columns(expression).Any() && !IsVolatile(expression);

    public static bool IsVolatile(Expression expression) =>
        expression is FunctionExpression { Function.Volatility: Volatility.Volatile } || Children(expression).Any(IsVolatile);
}
