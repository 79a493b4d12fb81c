using OmenDb.Storage.Simulation;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Storage.Locks;

public enum LockOutcome : byte
{
    Granted = 0,
    /// <summary>Held before: nothing has changed.</summary>
    Held = 1,
    /// <summary>Somebody is in the way, and the caller does not wait.</summary>
    Busy = 2,
}

/// <summary>All locks that are held or waited for, on relations, rows and numbers of applications. What is not locked costs nothing.</summary>
/// <remarks>
/// <para>A row that a running transaction has written needs no entry here: its version says so. Who wants it takes its lock here, which
/// gives him his place in the queue, and then waits for the writer. Writers look here only when a row of their table is locked.</para>
/// <code>
/// locker                                  writer
/// --------------------------------------  --------------------------------------
///                                         vector latch
///                                         looks for locks of the row: none
/// takes the row's lock
/// waits for the vector latch
///                                         writes the version, unlatches
/// latch: sees the version: waits for its writer
/// </code>
/// <para>Order of locks: graph, vector latch, shard's gate, owner's monitor.</para>
/// </remarks>
public sealed partial class LockTable
{
    private const int ShardCount = 64;
    private const int Counters = 1024;

    private readonly Shard[] _shards = [.. Enumerable.Range(0, ShardCount).Select(_ => new Shard())];
    private readonly int[] _lockedRows = new int[Counters]; // by storage id

    private sealed class Shard
    {
        public readonly Lock Gate = new();
        public readonly Dictionary<LockTag, LockEntry> Entries = [];
    }

    /// <summary>How errors and details name a lock; set by the owner of the names.</summary>
    public Func<LockTag, string> Describe { get; set; } = static tag => $"{tag.Kind} {tag.A} {tag.B}";

    private Shard ShardOf(in LockTag tag) => _shards[tag.Hash & (ShardCount - 1)];

    /// <summary>Readers that take no locks.</summary>
    public ShortReaders Readers { get; } = new();

    private static bool KeepsReadersOut(in LockTag tag, int mode) => tag.Kind == LockKind.Relation && mode == LockModes.AccessExclusive;

    private ref int RowCounter(long storageId) => ref _lockedRows[storageId & (Counters - 1)];

    /// <summary>Takes a lock, waiting for those who stand in the way.</summary>
    /// <param name="owner">Whose.</param>
    /// <param name="tag">On what.</param>
    /// <param name="mode">As the kind numbers them.</param>
    /// <param name="wait">False: answers Busy instead.</param>
    /// <param name="forSession">Held until released, as often as taken; otherwise to the end of the transaction.</param>
    /// <param name="written">The mode in which the owner wrote the row himself; 0: he did not.</param>
    /// <exception cref="SqlException">40P01, 55P03, and what the owner's interrupts say.</exception>
    public LockOutcome Acquire(LockOwner owner, in LockTag tag, int mode, bool wait, bool forSession = false, int written = 0)
    {
        if (!KeepsReadersOut(tag, mode))
            return AcquireNow(owner, tag, mode, wait, forSession, written);
        Readers.CountStrong(tag.A); // until the lock is given back
        var outcome = LockOutcome.Busy;
        try
        {
            outcome = AcquireNow(owner, tag, mode, wait, forSession, written);
        }
        finally
        {
            if (outcome != LockOutcome.Granted)
                Readers.UncountStrong(tag.A);
        }
        if (outcome == LockOutcome.Granted)
            Readers.AwaitReaders(tag.A);
        return outcome;
    }

    private LockOutcome AcquireNow(LockOwner owner, in LockTag tag, int mode, bool wait, bool forSession, int written)
    {
        var shard = ShardOf(tag);
        LockRequest request;
        lock (shard.Gate)
        {
            var entry = GetOrAdd(shard, tag);
            var found = entry.Find(owner);
            if (found >= 0 && IsHeld(tag.Kind, forSession ? entry.Grants[found].SessionModes : entry.Grants[found].Modes, mode))
            {
                if (forSession)
                    owner.SessionLocks[(tag, mode)]++;
                return LockOutcome.Held;
            }
            // Who holds a mode already needs no place in the queue.
            if (!entry.ConflictsWithGrants(owner, mode, written, out _)
                && (found >= 0 || entry.Queue is not { Count: > 0 } queue || !entry.ConflictsWithQueue(owner, mode, queue.Count) || PlantedBugs.Has(PlantedBug.IgnoredQueue)))
            {
                entry.Add(owner, mode, forSession);
                Note(owner, tag, mode, forSession);
                return LockOutcome.Granted;
            }
            if (!wait)
                return LockOutcome.Busy;
            request = new LockRequest(owner, tag, mode) { Written = written, ForSession = forSession };
            entry.Enqueue(request);
            owner.Waiting = request;
        }
        WaitInQueue(owner, request);
        Note(owner, tag, mode, forSession);
        return LockOutcome.Granted;
    }

