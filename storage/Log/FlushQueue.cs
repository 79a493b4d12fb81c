using System.Diagnostics;

namespace OmenDb.Storage.Log;

/// <summary>Who may write the log file, and who waits for whom: leader-style group commit without a log thread.</summary>
/// <remarks>
/// At most one thread is the leader. Everyone else who needs a position durable waits in order of arrival. When the leader leaves,
/// those whose position is durable go home; the first of the rest becomes the next leader, and its flush covers all the others:
/// <code>
///   T1  append, lead ------ write A, fdatasync ------ leave: T1 done, T2 leads
///   T2          append, wait ........................ lead -- write B C D, fdatasync -- leave: T2 T3 T4 done
///   T3              append, wait .................................................... done
///   T4                  append, wait ................................................ done
/// </code>
/// <para>Left alone, sixteen clients that commit again at once fall into two groups that take turns, each waiting through the other's flush:
/// half of what the device could do. So a leader on a slow device waits a moment (<see cref="Gather"/>) for those whom the last
/// flush sent home, and one flush takes them all. A client alone never waits: nobody else was sent home.</para>
/// </remarks>
internal sealed class FlushQueue
{
    /// <summary>A wait that nobody came in halves the next ones, this many times; then it is tried again after as many flushes as that took.</summary>
    private const int MostPatienceLost = 6;

    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiters = new();
    private bool _hasLeader;
    private bool _leaderWaits; // the leader wants a position too, he does not lead for others only
    private int _waiting;      // entries of _waiters, readable without the lock
    private int _expected;     // who waited for the last flush, or came during it
    private int _patienceLost; // the leader's
    private int _flushesSinceLoss;
    private long _durable;
    private bool _failed;

    /// <summary>Returns true when the caller is now the leader and must call <see cref="Leave"/>; false when
    /// <paramref name="target"/> is durable or the log has failed.</summary>
    /// <param name="target"><see cref="Lsn.Max"/>: wants to lead in any case.</param>
    /// <param name="cancellation">Ends the wait only; what was appended stays in the log and becomes durable with the next flush.</param>
    /// <exception cref="OperationCanceledException">Only while waiting, never as the leader.</exception>
    public bool Enter(Lsn target, CancellationToken cancellation = default)
    {
        Waiter waiter;
        lock (_gate)
        {
            if (target != Lsn.Max && (_durable >= target.Value || _failed))
                return false;
            if (!_hasLeader)
            {
                _hasLeader = true;
                _leaderWaits = target != Lsn.Max;
                return true;
            }
            waiter = new Waiter(target.Value);
            _waiters.AddLast(waiter);
            Volatile.Write(ref _waiting, _waiters.Count);
        }
        using (cancellation.CanBeCanceled ? cancellation.Register(() => Cancel(waiter)) : default)
        {
            var verdict = waiter.Await();
            if (verdict == Verdict.Cancelled)
                cancellation.ThrowIfCancellationRequested();
            return verdict == Verdict.Lead;
        }
    }

    /// <summary>Committers that wait for the leader's next flush.</summary>
    public int WaitingCount => Volatile.Read(ref _waiting);

    /// <summary>As the leader, before a flush: waits for those whom the last flush sent home.</summary>
    /// <param name="longest">In ticks of <see cref="Stopwatch"/>; the flush's own length is the measure: a quarter of it.</param>
    public void Gather(long longest)
    {
        var expected = Volatile.Read(ref _expected) - 1; // the leader is one of them
        if (WaitingCount >= expected)
            return;
        if (_patienceLost == MostPatienceLost && ++_flushesSinceLoss < 1 << MostPatienceLost)
            return;
        var end = Stopwatch.GetTimestamp() + (longest >> Math.Min(_patienceLost, MostPatienceLost - 1));
        var came = WaitingCount;
        while (WaitingCount < expected && Stopwatch.GetTimestamp() < end)
            Thread.Yield(); // a timer would be coarser than the wait
        if (WaitingCount > came)
            (_patienceLost, _flushesSinceLoss) = (0, 0);
        else if (_patienceLost < MostPatienceLost)
            (_patienceLost, _flushesSinceLoss) = (_patienceLost + 1, 0);
        else
            _flushesSinceLoss = 0;
    }

    /// <summary>Ends the leadership: <paramref name="durable"/> is on the device, or the log has failed for good.</summary>
    public void Leave(Lsn durable, bool failed)
    {
        List<Waiter>? done = null;
        Waiter? next = null;
        lock (_gate)
        {
            _durable = durable.Value;
            _failed |= failed;
            for (var node = _waiters.First; node is not null;)
            {
                var following = node.Next;
                var waiter = node.Value;
                if (waiter.Target != long.MaxValue && (waiter.Target <= _durable || _failed))
                {
                    _waiters.Remove(node);
                    (done ??= []).Add(waiter);
                }
                node = following;
            }
            _expected = (done?.Count ?? 0) + _waiters.Count + (_leaderWaits ? 1 : 0);
            if (_waiters.First is { } first)
            {
                next = first.Value;
                _leaderWaits = next.Target != long.MaxValue;
                _waiters.RemoveFirst();
            }
            else
            {
                _hasLeader = false;
            }
            Volatile.Write(ref _waiting, _waiters.Count);
        }
        next?.Settle(Verdict.Lead); // first: the disk should not idle while others wake up
        if (done is not null)
        {
            foreach (var waiter in done)
                waiter.Settle(Verdict.Done);
        }
    }

    private void Cancel(Waiter waiter)
    {
        lock (_gate)
        {
            if (!_waiters.Remove(waiter))
                return; // already settled
            Volatile.Write(ref _waiting, _waiters.Count);
        }
        waiter.Settle(Verdict.Cancelled);
    }

    private enum Verdict
    {
        None,
        Done,
        Lead,
        Cancelled,
    }

    private sealed class Waiter(long target)
    {
        private readonly object _monitor = new(); // a Monitor, not a Lock: it can wait
        private Verdict _verdict;

        public long Target => target;

        public Verdict Await()
        {
            lock (_monitor)
            {
                while (_verdict == Verdict.None)
                    Monitor.Wait(_monitor);
                return _verdict;
            }
        }

        public void Settle(Verdict verdict)
        {
            lock (_monitor)
            {
                _verdict = verdict;
                Monitor.Pulse(_monitor);
            }
        }
    }
}
