using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Plans;

namespace OmenDb.Engine;

/// <summary>The session's door to the physical planner.</summary>
internal static class PlanCompiler
{
    public static ExecutablePlan Compile(LogicalPlan plan, ImmutableArray<OutputColumn> outputs) => throw Types.SqlException.NotSupported("execution");
}