    private static void Note(LockOwner owner, in LockTag tag, int mode, bool forSession)
    {
        if (forSession)
            owner.SessionLocks[(tag, mode)] = 1;
        else
            owner.Log.Add((tag, mode));
    }

    /// <summary>Of a row a stronger lock is enough; other modes stand for themselves.</summary>
    private static bool IsHeld(LockKind kind, int modes, int mode) => kind == LockKind.Row ? modes >> mode != 0 : (modes & LockModes.Bit(mode)) != 0;

    private LockEntry GetOrAdd(Shard shard, in LockTag tag)
    {
        if (shard.Entries.TryGetValue(tag, out var entry))
            return entry;
        entry = new LockEntry(tag);
        shard.Entries.Add(tag, entry);
        if (tag.Kind == LockKind.Row)
            Interlocked.Increment(ref RowCounter(tag.A)); // a full fence: the locker looks at the row's version after this
        return entry;
    }

    private void DropIfUnused(Shard shard, LockEntry entry)
    {
        if (!entry.IsUnused)
            return;
        shard.Entries.Remove(entry.Tag);
        if (entry.Tag.Kind == LockKind.Row)
            Interlocked.Decrement(ref RowCounter(entry.Tag.A));
    }

    private void WaitInQueue(LockOwner owner, LockRequest request)
    {
        try
        {
            owner.OnStep(LockStep.Waiting);
            CheckForDeadlock(owner);
            if (!owner.Park(request, owner.WaitDeadline()))
                throw TimedOut(owner);
            owner.OnStep(LockStep.Awake);
        }
        catch
        {
            Withdraw(request);
            throw;
        }
        finally
        {
            owner.Waiting = null;
        }
    }

    private static SqlException TimedOut(LockOwner owner)
    {
        owner.CheckInterrupts(); // the statement's time may be over as well: that is the one to report
        return new SqlException(SqlState.LockNotAvailable, "canceling statement due to lock timeout");
    }

    /// <summary>The wait has failed: the request leaves the queue, or gives back what it was granted meanwhile.</summary>
    private void Withdraw(LockRequest request)
    {
        var shard = ShardOf(request.Tag);
        lock (shard.Gate)
        {
            if (!shard.Entries.TryGetValue(request.Tag, out var entry))
                return;
            if (entry.Queue?.Remove(request) != true)
                entry.Remove(request.Owner, request.Mode, request.ForSession);
            entry.Serve();
            DropIfUnused(shard, entry);
        }
    }

    /// <summary>Waits until a transaction has ended, or has taken something back.</summary>
    /// <param name="owner">Who waits.</param>
    /// <param name="writer">For whom.</param>
    /// <param name="epoch">Of the writer, read before the row was looked at: if he has taken something back since, there is nothing to wait for.</param>
    /// <exception cref="SqlException">40P01, 55P03, and what the owner's interrupts say.</exception>
    public void WaitFor(LockOwner owner, Transaction writer, long epoch)
    {
        var request = new LockRequest(owner, new LockTag(LockKind.Transaction, writer.Number, 0), LockModes.Share) { Writer = writer };
        if (!writer.AddWaiter(request, epoch))
            return;
        owner.Waiting = request; // not before: who sees it waiting may rely on the writer to end the wait
        try
        {
            owner.OnStep(LockStep.Waiting);
            CheckForDeadlock(owner);
            if (!owner.Park(request, owner.WaitDeadline()))
                throw TimedOut(owner);
            owner.OnStep(LockStep.Awake);
            writer.ThrowIfAbandoned();
        }
        finally
        {
            owner.Waiting = null;
            writer.RemoveWaiter(request);
        }
    }

