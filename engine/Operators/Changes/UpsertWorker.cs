using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Rows;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Plans;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Changes;

/// <summary>ON CONFLICT. Rows whose keys nobody has go in together; around conflicts it goes row by row.</summary>
/// <remarks>
/// Looking first costs a look-up per row, and spares the place in the table that a refused insert uses up. It decides nothing: the insert does.
/// <code>
/// look for the key among what is committed by now --- found ---> lock the row --- gone or changed meanwhile: look again
///      | not there                                                   | ours
///   insert --- waits for others' inserts of the key ---> there       update (or nothing)
///      | done                                             now: look again
/// </code></remarks>
internal sealed unsafe class UpsertWorker : ChangeWorker
{
    private readonly InsertOperator _owner;
    private readonly OnConflictAction _action;
    private readonly ITableTarget _target;
    private readonly IndexInfo[] _arbiters;
    private readonly RowLockStrength _strength;
    private readonly Batch _one;
    private readonly Batch _existing;
    private readonly Batch _both;
    private readonly Batch _values;
    private readonly Selection _visible = new(64);
    private readonly RowStore _result;
    private readonly Batch _output;
    private readonly Batch _free;
    private readonly RowIndices _freeRows = new();
    private readonly Frame? _assignFrame;
    private readonly Frame? _whereFrame;
    private readonly HashSet<long> _touched = []; // rows inserted or updated by this statement
    private readonly int[] _allOrdinals;
    private readonly int[] _assigned;
    private readonly bool _readsNewest; // READ COMMITTED
    private NewestRows? _newest; // null: to be opened

    public UpsertWorker(InsertOperator owner, Insert insert, PlanRun run) : base(owner, run)
    {
        _owner = owner;
        _action = insert.OnConflict!;
        _target = owner.Target;
        _readsNewest = run.Context.Transaction is not StatementScope { Transaction.Isolation: not IsolationLevel.ReadCommitted };
        _arbiters = _action.Arbiter is { } arbiter ? [arbiter] : [.. insert.Table.Indexes.Where(i => i is { Unique: true, Deferrable: false })];
        var columns = insert.RowColumns.Length;
        _one = new Batch(columns);
        _existing = new Batch(columns);
        _both = new Batch(columns * 2);
        _free = new Batch(columns);
        _allOrdinals = [.. Enumerable.Range(0, columns)];
        _assigned = [.. _action.Assignments.Select(a => a.Ordinal)];
        _strength = _target.StrengthFor(_assigned);
        _values = new Batch(_assigned.Length);
        _result = new RowStore([.. insert.RowColumns.Select(c => c.Type)], run.Context);
        _output = new Batch(columns);
        _assignFrame = owner.Assignments?.CreateFrame(run.Context);
        _whereFrame = owner.Where?.CreateFrame(run.Context);
    }

    protected override Batch Write(Batch piece)
    {
        Check(piece);
        _result.Clear();
        Refresh();
        var free = _freeRows.Reserve(piece.Length);
        var count = 0;
        for (var row = 0; row < piece.Length; row++)
        {
            if (Find(piece, row) is null)
                free[count++] = row;
        }
        // DO NOTHING: those that are there are done with. Otherwise their order counts.
        if (_owner.Assignments is null || count == piece.Length)
        {
            for (var i = 0; i < piece.Columns.Length; i++)
                Gather.Take(piece.Columns[i], free, count, _free.Columns[i]);
            _free.Length = count;
            _free.Selection = null;
            if (!InsertTogether())
                OneByOne(_free);
        }
        else
        {
            OneByOne(piece);
        }
        var views = _result.Views();
        for (var i = 0; i < views.Length; i++)
            _output.Columns[i].Reference(views[i]);
        _output.Length = _result.Count;
        _output.Selection = null;
        return _output;
    }

    private bool InsertTogether()
    {
        if (_free.Length == 0)
            return true;
        if (_target.Append(Run.Context, _free, RowIds.AsSpan(0, _free.Length), _action.Arbiter).Duplicate is not null)
            return false;
        for (var i = 0; i < _free.Length; i++)
            _touched.Add(RowIds[i]);
        _result.Append(_free);
        return true;
    }

    private void OneByOne(Batch rows)
    {
        for (var row = 0; row < rows.Length; row++)
        {
            for (var i = 0; i < rows.Columns.Length; i++)
                Gather.Slice(rows.Columns[i], row, 1, _one.Columns[i]);
            _one.Length = 1;
            _one.Selection = null;
            WriteOne();
        }
    }

