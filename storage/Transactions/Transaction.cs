using System.Diagnostics;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Locks;
using OmenDb.Storage.Log;
using OmenDb.Storage.Mvcc;

namespace OmenDb.Storage.Transactions;

/// <summary>A running transaction. Used by one thread at a time (the session's); its snapshots by any number; anyone may wait for its end.</summary>
public sealed class Transaction
{
    private readonly TransactionManager _manager;
    private readonly object _ended = new();
    private Snapshot? _first;
    private List<LockRequest>? _waiters; // under _ended
    private LockOwner _owner;
    private long _epoch;
    private int _state;
    private Types.SqlException? _abandoned; // guarded by _ended

    internal Transaction(TransactionManager manager, ulong id, IsolationLevel isolation, bool readOnly)
    {
        _manager = manager;
        Id = new Timestamp(id);
        Isolation = isolation;
        IsReadOnly = readOnly;
        Stamp = new VersionStamp(id, this);
        _owner = new LockOwner { Transaction = this };
    }

    /// <summary>With the high bit set.</summary>
    public Timestamp Id { get; }

    /// <summary>Its number without the high bit: what users see.</summary>
    public long Number => (long)(Id.Value & ~Timestamp.TransactionBit);

    /// <summary>All locks of the database.</summary>
    public LockTable Locks => _manager.Locks;

    /// <summary>Holds its locks: the session, set before the first one is taken.</summary>
    public LockOwner Owner
    {
        get => _owner;
        set
        {
            _owner = value;
            value.Transaction = this;
        }
    }

    /// <summary>High half: how often it has taken something back so far; what was written may be free again. Low half: how many write calls it has begun.</summary>
    internal long Epoch => Volatile.Read(ref _epoch);

    /// <summary>Before a call writes its first row: who sees a row of it reads a number that is not smaller.</summary>
    /// <returns>Where to go back to when it fails.</returns>
    internal UndoMark BeginCall()
    {
        Interlocked.Increment(ref _epoch);
        return Mark();
    }

    /// <summary>Changeable until the first snapshot.</summary>
    public IsolationLevel Isolation { get; set; }

    public bool IsReadOnly { get; set; }

    /// <summary>False: answer the commit before the log is on disk.</summary>
    public bool SynchronousCommit { get; set; } = true;

    public TransactionState State => (TransactionState)Volatile.Read(ref _state);

    /// <summary>What all of its statements see; null: each has a snapshot of its own, or there is none yet.</summary>
    public Snapshot? Fixed => _first;

    /// <summary>True once a snapshot was taken: the isolation level is fixed.</summary>
    public bool HasSnapshot => Command > 0;

    /// <summary>True when it has changed rows or objects.</summary>
    public bool HasChanges => Undo.Count > 0 || StagedCatalog is { IsEmpty: false };

    /// <summary>Number of the current statement; what a statement writes carries its number.</summary>
    public int Command { get; private set; }

    /// <summary>Staged changes of objects; made on first use.</summary>
    public CatalogChanges Catalog => StagedCatalog ??= _manager.NewCatalogChanges(this);

    /// <summary>Newest committed catalog plus own changes.</summary>
    public CatalogSnapshot CurrentCatalog => StagedCatalog?.Current ?? _manager.CurrentCatalog;

    internal CatalogChanges? StagedCatalog { get; set; }

    internal VersionStamp Stamp { get; }

    internal List<UndoEntry> Undo { get; } = [];

    /// <summary>Unique keys to be looked at again at the end of the statement.</summary>
    internal List<DeferredKey> Deferred { get; } = [];

    /// <summary>How many of <see cref="Deferred"/>, from the first on, wait for the commit: keys of deferred constraints.</summary>
    private int _deferredToCommit;

    /// <summary>Other work before the end; null: none so far.</summary>
    public ITransactionQueue? Queue { get; set; }

    /// <summary>Files that hold rows of it, made while it commits; null: none.</summary>
    internal Checkpoint.BulkLoad? Bulk { get; set; }

    /// <summary>What it would see now: all of its own changes. The caller disposes it.</summary>
    internal Snapshot OpenOwn() => _manager.OpenSnapshot(this, Command + 1);

    /// <summary>Index entries that no new snapshot needs once this has committed.</summary>
    internal List<StaleKey> Stale { get; } = [];

    /// <summary>SERIALIZABLE and not read-only: the snapshot that its reads are compared with. What it reads is to be noted.</summary>
    internal Snapshot? Watched { get; private set; }

    internal List<ReadSet> Reads { get; } = [];

