using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>The session's door to the physical planner.</summary>
internal static class PlanCompiler
{
    public static ExecutablePlan Compile(LogicalPlan plan, ImmutableArray<OutputColumn> outputs, Physical.PatternProbes patterns) =>
        new Compiled(QueryExecutor.Compile(plan, patterns));

    private sealed class Compiled(PreparedPlan plan) : ExecutablePlan
    {
        public override PlanExecution Start(ExecutionContext context) => new Running(plan.Execute(context));

        public override Physical.PointPlan? Point => plan.Point;

        public override IReadOnlyList<string> Explain(ExplainOptions options, PlanExecution? execution) =>
            execution is Running running ? running.Cursor.ExplainAnalyze(options.Verbose) : plan.Explain(options.Verbose);
    }

    private sealed class Running(ResultCursor cursor) : PlanExecution
    {
        public ResultCursor Cursor => cursor;

        public override bool Next(out Batch batch) => cursor.NextBatch(out batch);

        public override long RowsAffected => cursor.RowsAffected;

        public override void Dispose() => cursor.Dispose();
    }
}
