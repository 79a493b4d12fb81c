using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;

namespace OmenDb.Planner.Rules;

/// <summary>A filter on nothing but a mark join's column: a semi join where the mark must be true, an anti join where it must be false
/// and cannot be null (NOT IN without nulls on either side, NOT EXISTS).</summary>
internal sealed class MarkJoinRule : RewriteRule
{
    public override string Name => "mark_join";

    protected override LogicalPlan Rewrite(LogicalPlan node, RuleContext context)
    {
        if (node is not Filter { Input: Join { Kind: JoinKind.Mark } join } filter)
            return node;
        var conjuncts = ExpressionTree.Conjuncts(filter.Predicate);
        var about = conjuncts.Where(c => ExpressionTree.Columns(c).Contains(join.Mark!)).ToList();
        JoinKind? kind = about switch
        {
            [ColumnExpression] => JoinKind.Semi,
            [NotExpression { Operand: ColumnExpression }] when NeverNull(join) => JoinKind.Anti,
            _ => null,
        };
        if (kind is null)
            return node;
        // Only true counts for a semi or anti join: a plain comparison can become a hash key.
        var condition = ExpressionTree.And([.. ExpressionTree.Conjuncts(join.Condition)
            .Select(c => c is BooleanTestExpression { Test: BooleanTest.IsTrue } test ? test.Operand : c)]);
        LogicalPlan plan = join with { Kind = kind.Value, Mark = null, Condition = condition };
        if (ExpressionTree.And(conjuncts.Where(c => !about.Contains(c))) is { } rest)
            plan = new Filter(plan, rest);
        // The mark stays a column of the plan: other nodes may still name it.
        var value = kind == JoinKind.Semi ? ConstantExpression.True : ConstantExpression.False;
        return new Project(plan, [.. filter.Columns.Select(c => new Projection(c, ReferenceEquals(c, join.Mark) ? value : new ColumnExpression(c)))]);
    }

    /// <summary>Every comparison of the condition is between operands that are never null: then it is true or false. No condition: EXISTS.</summary>
    private static bool NeverNull(Join join) => ExpressionTree.Conjuncts(join.Condition).All(c => c switch
    {
        ComparisonExpression { Operator: ComparisonOperator.IsDistinctFrom or ComparisonOperator.IsNotDistinctFrom } => true,
        ComparisonExpression comparison => IsNeverNull(join, comparison.Left) && IsNeverNull(join, comparison.Right),
        BooleanTestExpression => true,
        _ => false,
    });

    private static bool IsNeverNull(Join join, Expression operand) =>
        Nullability.IsNeverNull(join.Left, operand) || Nullability.IsNeverNull(join.Right, operand);
}
