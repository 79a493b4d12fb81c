using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Locks;

/// <summary>Places between which others may come in: a schedule of several owners is a sequence of these.</summary>
internal enum LockStep : byte
{
    /// <summary>A row was looked at, and its lock is to be taken.</summary>
    Judged,
    /// <summary>A row's lock is granted, and its version is to be looked at again.</summary>
    Granted,
    /// <summary>Going back, or at the end: row locks are given back, versions are still there.</summary>
    RowsReleased,
    /// <summary>Going back: a step is undone.</summary>
    Undone,
    /// <summary>Going back: versions are gone, and those who waited for them are told.</summary>
    SetFree,
    /// <summary>A commit has its place in the order and in the log, and is not visible yet.</summary>
    Logged,
    /// <summary>A commit is visible, its locks are still held.</summary>
    Published,
    /// <summary>One of several locks is given back.</summary>
    Released,
    /// <summary>Known to wait, but not asleep yet.</summary>
    Waiting,
    /// <summary>The wait is over; others still see it.</summary>
    Awake,
    /// <summary>Some rows of a call are written, others are to come.</summary>
    Written,
    /// <summary>An index to be filled stands in its table's list: writers tell it what they do.</summary>
    IndexListed,
    /// <summary>Those who wrote before have ended, and the table's rows are to be read.</summary>
    IndexScanning,
    /// <summary>The tree is there; what writers have told meanwhile is to be done.</summary>
    IndexLoaded,
    /// <summary>Writers go to the tree; keys that two rows had meanwhile are to be looked at.</summary>
    IndexChecking,
}

/// <summary>Who holds and waits for locks: a session, over its transactions; or a transaction without one.</summary>
/// <remarks>Locks are taken and released by one thread at a time, the owner's; <see cref="Wake"/> may be called by anyone.</remarks>
public class LockOwner
{
    private readonly object _monitor = new();
    private LockRequest? _waiting;

    /// <summary>Locks of the running transaction in the order taken: only what was not held before stands here.</summary>
    internal List<(LockTag Tag, int Mode)> Log { get; } = [];

    /// <summary>Locks of the running transaction so far.</summary>
    public int LogCount => Log.Count;

    /// <summary>How often each lock is held beyond the transaction.</summary>
    internal Dictionary<(LockTag Tag, int Mode), int> SessionLocks { get; } = [];

    /// <summary>What it waits for now; null: it does not wait.</summary>
    internal LockRequest? Waiting
    {
        get => Volatile.Read(ref _waiting);
        set => Volatile.Write(ref _waiting, value);
    }

    /// <summary>As pg_locks shows it; 0: not a session.</summary>
    public virtual int ProcessId => 0;

    /// <summary>The transaction that the locks belong to now.</summary>
    public Transaction? Transaction { get; internal set; }

    /// <summary>True while it waits for a lock that nobody has given it yet.</summary>
    public bool IsWaiting => Waiting is { } request && !request.IsGranted;

    /// <summary>Environment tick at which a wait ends that begins now.</summary>
    protected internal virtual long WaitDeadline() => long.MaxValue;

    /// <summary>Called before and after every sleep. Throws to end the wait.</summary>
    protected internal virtual void CheckInterrupts()
    {
    }

    /// <summary>Locks of the transaction were given back, all or those since a savepoint.</summary>
    protected internal virtual void OnReleased()
    {
    }

    /// <summary>The owner's thread has come to a place outside all latches and gates. Tests that run one thread at a time change to another here, and
    /// in <see cref="Park"/>.</summary>
    internal virtual void OnStep(LockStep step)
    {
    }

    /// <summary>Makes a wait look at <see cref="CheckInterrupts"/> again.</summary>
    public void Wake()
    {
        lock (_monitor)
            Monitor.PulseAll(_monitor);
    }

    internal void Grant(LockRequest request)
    {
        lock (_monitor)
        {
            request.SetGranted();
            Monitor.PulseAll(_monitor);
        }
    }

    /// <summary>Sleeps until the request is granted.</summary>
    /// <returns>False: the deadline came first.</returns>
    internal virtual bool Park(LockRequest request, long deadline)
    {
        lock (_monitor)
        {
            while (!request.IsGranted)
            {
                CheckInterrupts();
                var left = deadline - Environment.TickCount64;
                if (left <= 0)
                    return false;
                Monitor.Wait(_monitor, (int)Math.Min(left, int.MaxValue));
            }
        }
        return true;
    }
}
