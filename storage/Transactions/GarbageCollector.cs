namespace OmenDb.Storage.Transactions;

/// <summary>Removes versions and index entries that nobody can see any more, in the order of commits.</summary>
/// <remarks>Has no thread: who commits, or closes the oldest snapshot, cleans what has become free, one at a time. So a quiet
/// database is clean: the last to leave does it.</remarks>
internal sealed class GarbageCollector(TransactionManager manager)
{
    private readonly Lock _queueLock = new();
    private readonly Queue<Transaction> _queue = new();
    private int _running;
    private ulong _oldest = ulong.MaxValue; // timestamp of the queue's head, for a check without the lock

    public int Waiting
    {
        get
        {
            lock (_queueLock)
                return _queue.Count;
        }
    }

    /// <summary>In the order of commits.</summary>
    public void Add(Transaction transaction)
    {
        if (transaction.Undo.Count == 0 && transaction.Stale.Count == 0)
            return;
        lock (_queueLock)
        {
            _queue.Enqueue(transaction);
            if (_queue.Count == 1)
                Volatile.Write(ref _oldest, transaction.CommitTimestamp);
        }
    }

    public void OnSnapshotReleased()
    {
        if (Volatile.Read(ref _oldest) != ulong.MaxValue)
            Run();
    }

    /// <summary>Cleans all that is free now, unless somebody is at it.</summary>
    public void Run()
    {
        while (Volatile.Read(ref _oldest) is not ulong.MaxValue and var oldest && oldest <= manager.Horizon)
        {
            if (Interlocked.CompareExchange(ref _running, 1, 0) != 0)
                return; // whoever runs looks at the queue again before he stops
            try
            {
                var horizon = manager.Horizon;
                while (TryTake(horizon, out var transaction))
                    Clean(transaction);
            }
            finally
            {
                Volatile.Write(ref _running, 0);
            }
            // Again from the top: a commit that came while we ran found us running and left.
            Interlocked.MemoryBarrier();
        }
    }

    private bool TryTake(ulong horizon, out Transaction transaction)
    {
        lock (_queueLock)
        {
            if (!_queue.TryPeek(out transaction!) || transaction.CommitTimestamp > horizon)
                return false;
            _queue.Dequeue();
            Volatile.Write(ref _oldest, _queue.TryPeek(out var next) ? next.CommitTimestamp : ulong.MaxValue);
            return true;
        }
    }

    private void Clean(Transaction transaction)
    {
        var horizon = transaction.Stale.Count > 0 ? manager.Horizon : 0;
        // Index entries first: a row that has none but its own key is what look-ups rely on once its versions are gone.
        foreach (var stale in transaction.Stale)
        {
            if (!stale.Index.Table.TryRetain())
                continue; // dropped meanwhile
            stale.Index.RemoveUnused(stale, horizon);
            stale.Index.Table.Release();
        }
        foreach (var entry in transaction.Undo)
        {
            if (!entry.Table.TryRetain())
                continue;
            entry.Table.Collect(entry, transaction.Stamp);
            entry.Table.Release();
        }
    }
}
