using OmenDb.Engine.Execution;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Transactions;
using OmenDb.Types;
using IsolationLevel = OmenDb.Storage.Transactions.IsolationLevel;

namespace OmenDb.Engine;

// Transactions: implicit ones around statements, blocks, savepoints, and what an error does to them.
public sealed partial class Session
{
    private readonly List<Savepoint> _savepoints = [];
    private Transaction? _transaction;
    private bool _inBlock;
    private bool _failed;
    private volatile bool _isActive;
    private volatile bool _inRequest;
    private long _transactionStart;
    private long _statementStart;
    private long _statementTick = -1;
    private long _deadline;
    private string _currentQuery = "";

    private sealed record Savepoint(string Name, UndoMark Mark, int SettingsMark);

    /// <summary>The running transaction; begins one when there is none.</summary>
    internal Transaction Transaction
    {
        get
        {
            if (_transaction is null)
                Begin(TransactionModes.None);
            return _transaction!;
        }
    }

    internal bool InBlock => _inBlock;

    /// <summary>Number of the running transaction if it has changed something; from any thread.</summary>
    internal long? CurrentTransactionNumber => _transaction is { HasChanges: true } transaction ? transaction.Number : null;

    internal CatalogSnapshot Catalog => _transaction?.CurrentCatalog ?? Database.Storage.Catalog;

    internal string CurrentQuery => _currentQuery;

    internal bool IsActive => _isActive;

    internal long TransactionStart => _transaction is null ? 0 : _transactionStart;

    internal long StatementStart => _statementStart;

    private void Begin(TransactionModes modes)
    {
        var level = modes.Isolation is { } written ? Map(written) : Parse(Settings.Raw("default_transaction_isolation"));
        var readOnly = modes.ReadOnly ?? Settings.Bool("default_transaction_read_only");
        _transaction = Database.Storage.Begin(level, readOnly);
        _transaction.SynchronousCommit = Settings.Raw("synchronous_commit") != "off";
        _transaction.Owner = Locks;
        _transactionStart = ExecutionContext.UtcNow();
        StartTransactionTime();
        Settings.SetUntracked("transaction_isolation", Name(level));
        Settings.SetUntracked("transaction_read_only", readOnly ? "on" : "off");
        Settings.SetUntracked("transaction_deferrable", modes.Deferrable ?? Settings.Bool("default_transaction_deferrable") ? "on" : "off");
    }

    private static IsolationLevel Map(Planner.Syntax.IsolationLevel level) => level switch
    {
        Planner.Syntax.IsolationLevel.RepeatableRead => IsolationLevel.RepeatableRead,
        Planner.Syntax.IsolationLevel.Serializable => IsolationLevel.Serializable,
        _ => IsolationLevel.ReadCommitted,
    };

    private static IsolationLevel Parse(string level) => level switch
    {
        "repeatable read" => IsolationLevel.RepeatableRead,
        "serializable" => IsolationLevel.Serializable,
        _ => IsolationLevel.ReadCommitted,
    };

    private static string Name(IsolationLevel level) => level switch
    {
        IsolationLevel.RepeatableRead => "repeatable read",
        IsolationLevel.Serializable => "serializable",
        _ => "read committed",
    };

    /// <summary>SET TRANSACTION.</summary>
    internal void SetModes(TransactionModes modes)
    {
        var transaction = Transaction;
        if (modes.Isolation is { } written && Map(written) != transaction.Isolation)
        {
            if (transaction.HasSnapshot)
                throw new SqlException(SqlState.ActiveSqlTransaction, "SET TRANSACTION ISOLATION LEVEL must be called before any query");
            if (_savepoints.Count > 0)
                throw new SqlException(SqlState.ActiveSqlTransaction, "SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction");
            transaction.Isolation = Map(written);
            Settings.SetUntracked("transaction_isolation", Name(transaction.Isolation));
        }
        if (modes.ReadOnly is { } readOnly)
        {
            if (!readOnly && transaction.IsReadOnly && transaction.HasSnapshot)
                throw new SqlException(SqlState.ActiveSqlTransaction, "transaction read-write mode must be set before any query");
            transaction.IsReadOnly = readOnly;
            Settings.SetUntracked("transaction_read_only", readOnly ? "on" : "off");
        }
        if (modes.Deferrable is { } deferrable)
            Settings.SetUntracked("transaction_deferrable", deferrable ? "on" : "off");
    }

