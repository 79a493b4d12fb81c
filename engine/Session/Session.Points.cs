using OmenDb.Engine.Execution;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Transactions;
using OmenDb.Types;
using IsolationLevel = OmenDb.Storage.Transactions.IsolationLevel;

namespace OmenDb.Engine;

// The short way: one row by its key, without a transaction where there is none.
public sealed partial class Session
{
    /// <summary>Buffers of so many plans are kept; a few hundred bytes each.</summary>
    private const int MaxIdlePoints = 64;

    private readonly Dictionary<QueryPlan, PointState> _idlePoints = new(ReferenceEqualityComparer.Instance);
    private int _readerPlace = -1;

    /// <summary>Whether a statement may go the short way now: its plan is a point look-up and still right.</summary>
    private bool IsPoint(PreparedStatement statement) =>
        statement.Plan is { Plan.Point: not null } plan && !_failed && _transaction?.Isolation != IsolationLevel.Serializable && IsCurrent(plan);

    private bool IsCurrent(QueryPlan plan) => plan.CatalogVersion == Catalog.Version && plan.SettingsKey == PlanKey;

    /// <summary>The kept state of a point plan, or a new one. The caller has it for himself until <see cref="ReturnPoint"/>.</summary>
    private PointState TakePoint(QueryPlan plan)
    {
        if (_idlePoints.Remove(plan, out var idle) && !idle.Runner.IsOver)
            return idle;
        idle?.Dispose();
        return new PointState(plan, plan.Plan.Point!);
    }

    internal void ReturnPoint(PointState state)
    {
        if (_idlePoints.Count >= MaxIdlePoints)
            DropIdlePoints();
        if (_disposed || !_idlePoints.TryAdd(state.Plan, state))
            state.Dispose();
    }

    private void DropIdlePoints()
    {
        foreach (var state in _idlePoints.Values)
            state.Dispose();
        _idlePoints.Clear();
    }

    /// <summary>Reads the row, if there is one.</summary>
    /// <returns>Null: the short way is closed, take the long one.</returns>
    internal bool? TryReadPoint(PointState state, ParameterSet parameters)
    {
        if (_transaction is { } transaction)
            return TryReadPointIn(transaction, state, parameters);
        if (_readerPlace < 0)
            _readerPlace = Database.Storage.Transactions.Locks.Readers.Join();
        var readers = Database.Storage.Transactions.Locks.Readers;
        if (!readers.TryEnter(_readerPlace, state.TableOid))
            return null;
        try
        {
            // After the announcement: whoever changes the table or ends the index from here on waits for us.
            if (!IsCurrent(state.Plan) || state.Runner.IsOver)
                return null;
            _cache.Reused++;
            if (state.Runner.TryReadQuiet(parameters) is { } found)
                return found;
            using var snapshot = Database.Storage.Transactions.OpenSnapshot();
            if (!state.Runner.IsUsableBy(snapshot))
                return null;
            return state.Runner.TryRead(snapshot, parameters);
        }
        finally
        {
            readers.Exit(_readerPlace);
        }
    }

    private bool? TryReadPointIn(Transaction transaction, PointState state, ParameterSet parameters)
    {
        if (transaction.Isolation == IsolationLevel.Serializable)
            return null;
        LockRelation(state.TableOid, TableLockMode.AccessShare, "");
        if (!IsCurrent(state.Plan) || state.Runner.IsOver)
            return null;
        _cache.Reused++;
        // The first statement fixes what the transaction sees, and that its isolation cannot change any more.
        if (transaction.HasSnapshot && state.BuiltBefore(transaction) && state.Runner.TryReadQuiet(parameters) is { } found)
            return found;
        using var snapshot = transaction.BeginStatement();
        if (!state.Runner.IsUsableBy(snapshot))
            return null;
        state.NoteUsable(transaction);
        return state.Runner.TryRead(snapshot, parameters);
    }

    /// <summary>For a caller in this process who runs a statement many times.</summary>
    public PreparedQuery OpenQuery(PreparedStatement statement) => new(this, statement);

    /// <summary>The short way of a <see cref="PreparedQuery"/>.</summary>
    /// <returns>Whether there is a row; null: the long way, please.</returns>
    internal bool? RunPoint(PreparedQuery query, out Arrow.Batch row)
    {
        row = null!;
        if (query.Point is not { } state || !ReferenceEquals(state.Plan, query.Statement.Plan) || state.Runner.IsOver)
        {
            if (!IsPoint(query.Statement))
                return null;
            query.Point?.Dispose();
            query.Point = state = new PointState(query.Statement.Plan!, query.Statement.Plan!.Plan.Point!);
        }
        if (_failed)
            return null;
        row = state.Runner.Row;
        using var activity = Activate(query.Statement.Sql);
        try
        {
            CheckInterrupts();
            // What preparing the statement has begun, with its lock on the table, ends here; a portal that is being read keeps it.
            if (_transaction is not null && !_inBlock && _openPortals.Count == 0)
                CommitImplicit();
            return TryReadPoint(state, query.Parameters);
        }
#pragma warning disable CA1031 // every error ends the statement, and goes on to the caller as an SqlException
        catch (Exception error)
#pragma warning restore CA1031
        {
            throw Fail(error);
        }
    }

    /// <summary>A portal over parameters that are vectors already.</summary>
    internal Portal OpenLong(PreparedStatement statement, ParameterSet parameters) => Guarded(() =>
    {
        CheckAllowed(statement.Syntax!);
        StatementRun run = IsPlanned(statement.Syntax!) ? LongRun(statement, parameters)
            : parameters.Count == 0 ? CreateUtility(statement.Syntax!, statement.Sql, ParameterSource.Empty)
            : throw SqlException.NotSupported("parameters of this kind of statement");
        var portal = new Portal(this, "", statement, run) { Depth = _savepoints.Count, CommitsAtEnd = true };
        _openPortals.Add(portal);
        return portal;
    });

    internal QueryRun LongRun(PreparedStatement statement, ParameterSet parameters)
    {
        var plan = PlanOf(statement);
        return new QueryRun(this, plan, parameters.Clone());
    }

    private void LeaveReaders()
    {
        if (_readerPlace >= 0)
            Database.Storage.Transactions.Locks.Readers.Leave(_readerPlace);
        _readerPlace = -1;
        DropIdlePoints();
    }
}
