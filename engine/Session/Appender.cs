using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Planner.Binding;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>Adds rows to a table in columns: the fastest way in for programs in the same process. One statement from its creation to
/// <see cref="Complete"/>, with all that an INSERT does: defaults, generated columns, constraints, indexes.</summary>
/// <remarks>Runs in the session's transaction block; without one, in a transaction of its own that <see cref="Complete"/> commits. The session
/// runs no other statement meanwhile. After an error the appender is over, and the transaction as after any failed statement.</remarks>
public sealed class Appender : IDisposable
{
    private readonly Session _session;
    private readonly PushedRows _rows;
    private readonly QueryPlan _plan;
    private readonly StatementScope _scope;
    private readonly UndoMark _mark;
    private readonly int _command;
    private bool _ended;

    internal Appender(Session session, PushedRows rows, QueryPlan plan, ImmutableArray<OutputColumn> columns)
    {
        _session = session;
        _rows = rows;
        _plan = plan;
        Columns = columns;
        _mark = session.Transaction.Mark();
        _scope = new StatementScope(session, session.Transaction, session.Transaction.BeginStatement());
        _command = _scope.Transaction.Command;
    }

    /// <summary>What a batch has to have, in this order and of exactly these types.</summary>
    public ImmutableArray<OutputColumn> Columns { get; }

    /// <summary>Rows added so far.</summary>
    public long RowCount { get; private set; }

    /// <summary>Adds the rows of a batch; its values are copied.</summary>
    /// <param name="rows">Vectors of any kind; any number of rows, with a selection at most <see cref="Batch.DefaultCapacity"/>.</param>
    /// <exception cref="SqlException">What an INSERT of these rows reports; 55000 when the session has done something else meanwhile.</exception>
    public void Append(Batch rows)
    {
        Check(rows);
        if (rows.RowCount == 0)
            return;
        using var activity = _session.Activate("");
        try
        {
            CheckUndisturbed();
            using var context = _session.NewContext(_scope, null);
            _rows.Current = rows;
            using var execution = _plan.Plan.Start(context);
            while (execution.Next(out _))
            {
                // an INSERT without RETURNING gives no rows
            }
            RowCount += execution.RowsAffected;
        }
#pragma warning disable CA1031 // every error ends the statement, and goes on to the caller as an SqlException
        catch (Exception error)
#pragma warning restore CA1031
        {
            throw Failed(error);
        }
        finally
        {
            _rows.Current = null;
        }
    }

    /// <summary>The rows are in, and committed unless the session is in a transaction block.</summary>
    /// <exception cref="SqlException">A constraint that is checked at the end; or the commit failed.</exception>
    public void Complete()
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        using var activity = _session.Activate("");
        try
        {
            CheckUndisturbed();
            _session.CheckDeferredUnique(_scope);
            End();
            _session.CommitImplicit();
        }
#pragma warning disable CA1031 // as above
        catch (Exception error)
#pragma warning restore CA1031
        {
            throw Failed(error);
        }
    }

    /// <summary>Without <see cref="Complete"/> before: none of the rows stay.</summary>
    public void Dispose()
    {
        if (_ended)
            return;
        var undisturbed = IsUndisturbed;
        End();
        if (_session.InBlock && undisturbed)
            _session.Transaction.RollbackTo(_mark);
        else
            _session.FailTransaction(); // its own transaction, or a block in which the place to go back to is unknown
    }

    private bool IsUndisturbed => _session.IsIn(_scope.Transaction) && _scope.Transaction.Command == _command;

    private void CheckUndisturbed()
    {
        if (!IsUndisturbed)
            throw new SqlException(SqlState.ObjectNotInPrerequisiteState, "the session ran other statements while rows were appended");
    }

    private void Check(Batch rows)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        if (rows.Columns.Length != Columns.Length)
            throw new ArgumentException($"the batch has {rows.Columns.Length} columns instead of {Columns.Length}", nameof(rows));
        for (var i = 0; i < Columns.Length; i++)
        {
            if (rows.Columns[i].Type.Id != Columns[i].Type.Arrow.Id || rows.Columns[i].Type.Scale != Columns[i].Type.Arrow.Scale)
                throw new ArgumentException($"column {Columns[i].Name} is {rows.Columns[i].Type} instead of {Columns[i].Type.Arrow}", nameof(rows));
        }
        if (rows.Selection is not null && rows.Length > Batch.DefaultCapacity)
            throw new ArgumentException($"a batch with a selection has at most {Batch.DefaultCapacity} rows", nameof(rows));
    }

    private SqlException Failed(Exception error)
    {
        End();
        return _session.Fail(error);
    }

    private void End()
    {
        if (_ended)
            return;
        _ended = true;
        _scope.Dispose();
    }
}
