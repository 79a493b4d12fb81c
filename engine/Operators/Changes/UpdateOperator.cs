using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Pipelines;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Changes;

/// <summary>Which rows of a piece are written: each target row once per statement (the first match wins), and only while it exists.</summary>
internal sealed unsafe class TargetRows : IDisposable
{
    private readonly HashSet<long> _seen = [];
    private readonly Rows.RowIndices _rows = new();

    /// <summary>Row numbers within the piece; their ids go to <paramref name="ids"/>.</summary>
    public int* Take(Vector rowIds, int length, long[] ids, out int count)
    {
        var rows = _rows.Reserve(length);
        count = 0;
        for (var row = 0; row < length; row++)
        {
            if (!rowIds.IsValid(row))
                continue; // the null-extended side of an outer join
            var id = rowIds.Get<long>(row);
            if (!_seen.Add(id))
                continue;
            ids[count] = id;
            rows[count++] = row;
        }
        return rows;
    }

    public void Dispose() => _rows.Dispose();
}

internal sealed class UpdateOperator : ChangeOperator
{
    private readonly Update _update;
    private readonly CompiledProgram _values;
    private readonly int _rowId;
    private readonly int[] _ordinals;
    private readonly SecondLook _secondLook;

    public UpdateOperator(Update plan, PhysicalOperator input, Physical.PhysicalPlanner planner) : base(plan, input)
    {
        _update = plan;
        _values = CompiledProgram.Compile(plan.Assignments.Select(a => (a.Value, plan.RowColumns[a.Ordinal].Type)), input.Layout);
        _rowId = input.Layout[plan.RowId];
        _ordinals = [.. plan.Assignments.Select(a => a.Ordinal)];
        _secondLook = new SecondLook(plan.Input, input, [plan.RowId, .. plan.Marks], planner);
    }

    protected override ChangeWorker CreateWorker(PlanRun run) => new Worker(this, run);

    private sealed unsafe class Worker(UpdateOperator owner, PlanRun run) : ChangeWorker(owner, run)
    {
        private readonly TargetRows _targets = new();
        private readonly Frame _frame = owner._values.CreateFrame(run.Context);
        private readonly Batch _piece = new(owner.Children[0].Columns.Length);
        private readonly Batch _values = new(owner._ordinals.Length);
        private readonly Batch _rows = new(owner._update.RowColumns.Length);
        private readonly int[] _all = [.. Enumerable.Range(0, owner._update.RowColumns.Length)];
        private Selection _selection = new(Batch.DefaultCapacity);
        private SecondLookRows? _again;

        protected override Batch Write(Batch piece)
        {
            var rows = _targets.Take(piece.Columns[owner._rowId], piece.Length, RowIds, out var count);
            for (var i = 0; i < piece.Columns.Length; i++)
                Gather.Take(piece.Columns[i], rows, count, _piece.Columns[i]);
            _piece.Length = count;
            if (TryWrite(Run.Context, _piece))
                return ChangedRows.WithInput(_rows, _piece);
            _again ??= new SecondLookRows(owner._secondLook, Run);
            var settled = _again.Settle(owner.Target, _piece, RowIds.AsSpan(0, count), owner.Target.StrengthFor(owner._ordinals), out var now);
            using (now)
            {
                for (var i = 0; i < settled.Length; i++)
                    RowIds[i] = settled.Columns[owner._rowId].Get<long>(i);
                return TryWrite(now.Context, settled) ? ChangedRows.WithInput(_rows, settled) : throw SecondLook.Lost();
            }
        }

        /// <returns>False: a row was changed meanwhile; nothing was written.</returns>
        private bool TryWrite(Execution.ExecutionContext context, Batch piece)
        {
            var count = piece.Length;
            _values.Length = count;
            _rows.Length = 0;
            _rows.Selection = null;
            if (count == 0)
                return true;
            owner._values.Evaluate(_frame, piece, _values.Columns);
            if (_selection.Capacity < count)
            {
                _selection.Dispose();
                _selection = new Selection(count);
            }
            var ids = RowIds.AsSpan(0, count);
            // The whole row after the change, for checks and RETURNING: what is not assigned is read now.
            owner.Target.Fetch(context, ids, _all, _rows, _selection);
            for (var i = 0; i < owner._ordinals.Length; i++)
                _rows.Columns[owner._ordinals[i]].Reference(_values.Columns[i]);
            Check(_rows);
            var outcome = owner.Target.Update(context, ids, owner._ordinals, _values);
            if (outcome.Duplicate is { } index)
                throw owner.Target.DuplicateKey(context, index, _rows, outcome.Row);
            return !outcome.IsConflict;
        }