    /// <summary>True when what it reads must be noted.</summary>
    /// <param name="snapshot">Of the statement: one of later versions than the transaction's is compared by itself.</param>
    public bool NotesReadsOf(Snapshot snapshot) => Watched is { } watched && watched.ReadValue == snapshot.ReadValue;

    /// <summary>Notes a read, by a thread of a statement. Thread-safe.</summary>
    public void NoteRead(ReadSet read)
    {
        lock (Reads)
        {
            read.CheckedUpTo = Watched!.ReadValue;
            Reads.Add(read);
        }
    }

    /// <summary>What look-ups in an index are noted in. Thread-safe.</summary>
    /// <param name="index">Which.</param>
    /// <param name="keyColumns">How many leading columns are looked up.</param>
    public KeyReads KeyReadsOf(Indexes.TableIndex index, int keyColumns)
    {
        lock (Reads)
        {
            foreach (var read in Reads)
            {
                // One that others were compared with already is closed: new keys must be compared with everything.
                if (read is KeyReads known && known.IsOf(index, keyColumns) && known.CheckedUpTo == Watched!.ReadValue)
                    return known;
            }
            var made = new KeyReads(index, keyColumns) { CheckedUpTo = Watched!.ReadValue };
            Reads.Add(made);
            return made;
        }
    }

    /// <summary>Before a write: fails when it is clear already that the transaction could not commit then. With many reads that is found out at the end
    /// only, or each of many writes would look at all of them.</summary>
    /// <exception cref="Types.SqlException">40001.</exception>
    public void CheckReadsEarly()
    {
        if (Reads.Count <= 64)
            CheckReads();
    }

    internal void CheckReads()
    {
        if (Watched is { } watched && Reads.Count > 0)
            _manager.CheckReads(this, watched);
    }

    /// <summary>Where it stands in the order of commits; 0 before.</summary>
    internal ulong CommitTimestamp { get; set; }

    /// <summary>Behind its frame in the log.</summary>
    internal Lsn CommitPosition { get; set; }

    /// <summary>Parts of it stand in the log from here on, before its commit frame: recovery must begin there. Null: none.</summary>
    internal Lsn? FirstPart { get; private set; }

    /// <inheritdoc cref="TransactionManager.ThrowIfUnwritable"/>
    internal void ThrowIfUnwritable() => _manager.ThrowIfUnwritable();

    /// <inheritdoc cref="TransactionManager.Horizon"/>
    internal ulong Horizon => _manager.Horizon;

    /// <summary>Before the first part goes to the log.</summary>
    internal void BeginParts(ICommitLog log)
    {
        if (FirstPart is not null)
            return;
        FirstPart = log.End;
        _manager.RegisterParts(this);
    }

    /// <summary>Begins the next statement: own changes so far become visible to it.</summary>
    /// <returns>A new snapshot in READ COMMITTED, the transaction's own point in time otherwise. The caller disposes it.</returns>
    public Snapshot BeginStatement()
    {
        Debug.Assert(State == TransactionState.Active, "an ended transaction begins no statement");
        Command++;
        if (Isolation == IsolationLevel.ReadCommitted)
            return _manager.OpenSnapshot(this, Command);
        _first ??= Isolation == IsolationLevel.Serializable && !IsReadOnly ? Watched = _manager.OpenWatched(this) : _manager.OpenSnapshot(this, 0);
        return _manager.OpenSnapshotAt(_first, this, Command);
    }

    /// <summary>Before the first statement: sees from now on what another transaction does.</summary>
    /// <param name="other">Still running, and as strict as this one.</param>
    /// <param name="snapshot">One of its snapshots, held open until it ends.</param>
    /// <returns>False: it has ended.</returns>
    public bool TryAdopt(Transaction other, Snapshot snapshot)
    {
        Debug.Assert(_first is null && Command == 0, "a transaction adopts a snapshot before it reads");
        _first = _manager.TryAdopt(this, other, snapshot);
        if (_first is null)
            return false;
        if (Isolation == IsolationLevel.Serializable && !IsReadOnly)
            Watched = _first;
        return true;
    }

    /// <summary>Begins the next statement with a snapshot of all that is committed by now, whatever the isolation level: constraints hold for what is
    /// there, not for what the transaction sees. The caller disposes it.</summary>
    public Snapshot BeginLatest()
    {
        Command++;
        return _manager.OpenSnapshot(this, Command);
    }

    /// <summary>After a change of somebody else's commit was seen in a row: a snapshot opened from now on sees that commit.</summary>
    internal void AwaitPublication() => _manager.AwaitPublication();

    /// <summary>Rows that the current statement has changed, as they were before it. The caller disposes it.</summary>
    public Snapshot OpenBefore() => _manager.OpenSnapshot(this, Command);

