using System.Collections.Immutable;
using OmenDb.Planner.Rules.Decorrelation;

namespace OmenDb.Planner.Rules;

/// <summary>The optimiser's rules in the order of application. A new rule is one file and one line here.</summary>
public static class RuleList
{
    public static readonly ImmutableArray<Rule> All =
    [
        new SimplificationRule(),
        new DecorrelationRule(),
        new SargableRewriteRule(),
        new MarkJoinRule(),
        new FilterPushdownRule(),
        new SemiJoinPushdownRule(),
        new JoinOrderRule(),
        new IndexExpressionRule(),
        new GroupKeyRule(),
        new ColumnPruningRule(),
    ];
}