    /// <summary>Waits for whoever is in the way of a write.</summary>
    /// <param name="owner">Who waits.</param>
    /// <param name="busy">What the write said.</param>
    public void WaitFor(LockOwner owner, in Tables.WriteResult busy)
    {
        if (busy.Owner is { } writer)
            WaitFor(owner, writer, busy.Epoch);
    }

    /// <summary>Transactions of others that hold something now which a mode conflicts with.</summary>
    internal List<Transaction> Holders(LockOwner? except, in LockTag tag, int mode)
    {
        var holders = new List<Transaction>();
        var conflicts = LockModes.Conflicts(tag.Kind, mode);
        var shard = ShardOf(tag);
        lock (shard.Gate)
        {
            if (!shard.Entries.TryGetValue(tag, out var entry))
                return holders;
            foreach (ref readonly var grant in entry.Grants)
            {
                if (grant.Owner != except && (grant.AllModes & conflicts) != 0 && grant.Owner.Transaction is { } transaction)
                    holders.Add(transaction);
            }
        }
        return holders;
    }

    /// <summary>Waits until those who hold something now which a mode conflicts with have ended; who comes later is not kept waiting.</summary>
    /// <exception cref="SqlException">As of <see cref="Acquire"/>.</exception>
    internal void AwaitHolders(LockOwner owner, in LockTag tag, int mode)
    {
        foreach (var holder in Holders(owner, tag, mode))
        {
            while (holder.State < TransactionState.Committed)
                WaitFor(owner, holder, holder.Epoch); // that he takes something back is not his end
        }
    }

    /// <summary>Under the vector's latch: a row lock was only a place in front of the queue until its owner has seen that nobody else is writing the row.</summary>
    /// <returns>False: somebody else's lock is in the way still; see <see cref="WaitToConfirm"/>.</returns>
    internal bool TryConfirm(LockOwner owner, in LockTag tag, int mode)
    {
        var shard = ShardOf(tag);
        lock (shard.Gate)
        {
            if (!shard.Entries.TryGetValue(tag, out var entry) || entry.Find(owner) is not (>= 0 and var found) || (entry.Grants[found].Pending & LockModes.Bit(mode)) == 0)
                return true;
            if (entry.ConflictsWithConfirmed(owner, mode) && !PlantedBugs.Has(PlantedBug.UnconfirmedLock))
                return false;
            entry.Grants[found].Pending &= ~LockModes.Bit(mode);
            return true;
        }
    }

    /// <summary>Waits, first in the queue, for those whose lock keeps a place in front of it from becoming a lock.</summary>
    /// <remarks>
    /// Who has written a row may lock it past the places of those who wait for his write. His commit shows before his locks are gone:
    /// <code>
    /// first                                   second
    /// --------------------------------------  --------------------------------------
    /// writes the row
    ///                                         takes its lock: granted, but pending
    ///                                         waits for the writer
    /// takes its lock in a stronger mode, past the second's place
    /// commits: the version is visible
    ///                                         wakes up: nobody is writing the row
    ///                                         cannot confirm: the first holds his lock
    /// gives it back
    ///                                         has the lock
    /// </code>
    /// Whoever goes back to a savepoint gives his row locks back before his versions go (<see cref="Transaction.RollbackTo"/>): with the other order
    /// this would be a wait for somebody who is still active and may wait for us in the next moment.
    /// </remarks>
    /// <exception cref="SqlException">As of <see cref="Acquire"/>.</exception>
    internal void WaitToConfirm(LockOwner owner, in LockTag tag, int mode)
    {
        var request = new LockRequest(owner, tag, mode);
        var shard = ShardOf(tag);
        lock (shard.Gate)
        {
            if (!shard.Entries.TryGetValue(tag, out var entry) || !entry.ConflictsWithConfirmed(owner, mode))
                return;
            entry.EnqueueFirst(request);
            owner.Waiting = request;
        }
        WaitInQueue(owner, request);
    }

    /// <summary>False: no row of the table is locked. May be true without.</summary>
    internal bool MayHoldRows(long storageId) => Volatile.Read(ref RowCounter(storageId)) != 0;