    /// <summary>pg_export_snapshot().</summary>
    internal string ExportSnapshot()
    {
        if (_savepoints.Count > 0)
            throw new SqlException(SqlState.ActiveSqlTransaction, "cannot export a snapshot from a subtransaction");
        return Database.Snapshots.Export(Transaction, BackendId, ref _exportedSnapshots);
    }

    private int _exportedSnapshots;

    /// <summary>BEGIN, COMMIT, ROLLBACK and savepoints.</summary>
    internal string RunTransaction(TransactionStatement statement)
    {
        switch (statement.Kind)
        {
            case TransactionKind.Begin:
                if (_inBlock)
                    Warning(SqlState.ActiveSqlTransaction, "there is already a transaction in progress");
                else if (_transaction is null || (!_transaction.HasSnapshot && !_transaction.HasChanges))
                    StartBlock(statement.Modes);
                else
                    SetModes(statement.Modes); // inside a script: what came before belongs to the block
                _inBlock = true;
                return statement.IsStart ? "START TRANSACTION" : "BEGIN";
            case TransactionKind.Commit:
                return EndBlock(statement, commit: true);
            case TransactionKind.Rollback:
                return EndBlock(statement, commit: false);
            case TransactionKind.Savepoint:
                RequireBlock("SAVEPOINT");
                _savepoints.Add(new Savepoint(statement.Name!, Transaction.Mark(), Settings.Mark));
                return "SAVEPOINT";
            case TransactionKind.ReleaseSavepoint:
                RequireBlock("RELEASE SAVEPOINT");
                var released = FindSavepoint(statement.Name!);
                _savepoints.RemoveRange(released, _savepoints.Count - released);
                return "RELEASE";
            case TransactionKind.RollbackToSavepoint:
                RequireBlock("ROLLBACK TO SAVEPOINT");
                var index = FindSavepoint(statement.Name!);
                _savepoints.RemoveRange(index + 1, _savepoints.Count - index - 1);
                ClosePortals(index + 1);
                _transaction!.RollbackTo(_savepoints[index].Mark);
                Settings.RollbackTo(_savepoints[index].SettingsMark);
                // Marks of the statement itself are stale now; a savepoint survives being rolled back to.
                _savepoints[index] = _savepoints[index] with { Mark = _transaction.Mark() };
                _failed = false;
                return "ROLLBACK";
            default:
                throw new SqlException(SqlState.ObjectNotInPrerequisiteState, "prepared transactions are disabled")
                {
                    Hint = "Set max_prepared_transactions to a nonzero value.",
                };
        }
    }

    private void StartBlock(TransactionModes modes)
    {
        StartTransactionTime();
        if (_transaction is null)
            Begin(modes);
        else
            SetModes(modes);
    }

    private string EndBlock(TransactionStatement statement, bool commit)
    {
        var wasBlock = _inBlock;
        if (statement.Chain && !wasBlock)
            throw new SqlException(SqlState.NoActiveSqlTransaction, $"{(commit ? "COMMIT" : "ROLLBACK")} AND CHAIN can only be used in transaction blocks");
        if (!wasBlock)
            Warning(SqlState.NoActiveSqlTransaction, "there is no transaction in progress");
        var failed = _failed;
        var modes = _transaction is null ? TransactionModes.None : new TransactionModes(_transaction.Isolation switch
        {
            IsolationLevel.RepeatableRead => Planner.Syntax.IsolationLevel.RepeatableRead,
            IsolationLevel.Serializable => Planner.Syntax.IsolationLevel.Serializable,
            _ => Planner.Syntax.IsolationLevel.ReadCommitted,
        }, _transaction.IsReadOnly, null);
        if (commit && !failed)
            CommitNow();
        else
            RollbackAll();
        if (statement.Chain)
        {
            Begin(modes);
            _inBlock = true;
        }
        return commit && !failed ? "COMMIT" : "ROLLBACK";
    }

