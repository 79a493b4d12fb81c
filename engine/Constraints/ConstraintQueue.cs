using OmenDb.Engine.Catalog;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Engine.Constraints;

/// <summary>Changed rows whose constraints are still to be looked at: at the end of the statement, or when the transaction commits.</summary>
/// <remarks>
/// <code>
/// a write of rows  -> pending -> end of statement: actions (CASCADE, SET ...) run until they cause no more,
///                                 then checks: now, or -> deferred -> COMMIT or SET CONSTRAINTS IMMEDIATE
/// </code>
/// Every entry stands for one call of the storage, so that a rollback to a mark cuts the lists and nothing else.</remarks>
internal sealed class ConstraintQueue(Session session) : ITransactionQueue
{
    private readonly List<KeyEvent> _deferred = [];
    private readonly List<(int[]? Constraints, bool Deferred)> _settings = []; // null: ALL
    private readonly List<IDisposable> _memory = [];
    private List<KeyEvent> _pending = [];
    private bool _isRunning;

    public static ConstraintQueue Of(StatementScope scope) => Of(scope.Session, scope.Transaction);

    public static ConstraintQueue Of(Session session, Transaction transaction)
    {
        if (transaction.Queue is ConstraintQueue queue)
            return queue;
        queue = new ConstraintQueue(session);
        transaction.Queue = queue;
        return queue;
    }

    /// <summary>Whether a change of the table's definition would pull the ground from under a deferred check.</summary>
    public bool HasEvents(int tableOid) => _deferred.Exists(e => e.Key.Child.Oid == tableOid || e.Key.Parent.Oid == tableOid);

    /// <param name="key">The constraint.</param>
    /// <param name="rowIds">Rows of the child that are new or have a new reference.</param>
    public void AddReferences(ForeignKey key, long[] rowIds) => _pending.Add(new KeyEvent(key, KeyEventKind.Referring, rowIds, null));

    /// <param name="key">The constraint.</param>
    /// <param name="rowIds">Rows of the parent; null: they were deleted.</param>
    /// <param name="oldKeys">The keys that they had; the queue disposes them.</param>
    public void AddLostKeys(ForeignKey key, long[]? rowIds, KeySet oldKeys)
    {
        _memory.Add(oldKeys);
        _pending.Add(new KeyEvent(key, rowIds is null ? KeyEventKind.Deleted : KeyEventKind.Updated, rowIds ?? [], oldKeys));
    }

    public bool IsDeferred(ConstraintEntry constraint)
    {
        if (!constraint.IsDeferrable)
            return false;
        for (var i = _settings.Count - 1; i >= 0; i--)
        {
            if (_settings[i].Constraints is not { } some || some.Contains(constraint.Oid))
                return _settings[i].Deferred;
        }
        return constraint.IsInitiallyDeferred;
    }

    /// <summary>SET CONSTRAINTS.</summary>
    /// <param name="constraints">By OID; null: all that are deferrable.</param>
    public void Set(int[]? constraints, bool deferred)
    {
        _settings.Add((constraints, deferred));
        if (!deferred)
            CheckDeferred();
    }

    /// <summary>What the statement's changes cause and break.</summary>
    /// <exception cref="SqlException">23503, and what the actions' own changes report.</exception>
    public void EndStatement()
    {
        if (_isRunning || _pending.Count == 0)
            return;
        _isRunning = true;
        try
        {
            var checks = new List<KeyEvent>();
            while (_pending.Count > 0)
            {
                var round = _pending;
                _pending = [];
                ForeignKeyActions.Run(session, round, checks, this);
            }
            foreach (var check in checks.Where(c => IsDeferred(c.Key.Entry)))
                _deferred.Add(check);
            ForeignKeyChecks.Run(session, checks.Where(c => !IsDeferred(c.Key.Entry)));
        }
        finally
        {
            _isRunning = false;
        }
        if (_deferred.Count == 0)
            Free();
    }

    /// <summary>Before the commit, and when constraints become immediate: all checks that may no longer wait.</summary>
    /// <exception cref="SqlException">23503.</exception>
    public void CheckDeferred(bool atCommit = false)
    {
        if (_deferred.Count == 0)
            return;
        var due = _deferred.Where(e => atCommit || !IsDeferred(e.Key.Entry)).ToList();
        ForeignKeyChecks.Run(session, due);
        _deferred.RemoveAll(due.Contains);
    }

    QueueMark ITransactionQueue.Mark() => new(_pending.Count, _deferred.Count, _settings.Count);

    void ITransactionQueue.RollbackTo(QueueMark mark)
    {
        // Checks run at once by SET CONSTRAINTS have left the list: then there is less than at the mark, and that is all right.
        Cut(_pending, mark.Pending);
        Cut(_deferred, mark.Deferred);
        Cut(_settings, mark.Settings);
    }

    private static void Cut<T>(List<T> list, int count)
    {
        if (list.Count > count)
            list.RemoveRange(count, list.Count - count);
    }

    private void Free()
    {
        foreach (var memory in _memory)
            memory.Dispose();
        _memory.Clear();
    }

    public void Dispose() => Free();
}

internal enum KeyEventKind : byte
{
    /// <summary>Rows of the child want a key to be there.</summary>
    Referring,
    /// <summary>Rows of the parent are gone with their keys.</summary>
    Deleted,
    /// <summary>Rows of the parent have another key.</summary>
    Updated,
}

/// <param name="Key">The constraint.</param>
/// <param name="Kind">What happened.</param>
/// <param name="RowIds">Of the child, or (Updated) of the parent.</param>
/// <param name="OldKeys">Deleted and Updated: the keys before, row by row.</param>
internal sealed record KeyEvent(ForeignKey Key, KeyEventKind Kind, long[] RowIds, KeySet? OldKeys);