    /// <summary>A savepoint; also taken before every statement, which must leave nothing when it fails.</summary>
    public UndoMark Mark() => new(Undo.Count, StagedCatalog?.Version ?? 0, Deferred.Count, Stale.Count, Queue?.Mark() ?? default, _owner.Log.Count);

    /// <summary>Takes back everything done after the mark, and gives back the locks taken since. Marks taken later become invalid.</summary>
    /// <remarks>Row locks go first, while the versions still keep everybody else away: whoever waits for the writer of a row, with his place in front
    /// of the queue, would otherwise find the row free and its lock still in our hands.
    /// <code>
    /// this one                                another
    /// --------------------------------------  --------------------------------------
    /// savepoint
    /// updates the row
    ///                                         takes the row's lock: granted, but pending
    ///                                         waits for the writer
    /// locks the row for update, past the other's place
    /// back to the savepoint:
    ///   takes its version back
    ///                                         wakes up: nobody is writing the row: has the lock
    ///                                         writes the row: finds it locked by this one
    ///   gives back its lock, too late
    /// </code></remarks>
    public void RollbackTo(UndoMark mark)
    {
        var released = Locks.ReleaseRowsTo(_owner, mark.LockCount);
        _owner.OnStep(LockStep.RowsReleased);
        if (UndoRows(mark) || released)
            SetFree(fromCall: 0);
        _owner.OnStep(LockStep.SetFree);
        StagedCatalog?.RollbackTo(mark.CatalogVersion);
        Queue?.RollbackTo(mark.Queue);
        Locks.ReleaseTo(_owner, mark.LockCount);
    }

    /// <summary>The same for rows alone, locks stay: a write call that has failed leaves nothing.</summary>
    /// <remarks>It will be tried again, so it wakes nobody who had begun to wait before it, for something else. Two who try again and again would wake
    /// each other for ever otherwise, and each would find the other awake, and no circle:
    /// <code>
    /// first, has written 1                    second, has written 2
    /// --------------------------------------  --------------------------------------
    /// inserts 2: in the way; takes it back
    /// waits for the second
    ///                                         inserts 1: in the way; takes it back, wakes the first
    ///                                         the first does not wait: no circle; waits for it
    /// inserts 2: in the way; takes it back, wakes the second
    /// ...
    /// </code></remarks>
    /// <param name="mark">From <see cref="BeginCall"/>, the latest one.</param>
    internal void RollbackRows(UndoMark mark)
    {
        if (UndoRows(mark))
            SetFree(fromCall: (uint)Epoch);
    }

    private bool UndoRows(UndoMark mark)
    {
        if (Undo.Count == mark.UndoCount && Stale.Count == mark.StaleCount && Deferred.Count == mark.DeferredCount)
            return false;
        for (var i = Undo.Count - 1; i >= mark.UndoCount; i--)
        {
            Undo[i].Table.Undo(this, Undo[i]);
            _owner.OnStep(LockStep.Undone);
        }
        Undo.RemoveRange(mark.UndoCount, Undo.Count - mark.UndoCount);
        if (Deferred.Count > mark.DeferredCount)
            Deferred.RemoveRange(mark.DeferredCount, Deferred.Count - mark.DeferredCount);
        if (Stale.Count > mark.StaleCount)
            Stale.RemoveRange(mark.StaleCount, Stale.Count - mark.StaleCount);
        _deferredToCommit = Math.Min(_deferredToCommit, Deferred.Count);
        return true;
    }

    private void SetFree(uint fromCall)
    {
        Interlocked.Add(ref _epoch, 1L << 32); // after the versions: who finds the new number finds the rows free
        ServeWaiters(fromCall);
    }

    /// <summary>Somebody waits for the end, or for something to be taken back.</summary>
    /// <returns>False: that has happened since the epoch was read.</returns>
    /// <exception cref="Types.SqlException">58030: see <see cref="Abandon"/>.</exception>
    internal bool AddWaiter(LockRequest request, long epoch)
    {
        lock (_ended)
        {
            ThrowIfAbandoned();
            if (State >= TransactionState.Committed || Epoch >> 32 != epoch >> 32)
                return false;
            request.Call = (uint)epoch;
            (_waiters ??= []).Add(request);
            return true;
        }
    }

    internal void RemoveWaiter(LockRequest request)
    {
        lock (_ended)
            _waiters?.Remove(request);
    }

    private void ServeWaiters(uint fromCall = 0)
    {
        lock (_ended)
        {
            if (_waiters is null)
                return;
            foreach (var waiter in _waiters)
            {
                if (waiter.Call >= fromCall)
                    waiter.Owner.Grant(waiter);
            }
            _waiters.RemoveAll(static waiter => waiter.IsGranted);
        }
    }

