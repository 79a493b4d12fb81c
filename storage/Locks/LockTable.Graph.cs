using OmenDb.Storage.Simulation;
using OmenDb.Types;

namespace OmenDb.Storage.Locks;

/// <summary>One line of pg_locks.</summary>
public readonly record struct LockInfo(LockTag Tag, LockOwner Owner, int Mode, bool IsGranted, DateTime? WaitsSince);

// Who waits for whom. A circle closes only when somebody begins to wait, so each looks once, at the beginning of his wait. One looks at
// a time: of two who close a circle together the second sees both waits.
public sealed partial class LockTable
{
    private readonly Lock _graph = new();

    /// <param name="Owner">Waits.</param>
    /// <param name="Request">For this.</param>
    /// <param name="Blocker">Because of this one.</param>
    /// <param name="IsSoft">Who holds nothing yet, but came first.</param>
    private readonly record struct Edge(LockOwner Owner, LockRequest Request, LockOwner Blocker, bool IsSoft);

    /// <exception cref="SqlException">40P01.</exception>
    private void CheckForDeadlock(LockOwner owner)
    {
        lock (_graph)
        {
            while (FindCircle(owner) is { } circle)
            {
                // A place in the queue is no reason to fail: whoever could have the lock now gets it, ahead of those who wait longer.
                if (circle.Exists(edge => edge.IsSoft && TryOvertake(edge.Request)))
                    continue;
                throw new SqlException(SqlState.DeadlockDetected, "deadlock detected")
                {
                    Detail = string.Join("\n", circle.Select(e =>
                        $"Process {e.Owner.ProcessId} waits for {LockModes.Name(e.Request.Tag.Kind, e.Request.Mode)} on {Describe(e.Request.Tag)}; blocked by process {e.Blocker.ProcessId}.")),
                    Hint = "See server log for query details.",
                };
            }
        }
    }

    private List<Edge>? FindCircle(LockOwner start)
    {
        var seen = new HashSet<LockOwner> { start };
        var path = new List<Edge>();
        return Search(start) ? path : null;

        bool Search(LockOwner from)
        {
            if (from.Waiting is not { } request)
                return false;
            foreach (var (blocker, isSoft) in BlockersOf(request))
            {
                path.Add(new Edge(from, request, blocker, isSoft));
                if (blocker == start || (seen.Add(blocker) && Search(blocker)))
                    return true;
                path.RemoveAt(path.Count - 1);
            }
            return false;
        }
    }

    private List<(LockOwner Owner, bool IsSoft)> BlockersOf(LockRequest request)
    {
        var blockers = new List<(LockOwner, bool)>();
        // He has been given what he waited for and only sleeps on. Without this look somebody who has just gone back to a savepoint, and now waits for
        // one of those whom that has set free, would close a circle that is none.
        if (request.IsGranted && !PlantedBugs.Has(PlantedBug.SleeperInCircle))
            return blockers;
        if (request.Writer is { } writer)
        {
            if (writer.State < Transactions.TransactionState.Committed)
                blockers.Add((writer.Owner, false));
            return blockers;
        }
        var shard = ShardOf(request.Tag);
        lock (shard.Gate)
        {
            if (!shard.Entries.TryGetValue(request.Tag, out var entry) || entry.Queue is not { } queue)
                return blockers;
            var position = queue.IndexOf(request);
            if (position < 0)
                return blockers;
            var conflicts = LockModes.Conflicts(request.Tag.Kind, request.Mode);
            foreach (ref readonly var grant in entry.Grants)
            {
                if (grant.Owner != request.Owner && (grant.ModesAgainst(request.Tag.Kind, request.Written) & conflicts) != 0)
                    blockers.Add((grant.Owner, false));
            }
            if (entry.Find(request.Owner) >= 0)
                return blockers; // who holds something already does not mind the queue
            for (var i = 0; i < position; i++)
            {
                if ((conflicts & LockModes.Bit(queue[i].Mode)) != 0)
                    blockers.Add((queue[i].Owner, true));
            }
        }
        return blockers;
    }

    /// <summary>How often somebody was served before his turn, because a circle would have closed otherwise. Under the graph's lock.</summary>
    internal int Overtakes { get; private set; }

    private bool TryOvertake(LockRequest request)
    {
        var shard = ShardOf(request.Tag);
        lock (shard.Gate)
        {
            if (!shard.Entries.TryGetValue(request.Tag, out var entry) || entry.Queue is not { } queue)
                return false;
            var position = queue.IndexOf(request);
            if (position < 0 || entry.ConflictsWithGrants(request.Owner, request.Mode, request.Written, out _))
                return false;
            entry.GrantTo(request, position);
            Overtakes++;
            return true;
        }
    }

    /// <summary>Process ids of those an owner waits for.</summary>
    public IReadOnlyList<int> BlockingProcesses(LockOwner owner) =>
        owner.Waiting is { } request ? [.. BlockersOf(request).Select(b => b.Owner.ProcessId).Distinct()] : [];

    /// <summary>All locks held and waited for. Rows that were written but not locked are not among them: their writers hold their transaction.</summary>
    public IReadOnlyList<LockInfo> List()
    {
        var list = new List<LockInfo>();
        foreach (var shard in _shards)
        {
            lock (shard.Gate)
            {
                foreach (var entry in shard.Entries.Values)
                {
                    foreach (ref readonly var grant in entry.Grants)
                    {
                        for (var modes = grant.AllModes; modes != 0; modes &= modes - 1)
                            list.Add(new LockInfo(entry.Tag, grant.Owner, System.Numerics.BitOperations.TrailingZeroCount(modes), true, null));
                    }
                    foreach (var request in entry.Queue ?? [])
                        list.Add(new LockInfo(entry.Tag, request.Owner, request.Mode, false, request.Since));
                }
            }
        }
        return list;
    }

    /// <summary>What an owner waits for; false: nothing.</summary>
    public bool TryGetWait(LockOwner owner, out LockInfo wait)
    {
        var request = owner.Waiting;
        wait = request is null ? default : new LockInfo(request.Tag, owner, request.Mode, false, request.Since);
        return request is not null;
    }
}
