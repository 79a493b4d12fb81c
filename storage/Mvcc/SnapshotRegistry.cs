namespace OmenDb.Storage.Mvcc;

/// <summary>The read timestamps of all open snapshots, so that the collector knows what nobody can see any more.</summary>
/// <remarks>
/// Opening takes no lock. A snapshot must never be missed by a collector that then removes what it needs:
/// <code>
/// opener                                collector
/// ------------------------------------  ------------------------------------
/// t = last visible          (t = 7)
///                                       h = last visible            (h = 9)
///                                       reads all slots: opener's is empty
/// slot = t, full fence
/// last visible again        (9, not 7)  prunes versions needed before 9
/// slot = 9, again: still 9, go
/// </code>
/// The collector reads "last visible" before the slots, the opener writes its slot before it reads "last visible" a second time.
/// So either the collector sees the slot, or the opener sees a value at least as new as the collector's and starts again from it.
/// </remarks>
internal sealed class SnapshotRegistry
{
    // One cache line per slot; 0 = free, otherwise read timestamp + 1.
    private const int Stride = 8;
    private const int SlotsPerPage = 256;

    private ulong _horizon; // the highest that was ever told
    private int _highWater; // slots ever used are below it: the collector looks no further
    private readonly Lock _growth = new();
    private volatile ulong[][] _pages = [new ulong[SlotsPerPage * Stride]];

    /// <summary>Called after a slot became free: the horizon may have moved.</summary>
    public Action? Released { get; set; }

    /// <param name="lastVisible">The newest published commit, read with acquire semantics.</param>
    /// <param name="timestamp">What the snapshot reads.</param>
    /// <returns>The slot, to be released.</returns>
    public int Open(ref ulong lastVisible, out ulong timestamp)
    {
        timestamp = Volatile.Read(ref lastVisible);
        var slot = Claim(timestamp);
        ref var cell = ref Cell(slot);
        while (true)
        {
            Interlocked.MemoryBarrier();
            var again = Volatile.Read(ref lastVisible);
            if (again == timestamp)
                return slot;
            timestamp = again;
            Volatile.Write(ref cell, timestamp + 1);
        }
    }

    /// <summary>A second snapshot at the same point as an open one (which keeps the versions alive meanwhile).</summary>
    public int OpenAt(ulong timestamp) => Claim(timestamp);

    public void Release(int slot)
    {
        Volatile.Write(ref Cell(slot), 0);
        Released?.Invoke();
    }

    /// <summary>Versions replaced at or before this point are invisible to everybody, now and later.</summary>
    /// <remarks>Never less than it was once told to be: an opener's slot shows for a moment a value from before the last horizon (t = 7 above). Whoever judged by
    /// such a lower one would keep an index entry that the collector, by the higher one, has let go for good.</remarks>
    public ulong Horizon(ref ulong lastVisible)
    {
        var horizon = Volatile.Read(ref lastVisible); // before the slots: see above
        Interlocked.MemoryBarrier();
        var slots = Volatile.Read(ref _highWater);
        for (var slot = 0; slot < slots; slot++)
        {
            var value = Volatile.Read(ref Cell(slot));
            if (value != 0 && value - 1 < horizon)
                horizon = value - 1;
        }
        while (true)
        {
            var told = Volatile.Read(ref _horizon);
            if (horizon <= told)
                return told;
            if (Interlocked.CompareExchange(ref _horizon, horizon, told) == told)
                return horizon;
        }
    }

    /// <summary>The read timestamps of all open snapshots and the newest published commit, ascending.</summary>
    /// <returns>The newest published commit; snapshots that open later see it.</returns>
    public ulong Collect(ref ulong lastVisible, List<ulong> target)
    {
        target.Clear();
        var newest = Volatile.Read(ref lastVisible); // before the slots: see above
        target.Add(newest);
        Interlocked.MemoryBarrier();
        var slots = Volatile.Read(ref _highWater);
        for (var slot = 0; slot < slots; slot++)
        {
            var value = Volatile.Read(ref Cell(slot));
            if (value != 0)
                target.Add(value - 1);
        }
        target.Sort();
        return newest;
    }

    private int Claim(ulong timestamp)
    {
        var start = Environment.CurrentManagedThreadId & (SlotsPerPage - 1);
        while (true)
        {
            var pages = _pages;
            for (var p = 0; p < pages.Length; p++)
            {
                for (var i = 0; i < SlotsPerPage; i++)
                {
                    var index = (start + i) & (SlotsPerPage - 1);
                    ref var cell = ref pages[p][index * Stride];
                    var slot = p * SlotsPerPage + index;
                    if (Volatile.Read(ref cell) != 0)
                        continue;
                    Raise(slot + 1); // before the slot is written: a collector that misses it there would have missed the snapshot
                    if (Interlocked.CompareExchange(ref cell, timestamp + 1, 0) == 0)
                        return slot;
                }
            }
            lock (_growth)
            {
                if (_pages.Length == pages.Length)
                    _pages = [.. pages, new ulong[SlotsPerPage * Stride]];
            }
        }
    }

    private void Raise(int slots)
    {
        var seen = Volatile.Read(ref _highWater);
        while (seen < slots)
        {
            var before = Interlocked.CompareExchange(ref _highWater, slots, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }

    private ref ulong Cell(int slot) => ref _pages[slot / SlotsPerPage][slot % SlotsPerPage * Stride];
}
