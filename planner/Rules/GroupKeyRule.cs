using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Planner.Statistics;

namespace OmenDb.Planner.Rules;

/// <summary>Tells group keys that the others determine: they are carried along, neither hashed nor compared. GROUP BY c_custkey, c_name, c_address, ...
/// with the primary key among them groups by that key alone.</summary>
internal sealed class GroupKeyRule : RewriteRule
{
    public override string Name => "group_keys";

    protected override LogicalPlan Rewrite(LogicalPlan node, RuleContext context)
    {
        if (node is not Aggregate { Groups.Length: > 1, GroupingSets.IsDefault: true } aggregate)
            return node;
        var dependencies = new Dependencies(aggregate.Input);
        var determining = Enumerable.Range(0, aggregate.Groups.Length).ToList();
        // What is expensive to hash and compare goes first; of equals, what stands last.
        foreach (var candidate in determining.OrderByDescending(i => Weight(aggregate.Groups[i].Expression)).ThenByDescending(i => i).ToArray())
        {
            var expression = aggregate.Groups[candidate].Expression;
            if (determining.Count == 1 || ExpressionTree.IsVolatile(expression) || !Dependencies.IsPlain(expression))
                continue;
            var known = dependencies.Closure(determining.Where(i => i != candidate).Select(i => aggregate.Groups[i].Expression).OfType<ColumnExpression>().Select(c => c.Column));
            if (ExpressionTree.Columns(expression).IsSubsetOf(known))
                determining.Remove(candidate);
        }
        return determining.Count == aggregate.Groups.Length ? node
            : aggregate with { Determined = [.. Enumerable.Range(0, aggregate.Groups.Length).Except(determining)] };
    }

    private static int Weight(Expression key) => key.Type.Physical switch
    {
        PhysicalType.View or PhysicalType.List => 3,
        PhysicalType.Int128 or PhysicalType.Interval => 2,
        _ => key is ColumnExpression ? 0 : 1,
    };
}
