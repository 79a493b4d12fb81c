using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Physical;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;

namespace OmenDb.Engine.Operators.Changes;

/// <summary>READ COMMITTED's second look: a row that was changed while the statement waited for it counts only if the statement's plan still gives it,
/// with the changed row's newest version and with the same rows of the other tables as before.</summary>
/// <remarks>
/// The plan below the change (or the lock) runs once more, its marked scans reading nothing but those rows; other scans, as those of
/// sub-queries, see the statement's own snapshot. Compiled when it is needed first, without access paths that would pass by the marked scans.
/// PostgreSQL calls this EvalPlanQual (executor/README, "EvalPlanQual").</remarks>
internal sealed class Recheck
{
    private readonly ImmutableArray<Column> _marks; // whose rows are fixed
    private readonly ImmutableArray<Column> _columns; // of a row, in the order wanted
    private readonly Lazy<Compiled> _plan;

    private sealed record Compiled(List<Pipeline> Pipelines, List<Leg> Output, int OperatorCount, int[] Positions);

    /// <param name="input">What the change or lock reads.</param>
    /// <param name="marks">Row id columns of the scans that read single rows.</param>
    /// <param name="columns">The columns of the physical input.</param>
    /// <param name="planner">Of the statement: knows the recursive expressions in reach.</param>
    public Recheck(LogicalPlan input, IEnumerable<Column> marks, ImmutableArray<Column> columns, PhysicalPlanner planner)
    {
        _marks = [.. marks.Distinct()];
        _columns = columns;
        var fixedScans = _marks.Select(m => m.Id).ToHashSet();
        _plan = new Lazy<Compiled>(() =>
        {
            var root = planner.PlanAgain(input, fixedScans);
            var builder = new PipelineBuilder();
            var output = root.Build(builder);
            return new Compiled(builder.Pipelines, output, PhysicalPlanner.Count(root), [.. _columns.Select(c => root.Layout[c])]);
        });
    }

    /// <summary>Positions of the marks among the input's columns.</summary>
    public ImmutableArray<Column> Marks => _marks;

    /// <summary>Runs the plan for one row.</summary>
    /// <param name="run">Of the statement: what its common table expressions gave is read again.</param>
    /// <param name="rows">By mark, in their order; null: an outer join found none.</param>
    /// <param name="target">Gets the row if there is one still; if there are several now, the first.</param>
    public bool TryAppend(PlanRun run, FixedRows?[] rows, RowStore target)
    {
        var compiled = _plan.Value;
        var byMark = new Dictionary<int, FixedRows>();
        for (var i = 0; i < rows.Length; i++)
            byMark[_marks[i].Id] = rows[i] ?? new FixedRows([], null);
        var context = run.Context.OverRows(byMark);
        using var again = PlanRun.Beside(run, context, compiled.OperatorCount);
        foreach (var pipeline in compiled.Pipelines)
            again.Run(pipeline);
        foreach (var leg in compiled.Output)
        {
            using var source = leg.Source.Open(again);
            using var worker = new LegWorker(again, leg, source);
            while (worker.Next(out var batch))
            {
                if (batch.RowCount == 0)
                    continue;
                Append(batch, compiled.Positions, target);
                return true;
            }
        }
        return false;
    }

    private static unsafe void Append(Batch batch, int[] positions, RowStore target)
    {
        var row = batch.Selection is { } selection ? selection.FillIndices(batch.Length)[0] : 0;
        target.Append([.. positions.Select(p => batch.Columns[p])], &row, 1);
    }
}
