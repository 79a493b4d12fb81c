using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Rows;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Changes;

/// <summary>SELECT ... FOR UPDATE/SHARE: locks rows as they pass; rows that are gone or skipped are dropped. A row that was changed meanwhile (READ COMMITTED)
/// passes as it is now, if the query still gives it.</summary>
internal sealed class LockRowsOperator : PhysicalOperator
{
    private readonly Recheck _recheck;
    private readonly int[] _markPositions;
    private readonly int[] _targetMarks; // which mark each target is

    public LockRowsOperator(LockRows plan, PhysicalOperator input, Physical.PhysicalPlanner planner) : base(input.Columns, input)
    {
        Plan = plan;
        _recheck = new Recheck(plan.Input, [.. plan.Targets.Select(t => t.RowId), .. plan.Marks], input.Columns, planner);
        _markPositions = [.. _recheck.Marks.Select(m => input.Layout[m])];
        _targetMarks = [.. plan.Targets.Select(t => _recheck.Marks.IndexOf(t.RowId))];
    }

    public override string Name => "LockRows";

    /// <summary>A limit above takes what it wants: no row is locked before the one before it has passed.</summary>
    public bool OneByOne { get; set; }

    public override List<Leg> Build(PipelineBuilder builder)
    {
        var legs = Through(Children[0].Build(builder), new Stage(this));
        foreach (var leg in legs)
            leg.Ordered = true;
        return legs;
    }

    private LockRows Plan { get; }

    private sealed class Stage(LockRowsOperator owner) : PipelineStage
    {
        public override int OperatorId => owner.Id;

        public override StageWorker CreateWorker(PlanRun run) => new Worker(owner, run);
    }

    private sealed unsafe class Worker(LockRowsOperator owner, PlanRun run) : StageWorker
    {
        private readonly RowIndices _rows = new();
        private readonly Batch _output = new([], 0);
        private readonly Batch _settled = new(owner.Columns.Length);
        private Selection? _selection;
        private RowStore? _store;
        private int _next; // of the selected rows of the batch that is under way

        public override StageResult Push(Batch input, ref Batch? output)
        {
            var rows = _rows.Selected(input, out var count);
            var size = owner.OneByOne ? 1 : count;
            output = Pass(input, rows + _next, Math.Min(size, count - _next));
            _next += size;
            if (_next < count)
                return StageResult.HasMoreOutput;
            _next = 0;
            return StageResult.NeedsInput;
        }

        private Batch Pass(Batch input, int* rows, int count)
        {
            // By row: the most that has happened to one of its locks.
            var fates = new RowLockResult[count];
            var targets = owner.Plan.Targets;
            var ids = new long[count];
            var places = new int[count];
            var results = new RowLockResult[count];
            var changed = new bool[count * targets.Length];
            var anyChanged = false;
            ITableTarget? any = null;
            for (var t = 0; t < targets.Length; t++)
            {
                if (targets[t].Table.Handle is not ITableTarget target)
                    throw new SqlException(SqlState.WrongObjectType, $"cannot lock rows in relation \"{targets[t].Table.Name}\"");
                any = target;
                var column = input.Columns[owner._markPositions[owner._targetMarks[t]]];
                var taken = 0;
                for (var i = 0; i < count; i++)
                {
                    if (fates[i] is RowLockResult.Gone or RowLockResult.Skipped || !column.IsValid(rows[i]))
                        continue;
                    places[taken] = i;
                    ids[taken++] = column.Get<long>(rows[i]);
                }
                target.LockRows(run.Context, ids.AsSpan(0, taken), owner.Plan.Strength, owner.Plan.Wait, results);
                for (var i = 0; i < taken; i++)
                {
                    if (results[i] == RowLockResult.Same)
                        continue;
                    fates[places[i]] = results[i];
                    changed[t * count + places[i]] = results[i] == RowLockResult.Changed;
                    anyChanged |= results[i] == RowLockResult.Changed;
                }
            }
            return anyChanged ? Settle(input, rows, count, fates, changed, any!) : Select(input, rows, fates);
        }

        private Batch Select(Batch input, int* rows, RowLockResult[] fates)
        {
            if (_selection is null || _selection.Capacity < input.Length)
            {
                _selection?.Dispose();
                _selection = new Selection(Math.Max(input.Length, Batch.DefaultCapacity));
            }
            var kept = 0;
            _selection.IsSparse = false;
            Bits.Fill(_selection.Mask, input.Length, false);
            for (var i = 0; i < fates.Length; i++)
            {
                if (fates[i] != RowLockResult.Same)
                    continue;
                Bits.Set(_selection.Mask, rows[i]);
                kept++;
            }
            _selection.Count = kept;
            _output.Columns = input.Columns;
            _output.Length = input.Length;
            _output.Selection = _selection;
            return _output;
        }

        private Batch Settle(Batch input, int* rows, int count, RowLockResult[] fates, bool[] changed, ITableTarget any)
        {
            using var newest = any.OpenNewest(run.Context);
            _store ??= new RowStore([.. owner.Columns.Select(c => c.Type)], run.Context);
            _store.Clear();
            var marks = new FixedRows?[owner._markPositions.Length];
            for (var i = 0; i < count; i++)
            {
                if (fates[i] is RowLockResult.Gone or RowLockResult.Skipped)
                    continue;
                var isChanged = false;
                for (var t = 0; t < owner.Plan.Targets.Length; t++)
                    isChanged |= changed[t * count + i];
                if (!isChanged)
                {
                    var row = rows[i];
                    _store.Append(input.Columns, &row, 1);
                    continue;
                }
                for (var m = 0; m < marks.Length; m++)
                {
                    var column = input.Columns[owner._markPositions[m]];
                    var t = Array.IndexOf(owner._targetMarks, m);
                    var scope = t >= 0 && changed[t * count + i] ? newest.Context.Transaction : run.Context.Transaction;
                    marks[m] = column.IsValid(rows[i]) ? new FixedRows([column.Get<long>(rows[i])], scope) : null;
                }
                owner._recheck.TryAppend(run, marks, _store);
            }
            var views = _store.Views();
            for (var i = 0; i < views.Length; i++)
                _settled.Columns[i].Reference(views[i]);
            _settled.Length = _store.Count;
            _settled.Selection = null;
            return _settled;
        }

        public override void Dispose()
        {
            _rows.Dispose();
            _selection?.Dispose();
            _store?.Dispose();
            _settled.Dispose();
        }
    }
}
