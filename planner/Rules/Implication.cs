using OmenDb.Planner.Expressions;

namespace OmenDb.Planner.Rules;

/// <summary>Whether a condition that is true makes another one true. Says no where it does not know.</summary>
internal static class Implication
{
    public static bool Implies(Expression known, Expression wanted)
    {
        if (ExpressionTree.Same(known, wanted))
            return true;
        switch (wanted)
        {
            case LogicalExpression { IsAnd: true } and:
                return and.Operands.All(o => Implies(known, o));
            case LogicalExpression { IsAnd: false } some when some.Operands.Any(o => Implies(known, o)):
                return true;
            case NullTestExpression { Negated: true } test when IsStrict(known, test.Operand):
                return true;
            case BooleanTestExpression { Test: BooleanTest.IsTrue, Operand: var operand }:
                return Implies(known, operand);
        }
        switch (known)
        {
            case LogicalExpression { IsAnd: true } and:
                return and.Operands.Any(o => Implies(o, wanted));
            case LogicalExpression { IsAnd: false } some:
                return some.Operands.All(o => Implies(o, wanted));
            case InListExpression { Negated: false } list:
                return list.Items.All(i => Implies(new ComparisonExpression(ComparisonOperator.Equal, list.Operand, i), wanted));
            case BooleanTestExpression { Test: BooleanTest.IsTrue, Operand: var operand }:
                return Implies(operand, wanted);
            default:
                return Bound(known) is var (left, has, value) && wanted is InListExpression { Negated: false } several
                    ? has == ComparisonOperator.Equal && ExpressionTree.Same(left, several.Operand) && several.Items.Any(i => ExpressionTree.Same(i, value))
                    : Compares(known, wanted);
        }
    }

    /// <summary>Null in the operand makes the condition null or false.</summary>
    private static bool IsStrict(Expression known, Expression operand) => known switch
    {
        ComparisonExpression { Operator: not (ComparisonOperator.IsDistinctFrom or ComparisonOperator.IsNotDistinctFrom) } c => Rests(c.Left, operand) || Rests(c.Right, operand),
        InListExpression { Negated: false } list => Rests(list.Operand, operand),
        ArrayComparisonExpression { All: false } any => Rests(any.Left, operand),
        FunctionExpression { Function.Strict: true } f => f.Arguments.Any(a => Rests(a, operand)),
        LogicalExpression { IsAnd: true } and => and.Operands.Any(o => IsStrict(o, operand)),
        LogicalExpression some => some.Operands.All(o => IsStrict(o, operand)),
        ColumnExpression => ExpressionTree.Same(known, operand),
        NotExpression not => IsStrict(not.Operand, operand),
        _ => false,
    };

    private static bool Rests(Expression expression, Expression operand) => ExpressionTree.Same(expression, operand) || expression switch
    {
        CastExpression cast => Rests(cast.Operand, operand),
        FunctionExpression { Function.Strict: true } f => f.Arguments.Any(a => Rests(a, operand)),
        _ => false,
    };

    private static (Expression Left, ComparisonOperator Operator, ConstantExpression Value)? Bound(Expression expression) => expression switch
    {
        ComparisonExpression { Right: ConstantExpression { Value: not null } right } c => (c.Left, c.Operator, right),
        ComparisonExpression { Left: ConstantExpression { Value: not null } left } c => (c.Right, Statistics.CardinalityEstimator.Mirror(c.Operator), left),
        _ => null,
    };

    /// <summary>x &gt; 5 says x &gt; 3; x = 7 says x &lt;&gt; 6.</summary>
    private static bool Compares(Expression known, Expression wanted)
    {
        if (Bound(known) is not var (left, has, value) || Bound(wanted) is not var (right, wants, limit) || !ExpressionTree.Same(left, right)
            || value.Type.Physical != limit.Type.Physical || value.Type.Scale != limit.Type.Scale || Order(value.Value!, limit.Value!) is not { } order)
            return false;
        return wants switch
        {
            ComparisonOperator.Equal => has == ComparisonOperator.Equal && order == 0,
            ComparisonOperator.Greater => has is ComparisonOperator.Greater && order >= 0 || has is ComparisonOperator.Equal or ComparisonOperator.GreaterOrEqual && order > 0,
            ComparisonOperator.GreaterOrEqual => has is ComparisonOperator.Greater or ComparisonOperator.GreaterOrEqual or ComparisonOperator.Equal && order >= 0,
            ComparisonOperator.Less => has is ComparisonOperator.Less && order <= 0 || has is ComparisonOperator.Equal or ComparisonOperator.LessOrEqual && order < 0,
            ComparisonOperator.LessOrEqual => has is ComparisonOperator.Less or ComparisonOperator.LessOrEqual or ComparisonOperator.Equal && order <= 0,
            ComparisonOperator.NotEqual => has switch
            {
                ComparisonOperator.Equal => order != 0,
                ComparisonOperator.Greater => order >= 0,
                ComparisonOperator.GreaterOrEqual => order > 0,
                ComparisonOperator.Less => order <= 0,
                ComparisonOperator.LessOrEqual => order < 0,
                _ => false,
            },
            _ => false,
        };
    }

    /// <summary>Null: values whose order is not that of their memory, or texts, which are compared by their bytes.</summary>
    private static int? Order(object left, object right) => (left, right) switch
    {
        (short a, short b) => a.CompareTo(b),
        (int a, int b) => a.CompareTo(b),
        (long a, long b) => a.CompareTo(b),
        (Int128 a, Int128 b) => a.CompareTo(b),
        (double a, double b) when !double.IsNaN(a) && !double.IsNaN(b) => a.CompareTo(b),
        (string a, string b) => System.Text.Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(b)),
        (bool a, bool b) => a.CompareTo(b),
        _ => null,
    };
}
