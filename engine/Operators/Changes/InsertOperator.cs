using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Rows;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Plans;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Changes;

internal sealed class InsertOperator : ChangeOperator
{
    private readonly Insert _insert;
    private readonly CompiledProgram? _assignments; // over the existing row's columns, then the excluded ones
    private readonly CompiledProgram? _where;

    public InsertOperator(Insert plan, PhysicalOperator input) : base(plan, input)
    {
        _insert = plan;
        if (plan.OnConflict is not { Assignments.IsEmpty: false } action)
            return;
        var layout = new ColumnLayout([.. plan.RowColumns, .. action.Excluded]);
        _assignments = CompiledProgram.Compile(action.Assignments.Select(a => (a.Value, plan.RowColumns[a.Ordinal].Type)), layout);
        _where = action.Where is null ? null : CompiledProgram.Compile([action.Where], layout);
    }

    protected override ChangeWorker CreateWorker(PlanRun run) => _insert.OnConflict is null ? new Plain(this, run) : new Conflicting(this, run);

    private sealed class Plain(InsertOperator owner, PlanRun run) : ChangeWorker(owner, run)
    {
        protected override Batch Write(Batch piece)
        {
            Check(piece);
            var outcome = owner.Target.Append(Run.Context, piece, RowIds.AsSpan(0, piece.Length));
            if (outcome.Duplicate is { } index)
                throw owner.Target.DuplicateKey(Run.Context, index, piece, outcome.Row);
            return piece;
        }
    }

    /// <summary>ON CONFLICT: whole pieces while nothing is in the way, row by row around conflicts.</summary>
    private sealed unsafe class Conflicting : ChangeWorker
    {
        private readonly InsertOperator _owner;
        private readonly OnConflictAction _action;
        private readonly Batch _one;
        private readonly Batch _existing;
        private readonly Batch _both;
        private readonly Batch _values;
        private readonly Batch _nothing = new([], 0);
        private readonly Selection _visible = new(64);
        private readonly RowStore _result;
        private readonly Batch _output;
        private readonly Frame? _assignFrame;
        private readonly Frame? _whereFrame;
        private readonly HashSet<long> _touched = []; // rows inserted or updated by this statement
        private readonly int[] _allOrdinals;
        private readonly int[] _assigned;

        public Conflicting(InsertOperator owner, PlanRun run) : base(owner, run)
        {
            _owner = owner;
            _action = owner._insert.OnConflict!;
            var columns = owner._insert.RowColumns.Length;
            _one = new Batch(columns);
            _existing = new Batch(columns);
            _both = new Batch(columns * 2);
            _allOrdinals = [.. Enumerable.Range(0, columns)];
            _assigned = [.. _action.Assignments.Select(a => a.Ordinal)];
            _values = new Batch(_assigned.Length);
            _result = new RowStore([.. owner._insert.RowColumns.Select(c => c.Type)], run.Context);
            _output = new Batch(columns);
            _assignFrame = owner._assignments?.CreateFrame(run.Context);
            _whereFrame = owner._where?.CreateFrame(run.Context);
        }

        protected override Batch Write(Batch piece)
        {
            Check(piece);
            _result.Clear();
            for (var row = 0; row < piece.Length; row++)
            {
                for (var i = 0; i < piece.Columns.Length; i++)
                    Gather.Slice(piece.Columns[i], row, 1, _one.Columns[i]);
                _one.Length = 1;
                _one.Selection = null;
                WriteOne();
            }
            var views = _result.Views();
            for (var i = 0; i < views.Length; i++)
                _output.Columns[i].Reference(views[i]);
            _output.Length = _result.Count;
            _output.Selection = null;
            return _output;
        }

        private void WriteOne()
        {
            var locked = -1L;
            while (true)
            {
                Run.Context.CheckInterrupts();
                var outcome = _owner.Target.Append(Run.Context, _one, RowIds.AsSpan(0, 1));
                if (outcome.Duplicate is not { } index)
                {
                    _touched.Add(RowIds[0]);
                    _result.Append(_one);
                    return;
                }
                if (_action.Arbiter is { } arbiter && arbiter.Name != index.Name)
                    throw _owner.Target.DuplicateKey(Run.Context, index, _one, 0);
                var existing = outcome.ExistingRowId;
                if (_owner._assignments is null)
                {
                    CheckVisible(existing);
                    return; // DO NOTHING
                }
                if (_touched.Contains(existing))
                {
                    throw new SqlException(SqlState.CardinalityViolation, "ON CONFLICT DO UPDATE command cannot affect row a second time")
                    {
                        Hint = "Ensure that no rows proposed for insertion within the same command have duplicate constrained values.",
                    };
                }
                // Of a row that was changed meanwhile, maybe only an older version has the key: once it is locked, the insertion tries again.
                if (existing == locked || Lock(existing) == RowLockResult.Same)
                {
                    Update(existing);
                    return;
                }
                locked = existing;
            }
        }

        private RowLockResult Lock(long rowId)
        {
            Span<RowLockResult> result = stackalloc RowLockResult[1];
            _owner.Target.LockRows(Run.Context, [rowId], _owner.Target.StrengthFor(_assigned), RowLockWait.Block, result);
            return result[0];
        }

        /// <summary>A snapshot that must not know of a row cannot leave its own out because of it.</summary>
        private void CheckVisible(long rowId)
        {
            if (Run.Context.Transaction is not StatementScope { Transaction.Isolation: not IsolationLevel.ReadCommitted } || _touched.Contains(rowId))
                return;
            _owner.Target.Fetch(Run.Context, [rowId], [], _nothing, _visible);
            if (_nothing.RowCount == 0)
                throw Catalog.StoredTable.CannotSerialize(isDelete: false);
        }

        /// <summary>Of a row that is locked: its newest version, whoever wrote it.</summary>
        private void Update(long rowId)
        {
            using var newest = _owner.Target.OpenNewest(Run.Context);
            _owner.Target.Fetch(newest.Context, [rowId], _allOrdinals, _existing, _visible);
            for (var i = 0; i < _allOrdinals.Length; i++)
            {
                _both.Columns[i].Reference(_existing.Columns[i]);
                _both.Columns[_allOrdinals.Length + i].Reference(_one.Columns[i]);
            }
            _both.Length = 1;
            if (_owner._where is not null)
            {
                var condition = _owner._where.Evaluate(_whereFrame!, _both, 0);
                if (!condition.IsValid(0) || !condition.GetBool(0))
                    return;
            }
            _owner._assignments!.Evaluate(_assignFrame!, _both, _values.Columns);
            _values.Length = 1;
            for (var i = 0; i < _assigned.Length; i++)
                _existing.Columns[_assigned[i]].Reference(_values.Columns[i]);
            Check(_existing);
            var outcome = _owner.Target.Update(newest.Context, [rowId], _assigned, _values);
            if (outcome.Duplicate is { } index)
                throw _owner.Target.DuplicateKey(newest.Context, index, _existing, 0);
            if (outcome.IsConflict)
                throw SqlException.Internal("a locked row was changed by somebody else");
            _touched.Add(rowId);
            _result.Append(_existing);
        }

        public override void Dispose()
        {
            base.Dispose();
            _one.Dispose();
            _existing.Dispose();
            _both.Dispose();
            _values.Dispose();
            _visible.Dispose();
            _result.Dispose();
            _output.Dispose();
            _assignFrame?.Dispose();
            _whereFrame?.Dispose();
        }
    }
}
