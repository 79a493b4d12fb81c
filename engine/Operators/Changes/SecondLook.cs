using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Rows;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Changes;

/// <summary>How a change looks again at rows that others have changed: the plan for it, and where the row ids stand in the input.</summary>
internal sealed class SecondLook
{
    /// <param name="logical">The input of the change.</param>
    /// <param name="input">The same, physical.</param>
    /// <param name="marks">Row ids: the target's, then those of the other tables.</param>
    /// <param name="planner">Of the statement.</param>
    public SecondLook(LogicalPlan logical, PhysicalOperator input, ImmutableArray<Column> marks, Physical.PhysicalPlanner planner)
    {
        Recheck = new Recheck(logical, marks, input.Columns, planner);
        Input = input;
        Positions = [.. Recheck.Marks.Select(m => input.Layout[m])];
    }

    /// <summary>A row that the statement has locked, and seen as it is now, can be written by nobody else.</summary>
    public static SqlException Lost() => SqlException.Internal("a row that the statement has locked was changed by somebody else");

    public Recheck Recheck { get; }

    public PhysicalOperator Input { get; }

    /// <summary>Of the marks among the input's columns; the target's first.</summary>
    public int[] Positions { get; }
}

/// <summary>The rows of a piece after the second look.</summary>
internal sealed class SecondLookRows : IDisposable
{
    private readonly SecondLook _look;
    private readonly PlanRun _run;
    private readonly RowStore _rows;
    private readonly Batch _batch;

    public SecondLookRows(SecondLook look, PlanRun run)
    {
        _look = look;
        _run = run;
        _rows = new RowStore([.. look.Input.Columns.Select(c => c.Type)], run.Context);
        _batch = new Batch(look.Input.Columns.Length);
    }

    /// <summary>Locks all rows of a piece, waiting for others, and leaves those that still count, with the values they have now.</summary>
    /// <param name="target">What is changed.</param>
    /// <param name="piece">Without a selection.</param>
    /// <param name="rowIds">Of the target, by row.</param>
    /// <param name="strength">Of the locks.</param>
    /// <param name="newest">Under this the rows are to be written. The caller disposes it.</param>
    public unsafe Batch Settle(ITableTarget target, Batch piece, ReadOnlySpan<long> rowIds, RowLockStrength strength, out NewestRows newest)
    {
        var results = new RowLockResult[rowIds.Length];
        target.LockRows(_run.Context, rowIds, strength, RowLockWait.Block, results);
        newest = target.OpenNewest(_run.Context);
        _rows.Clear();
        var marks = new FixedRows?[_look.Positions.Length];
        for (var row = 0; row < rowIds.Length; row++)
        {
            if (results[row] == RowLockResult.Gone)
                continue;
            if (results[row] == RowLockResult.Same)
            {
                _rows.Append(piece.Columns, &row, 1);
                continue;
            }
            marks[0] = new FixedRows([rowIds[row]], newest.Context.Transaction);
            for (var i = 1; i < marks.Length; i++)
            {
                var other = piece.Columns[_look.Positions[i]];
                marks[i] = other.IsValid(row) ? new FixedRows([other.Get<long>(row)], _run.Context.Transaction) : null;
            }
            _look.Recheck.TryAppend(_run, marks, _rows);
        }
        var views = _rows.Views();
        for (var i = 0; i < views.Length; i++)
            _batch.Columns[i].Reference(views[i]);
        _batch.Length = _rows.Count;
        _batch.Selection = null;
        return _batch;
    }

    public void Dispose()
    {
        _rows.Dispose();
        _batch.Dispose();
    }
}