    /// <summary>Looks again at the unique keys that a row change of this statement had in common with another row. To be called at
    /// the end of every statement that changed rows (a swap of keys inside the statement is over by then).</summary>
    /// <param name="isDeferred">Which indexes (by OID) belong to constraints that wait for the commit; null: none.</param>
    /// <returns>Ok; DuplicateKey with <see cref="Tables.WriteResult.Other"/>; or Busy.</returns>
    public Tables.WriteResult CheckDeferredUnique(Func<int, bool>? isDeferred = null)
    {
        if (isDeferred is null)
            _deferredToCommit = 0;
        for (var i = Deferred.Count - 1; i >= _deferredToCommit; i--)
        {
            var key = Deferred[i];
            if (isDeferred is not null && isDeferred(key.Index.Oid))
                continue;
            var result = key.Index.Recheck(this, key);
            if (!result.IsOk)
                return result;
            Deferred.RemoveAt(i);
        }
        _deferredToCommit = Deferred.Count;
        return Tables.WriteResult.Ok;
    }

    /// <summary>Keys that wait for the commit are looked at again by the next <see cref="CheckDeferredUnique"/>: some may no longer wait.</summary>
    public void RecheckDeferredUnique() => _deferredToCommit = 0;

    /// <summary>Blocks until this transaction has committed (and is visible) or rolled back.</summary>
    /// <param name="timeout"><see cref="Timeout.InfiniteTimeSpan"/> to wait for ever.</param>
    /// <param name="cancellation">Ends the wait with <see cref="WaitOutcome.Cancelled"/>.</param>
    /// <exception cref="Types.SqlException">58030: the log has failed under its commit, which will therefore never end.</exception>
    public WaitOutcome WaitForEnd(TimeSpan timeout, CancellationToken cancellation)
    {
        if (State >= TransactionState.Committed)
            return WaitOutcome.Ended;
        using var registration = cancellation.Register(static me =>
        {
            lock (me!)
                Monitor.PulseAll(me);
        }, _ended);
        var deadline = timeout == Timeout.InfiniteTimeSpan ? long.MaxValue : Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        lock (_ended)
        {
            while (State < TransactionState.Committed)
            {
                ThrowIfAbandoned();
                if (cancellation.IsCancellationRequested)
                    return WaitOutcome.Cancelled;
                var left = deadline - Environment.TickCount64;
                if (left <= 0)
                    return WaitOutcome.TimedOut;
                Monitor.Wait(_ended, (int)Math.Min(left, int.MaxValue));
            }
        }
        return WaitOutcome.Ended;
    }

    internal void ThrowIfAbandoned()
    {
        if (_abandoned is { } failure)
            throw new Types.SqlException(failure.SqlState, failure.Message, failure) { Hint = failure.Hint };
    }

    /// <summary>The log has failed under its commit: it will never end, and nobody is to wait for that.</summary>
    internal void Abandon(Types.SqlException failure)
    {
        lock (_ended)
        {
            _abandoned = failure;
            Monitor.PulseAll(_ended);
        }
        ServeWaiters();
    }

    internal void SetState(TransactionState state)
    {
        Volatile.Write(ref _state, (int)state);
        if (state < TransactionState.Committed)
            return;
        lock (_ended)
            Monitor.PulseAll(_ended);
        ServeWaiters();
    }

    /// <summary>The transaction has ended, for everybody: whoever waits for its locks goes on.</summary>
    internal void ReleaseLocks()
    {
        Locks.ReleaseTo(_owner, 0);
        if (_owner.Transaction == this)
            _owner.Transaction = null;
        List<Action>? actions;
        lock (_ended)
        {
            (actions, _onEnd) = (_onEnd, null);
            _hasLeft = true;
        }
        foreach (var action in actions ?? [])
            action();
    }

    private List<Action>? _onEnd; // guarded by _ended
    private bool _hasLeft;        // guarded by _ended

    /// <summary>Something to do, by its own thread, when it has ended and given back its locks. It must not throw nor wait.</summary>
    /// <returns>False: it is past that.</returns>
    internal bool TryOnEnd(Action action)
    {
        lock (_ended)
        {
            if (_hasLeft)
                return false;
            (_onEnd ??= []).Add(action);
            return true;
        }
    }

    /// <summary>By the transaction's own thread, outside locks: closing a snapshot may collect garbage.</summary>
    internal void CloseSnapshot()
    {
        if (Watched is { } watched)
        {
            _manager.Unwatch(watched);
            Watched = null;
            foreach (var read in Reads)
                read.Dispose();
            Reads.Clear();
        }
        _first?.Dispose();
        _first = null;
        Queue?.Dispose();
        Queue = null;
    }
}
