using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Planner.Statistics;

namespace OmenDb.Planner.Rules;

/// <summary>Moves a selective semi or anti join down to the one input of an inner join that its condition reads: fewer rows to join.</summary>
internal sealed class SemiJoinPushdownRule : Rule
{
    /// <summary>Moved when at most this fraction of the rows is expected to stay.</summary>
    private const double MaxFraction = 0.5;

    public override string Name => "semi_join_pushdown";

    public override LogicalPlan Apply(LogicalPlan plan, RuleContext context)
    {
        var estimator = new CardinalityEstimator();
        return PlanTree.Rewrite(plan, node => node is Join { Kind: JoinKind.Semi or JoinKind.Anti, Dependent: false, Condition: not null } join
            && estimator.Rows(join) <= MaxFraction * estimator.Rows(join.Left) ? Sink(join) : node);
    }

    private static LogicalPlan Sink(Join semi)
    {
        var read = ExpressionTree.Columns(semi.Condition!);
        read.ExceptWith(semi.Right.Columns);
        switch (semi.Left)
        {
            case Join { Kind: JoinKind.Inner, Dependent: false, AsOf: null } inner when read.IsSubsetOf(inner.Left.Columns):
                return inner with { Left = Sink(semi with { Left = inner.Left }) };
            case Join { Kind: JoinKind.Inner, Dependent: false, AsOf: null } inner when read.IsSubsetOf(inner.Right.Columns):
                return inner with { Right = Sink(semi with { Left = inner.Right }) };
            case Join { Kind: JoinKind.Semi or JoinKind.Anti, Dependent: false } other when read.IsSubsetOf(other.Left.Columns):
                return other with { Left = Sink(semi with { Left = other.Left }) };
            case Filter filter:
                return filter with { Input = Sink(semi with { Left = filter.Input }) };
            default:
                return semi;
        }
    }
}
