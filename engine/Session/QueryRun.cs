using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Catalog;
using OmenDb.Engine.Execution;
using OmenDb.Planner.Binding;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>A query or change with its parameters, in a snapshot of its own.</summary>
internal sealed class QueryRun(Session session, QueryPlan plan, ParameterSet parameters) : StatementRun
{
    /// <summary>How often a statement may meet changed rows before it gives up.</summary>
    private const int MaxRestarts = 1000;

    private StatementScope? _scope;
    private ExecutionContext? _context;
    private PlanExecution? _execution;
    private RowBuffer? _buffer;
    private bool _ended;
    private long _rowCount;

    /// <summary>As it runs: an older snapshot may need another one than it was made with.</summary>
    public QueryPlan Plan => _running ?? plan;

    private QueryPlan? _running;

    public override ImmutableArray<OutputColumn>? Columns => plan.HasRows ? plan.Outputs : null;

    public override string Tag => plan.Verb == "INSERT" ? $"INSERT 0 {_rowCount}" : $"{plan.Verb} {_rowCount}";

    /// <summary>Rows given out, or changed.</summary>
    public long RowCount => _rowCount;

    /// <summary>The execution, after its end: for EXPLAIN ANALYZE.</summary>
    public PlanExecution? Execution => _execution;

    public bool Instrument { get; init; }

    public override bool Next(out Batch batch)
    {
        batch = null!;
        if (_ended)
            return false;
        if (plan.Writes)
        {
            if (_buffer is null)
                RunToEnd();
            if (_buffer!.Next(out batch))
                return true;
            _ended = true;
            return false;
        }
        if (_execution is null)
            Start();
        while (_execution!.Next(out batch))
        {
            if (batch.RowCount == 0)
                continue;
            _rowCount += batch.RowCount;
            return true;
        }
        _ended = true;
        return false;
    }

    private void Start()
    {
        _scope = new StatementScope(session, session.Transaction, session.Transaction.BeginStatement());
        _context = session.NewContext(_scope, parameters, Instrument);
        _running = session.PlanFor(session.PlanFor(plan, _scope.Snapshot), _scope.Snapshot, _context);
        _execution = _running.Plan.Start(_context);
    }

    private void Stop()
    {
        _execution?.Dispose();
        _execution = null;
        _context?.Dispose();
        _context = null;
        _scope?.Dispose();
        _scope = null;
    }

    private void RunToEnd()
    {
        if (plan.Verb != "SELECT" || plan.ChangedTables.Length > 0)
            session.CheckWritable(plan.Verb);
        else if (plan.RowLock is { } strength)
        {
            session.CheckWritable(strength switch
            {
                Planner.Plans.RowLockStrength.ForUpdate => "SELECT FOR UPDATE",
                Planner.Plans.RowLockStrength.ForNoKeyUpdate => "SELECT FOR NO KEY UPDATE",
                Planner.Plans.RowLockStrength.ForShare => "SELECT FOR SHARE",
                _ => "SELECT FOR KEY SHARE",
            });
        }
        if (plan.ChangedTables.Length > 0)
            session.Transaction.CheckReadsEarly();
        for (var round = 0; ; round++)
        {
            var mark = session.Transaction.Mark();
            try
            {
                Start();
                RunOnce();
                return;
            }
            catch (RestartStatementException) when (round < MaxRestarts)
            {
                Stop();
                session.Transaction.RollbackTo(mark);
                session.CheckInterrupts();
            }
            catch (RestartStatementException error)
            {
                throw new SqlException(SqlState.SerializationFailure, "could not serialize access due to concurrent update", error);
            }
        }
    }

    private void RunOnce()
    {
        _buffer?.Dispose();
        _buffer = new RowBuffer(plan.HasRows ? plan.Outputs : []);
        while (_execution!.Next(out var batch))
        {
            if (plan.HasRows)
                _buffer.Append(batch);
        }
        session.CheckDeferredUnique(_scope!);
        _rowCount = plan.Verb == "SELECT" ? _buffer.Count : _execution.RowsAffected;
    }

    public override void Dispose()
    {
        Stop();
        _buffer?.Dispose();
        parameters.Dispose();
    }
}
