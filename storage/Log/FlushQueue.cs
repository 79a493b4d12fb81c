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
/// </remarks>
internal sealed class FlushQueue
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiters = new();
    private bool _hasLeader;
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
                return true;
            }
            waiter = new Waiter(target.Value);
            _waiters.AddLast(waiter);
        }
        using (cancellation.CanBeCanceled ? cancellation.Register(() => Cancel(waiter)) : default)
        {
            var verdict = waiter.Await();
            if (verdict == Verdict.Cancelled)
                cancellation.ThrowIfCancellationRequested();
            return verdict == Verdict.Lead;
        }
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
            if (_waiters.First is { } first)
            {
                next = first.Value;
                _waiters.RemoveFirst();
            }
            else
            {
                _hasLeader = false;
            }
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
