using OmenDb.Arrow;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Pipelines;
using OmenDb.Planner.Expressions;

namespace OmenDb.Engine.Operators;

/// <summary>Passes on the rows whose predicate is true; false and null both drop the row.</summary>
/// <remarks>Copies no values: the output shares the input's buffers under a shorter selection.</remarks>
internal sealed class FilterOperator(PhysicalOperator input, Expression predicate) : PhysicalOperator(input.Columns, input)
{
    private readonly CompiledPredicate _predicate = CompiledPredicate.Compile([predicate], input.Layout);

    public override string Name => "Filter";

    public override Physical.RowOrder Order => Children[0].Order;

    public override IEnumerable<(string Label, string Text)> Details => [("Filter", Physical.ExpressionText.Of(predicate))];

    public override List<Leg> Build(PipelineBuilder builder) => Through(Children[0].Build(builder), new Stage(this));

    private sealed class Stage(FilterOperator owner) : PipelineStage
    {
        public override int OperatorId => owner.Id;

        public override StageWorker CreateWorker(PlanRun run) => new Worker(owner._predicate, run);
    }

    private sealed class Worker(CompiledPredicate predicate, PlanRun run) : StageWorker
    {
        private readonly Frame _frame = predicate.CreateFrame(run.Context);
        private readonly Batch _output = new([], 0);
        private Selection? _selection;

        public override StageResult Push(Batch input, ref Batch? output)
        {
            if (_selection is null || _selection.Capacity < input.Length)
            {
                _selection?.Dispose();
                _selection = new Selection(Math.Max(input.Length, Batch.DefaultCapacity));
            }
            var kept = predicate.Select(_frame, input, _selection);
            if (kept == input.RowCount)
            {
                output = input;
                return StageResult.NeedsInput;
            }
            _output.Columns = input.Columns;
            _output.Length = input.Length;
            _output.Selection = _selection;
            output = _output;
            return StageResult.NeedsInput;
        }

        public override void Dispose()
        {
            _frame.Dispose();
            _selection?.Dispose();
        }
    }
}
