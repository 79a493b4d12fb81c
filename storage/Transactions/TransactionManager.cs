using System.Diagnostics;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Locks;
using OmenDb.Storage.Log;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Simulation;

namespace OmenDb.Storage.Transactions;

/// <summary>Begins, orders, publishes and cleans up transactions.</summary>
/// <remarks>
/// A commit passes three points: it takes its place in the order and in the log (one step, under <see cref="_order"/>), it is
/// durable, it is visible. Commits become visible in log order. Nobody waits for the publication of others: who finds the log
/// durable past his own commit publishes all before him too.
/// <code>
/// A (timestamp 8)                    B (timestamp 9)
/// ---------------------------------  ---------------------------------
/// append, position 100
///                                    append, position 140
///                                    waits durable 140: one flush for both
///                                    publishes 8 (A is durable as well), then 9
/// waits durable 100: already
/// publishes nothing: done for him
/// </code>
/// If each published only himself, B could be visible before A, and a snapshot between them would later find A in its past.
/// </remarks>
public sealed partial class TransactionManager
{
    private readonly SnapshotRegistry _registry = new();
    private readonly Lock _order = new();
    private readonly Queue<Transaction> _pending = new();
    private readonly ICommitLog _log;
    private readonly IRedoBuilder _redo;
    private readonly CatalogStore _catalog;
    private readonly GarbageCollector _garbage;
    private readonly HashSet<Transaction> _withParts = []; // their parts stand in the log before their commit
    private Lsn _lastPublishedPosition;
    private ulong _lastVisible;
    private ulong _lastAssigned;
    private ulong _lastTransaction = Timestamp.TransactionBit;

    internal TransactionManager(ICommitLog log, IRedoBuilder redo, CatalogStore catalog)
    {
        _log = log;
        _redo = redo;
        _catalog = catalog;
        _garbage = new GarbageCollector(this);
        _registry.Released = _garbage.OnSnapshotReleased;
    }

    /// <summary>Before a change of rows: after the log has failed none can commit.</summary>
    /// <exception cref="Types.SqlException">58030.</exception>
    internal void ThrowIfUnwritable() => _log.ThrowIfFailed();

    /// <summary>The newest commit that new snapshots see.</summary>
    public Timestamp LastVisible => new(Volatile.Read(ref _lastVisible));

    internal CatalogSnapshot CurrentCatalog => _catalog.Current;

    /// <summary>Nobody needs versions that were replaced at or before this.</summary>
    internal ulong Horizon => _registry.Horizon(ref _lastVisible);

    internal ulong CollectSnapshots(List<ulong> target) => _registry.Collect(ref _lastVisible, target);

    internal GarbageCollector Garbage => _garbage;

    /// <summary>On relations, rows and numbers of applications.</summary>
    public LockTable Locks { get; } = new();

    public Transaction Begin(IsolationLevel isolation = IsolationLevel.ReadCommitted, bool readOnly = false) =>
        new(this, Interlocked.Increment(ref _lastTransaction), isolation, readOnly);

    /// <summary>A snapshot of everything committed, outside any transaction.</summary>
    public Snapshot OpenSnapshot() => OpenSnapshot(null, 0);

    internal Snapshot OpenSnapshot(Transaction? transaction, int command)
    {
        var slot = _registry.Open(ref _lastVisible, out var timestamp);
        return new Snapshot(_registry, slot, timestamp, transaction, command);
    }

    internal Snapshot OpenSnapshotAt(Snapshot other, Transaction? transaction, int command) =>
        new(_registry, _registry.OpenAt(other.ReadValue), other.ReadValue, transaction, command);

    internal CatalogChanges NewCatalogChanges(Transaction transaction) => new(_catalog, transaction);

