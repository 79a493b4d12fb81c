using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Expressions;

namespace OmenDb.Engine.Operators.Sets;

/// <summary>DISTINCT ON: passes the first row per key, in the order in which rows come.</summary>
internal sealed class DistinctOnOperator(PhysicalOperator input, IReadOnlyList<Expression> on) : PhysicalOperator(input.Columns, input)
{
    private readonly CompiledProgram _program = CompiledProgram.Compile(on, input.Layout);

    public override string Name => "Unique";

    public override List<Leg> Build(PipelineBuilder builder)
    {
        var legs = Through(Children[0].Build(builder), new Stage(this));
        foreach (var leg in legs)
            leg.Ordered = true;
        return legs;
    }

    private sealed class Stage(DistinctOnOperator owner) : PipelineStage
    {
        public override int OperatorId => owner.Id;

        public override StageWorker CreateWorker(PlanRun run) => new Worker(owner, run);
    }

    private sealed class Worker(DistinctOnOperator owner, PlanRun run) : StageWorker
    {
        // Shared by the legs of a union, one after the other.
        private readonly GroupTable _table = run.Shared(owner.Id, () => new GroupTable([.. owner._program.Roots.Select(r => r.Type)], run.Context));
        private readonly Frame _frame = owner._program.CreateFrame(run.Context);
        private readonly Vector[] _keys = Joins.HashJoinOperator.NewVectors(owner._program.Count);
        private readonly RowIndices _rows = new();
        private readonly RowIndices _groups = new();
        private readonly Batch _output = new([], 0);
        private Selection? _selection;

        public override unsafe StageResult Push(Batch input, ref Batch? output)
        {
            owner._program.Evaluate(_frame, input, _keys);
            var known = _table.Count;
            var rows = _rows.Selected(input, out var count);
            var groups = _groups.Reserve(input.Length);
            _table.FindOrAdd(_keys, rows, count, input.Length, groups);
            if (_selection is null || _selection.Capacity < input.Length)
            {
                _selection?.Dispose();
                _selection = new Selection(Math.Max(input.Length, Batch.DefaultCapacity));
            }
            _selection.IsSparse = false;
            Bits.Fill(_selection.Mask, input.Length, false);
            var seen = new bool[_table.Count - known];
            var kept = 0;
            for (var i = 0; i < count; i++)
            {
                var fresh = groups[rows[i]] - known;
                if (fresh < 0 || seen[fresh])
                    continue;
                seen[fresh] = true;
                Bits.Set(_selection.Mask, rows[i]);
                kept++;
            }
            _selection.Count = kept;
            _output.Columns = input.Columns;
            _output.Length = input.Length;
            _output.Selection = _selection;
            output = _output;
            return StageResult.NeedsInput;
        }

        public override void Dispose()
        {
            _frame.Dispose();
            foreach (var key in _keys)
                key.Dispose();
            _rows.Dispose();
            _groups.Dispose();
            _selection?.Dispose();
        }
    }
}
