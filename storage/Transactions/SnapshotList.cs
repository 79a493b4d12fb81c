using System.Runtime.InteropServices;

namespace OmenDb.Storage.Transactions;

/// <summary>The read timestamps of all open snapshots at some moment, and the newest visible commit. Snapshots opened later see that commit.</summary>
internal sealed class SnapshotList
{
    private readonly List<ulong> _timestamps = [];

    private SnapshotList()
    {
    }

    public static SnapshotList Collect(TransactionManager manager)
    {
        var list = new SnapshotList();
        list.Newest = manager.CollectSnapshots(list._timestamps);
        return list;
    }

    /// <summary>What nobody who comes later may miss: versions up to here may be judged.</summary>
    public ulong Newest { get; private set; }

    public ulong Oldest => _timestamps[0];

    /// <summary>Whether a snapshot sees the one commit and not the other.</summary>
    /// <param name="from">The older.</param>
    /// <param name="to">The newer, at most <see cref="Newest"/>.</param>
    public bool AnyBetween(ulong from, ulong to)
    {
        if (to <= from)
            return false;
        var span = CollectionsMarshal.AsSpan(_timestamps);
        var place = span.BinarySearch(from);
        if (place >= 0)
            return true; // sees the older one exactly
        place = ~place;
        return place < span.Length && span[place] < to;
    }
}