    /// <summary>Makes the transaction's changes durable and visible.</summary>
    /// <remarks>When this throws before the log took the commit (no space, a catalog conflict), the transaction is still active and
    /// the caller rolls it back. When waiting for the disk fails, nobody can know whether the commit will be there after a
    /// restart: the transaction stays invisible, its rows stay locked, and the log refuses everything from then on; who waits for it gets
    /// the log's error.</remarks>
    public void Commit(Transaction transaction)
    {
        Debug.Assert(transaction.State == TransactionState.Active, "a transaction commits once");
        if (!transaction.HasChanges)
        {
            transaction.SetState(TransactionState.Committed);
            transaction.ReleaseLocks();
            transaction.CloseSnapshot();
            return;
        }
        transaction.CheckReads();
        using var frame = BuildFrame(transaction);
        Lsn position;
        _log.MakeRoom(frame.Bytes.Length); // inside, nobody waits for the device
        lock (_order)
        {
            if (transaction.Watched is { } watched && transaction.Reads.Count > 0)
                CheckReadsInOrder(transaction, watched);
            // The merge must see all catalog changes before it in the order, so it happens inside.
            transaction.StagedCatalog?.PrepareCommit();
            var timestamp = _lastAssigned + 1;
            frame.SetTimestamp(timestamp, transaction.StagedCatalog);
            position = _log.Append(frame.Bytes);
            _lastAssigned = timestamp;
            transaction.CommitTimestamp = timestamp;
            transaction.CommitPosition = position;
            transaction.SetState(TransactionState.Committing);
            transaction.StagedCatalog?.Reserve();
            _pending.Enqueue(transaction);
            _history.Add(transaction);
        }
        transaction.Owner.OnStep(LockStep.Logged);
        if (PlantedBugs.Has(PlantedBug.EarlyVisibility))
            PublishUpTo(Lsn.Max);
        try
        {
            if (transaction.SynchronousCommit)
                _log.WaitDurable(position);
            else
                WaitForSynchronousBefore(transaction);
        }
        catch (Types.SqlException e)
        {
            transaction.Abandon(e);
            throw;
        }
        if (transaction.State != TransactionState.Committed) // most of a group are published by the first of it
            Publish();
        if (!transaction.SynchronousCommit)
            _log.FlushSoon();
        transaction.Owner.OnStep(LockStep.Published);
        transaction.StagedCatalog?.RunCommitActions();
        transaction.ReleaseLocks();
        transaction.CloseSnapshot();
        _garbage.Run();
        _garbage.Tidy(transaction);
    }

    private RedoFrame BuildFrame(Transaction transaction)
    {
        try
        {
            return _redo.Build(transaction);
        }
        catch
        {
            Forget(transaction);
            throw;
        }
    }

    private void Forget(Transaction transaction)
    {
        lock (_order)
            _withParts.Remove(transaction);
    }

    internal void RegisterParts(Transaction transaction)
    {
        lock (_order)
            _withParts.Add(transaction);
    }

    /// <summary>For a checkpoint: a snapshot, the catalog that belongs to it, and the position in the log from which recovery repeats
    /// everything that the snapshot does not see.</summary>
    internal (Snapshot Snapshot, CatalogSnapshot Catalog, Lsn ReplayFrom) BeginCheckpoint()
    {
        lock (_order)
        {
            var from = _lastPublishedPosition;
            foreach (var transaction in _withParts)
                from = Lsn.Min(from, transaction.FirstPart!.Value);
            return (OpenSnapshot(), CurrentCatalog, from);
        }
    }

    /// <summary>Undoes everything and ends the transaction.</summary>
    public void Rollback(Transaction transaction)
    {
        if (transaction.State != TransactionState.Active)
            return;
        transaction.RollbackTo(default);
        transaction.Bulk?.Discard(); // its commit was refused after they were written
        Forget(transaction);
        transaction.SetState(TransactionState.RolledBack);
        transaction.ReleaseLocks();
        transaction.CloseSnapshot();
    }

    /// <summary>An asynchronous commit behind one that still waits for the disk cannot be visible before it, and its own session must see
    /// it at once: so it waits for that one.</summary>
    private void WaitForSynchronousBefore(Transaction transaction)
    {
        var needed = Lsn.Zero;
        lock (_order)
        {
            foreach (var other in _pending)
            {
                if (other == transaction)
                    break;
                if (other.SynchronousCommit)
                    needed = other.CommitPosition;
            }
        }
        if (needed > Lsn.Zero)
            _log.WaitDurable(needed);
    }

    private void Publish() => PublishUpTo(_log.Durable);

    private void PublishUpTo(Lsn durable)
    {
        lock (_order)
        {
            while (_pending.TryPeek(out var next) && (next.CommitPosition <= durable || !next.SynchronousCommit))
            {
                _pending.Dequeue();
                PublishOne(next);
            }
        }
    }

    /// <summary>A commit shows in its rows a moment before new snapshots see it: waits for the end of that moment.</summary>
    internal void AwaitPublication()
    {
        lock (_order)
        {
            // Commits are published under this lock, each as a whole.
        }
    }

    private void PublishOne(Transaction transaction)
    {
        var timestamp = transaction.CommitTimestamp;
        foreach (var entry in transaction.Undo)
            entry.Table.MarkChanged(entry, timestamp);
        transaction.Bulk?.Commit(timestamp);
        transaction.StagedCatalog?.Publish();
        _lastPublishedPosition = transaction.CommitPosition;
        _withParts.Remove(transaction);
        transaction.Stamp.Commit(timestamp);
        Volatile.Write(ref _lastVisible, timestamp); // after the stamp: a snapshot that reads this sees all of it
        foreach (var entry in transaction.Undo)
            entry.Table.CountModifications(entry);
        _garbage.Add(transaction);
        transaction.SetState(TransactionState.Committed);
    }

    /// <summary>Recovery: commits up to here are in the tables.</summary>
    internal void StartAfter(ulong timestamp, Lsn position)
    {
        _lastPublishedPosition = position;
        _lastAssigned = timestamp;
        Volatile.Write(ref _lastVisible, timestamp);
    }
}