    /// <summary>Under the vector's latch: whether somebody's lock keeps an owner from writing a row.</summary>
    /// <param name="owner">Who writes.</param>
    /// <param name="tag">What.</param>
    /// <param name="mode">Needed for it.</param>
    /// <param name="written">In which he has written the row already; 0: he has not.</param>
    /// <param name="holder">The transaction in the way; null: it is giving the lock back just now.</param>
    /// <param name="epoch">Of the holder, from before he gives the lock back.</param>
    internal bool IsLocked(LockOwner owner, in LockTag tag, RowLockMode mode, RowLockMode written, out Transaction? holder, out long epoch)
    {
        holder = null;
        epoch = 0;
        if (PlantedBugs.Has(PlantedBug.IgnoredLock))
            return false;
        var shard = ShardOf(tag);
        lock (shard.Gate)
        {
            if (!shard.Entries.TryGetValue(tag, out var entry) || !entry.ConflictsWithGrants(owner, (int)mode, (int)written, out var by))
                return false;
            holder = by!.Transaction;
            epoch = holder?.Epoch ?? 0;
            return true;
        }
    }

    /// <summary>Gives back the row locks of the transaction that were taken after some point.</summary>
    /// <returns>Whether there were any.</returns>
    internal bool ReleaseRowsTo(LockOwner owner, int keep)
    {
        var log = owner.Log;
        for (var i = log.Count - 1; i >= keep; i--)
        {
            if (log[i].Tag.Kind != LockKind.Row)
                continue;
            Release(owner, log[i].Tag, log[i].Mode, forSession: false);
            owner.OnStep(LockStep.Released);
        }
        var before = log.Count;
        var kept = keep;
        for (var i = keep; i < before; i++)
        {
            if (log[i].Tag.Kind != LockKind.Row)
                log[kept++] = log[i];
        }
        if (kept == before || keep >= before)
            return false;
        log.RemoveRange(kept, before - kept);
        return true;
    }

    /// <summary>Gives back the locks of the transaction that were taken after some point.</summary>
    /// <param name="owner">Whose.</param>
    /// <param name="keep">How many of the first stay.</param>
    public void ReleaseTo(LockOwner owner, int keep)
    {
        for (var i = owner.Log.Count - 1; i >= keep; i--)
        {
            var (tag, mode) = owner.Log[i];
            Release(owner, tag, mode, forSession: false);
            owner.OnStep(LockStep.Released);
        }
        if (owner.Log.Count > keep)
        {
            owner.Log.RemoveRange(keep, owner.Log.Count - keep);
            owner.OnReleased();
        }
        if (keep == 0 && owner.Log.Capacity > 4096)
            owner.Log.Capacity = 0;
    }

    /// <summary>Takes back the newest lock of an owner, if it is this one.</summary>
    internal void Undo(LockOwner owner, in LockTag tag, int mode)
    {
        if (owner.Log.Count == 0 || owner.Log[^1] != (tag, mode))
            return;
        owner.Log.RemoveAt(owner.Log.Count - 1);
        Release(owner, tag, mode, forSession: false);
    }

    private void Release(LockOwner owner, in LockTag tag, int mode, bool forSession)
    {
        var shard = ShardOf(tag);
        lock (shard.Gate)
        {
            if (!shard.Entries.TryGetValue(tag, out var entry))
                return;
            entry.Remove(owner, mode, forSession);
            entry.Serve();
            DropIfUnused(shard, entry);
        }
        if (KeepsReadersOut(tag, mode))
            Readers.UncountStrong(tag.A);
    }

    /// <summary>Gives back one hold of a session's lock.</summary>
    /// <returns>False: it is not held.</returns>
    public bool ReleaseSession(LockOwner owner, in LockTag tag, int mode)
    {
        if (!owner.SessionLocks.TryGetValue((tag, mode), out var count))
            return false;
        if (count > 1)
        {
            owner.SessionLocks[(tag, mode)] = count - 1;
            return true;
        }
        owner.SessionLocks.Remove((tag, mode));
        Release(owner, tag, mode, forSession: true);
        return true;
    }

    /// <summary>Gives back all locks that a session holds beyond transactions.</summary>
    public void ReleaseSession(LockOwner owner)
    {
        foreach (var (tag, mode) in owner.SessionLocks.Keys)
            Release(owner, tag, mode, forSession: true);
        owner.SessionLocks.Clear();
    }
}