        public override void Dispose()
        {
            base.Dispose();
            _targets.Dispose();
            _frame.Dispose();
            _piece.Dispose();
            _values.Dispose();
            _rows.Dispose();
            _selection.Dispose();
            _again?.Dispose();
        }
    }
}

internal static class ChangedRows
{
    /// <summary>The rows with the columns of the input behind their own; shares the vectors.</summary>
    public static Batch WithInput(Batch rows, Batch piece) => new([.. rows.Columns, .. piece.Columns], rows.Length) { Selection = rows.Selection };
}

internal sealed class DeleteOperator : ChangeOperator
{
    private readonly Delete _delete;
    private readonly int _rowId;
    private readonly SecondLook _secondLook;

    public DeleteOperator(Delete plan, PhysicalOperator input, Physical.PhysicalPlanner planner) : base(plan, input)
    {
        _delete = plan;
        _rowId = input.Layout[plan.RowId];
        _secondLook = new SecondLook(plan.Input, input, [plan.RowId, .. plan.Marks], planner);
    }

    protected override ChangeWorker CreateWorker(PlanRun run) => new Worker(this, run);

    private sealed unsafe class Worker(DeleteOperator owner, PlanRun run) : ChangeWorker(owner, run)
    {
        private readonly TargetRows _targets = new();
        private readonly Batch _piece = new(owner.Children[0].Columns.Length);
        private readonly Batch _rows = new(owner._delete.RowColumns.Length);
        private readonly int[] _all = [.. Enumerable.Range(0, owner._delete.RowColumns.Length)];
        private readonly Batch _counted = new([], 0);
        private Selection _selection = new(Batch.DefaultCapacity);
        private SecondLookRows? _again;

        protected override Batch Write(Batch piece)
        {
            var taken = _targets.Take(piece.Columns[owner._rowId], piece.Length, RowIds, out var count);
            if (TryWrite(Run.Context, count, out var rows))
            {
                if (owner.Returning.Count == 0)
                    return rows;
                TakePiece(piece, taken, count);
                return ChangedRows.WithInput(rows, _piece);
            }
            TakePiece(piece, taken, count);
            _again ??= new SecondLookRows(owner._secondLook, Run);
            var settled = _again.Settle(owner.Target, _piece, RowIds.AsSpan(0, count), RowLockStrength.ForUpdate, out var now);
            using (now)
            {
                for (var i = 0; i < settled.Length; i++)
                    RowIds[i] = settled.Columns[owner._rowId].Get<long>(i);
                if (!TryWrite(now.Context, settled.Length, out rows))
                    throw SecondLook.Lost();
                return owner.Returning.Count == 0 ? rows : ChangedRows.WithInput(rows, settled);
            }
        }

        private void TakePiece(Batch piece, int* rows, int count)
        {
            for (var i = 0; i < piece.Columns.Length; i++)
                Gather.Take(piece.Columns[i], rows, count, _piece.Columns[i]);
            _piece.Length = count;
        }

        /// <returns>False: a row was changed meanwhile; nothing was deleted.</returns>
        private bool TryWrite(Execution.ExecutionContext context, int count, out Batch rows)
        {
            var ids = RowIds.AsSpan(0, count);
            rows = _counted;
            rows.Length = count;
            rows.Selection = null;
            if (count == 0)
                return true;
            if (owner.Returning.Count > 0)
            {
                if (_selection.Capacity < count)
                {
                    _selection.Dispose();
                    _selection = new Selection(count);
                }
                rows = _rows;
                rows.Length = 0;
                rows.Selection = null;
                owner.Target.Fetch(context, ids, _all, rows, _selection);
            }
            return !owner.Target.Delete(context, ids).IsConflict;
        }

        public override void Dispose()
        {
            base.Dispose();
            _targets.Dispose();
            _piece.Dispose();
            _rows.Dispose();
            _selection.Dispose();
            _again?.Dispose();
        }
    }
}
