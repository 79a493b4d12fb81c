using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Locks;

/// <summary>What one owner holds of a lock.</summary>
internal struct LockGrant
{
    public LockOwner Owner;

    /// <summary>To the end of the transaction; bit n = mode n.</summary>
    public int Modes;

    /// <summary>Beyond it.</summary>
    public int SessionModes;

    /// <summary>Those of the modes of a row lock that only hold the place in front of the queue: the owner has not seen yet that nobody else is
    /// writing the row.</summary>
    public int Pending;

    public readonly int AllModes => Modes | SessionModes;

    /// <summary>Modes that are in the way of somebody who has written the row in some mode (0: he has not): those who must wait for that very write
    /// before they have their lock are not.</summary>
    public readonly int ModesAgainst(LockKind kind, int written) => AllModes & ~(Pending & LockModes.Conflicts(kind, written));
}

/// <summary>Somebody waits: in the queue of a lock, or for the end of a transaction.</summary>
internal sealed class LockRequest(LockOwner owner, LockTag tag, int mode)
{
    public readonly LockOwner Owner = owner;
    public readonly LockTag Tag = tag;
    public readonly int Mode = mode;
    public readonly DateTime Since = DateTime.UtcNow;

    /// <summary>Waiting for this one; null: in a queue.</summary>
    public Transaction? Writer;

    /// <summary>How many write calls the writer had begun when he was seen in the way: what later ones take back is not waited for.</summary>
    public uint Call;

    /// <summary>The mode in which the owner wrote the row himself: those who wait for that write are not in his way. 0: he did not.</summary>
    public int Written;

    public bool ForSession;

    private bool _isGranted;

    /// <summary>Once true it stays true. The owner may not have woken up yet, but nobody is in his way any more.</summary>
    public bool IsGranted => Volatile.Read(ref _isGranted);

    /// <summary>Under the owner's monitor.</summary>
    public void SetGranted() => Volatile.Write(ref _isGranted, true);
}

/// <summary>One lock that is held or waited for. Under its shard's gate.</summary>
internal sealed class LockEntry(LockTag tag)
{
    private LockGrant[] _grants = new LockGrant[1]; // most locks have one holder

    public readonly LockTag Tag = tag;

    public int GrantCount { get; private set; }

    public Span<LockGrant> Grants => _grants.AsSpan(0, GrantCount);

    /// <summary>In the order of service.</summary>
    public List<LockRequest>? Queue { get; private set; }

    public bool IsUnused => GrantCount == 0 && Queue is not { Count: > 0 };

    public int Find(LockOwner owner)
    {
        for (var i = 0; i < GrantCount; i++)
        {
            if (_grants[i].Owner == owner)
                return i;
        }
        return -1;
    }

    /// <summary>Whether a mode conflicts with what others hold.</summary>
    public bool ConflictsWithGrants(LockOwner owner, int mode, int written, out LockOwner? holder)
    {
        var conflicts = LockModes.Conflicts(Tag.Kind, mode);
        foreach (ref readonly var grant in Grants)
        {
            if (grant.Owner == owner || (grant.ModesAgainst(Tag.Kind, written) & conflicts) == 0)
                continue;
            holder = grant.Owner;
            return true;
        }
        holder = null;
        return false;
    }

    /// <summary>Whether a mode of a row lock conflicts with one of others that is more than a place in the queue.</summary>
    public bool ConflictsWithConfirmed(LockOwner owner, int mode)
    {
        var conflicts = LockModes.Conflicts(Tag.Kind, mode);
        foreach (ref readonly var grant in Grants)
        {
            if (grant.Owner != owner && (grant.AllModes & ~grant.Pending & conflicts) != 0)
                return true;
        }
        return false;
    }

    /// <summary>Whether a mode conflicts with what somebody in front of the queue's position waits for.</summary>
    public bool ConflictsWithQueue(LockOwner owner, int mode, int before)
    {
        var conflicts = LockModes.Conflicts(Tag.Kind, mode);
        for (var i = 0; i < before; i++)
        {
            if (Queue![i].Owner != owner && (conflicts & LockModes.Bit(Queue[i].Mode)) != 0)
                return true;
        }
        return false;
    }

    /// <summary>Row locks begin as pending.</summary>
    public void Add(LockOwner owner, int mode, bool forSession)
    {
        var found = Find(owner);
        if (found < 0)
        {
            if (GrantCount == _grants.Length)
                Array.Resize(ref _grants, GrantCount * 2);
            found = GrantCount++;
            _grants[found] = new LockGrant { Owner = owner };
        }
        ref var grant = ref _grants[found];
        if (Tag.Kind == LockKind.Row)
            grant.Pending |= LockModes.Bit(mode);
        if (forSession)
            grant.SessionModes |= LockModes.Bit(mode);
        else
            grant.Modes |= LockModes.Bit(mode);
    }

    public void Remove(LockOwner owner, int mode, bool forSession)
    {
        var found = Find(owner);
        if (found < 0)
            return;
        ref var grant = ref _grants[found];
        if (forSession)
            grant.SessionModes &= ~LockModes.Bit(mode);
        else
            grant.Modes &= ~LockModes.Bit(mode);
        grant.Pending &= grant.Modes;
        if (grant.AllModes != 0)
            return;
        _grants[found] = _grants[--GrantCount];
        _grants[GrantCount] = default;
    }

    /// <summary>Who holds something already goes in front of those whom that keeps waiting: behind them he would wait for himself.</summary>
    public void Enqueue(LockRequest request)
    {
        Queue ??= [];
        var held = Find(request.Owner) is >= 0 and var found ? _grants[found].AllModes : 0;
        var place = Queue.Count;
        for (var i = 0; held != 0 && i < Queue.Count; i++)
        {
            if ((LockModes.Conflicts(Tag.Kind, Queue[i].Mode) & held) != 0)
            {
                place = i;
                break;
            }
        }
        Queue.Insert(place, request);
    }

    /// <summary>Makes of a place in front of the queue the first place in it.</summary>
    public void EnqueueFirst(LockRequest request)
    {
        Remove(request.Owner, request.Mode, request.ForSession);
        (Queue ??= []).Insert(0, request);
    }

    /// <summary>Grants what has become free, in the order of the queue: nobody overtakes a request that he conflicts with.</summary>
    public void Serve()
    {
        for (var i = 0; Queue is not null && i < Queue.Count;)
        {
            var request = Queue[i];
            if (ConflictsWithGrants(request.Owner, request.Mode, request.Written, out _)
                || (Find(request.Owner) < 0 && ConflictsWithQueue(request.Owner, request.Mode, i)))
            {
                i++;
                continue;
            }
            GrantTo(request, i);
        }
    }

    public void GrantTo(LockRequest request, int position)
    {
        Queue!.RemoveAt(position);
        Add(request.Owner, request.Mode, request.ForSession);
        request.Owner.Grant(request);
    }
}