    private void WriteOne()
    {
        for (var isFirst = true; ; isFirst = false)
        {
            Run.Context.CheckInterrupts();
            if (!isFirst)
                Refresh();
            if (Find(_one, 0) is { } there)
            {
                if (Settle(there))
                    return;
                continue;
            }
            var outcome = _target.Append(Run.Context, _one, RowIds.AsSpan(0, 1), _action.Arbiter);
            if (outcome.Duplicate is not { } index)
            {
                _touched.Add(RowIds[0]);
                _result.Append(_one);
                return;
            }
            if (_action.Arbiter is { } arbiter && arbiter.Name != index.Name)
                throw _target.DuplicateKey(Run.Context, index, _one, 0);
            if (Settle(outcome.ExistingRowId))
                return;
        }
    }

    /// <summary>What a conflict with a row leads to.</summary>
    /// <returns>False: the row went away or changed; look again.</returns>
    private bool Settle(long rowId)
    {
        if (_owner.Assignments is null)
        {
            RequireVisible(rowId);
            return true;
        }
        return _touched.Contains(rowId) ? throw SecondTime() : TryUpdate(rowId);
    }

    private static SqlException SecondTime() => new(SqlState.CardinalityViolation, "ON CONFLICT DO UPDATE command cannot affect row a second time")
    {
        Hint = "Ensure that no rows proposed for insertion within the same command have duplicate constrained values.",
    };

    private bool TryUpdate(long rowId)
    {
        var context = Newest;
        Span<RowLockResult> locked = stackalloc RowLockResult[1];
        _target.LockRows(context, [rowId], _strength, RowLockWait.Block, locked);
        if (locked[0] != RowLockResult.Same)
            return false;
        _target.Fetch(context, [rowId], _allOrdinals, _existing, _visible);
        if (_existing.RowCount == 0)
            throw SecondTime(); // locked and not to be seen: another part of the statement has inserted it
        for (var i = 0; i < _allOrdinals.Length; i++)
        {
            _both.Columns[i].Reference(_existing.Columns[i]);
            _both.Columns[_allOrdinals.Length + i].Reference(_one.Columns[i]);
        }
        _both.Length = 1;
        if (_owner.Where is not null)
        {
            var condition = _owner.Where.Evaluate(_whereFrame!, _both, 0);
            if (!condition.IsValid(0) || !condition.GetBool(0))
                return true;
        }
        _owner.Assignments!.Evaluate(_assignFrame!, _both, _values.Columns);
        _values.Length = 1;
        for (var i = 0; i < _assigned.Length; i++)
            _existing.Columns[_assigned[i]].Reference(_values.Columns[i]);
        Check(_existing);
        var outcome = _target.Update(context, [rowId], _assigned, _values);
        if (outcome.Duplicate is { } index)
            throw _target.DuplicateKey(context, index, _existing, 0);
        if (outcome.IsConflict)
            throw SecondLook.Lost();
        _touched.Add(rowId);
        _result.Append(_existing);
        return true;
    }

    /// <summary>Sees what others have committed by now, and nothing that this statement did.</summary>
    private ExecutionContext Newest => _readsNewest ? (_newest ??= _target.OpenNewest(Run.Context)).Context : Run.Context;

    private void Refresh()
    {
        _newest?.Dispose();
        _newest = null;
    }

    /// <summary>A committed row that has one of the row's keys; null: none that we see.</summary>
    private long? Find(Batch rows, int row)
    {
        foreach (var index in _arbiters)
        {
            if (_target.FindKey(Newest, index, rows, row) is { } found)
                return found;
        }
        return null;
    }

    /// <summary>With one snapshot for the whole transaction nothing can be decided by a row that it does not see. READ COMMITTED takes what is there.</summary>
    private void RequireVisible(long rowId)
    {
        if (_readsNewest || _touched.Contains(rowId))
            return;
        _target.Fetch(Run.Context, [rowId], [], _nothing, _visible);
        if (_nothing.RowCount == 0)
            throw Catalog.StoredTable.CannotSerialize(isDelete: false);
    }

    private readonly Batch _nothing = new(0);

    public override void Dispose()
    {
        base.Dispose();
        Refresh();
        _one.Dispose();
        _existing.Dispose();
        _both.Dispose();
        _free.Dispose();
        _freeRows.Dispose();
        _values.Dispose();
        _visible.Dispose();
        _result.Dispose();
        _output.Dispose();
        _assignFrame?.Dispose();
        _whereFrame?.Dispose();
    }
}
