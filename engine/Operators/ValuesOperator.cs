using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Expressions;

namespace OmenDb.Engine.Operators;

/// <summary>Literal rows. One row of no columns is SELECT without FROM.</summary>
internal sealed class ValuesOperator : PhysicalOperator
{
    private readonly CompiledProgram[] _rows;

    public ValuesOperator(ImmutableArray<Column> outputs, ImmutableArray<ImmutableArray<Expression>> rows) : base(outputs)
    {
        _rows = [.. rows.Select(row => CompiledProgram.Compile(row.Select((e, i) => (e, outputs[i].Type)), ColumnLayout.Empty))];
        EstimatedRows = rows.Length;
    }

    public override string Name => _rows.Length == 1 ? "Result" : "Values Scan";

    public override List<Leg> Build(PipelineBuilder builder) => [new Leg(new Source(this))];

    private sealed class Source(ValuesOperator owner) : PipelineSource
    {
        public override int OperatorId => owner.Id;

        public override SourceState Open(PlanRun run) => new State(owner, run);
    }

    private sealed class State(ValuesOperator owner, PlanRun run) : SourceState
    {
        public override SourceWorker CreateWorker() => new Worker(owner, run);
    }

    private sealed class Worker(ValuesOperator owner, PlanRun run) : SourceWorker
    {
        private readonly Batch _batch = new(owner.Columns.Length);
        private readonly Batch _one = new(0) { Length = 1 };
        private readonly List<Frame> _frames = [];
        private ColumnBuilder[]? _builders;
        private int _next;

        public override bool Next(out Batch batch)
        {
            batch = _batch;
            if (_next >= owner._rows.Length)
                return false;
            if (owner._rows.Length == 1)
            {
                _next = 1;
                var frame = owner._rows[0].CreateFrame(run.Context);
                _frames.Add(frame);
                owner._rows[0].Evaluate(frame, _one, _batch.Columns);
                _batch.Length = 1;
                return true;
            }
            _builders ??= [.. owner.Columns.Select(c => new ColumnBuilder(c.Type.Arrow))];
            foreach (var builder in _builders)
                builder.Clear();
            var count = 0;
            for (; count < run.BatchCapacity && _next < owner._rows.Length; count++, _next++)
            {
                using var frame = owner._rows[_next].CreateFrame(run.Context);
                for (var i = 0; i < _builders.Length; i++)
                    _builders[i].AppendFrom(owner._rows[_next].Evaluate(frame, _one, i), 0);
            }
            for (var i = 0; i < _builders.Length; i++)
                _batch.Columns[i].Reference(_builders[i].View());
            _batch.Length = count;
            return true;
        }

        public override void Dispose()
        {
            foreach (var frame in _frames)
                frame.Dispose();
            foreach (var builder in _builders ?? [])
                builder.Dispose();
            _batch.Dispose();
        }
    }
}
