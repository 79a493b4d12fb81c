using OmenDb.Arrow;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Pipelines;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;

namespace OmenDb.Engine.Operators;

/// <summary>Computes output columns; the input's selection stays.</summary>
internal sealed class ProjectOperator(PhysicalOperator input, IReadOnlyList<Projection> projections)
    : PhysicalOperator([.. projections.Select(p => p.Output)], input)
{
    private readonly CompiledProgram _program = CompiledProgram.Compile(projections.Select(p => (p.Expression, p.Output.Type)), input.Layout);

    public IReadOnlyList<Projection> Projections => projections;

    /// <summary>The input's column that an output column is, unchanged; null: it is computed.</summary>
    public Column? SourceOf(Column output) =>
        projections.FirstOrDefault(p => ReferenceEquals(p.Output, output)) is { Expression: ColumnExpression source } ? source.Column : null;

    public override string Name => "Project";

    public override Physical.RowOrder Order =>
        Children[0].Order.Through([.. projections.Select(p => (p.Output, (p.Expression as ColumnExpression)?.Column))]);

    public override IEnumerable<(string Label, string Text)> Details => [("Output", string.Join(", ", projections.Select(p => Physical.ExpressionText.Of(p.Expression))))];

    public override List<Leg> Build(PipelineBuilder builder) => Through(Children[0].Build(builder), new Stage(this));

    private sealed class Stage(ProjectOperator owner) : PipelineStage
    {
        public override int OperatorId => owner.Id;

        public override StageWorker CreateWorker(PlanRun run) => new Worker(owner._program, run);
    }

    private sealed class Worker(CompiledProgram program, PlanRun run) : StageWorker
    {
        private readonly Frame _frame = program.CreateFrame(run.Context);
        private readonly Batch _output = new(program.Count);

        public override StageResult Push(Batch input, ref Batch? output)
        {
            program.Evaluate(_frame, input, _output.Columns);
            _output.Length = input.Length;
            _output.Selection = input.Selection;
            output = _output;
            return StageResult.NeedsInput;
        }

        public override void Dispose()
        {
            _frame.Dispose();
            _output.Dispose();
        }
    }
}
