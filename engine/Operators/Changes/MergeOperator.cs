using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Pipelines;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;
using Merge = OmenDb.Planner.Plans.Merge;

namespace OmenDb.Engine.Operators.Changes;

/// <summary>MERGE: the rows of a piece go to the first branch that takes them, then branch by branch into the table.</summary>
internal sealed class MergeOperator : ChangeOperator
{
    private readonly Merge _merge;
    private readonly int _rowId;
    private readonly CompiledPredicate?[] _conditions;
    private readonly CompiledProgram?[] _values;

    public MergeOperator(Merge plan, PhysicalOperator input) : base(plan, input)
    {
        _merge = plan;
        _rowId = input.Layout[plan.RowId];
        _conditions = [.. plan.Branches.Select(b => b.Condition is null ? null : CompiledPredicate.Compile([b.Condition], input.Layout))];
        _values = [.. plan.Branches.Select(b => b.Values.IsEmpty ? null
            : CompiledProgram.Compile(b.Values.Select(v => (v.Value, plan.RowColumns[v.Ordinal].Type)), input.Layout))];
    }

    protected override ChangeWorker CreateWorker(PlanRun run) => new Worker(this, run);

    private sealed unsafe class Worker : ChangeWorker
    {
        private readonly MergeOperator _owner;
        private readonly Frame?[] _conditionFrames;
        private readonly Frame?[] _valueFrames;
        private readonly Batch[] _values;
        private readonly int[][] _ordinals;
        private readonly Batch _piece;
        private readonly Batch _rows;
        private readonly Batch _written = new([], 0);
        private readonly int[] _all;
        private readonly HashSet<long> _touched = [];
        private readonly Rows.RowIndices _indices = new();
        private Selection _left = new(Batch.DefaultCapacity);
        private Selection _taken = new(Batch.DefaultCapacity);
        private Selection _visible = new(Batch.DefaultCapacity);

        public Worker(MergeOperator owner, PlanRun run) : base(owner, run)
        {
            _owner = owner;
            _conditionFrames = Array.ConvertAll(owner._conditions, c => c?.CreateFrame(run.Context));
            _valueFrames = Array.ConvertAll(owner._values, v => v?.CreateFrame(run.Context));
            _values = [.. owner._merge.Branches.Select(b => new Batch(b.Values.Length))];
            _ordinals = [.. owner._merge.Branches.Select(b => b.Values.Select(v => v.Ordinal).ToArray())];
            _piece = new Batch(owner.Children[0].Columns.Length);
            _rows = new Batch(owner._merge.RowColumns.Length);
            _all = [.. Enumerable.Range(0, owner._merge.RowColumns.Length)];
        }

        protected override Batch Write(Batch piece)
        {
            Grow(piece.Length);
            var length = piece.Length;
            var ids = piece.Columns[_owner._rowId];
            _left.IsSparse = false;
            _left.SetAll(length);
            _written.Length = 0;
            for (var b = 0; b < _owner._merge.Branches.Length && _left.Count > 0; b++)
            {
                var branch = _owner._merge.Branches[b];
                // What the branch may take: matched rows have a row id.
                var candidates = _indices.Reserve(length);
                var count = 0;
                for (var row = 0; row < length; row++)
                {
                    if (Bits.Get(_left.Mask, row) && ids.IsValid(row) == branch.Matched)
                        candidates[count++] = row;
                }
                if (count == 0)
                    continue;
                _taken.IsSparse = false;
                Bits.FromIndices(candidates, count, _taken.Mask, length);
                _taken.Count = count;
                if (_owner._conditions[b] is { } condition)
                {
                    var input = new Batch(piece.Columns, length) { Selection = _taken };
                    count = condition.Select(_conditionFrames[b]!, input, _visible);
                    if (count == 0)
                        continue;
                    Bits.Copy(_visible.Mask, _taken.Mask, length);
                    _taken.Count = count;
                }
                Bits.AndNot(_left.Mask, _taken.Mask, _left.Mask, length);
                _left.Count -= count;
                if (branch.Action == MergeAction.DoNothing)
                    continue;
                var rows = _indices.Reserve(length);
                count = 0;
                for (var row = 0; row < length; row++)
                {
                    if (Bits.Get(_taken.Mask, row))
                        rows[count++] = row;
                }
                for (var i = 0; i < piece.Columns.Length; i++)
                    Gather.Take(piece.Columns[i], rows, count, _piece.Columns[i]);
                _piece.Length = count;
                Apply(branch, b, count);
            }
            return _written;
        }

        private void Apply(MergeBranch branch, int b, int count)
        {
            var target = _owner.Target;
            var ids = RowIds.AsSpan(0, count);
            if (branch.Matched)
            {
                for (var i = 0; i < count; i++)
                {
                    ids[i] = _piece.Columns[_owner._rowId].Get<long>(i);
                    if (_touched.Add(ids[i]))
                        continue;
                    throw new SqlException(SqlState.CardinalityViolation, "MERGE command cannot affect row a second time")
                    {
                        Hint = "Ensure that not more than one source row matches any one target row.",
                    };
                }
            }
            if (branch.Action == MergeAction.Delete)
            {
                if (target.Delete(Run.Context, ids).IsConflict)
                    throw WaitAndRestart(ids, RowLockStrength.ForUpdate);
                _written.Length += count;
                return;
            }
            var values = _values[b];
            _owner._values[b]!.Evaluate(_valueFrames[b]!, _piece, values.Columns);
            values.Length = count;
            if (branch.Action == MergeAction.Insert)
            {
                Check(values);
                var appended = target.Append(Run.Context, values, ids);
                if (appended.Duplicate is { } key)
                    throw target.DuplicateKey(Run.Context, key, values, appended.Row);
                _written.Length += count;
                return;
            }
            _rows.Length = 0;
            _rows.Selection = null;
            target.Fetch(Run.Context, ids, _all, _rows, _visible);
            for (var i = 0; i < _ordinals[b].Length; i++)
                _rows.Columns[_ordinals[b][i]].Reference(values.Columns[i]);
            Check(_rows);
            var outcome = target.Update(Run.Context, ids, _ordinals[b], values);
            if (outcome.Duplicate is { } index)
                throw target.DuplicateKey(Run.Context, index, _rows, outcome.Row);
            if (outcome.IsConflict)
                throw WaitAndRestart(ids, target.StrengthFor(_ordinals[b]));
            _written.Length += count;
        }

        /// <summary>Which branch takes a row that others have changed is found out by starting again, once they are done.</summary>
        private RestartStatementException WaitAndRestart(ReadOnlySpan<long> ids, RowLockStrength strength)
        {
            _owner.Target.LockRows(Run.Context, ids, strength, RowLockWait.Block, new Sources.RowLockResult[ids.Length]);
            return new RestartStatementException();
        }

        private void Grow(int length)
        {
            if (_left.Capacity >= length)
                return;
            _left.Dispose();
            _taken.Dispose();
            _visible.Dispose();
            (_left, _taken, _visible) = (new Selection(length), new Selection(length), new Selection(length));
        }

        public override void Dispose()
        {
            base.Dispose();
            foreach (var frame in _conditionFrames.Concat(_valueFrames))
                frame?.Dispose();
            foreach (var values in _values)
                values.Dispose();
            _piece.Dispose();
            _rows.Dispose();
            _indices.Dispose();
            _left.Dispose();
            _taken.Dispose();
            _visible.Dispose();
        }
    }
}
