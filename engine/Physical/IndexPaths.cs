using OmenDb.Engine.Operators;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Plans;

namespace OmenDb.Engine.Physical;

/// <summary>Access through indexes.</summary>
internal static class IndexPaths
{
    public static PhysicalOperator? TryPlan(Scan scan, ITableSource source) => null;

    public static PhysicalOperator? TryOrdered(Sort sort) => null;
}
