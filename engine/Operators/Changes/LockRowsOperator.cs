using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Changes;

/// <summary>SELECT ... FOR UPDATE/SHARE: locks rows as they pass; rows that are gone or skipped are dropped.</summary>
internal sealed class LockRowsOperator(LockRows plan, PhysicalOperator input) : PhysicalOperator(input.Columns, input)
{
    public override string Name => "LockRows";

    public override List<Leg> Build(PipelineBuilder builder)
    {
        var legs = Through(Children[0].Build(builder), new Stage(this));
        foreach (var leg in legs)
            leg.Ordered = true;
        return legs;
    }

    private LockRows Plan => plan;

    private sealed class Stage(LockRowsOperator owner) : PipelineStage
    {
        public override int OperatorId => owner.Id;

        public override StageWorker CreateWorker(PlanRun run) => new Worker(owner, run);
    }

    private sealed class Worker(LockRowsOperator owner, PlanRun run) : StageWorker
    {
        private readonly Rows.RowIndices _rows = new();
        private readonly Batch _output = new([], 0);
        private Selection? _selection;

        public override unsafe StageResult Push(Batch input, ref Batch? output)
        {
            if (_selection is null || _selection.Capacity < input.Length)
            {
                _selection?.Dispose();
                _selection = new Selection(Math.Max(input.Length, Batch.DefaultCapacity));
            }
            var rows = _rows.Selected(input, out var count);
            _selection.IsSparse = false;
            Bits.FromIndices(rows, count, _selection.Mask, input.Length);
            var ids = new long[count];
            var places = new int[count];
            foreach (var (table, rowId) in owner.Plan.Targets)
            {
                if (table.Handle is not ITableTarget target)
                    throw new SqlException(SqlState.WrongObjectType, $"cannot lock rows in relation \"{table.Name}\"");
                var column = input.Columns[owner.Children[0].Layout[rowId]];
                var taken = 0;
                for (var i = 0; i < count; i++)
                {
                    if (!Bits.Get(_selection.Mask, rows[i]) || !column.IsValid(rows[i]))
                        continue;
                    places[taken] = rows[i];
                    ids[taken++] = column.Get<long>(rows[i]);
                }
                var locked = new bool[taken];
                target.Lock(run.Context, ids.AsSpan(0, taken), owner.Plan.Strength, owner.Plan.Wait, locked);
                for (var i = 0; i < taken; i++)
                {
                    if (!locked[i])
                        Bits.Clear(_selection.Mask, places[i]);
                }
            }
            _selection.Count = Bits.PopCount(_selection.Mask, input.Length);
            _output.Columns = input.Columns;
            _output.Length = input.Length;
            _output.Selection = _selection;
            output = _output;
            return StageResult.NeedsInput;
        }

        public override void Dispose()
        {
            _rows.Dispose();
            _selection?.Dispose();
        }
    }
}
