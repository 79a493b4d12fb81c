using OmenDb.Arrow;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Pipelines;
using OmenDb.Planner.Plans;

namespace OmenDb.Engine.Operators.Changes;

internal sealed class InsertOperator : ChangeOperator
{
    private readonly Insert _insert;

    public InsertOperator(Insert plan, PhysicalOperator input) : base(plan, input)
    {
        _insert = plan;
        if (plan.OnConflict is not { Assignments.IsEmpty: false } action)
            return;
        var layout = new ColumnLayout([.. plan.RowColumns, .. action.Excluded]);
        Assignments = CompiledProgram.Compile(action.Assignments.Select(a => (a.Value, plan.RowColumns[a.Ordinal].Type)), layout);
        Where = action.Where is null ? null : CompiledProgram.Compile([action.Where], layout);
    }

    /// <summary>ON CONFLICT DO UPDATE: new values over the existing row's columns, then the excluded ones; null: DO NOTHING.</summary>
    public CompiledProgram? Assignments { get; }

    public CompiledProgram? Where { get; }

    protected override ChangeWorker CreateWorker(PlanRun run) => _insert.OnConflict is null ? new Plain(this, run) : new UpsertWorker(this, _insert, run);

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
}
