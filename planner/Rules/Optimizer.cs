using OmenDb.Planner.Binding;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Plans;

namespace OmenDb.Planner.Rules;

/// <summary>Runs the rules over a bound plan.</summary>
public static class Optimizer
{
    /// <param name="bound">From the binder.</param>
    /// <param name="catalog">The catalog that it was bound against.</param>
    /// <param name="isOff">Tells which switchable rules are off; null: none.</param>
    public static LogicalPlan Optimize(BoundStatement bound, IPlannerCatalog catalog, Func<string, bool>? isOff = null)
    {
        var context = new RuleContext(catalog, bound.NextColumnId, bound.ParameterTypes.Length) { IsOff = isOff };
        return Run(bound.Plan, context);
    }

    internal static LogicalPlan Run(LogicalPlan plan, RuleContext context)
    {
        foreach (var rule in RuleList.All)
        {
            if (rule.IsSwitchable && context.IsOff is not null && context.IsOff(rule.Name))
                continue;
            plan = rule.Apply(plan, context);
        }
        return plan;
    }
}
