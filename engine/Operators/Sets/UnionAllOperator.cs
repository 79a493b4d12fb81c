using System.Collections.Immutable;
using OmenDb.Engine.Pipelines;
using OmenDb.Planner.Expressions;

namespace OmenDb.Engine.Operators.Sets;

/// <summary>One input after the other. The inputs' columns correspond by position and have the output's types.</summary>
internal sealed class UnionAllOperator(ImmutableArray<Column> outputs, PhysicalOperator left, PhysicalOperator right) : PhysicalOperator(outputs, left, right)
{
    public override string Name => "Append";

    public override List<Leg> Build(PipelineBuilder builder) => [.. Children[0].Build(builder), .. Children[1].Build(builder)];
}
