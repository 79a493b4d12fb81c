using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Operators;
using OmenDb.Engine.Physical;
using OmenDb.Engine.Pipelines;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>From optimised logical plans to results. The only door from the session into execution.</summary>
/// <remarks>
/// <code>
/// var prepared = QueryExecutor.Compile(plan);                  // immutable, kept in the plan cache, shared by sessions
/// using var context = new ExecutionContext { Parameters = ..., Transaction = ..., Cancellation = ... };
/// using var cursor = prepared.Execute(context);
/// while (cursor.NextBatch(out var batch)) { ... }              // a batch is valid until the next call
/// cursor.RowsAffected
/// </code>
/// </remarks>
public static class QueryExecutor
{
    public static PreparedPlan Compile(LogicalPlan plan) => Compile(plan, new PatternProbes());

    internal static PreparedPlan Compile(LogicalPlan plan, PatternProbes patterns) => new(plan, PhysicalPlanner.Plan(plan, patterns));

    /// <summary>The value of an expression without columns and parameters.</summary>
    /// <exception cref="SqlException">What executing it would raise.</exception>
    public static ConstantExpression EvaluateConstant(Expression expression, ExecutionContext? context = null)
    {
        var own = context is null ? new ExecutionContext() : null;
        try
        {
            var program = CompiledProgram.Compile([(expression, expression.Type)], ColumnLayout.Empty);
            using var frame = program.CreateFrame(context ?? own!);
            var value = program.Evaluate(frame, new Batch([], 1), 0);
            return new ConstantExpression(ValueBox.Get(value, 0, expression.Type), expression.Type) { Position = expression.Position };
        }
        finally
        {
            own?.Dispose();
        }
    }
}

/// <summary>A physical plan: immutable, for any number of executions at the same time.</summary>
public sealed class PreparedPlan
{
    private readonly List<Pipeline> _pipelines;
    private readonly List<Leg> _output;
    private readonly int _operatorCount;

    internal PreparedPlan(LogicalPlan logical, PhysicalOperator root)
    {
        Logical = logical;
        Root = root;
        Columns = logical.Columns;
        var builder = new PipelineBuilder();
        _output = root.Build(builder);
        _pipelines = builder.Pipelines;
        _operatorCount = PhysicalPlanner.Count(root);
        // The root's columns may stand in another order than the logical plan's.
        _positions = [.. Columns.Select(c => root.Layout[c])];
        Point = PointPlan.TryMake(root, Columns);
        _inOrder = _positions.SequenceEqual(Enumerable.Range(0, root.Columns.Length));
    }

    private readonly int[] _positions;
    private readonly bool _inOrder;

    public LogicalPlan Logical { get; }

    /// <summary>What the result has, in order; none for changes without RETURNING.</summary>
    public ImmutableArray<Column> Columns { get; }

    internal PhysicalOperator Root { get; }

    /// <summary>The short way, if the plan is a point look-up; null otherwise.</summary>
    internal PointPlan? Point { get; }

    /// <summary>Starts an execution; nothing runs before the first <see cref="ResultCursor.NextBatch"/>.</summary>
    /// <param name="context">Stays the caller's; must outlive the cursor.</param>
    public ResultCursor Execute(ExecutionContext context) => new(this, new PlanRun(context, _operatorCount));

    /// <summary>The plan as text, one line per row.</summary>
    public IReadOnlyList<string> Explain(bool verbose = false) => ExplainText.Of(Root, null, verbose);

    /// <summary>The plan as EXPLAIN (FORMAT JSON) shows it.</summary>
    public string ExplainAsJson() => ExplainJson.Of(Root, null);

    internal List<Pipeline> Pipelines => _pipelines;

    internal List<Leg> Output => _output;

    internal int[] Positions => _positions;

    internal bool InOrder => _inOrder;
}

/// <summary>A result being read. Not thread-safe. Holds memory and snapshots until disposed, but no worker.</summary>
public sealed class ResultCursor : IDisposable
{
    private readonly PreparedPlan _plan;
    private readonly PlanRun _run;
    private readonly Batch? _reordered;
    private int _leg = -1;
    private SourceState? _source;
    private LegWorker? _worker;
    private bool _done;

    internal ResultCursor(PreparedPlan plan, PlanRun run)
    {
        _plan = plan;
        _run = run;
        if (!plan.InOrder)
            _reordered = new Batch(plan.Positions.Length);
    }

    public ImmutableArray<Column> Columns => _plan.Columns;

    /// <summary>Rows inserted, updated or deleted; complete when <see cref="NextBatch"/> has returned false.</summary>
    public long RowsAffected => _run.RowsAffected;

    /// <summary>The next rows; never an empty batch.</summary>
    /// <param name="batch">Maybe with a selection; valid until the next call.</param>
    /// <returns>False at the end.</returns>
    public bool NextBatch(out Batch batch)
    {
        if (_leg < 0)
        {
            foreach (var pipeline in _plan.Pipelines)
                _run.Run(pipeline);
            _leg = 0;
        }
        while (!_done)
        {
            if (_worker is null)
            {
                if (_leg >= _plan.Output.Count)
                {
                    _done = true;
                    break;
                }
                var leg = _plan.Output[_leg];
                _source = leg.Source.Open(_run);
                _worker = new LegWorker(_run, leg, _source);
            }
            if (_worker.Next(out batch))
            {
                if (_reordered is not null)
                {
                    for (var i = 0; i < _plan.Positions.Length; i++)
                        _reordered.Columns[i].Reference(batch.Columns[_plan.Positions[i]]);
                    _reordered.Length = batch.Length;
                    _reordered.Selection = batch.Selection;
                    batch = _reordered;
                }
                return true;
            }
            EndLeg();
            _leg++;
        }
        batch = null!;
        return false;
    }

    private void EndLeg()
    {
        _worker?.Dispose();
        _worker = null;
        _source?.Dispose();
        _source = null;
    }

    /// <summary>The plan with what happened, after an execution with <see cref="ExecutionContext.Instrument"/>.</summary>
    public IReadOnlyList<string> ExplainAnalyze(bool verbose = false) => ExplainText.Of(_plan.Root, _run.Metrics, verbose);

    /// <inheritdoc cref="ExplainAnalyze"/>
    public string ExplainAnalyzeAsJson() => ExplainJson.Of(_plan.Root, _run.Metrics);

    public void Dispose()
    {
        EndLeg();
        _reordered?.Dispose();
        _run.Dispose();
    }
}
