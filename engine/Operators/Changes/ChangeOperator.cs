using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Operators.Scans;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Changes;

/// <summary>INSERT, UPDATE, DELETE: the whole input is there before the first row is written, so a statement never meets its own rows.</summary>
internal abstract class ChangeOperator : PhysicalOperator
{
    protected ChangeOperator(ChangePlan plan, PhysicalOperator input) : base([.. plan.Returning.Select(r => r.Output)], input)
    {
        Plan = plan;
        Target = plan.Table.Handle as ITableTarget
            ?? throw new SqlException(SqlState.ObjectNotInPrerequisiteState, $"cannot change relation \"{plan.Table.Name}\"");
        var layout = new ColumnLayout(plan.RowColumns);
        Checks = CompiledProgram.Compile(plan.Checks.Select(c => c.Condition), layout);
        // RETURNING of UPDATE and DELETE may name the other tables of FROM or USING as well: their columns follow those of the row.
        var returned = plan is Insert ? layout : new ColumnLayout([.. plan.RowColumns, .. input.Columns]);
        Returning = CompiledProgram.Compile(plan.Returning.Select(r => (r.Expression, r.Output.Type)), returned);
    }

    public ChangePlan Plan { get; }

    public ITableTarget Target { get; }

    /// <summary>False inside WITH: the command's count is that of its main part.</summary>
    public bool CountsRows { get; set; } = true;

    public CompiledProgram Checks { get; }

    public CompiledProgram Returning { get; }

    public override string Name => $"{Plan.GetType().Name} on {Plan.Table.Name}";

    public override List<Leg> Build(PipelineBuilder builder)
    {
        builder.Add(Children[0].Build(builder), new StoreSink(Id, [.. Children[0].Columns.Select(c => c.Type)]));
        return [new Leg(new StateSource(Id, run => new ChangeState(this, run)))];
    }

    protected abstract ChangeWorker CreateWorker(PlanRun run);

    private sealed class ChangeState(ChangeOperator owner, PlanRun run) : SourceState
    {
        public override SourceWorker CreateWorker() => owner.CreateWorker(run);
    }
}

/// <summary>Writes piece by piece and hands out the RETURNING rows of each piece.</summary>
internal abstract class ChangeWorker : SourceWorker
{
    private const int PieceRows = 2048;

    private readonly ChangeOperator _owner;
    private readonly StoreScan _scan;
    private readonly SourceWorker _input;
    private readonly Frame _checks;
    private readonly Frame _returning;
    private readonly Batch _output;

    protected ChangeWorker(ChangeOperator owner, PlanRun run)
    {
        _owner = owner;
        Run = run;
        var stored = run.State<StoreState>(owner.Id);
        _scan = new StoreScan(stored.Views, stored.Rows.Count, run, ordered: true);
        _input = _scan.CreateWorker();
        _checks = owner.Checks.CreateFrame(run.Context);
        _returning = owner.Returning.CreateFrame(run.Context);
        _output = new Batch(owner.Returning.Count);
        RowIds = new long[PieceRows];
    }

    protected PlanRun Run { get; }

    protected long[] RowIds { get; private set; }

    /// <summary>Writes the rows of a piece of the input.</summary>
    /// <returns>The changed rows for RETURNING: all table columns, for UPDATE and DELETE followed by the input's columns.</returns>
    protected abstract Batch Write(Batch piece);

    public override bool Next(out Batch batch)
    {
        batch = _output;
        while (_input.Next(out var piece))
        {
            Run.Context.CheckInterrupts();
            if (RowIds.Length < piece.Length)
                RowIds = new long[piece.Length];
            var rows = Write(piece);
            if (_owner.CountsRows)
                Run.RowsAffected += rows.RowCount;
            if (_owner.Returning.Count == 0 || rows.Length == 0)
                continue;
            _owner.Returning.Evaluate(_returning, rows, _output.Columns);
            _output.Length = rows.Length;
            _output.Selection = rows.Selection;
            return true;
        }
        return false;
    }

    /// <summary>NOT NULL and CHECK constraints of rows about to be written.</summary>
    /// <exception cref="SqlException">23502, 23514.</exception>
    protected unsafe void Check(Batch rows)
    {
        var table = _owner.Plan.Table;
        for (var i = 0; i < table.Columns.Length && i < rows.Columns.Length; i++)
        {
            if (!table.Columns[i].NotNull || rows.Columns[i].Validity == null)
                continue;
            for (var row = 0; row < rows.Length; row++)
            {
                if (rows.Columns[i].IsValid(row) || (rows.Selection is { } s && !IsSelected(s, row)))
                    continue;
                throw new SqlException(SqlState.NotNullViolation,
                    $"null value in column \"{table.Columns[i].Name}\" of relation \"{table.Name}\" violates not-null constraint")
                {
                    Detail = $"Failing row contains ({RowText.Of(rows, row, _owner.Plan.RowColumns, table)}).",
                    SchemaName = table.SchemaName, TableName = table.Name, ColumnName = table.Columns[i].Name,
                };
            }
        }
        for (var c = 0; c < _owner.Checks.Count; c++)
        {
            var value = _owner.Checks.Evaluate(_checks, rows, c);
            for (var row = 0; row < rows.Length; row++)
            {
                // Null is no violation.
                if (!value.IsValid(row) || value.GetBool(row) || (rows.Selection is { } s && !IsSelected(s, row)))
                    continue;
                var name = _owner.Plan.Checks[c].Name;
                throw new SqlException(SqlState.CheckViolation, $"new row for relation \"{table.Name}\" violates check constraint \"{name}\"")
                {
                    Detail = $"Failing row contains ({RowText.Of(rows, row, _owner.Plan.RowColumns, table)}).",
                    SchemaName = table.SchemaName, TableName = table.Name, ConstraintName = name,
                };
            }
        }
    }

    private static unsafe bool IsSelected(Selection selection, int row)
    {
        if (!selection.IsSparse)
            return Bits.Get(selection.Mask, row);
        return new ReadOnlySpan<int>(selection.Indices, selection.Count).Contains(row);
    }

    public override void Dispose()
    {
        _input.Dispose();
        _scan.Dispose();
        _checks.Dispose();
        _returning.Dispose();
        _output.Dispose();
    }
}

/// <summary>A row as PostgreSQL shows it in error details.</summary>
internal static class RowText
{
    public static string Of(Batch rows, int row, ImmutableArray<Column> columns, Planner.Catalog.ITableInfo table)
    {
        var parts = new List<string>();
        for (var i = 0; i < rows.Columns.Length && i < columns.Length; i++)
        {
            if (!table.Columns[i].Hidden)
                parts.Add(rows.Columns[i].IsValid(row) ? Catalog.RowErrors.Clip(TypeIo.FormatString(columns[i].Type, rows.Columns[i], row, IoContext.Default)) : "null");
        }
        return string.Join(", ", parts);
    }
}
