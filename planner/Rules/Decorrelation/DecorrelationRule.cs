using OmenDb.Planner.Plans;

namespace OmenDb.Planner.Rules.Decorrelation;

/// <summary>Lowers subqueries to joins and removes every correlation: the engine runs no nested plan per row.</summary>
internal sealed class DecorrelationRule : Rule
{
    public override string Name => "decorrelation";

    public override bool IsSwitchable => false;

    public override LogicalPlan Apply(LogicalPlan plan, RuleContext context) =>
        new DependentJoinRemoval(context).Remove(new SubqueryLowering(context).Lower(plan));
}
