using System.Runtime.InteropServices;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;

namespace OmenDb.Storage.Transactions;

/// <summary>Removes versions and index entries that nobody can see any more.</summary>
/// <remarks>
/// Has no thread: who commits, or closes the oldest snapshot, cleans what has become free, one at a time. So a quiet database is clean:
/// the last to leave does it.
/// <para>Three ways, from the cheapest on:</para>
/// <list type="number">
/// <item>What all snapshots see is cleaned in the order of commits (<see cref="Run"/>): the common case, everything goes.</item>
/// <item>While an old snapshot is in the way, every commit shortens the chains of the rows it has changed to what some snapshot still
/// needs (<see cref="Table.Prune"/>). So a hot row has no longer a chain than there are snapshots that see different versions of it.</item>
/// <item>When twice as much waits as the last time left, everything that waits is looked at again (<see cref="Sweep"/>): commits whose
/// versions are gone leave the queue, rows that came and went between two snapshots go with their index entries, ranges of inserted rows
/// that no snapshot tells apart become one. That costs no more per commit than a constant, however old the oldest snapshot is.</item>
/// </list></remarks>
internal sealed class GarbageCollector(TransactionManager manager)
{
    private readonly Lock _queueLock = new();
    private Queue<Leftover> _queue = new();
    private int _running;
    private int _smallestSweep = 256;
    private int _sweepAt = 256;
    private int _queueCount;
    private ulong _oldest = ulong.MaxValue; // timestamp of the queue's head, for a check without the lock

    /// <summary>What a commit has left behind. Lists are replaced, never changed: its own thread may be reading them.</summary>
    private sealed class Leftover(Transaction transaction)
    {
        public readonly ulong Timestamp = transaction.CommitTimestamp;
        public readonly VersionStamp Stamp = transaction.Stamp;
        public List<UndoEntry> Undo = transaction.Undo;
        public List<StaleKey> Stale = transaction.Stale;
    }

    /// <summary>So few commits may wait without being looked at again. Tests make it small.</summary>
    internal int SmallestSweep
    {
        get => _smallestSweep;
        set => _smallestSweep = _sweepAt = value;
    }

    /// <summary>Commits that have left something that somebody may still see.</summary>
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
            _queue.Enqueue(new Leftover(transaction));
            Volatile.Write(ref _queueCount, _queue.Count);
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
                while (TryTake(horizon, out var leftover))
                    Clean(leftover, horizon);
            }
            finally
            {
                Volatile.Write(ref _running, 0);
            }
            // Again from the top: a commit that came while we ran found us running and left.
            Interlocked.MemoryBarrier();
        }
    }

    /// <summary>After a commit, by its own thread, when an older snapshot keeps it from being cleaned.</summary>
    public void Tidy(Transaction transaction)
    {
        if (Volatile.Read(ref _oldest) > transaction.CommitTimestamp)
            return; // cleaned already
        SnapshotList? snapshots = null;
        foreach (ref readonly var entry in CollectionsMarshal.AsSpan(transaction.Undo))
        {
            if (entry.Kind != UndoKind.Update || !entry.Table.TryRetain())
                continue;
            entry.Table.Prune(entry, ref snapshots, manager);
            entry.Table.Release();
        }
        if (Volatile.Read(ref _queueCount) > Volatile.Read(ref _sweepAt))
            Sweep();
    }

    private bool TryTake(ulong horizon, out Leftover leftover)
    {
        lock (_queueLock)
        {
            if (!_queue.TryPeek(out leftover!) || leftover.Timestamp > horizon)
                return false;
            _queue.Dequeue();
            Volatile.Write(ref _queueCount, _queue.Count);
            Volatile.Write(ref _oldest, _queue.TryPeek(out var next) ? next.Timestamp : ulong.MaxValue);
            return true;
        }
    }

    private void Clean(Leftover leftover, ulong horizon)
    {
        // Index entries first: a row that has none but its own key is what look-ups rely on once its versions are gone.
        List<StaleKey>? rest = null;
        foreach (var stale in leftover.Stale)
        {
            if (!IsDone(stale, horizon))
                (rest ??= []).Add(stale);
        }
        foreach (var entry in leftover.Undo)
        {
            if (!entry.Table.TryRetain())
                continue;
            entry.Table.Collect(entry, leftover.Stamp, horizon);
            entry.Table.Release();
        }
        if (rest is not null)
            PutOff(rest);
    }

    /// <returns>False: a version that somebody may see has the key still.</returns>
    private static bool IsDone(in StaleKey stale, ulong horizon)
    {
        if (!stale.Index.Table.TryRetain())
            return true; // dropped meanwhile
        try
        {
            if (stale.Index.TryRetain())
            {
                var outcome = stale.Index.RemoveUnused(stale, horizon);
                stale.Index.Release();
                if (outcome == StaleOutcome.CarriedBefore)
                    return false;
            }
            stale.Index.Table.EndStale(stale.Row);
            return true;
        }
        finally
        {
            stale.Index.Table.Release();
        }
    }

    /// <summary>Keys that an older version than the newest has: they are looked at again with the youngest commit that waits. When none does, whoever
    /// replaced that version is still running, and will note the key himself.</summary>
    private void PutOff(List<StaleKey> stale)
    {
        lock (_queueLock)
        {
            if (_queue.Count > 0)
            {
                var last = _queue.Last();
                last.Stale = [.. last.Stale, .. stale];
                return;
            }
        }
        foreach (var key in stale)
        {
            if (!key.Index.Table.TryRetain())
                continue;
            key.Index.Table.EndStale(key.Row);
            key.Index.Table.Release();
        }
    }

    private void Sweep()
    {
        if (Interlocked.CompareExchange(ref _running, 1, 0) != 0)
            return;
        try
        {
            var snapshots = SnapshotList.Collect(manager);
            Leftover[] waiting;
            lock (_queueLock)
                waiting = [.. _queue];
            var merged = new HashSet<VectorSlot>();
            var gone = new HashSet<Leftover>();
            foreach (var leftover in waiting)
            {
                if (leftover.Timestamp > snapshots.Newest)
                    break;
                Shrink(leftover, snapshots, merged);
                if (leftover.Undo.Count == 0 && leftover.Stale.Count == 0)
                    gone.Add(leftover);
            }
            lock (_queueLock)
            {
                _queue = new Queue<Leftover>(_queue.Where(l => !gone.Contains(l)));
                Volatile.Write(ref _sweepAt, SmallestSweep + _queue.Count * 2);
                Volatile.Write(ref _queueCount, _queue.Count);
                Volatile.Write(ref _oldest, _queue.TryPeek(out var next) ? next.Timestamp : ulong.MaxValue);
            }
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
        Run(); // what came meanwhile and found us running
    }

    private void Shrink(Leftover leftover, SnapshotList snapshots, HashSet<VectorSlot> merged)
    {
        List<UndoEntry> undo = [];
        foreach (var entry in leftover.Undo)
        {
            if (!entry.Table.TryRetain())
                continue;
            var left = entry;
            if (entry.Table.Shrink(ref left, leftover.Stamp, snapshots, merged))
                undo.Add(left);
            entry.Table.Release();
        }
        leftover.Undo = undo;
        if (leftover.Stale.Count == 0)
            return;
        // After the versions: what no version has any more goes now.
        List<StaleKey> stale = [];
        foreach (var key in leftover.Stale)
        {
            if (!IsDone(key, snapshots.Oldest))
                stale.Add(key);
        }
        lock (_queueLock)
            leftover.Stale = stale;
    }
}