    private void RequireBlock(string what)
    {
        if (!_inBlock)
            throw new SqlException(SqlState.NoActiveSqlTransaction, $"{what} can only be used in transaction blocks");
    }

    private int FindSavepoint(string name)
    {
        for (var i = _savepoints.Count - 1; i >= 0; i--)
        {
            if (_savepoints[i].Name == name)
                return i;
        }
        throw new SqlException(SqlState.InvalidSavepointSpecification, $"savepoint \"{name}\" does not exist");
    }

    /// <summary>Refused inside a transaction block: VACUUM, CREATE DATABASE.</summary>
    internal void PreventInBlock(string what)
    {
        if (_inBlock)
            throw new SqlException(SqlState.ActiveSqlTransaction, $"{what} cannot run inside a transaction block");
    }

    /// <summary>25P02 in a failed block, except for what ends it.</summary>
    private void CheckAllowed(Statement statement)
    {
        if (_failed && statement is not TransactionStatement { Kind: TransactionKind.Commit or TransactionKind.Rollback or TransactionKind.RollbackToSavepoint })
            throw new SqlException(SqlState.InFailedSqlTransaction, "current transaction is aborted, commands ignored until end of transaction block");
    }

    /// <summary>25006 for statements that change something.</summary>
    internal void CheckWritable(string command)
    {
        if (Transaction.IsReadOnly)
            throw new SqlException(SqlState.ReadOnlySqlTransaction, $"cannot execute {command} in a read-only transaction");
    }

    internal void CommitImplicit()
    {
        if (_transaction is not null && !_inBlock)
            CommitNow();
    }

    private void CommitNow()
    {
        HoldCursors();
        ClosePortals();
        var transaction = _transaction;
        if (transaction is not null)
        {
            try
            {
                CheckConstraintsAtCommit();
                Database.Storage.Commit(transaction);
            }
            catch
            {
                RollbackAll();
                throw;
            }
        }
        Settings.Commit();
        EndTransaction();
    }

    /// <summary>Inside a command that is alone in its transaction: what it has done so far is committed, and it goes on in another one.</summary>
    internal void NextTransaction()
    {
        if (_transaction is not { } transaction)
            return;
        Database.Storage.Commit(transaction);
        ReleaseLocks();
        Begin(TransactionModes.None);
    }

    private void RollbackAll()
    {
        ClosePortals();
        if (_transaction is { } transaction)
            Database.Storage.Rollback(transaction);
        Settings.RollbackTo(0);
        EndTransaction();
    }

    private void EndTransaction()
    {
        if (_transaction is not null)
        {
            if (_exportedSnapshots > 0)
                Database.Snapshots.Withdraw(_transaction);
            _exportedSnapshots = 0;
            Settings.SetUntracked("transaction_isolation", null);
            Settings.SetUntracked("transaction_read_only", null);
            Settings.SetUntracked("transaction_deferrable", null);
        }
        ReleaseLocks();
        _transaction = null;
        _transactionDeadline = 0;
        _inBlock = false;
        _failed = false;
        _savepoints.Clear();
    }

    private void ReleaseLocks() => Locks.ReleaseTransaction();

    private void AbortImplicit()
    {
        if (_transaction is not null && !_inBlock)
            RollbackAll();
    }

    /// <summary>What an error does: the implicit transaction is rolled back, a block goes into the failed state.</summary>
    private void AbortAfterError()
    {
        if (!_inBlock)
        {
            RollbackAll();
            return;
        }
        if (_failed)
            return;
        ClosePortals(_savepoints.Count);
        if (_transaction is not null && _savepoints.Count > 0)
        {
            // Up to the last savepoint nothing can be kept: back to it at once, so that its locks on rows are free.
            _transaction.RollbackTo(_savepoints[^1].Mark);
        }
        else if (_transaction is not null)
        {
            Database.Storage.Rollback(_transaction);
            if (_exportedSnapshots > 0)
                Database.Snapshots.Withdraw(_transaction);
            _exportedSnapshots = 0;
            ReleaseLocks();
            _transaction = null;
        }
        Settings.RollbackTo(_savepoints.Count > 0 ? _savepoints[^1].SettingsMark : 0);
        _failed = true;
    }

