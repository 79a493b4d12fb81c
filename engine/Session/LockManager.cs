using System.Collections.Concurrent;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>Locks on relations in PostgreSQL's eight modes, held to the end of the transaction, and the graph of who waits for whom,
/// which also knows the waits for row writers: a circle is an error at once for the one who closes it.</summary>
internal sealed class LockManager
{
    /// <summary>By mode: the modes it conflicts with, as bits. Source: PostgreSQL manual, "Conflicting Lock Modes".</summary>
    private static readonly int[] _conflicts =
    [
        0,
        Bit(TableLockMode.AccessExclusive),
        Bits(TableLockMode.Exclusive, TableLockMode.AccessExclusive),
        Bits(TableLockMode.Share, TableLockMode.ShareRowExclusive, TableLockMode.Exclusive, TableLockMode.AccessExclusive),
        Bits(TableLockMode.ShareUpdateExclusive, TableLockMode.Share, TableLockMode.ShareRowExclusive, TableLockMode.Exclusive, TableLockMode.AccessExclusive),
        Bits(TableLockMode.RowExclusive, TableLockMode.ShareUpdateExclusive, TableLockMode.ShareRowExclusive, TableLockMode.Exclusive, TableLockMode.AccessExclusive),
        Bits(TableLockMode.RowExclusive, TableLockMode.ShareUpdateExclusive, TableLockMode.Share, TableLockMode.ShareRowExclusive, TableLockMode.Exclusive,
            TableLockMode.AccessExclusive),
        Bits(TableLockMode.RowShare, TableLockMode.RowExclusive, TableLockMode.ShareUpdateExclusive, TableLockMode.Share, TableLockMode.ShareRowExclusive,
            TableLockMode.Exclusive, TableLockMode.AccessExclusive),
        Bits(TableLockMode.AccessShare, TableLockMode.RowShare, TableLockMode.RowExclusive, TableLockMode.ShareUpdateExclusive, TableLockMode.Share,
            TableLockMode.ShareRowExclusive, TableLockMode.Exclusive, TableLockMode.AccessExclusive),
    ];

    private readonly object _gate = new();
    private readonly Dictionary<int, Dictionary<Session, int>> _holders = [];
    private readonly Dictionary<Session, Func<IEnumerable<Session>>> _waiting = [];
    private readonly ConcurrentDictionary<Transaction, Session> _owners = new();

    private static int Bit(TableLockMode mode) => 1 << (int)mode;

    private static int Bits(params ReadOnlySpan<TableLockMode> modes)
    {
        var bits = 0;
        foreach (var mode in modes)
            bits |= Bit(mode);
        return bits;
    }

    public void Register(Transaction transaction, Session session) => _owners[transaction] = session;

    public void Unregister(Transaction transaction) => _owners.TryRemove(transaction, out _);

    /// <summary>Takes a lock, waiting for those who stand in the way.</summary>
    /// <exception cref="SqlException">40P01, 55P03, 57014.</exception>
    public void Acquire(Session session, int relation, TableLockMode mode, string name, bool noWait)
    {
        lock (_gate)
        {
            if (!_holders.TryGetValue(relation, out var holders))
                _holders.Add(relation, holders = []);
            // The dictionary may be replaced while we wait, so blockers look it up again.
            IEnumerable<Session> Blockers() => _holders.TryGetValue(relation, out var now)
                ? now.Where(h => h.Key != session && (h.Value & _conflicts[(int)mode]) != 0).Select(h => h.Key) : [];
            if (Blockers().Any())
            {
                if (noWait)
                    throw new SqlException(SqlState.LockNotAvailable, $"could not obtain lock on relation \"{name}\"");
                Wait(session, Blockers);
            }
            if (!_holders.TryGetValue(relation, out holders))
                _holders.Add(relation, holders = []);
            holders[session] = holders.GetValueOrDefault(session) | Bit(mode);
        }
    }

    private void Wait(Session session, Func<IEnumerable<Session>> blockers)
    {
        CheckCircle(session, blockers);
        _waiting[session] = blockers;
        var deadline = session.LockDeadline();
        try
        {
            while (blockers().Any())
            {
                session.CheckInterrupts();
                var left = deadline - Environment.TickCount64;
                if (left <= 0)
                    throw new SqlException(SqlState.LockNotAvailable, "canceling statement due to lock timeout");
                Monitor.Wait(_gate, (int)Math.Min(left, 1000));
            }
        }
        finally
        {
            _waiting.Remove(session);
        }
    }

    private void CheckCircle(Session session, Func<IEnumerable<Session>> blockers)
    {
        var seen = new HashSet<Session>();
        var open = new Stack<Session>(blockers());
        while (open.TryPop(out var next))
        {
            if (next == session)
            {
                throw new SqlException(SqlState.DeadlockDetected, "deadlock detected")
                {
                    Detail = $"Process {session.BackendId} waits for process {blockers().First().BackendId}, which waits for it.",
                    Hint = "See server log for query details.",
                };
            }
            if (!seen.Add(next) || !_waiting.TryGetValue(next, out var further))
                continue;
            foreach (var other in further())
                open.Push(other);
        }
    }

    /// <summary>Waits for the end of a transaction that wrote a row.</summary>
    public void WaitFor(Session session, Transaction owner, string relation)
    {
        _owners.TryGetValue(owner, out var holder);
        IEnumerable<Session> Blockers() => holder is not null && owner.State < TransactionState.Committed ? [holder] : [];
        lock (_gate)
        {
            CheckCircle(session, Blockers);
            _waiting[session] = Blockers;
        }
        try
        {
            var left = session.LockDeadline() - Environment.TickCount64;
            var timeout = left > int.MaxValue ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Max(0, left));
            switch (owner.WaitForEnd(timeout, session.Cancellation))
            {
                case WaitOutcome.Cancelled:
                    session.CheckInterrupts();
                    break;
                case WaitOutcome.TimedOut:
                    session.CheckInterrupts();
                    throw new SqlException(SqlState.LockNotAvailable, "canceling statement due to lock timeout")
                    {
                        Where = $"while waiting for a row in relation \"{relation}\"",
                    };
            }
        }
        finally
        {
            lock (_gate)
                _waiting.Remove(session);
        }
    }

    public void ReleaseAll(Session session, IEnumerable<int> relations)
    {
        lock (_gate)
        {
            foreach (var relation in relations)
            {
                if (!_holders.TryGetValue(relation, out var holders))
                    continue;
                holders.Remove(session);
                if (holders.Count == 0)
                    _holders.Remove(relation);
            }
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>A session was cancelled: its wait looks up.</summary>
    public void Wake()
    {
        lock (_gate)
            Monitor.PulseAll(_gate);
    }

    /// <summary>Sessions that wait now.</summary>
    public int WaitingCount
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <summary>For pg_locks: relation, holder, modes.</summary>
    public IReadOnlyList<(int Relation, Session Session, TableLockMode Mode)> List()
    {
        var list = new List<(int, Session, TableLockMode)>();
        lock (_gate)
        {
            foreach (var (relation, holders) in _holders)
            {
                foreach (var (session, modes) in holders)
                {
                    for (var mode = TableLockMode.AccessShare; mode <= TableLockMode.AccessExclusive; mode++)
                    {
                        if ((modes & Bit(mode)) != 0)
                            list.Add((relation, session, mode));
                    }
                }
            }
        }
        return list;
    }
}