    /// <summary>Ends the transaction as the error wants it and gives the error as clients see it.</summary>
    internal SqlException Fail(Exception error)
    {
        CheckTransactionTime();
        AbortAfterError();
        return error switch
        {
            _ when Termination is { } termination => termination,
            SqlException sql => sql,
            OperationCanceledException => new SqlException(SqlState.QueryCanceled, "canceling statement due to user request", error),
            OutOfMemoryException => new SqlException(SqlState.OutOfMemory, "out of memory", error),
            _ => new SqlException(SqlState.InternalError, $"{error.GetType().Name}: {error.Message}", error) { Where = error.StackTrace },
        };
    }

    private T Guarded<T>(Func<T> body)
    {
        using var activity = Activate(_currentQuery);
        try
        {
            return body();
        }
#pragma warning disable CA1031 // every error ends the transaction, and goes on to the caller as an SqlException
        catch (Exception error)
#pragma warning restore CA1031
        {
            throw Fail(error);
        }
    }

    private void Guarded(Action body) => Guarded(() =>
    {
        body();
        return true;
    });

    /// <summary>Marks the session as busy until disposed: only then a cancel request means something.</summary>
    internal Activity Activate(string query)
    {
        if (_isActive)
            return default;
        _currentQuery = query;
        // The clock that ticks every few milliseconds is enough for statements that take microseconds, and much cheaper to read.
        var tick = Environment.TickCount64;
        if (tick != _statementTick)
            (_statementTick, _statementStart) = (tick, ExecutionContext.UtcNow());
        var timeoutMs = Settings.Execution.StatementTimeoutMs;
        _deadline = timeoutMs == 0 ? 0 : tick + timeoutMs;
        _isActive = true;
        return new Activity(this);
    }

    internal readonly struct Activity(Session? session) : IDisposable
    {
        public void Dispose()
        {
            if (session is null)
                return;
            session._isActive = false;
            // A request that came too late must not end the next statement.
            if (session._cancel.IsCancellationRequested && !session._inRequest && session.Termination is null)
                session._cancel = new CancellationTokenSource();
        }
    }

    /// <exception cref="SqlException">57014.</exception>
    internal void CheckInterrupts()
    {
        CheckTransactionTime();
        if (Termination is { } termination)
            throw termination;
        if (_cancel.IsCancellationRequested)
            throw new SqlException(SqlState.QueryCanceled, "canceling statement due to user request");
        if (_deadline != 0 && Environment.TickCount64 > _deadline)
            throw new SqlException(SqlState.QueryCanceled, "canceling statement due to statement timeout");
    }

    /// <summary>Environment tick at which a wait for a lock ends; the largest number: never.</summary>
    internal long LockDeadline()
    {
        var lockTimeout = Settings.Int("lock_timeout");
        var byLock = lockTimeout == 0 ? long.MaxValue : Environment.TickCount64 + lockTimeout;
        var byStatement = _deadline == 0 ? long.MaxValue : _deadline + 1;
        return Math.Min(Math.Min(byLock, byStatement), _transactionDeadline == 0 ? long.MaxValue : _transactionDeadline + 1);
    }

    /// <summary>Waits for whoever is in the way of a write of a row or of a unique key.</summary>
    internal void WaitFor(in Storage.Tables.WriteResult busy) => Locks.WaitFor(busy);

    /// <summary>Holds and waits.</summary>
    internal SessionLocks Locks { get; }

    internal void LockRelation(int oid, TableLockMode mode, string name, bool noWait = false)
    {
        _ = Transaction; // locks belong to one
        Locks.LockRelation(oid, mode, name, noWait);
    }

    /// <param name="depth">Those opened below at least this many savepoints.</param>
    private void ClosePortals(int depth = 0)
    {
        foreach (var portal in _openPortals.ToArray())
        {
            if (portal.IsHeld || portal.Depth < depth)
                continue;
            portal.CloseRun();
            _openPortals.Remove(portal);
            if (_portals.TryGetValue(portal.Name, out var named) && ReferenceEquals(named, portal))
                _portals.Remove(portal.Name);
        }
    }
}
