using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Tables;

// What goes while an old snapshot is open: versions that stand between those that somebody sees.
public sealed partial class Table
{
    /// <summary>Chains up to this length are pruned on the stack.</summary>
    private const int ShortChain = 32;

    /// <summary>Shortens the chains of rows that a commit has changed.</summary>
    /// <param name="entry">An update.</param>
    /// <param name="snapshots">Collected when the first chain has more than one record.</param>
    /// <param name="manager">Knows the snapshots.</param>
    internal void Prune(in UndoEntry entry, ref SnapshotList? snapshots, TransactionManager manager)
    {
        var slot = entry.Slot;
        if (snapshots is null)
        {
            var isLong = false;
            slot.Latch.Enter();
            foreach (var row in entry.Record!.Rows)
            {
                var found = slot.Versions?.Find(row) ?? -1;
                if (found < 0 || slot.Versions!.Entries[found].Undo is not { Record: { } head } link || head.Next[link.Index].Record is null)
                    continue;
                isLong = true;
                break;
            }
            slot.Latch.Exit();
            if (!isLong)
                return;
            snapshots = SnapshotList.Collect(manager); // before the latch: whoever opens one from now on sees all that is judged
        }
        slot.Latch.Enter();
        try
        {
            PruneRows(slot, entry.Record!.Rows, snapshots);
        }
        finally
        {
            slot.Latch.Exit();
        }
    }

    private void PruneRows(VectorSlot slot, ushort[] rows, SnapshotList snapshots)
    {
        if (slot.Versions is not { } versions)
            return;
        foreach (var row in rows)
        {
            var found = versions.Find(row);
            if (found >= 0 && versions.Entries[found].Undo.Record is not null)
                PruneChain(ref versions.Entries[found].Undo, snapshots);
        }
    }

    /// <summary>Under the latch: unlinks records that no snapshot needs.</summary>
    /// <remarks>
    /// <code>
    /// in place  ->  r4 (commit 9)  ->  r3 (commit 8)  ->  r2 (commit 5)  ->  r1 (commit 4)
    ///                          snapshot 8              snapshot 5                    snapshot 3
    /// </code>
    /// Records without a snapshot between them make a group: r2 and r1 here. Whoever does not see one of a group sees none of it, and goes
    /// back behind its oldest. So of each column only the oldest before-image in the group counts, and a record whose columns all stand
    /// in older ones of its group goes: the oldest always stays, and a group has never more records than the row has columns.</remarks>
    private void PruneChain(ref UndoLink head, SnapshotList snapshots)
    {
        Span<ulong> times = stackalloc ulong[ShortChain];
        var records = new List<UndoLink>();
        for (var link = head; link.Record is { } record; link = record.Next[link.Index])
            records.Add(link);
        if (records.Count < 2)
            return;
        if (records.Count > ShortChain)
            times = new ulong[records.Count];
        for (var i = 0; i < records.Count; i++)
            times[i] = records[i].Record!.Stamp.Value;
        // From the oldest to the newest; running transactions and commits that came after the list are left alone.
        var seen = new List<int[]>();
        var kept = records.Count - 1;
        seen.Add(records[kept].Record!.Columns);
        for (var i = records.Count - 2; i >= 0 && times[i] <= snapshots.Newest; i--)
        {
            if (snapshots.AnyBetween(times[i + 1], times[i]))
                seen.Clear();
            if (seen.Count > 0 && Covered(records[i].Record!.Columns, seen))
            {
                // What the newer one says of the key holds for whoever sees neither.
                if (records[i].Record!.ChangesKey(records[i].Index))
                    (records[kept].Record!.KeyChanged ??= new bool[records[kept].Record!.Rows.Length])[records[kept].Index] = true;
                Unlink(ref head, records, i);
                continue;
            }
            seen.Add(records[i].Record!.Columns);
            kept = i;
        }
    }

    private static bool Covered(int[] columns, List<int[]> sets)
    {
        foreach (var set in sets)
        {
            if (ReferenceEquals(set, columns)) // sets are shared: the same statement again
                return true;
        }
        foreach (var column in columns)
        {
            if (!sets.Exists(set => Array.IndexOf(set, column) >= 0))
                return false;
        }
        return true;
    }

    /// <summary>Readers follow links under the latch only; what they noted of the record they may go on using.</summary>
    private void Unlink(ref UndoLink head, List<UndoLink> records, int place)
    {
        var (record, index) = (records[place].Record!, records[place].Index);
        // The newer neighbours are still linked: they are looked at after this one.
        if (place == 0)
            head = record.Next[index];
        else
            records[place - 1].Record!.Next[records[place - 1].Index] = record.Next[index];
        record.Next[index] = default;
        record.Linked--;
        FreeStrings(record.Slot, record, index);
    }

    /// <summary>Takes out of a waiting commit's step what has become free.</summary>
    /// <param name="entry">The step; what is left of it.</param>
    /// <param name="stamp">Of the commit.</param>
    /// <param name="snapshots">Open now.</param>
    /// <param name="merged">Vectors whose ranges were put together already.</param>
    /// <returns>False: nothing is left.</returns>
    internal bool Shrink(ref UndoEntry entry, VersionStamp stamp, SnapshotList snapshots, HashSet<VectorSlot> merged)
    {
        switch (entry.Kind)
        {
            case UndoKind.Update:
                return ShrinkUpdate(entry, snapshots);
            case UndoKind.Delete:
                return ShrinkDelete(ref entry, stamp, snapshots);
            default:
                return ShrinkInsert(entry, stamp, snapshots, merged);
        }
    }

    private bool ShrinkUpdate(in UndoEntry entry, SnapshotList snapshots)
    {
        var slot = entry.Slot;
        slot.Latch.Enter();
        try
        {
            if (entry.Record!.Linked > 0)
                PruneRows(slot, entry.Record.Rows, snapshots);
            return entry.Record.Linked > 0;
        }
        finally
        {
            slot.Latch.Exit();
        }
    }

    private static bool ShrinkInsert(in UndoEntry entry, VersionStamp stamp, SnapshotList snapshots, HashSet<VectorSlot> merged)
    {
        var slot = entry.Slot;
        slot.Latch.Enter();
        try
        {
            if (slot.Versions is not { } versions)
                return false;
            if (merged.Add(slot))
                versions.MergeRanges(slot, snapshots);
            // A range that took this one in has a later stamp, and goes with that commit.
            var range = versions.FindRange(entry.Start);
            return range >= 0 && versions.Ranges[range].Stamp == stamp;
        }
        finally
        {
            slot.Latch.Exit();
        }
    }

    /// <summary>Rows that came and went without any snapshot in between: nobody sees them, now or later.</summary>
    private bool ShrinkDelete(ref UndoEntry entry, VersionStamp stamp, SnapshotList snapshots)
    {
        var slot = entry.Slot;
        List<ushort> free = [], left = [];
        slot.Latch.Enter();
        try
        {
            if (slot.Versions is not { } versions)
                return false;
            foreach (var row in entry.Rows!)
            {
                var found = versions.Find(row);
                if (found < 0 || versions.Entries[found].DeletedBy != stamp)
                    continue;
                var range = versions.FindRange(row);
                var inserted = range < 0 ? 0 : versions.Ranges[range].Stamp.Value;
                (snapshots.AnyBetween(inserted, stamp.Value) ? left : free).Add(row);
            }
        }
        finally
        {
            slot.Latch.Exit();
        }
        if (free.Count > 0)
            Collect(entry with { Rows = [.. free] }, stamp, snapshots.Oldest);
        if (left.Count == 0)
            return false;
        if (free.Count > 0)
            entry.Rows = [.. left];
        return true;
    }

    /// <summary>One of the keys that a row had before is no longer to be looked for.</summary>
    internal void EndStale(RowId row)
    {
        var slot = SlotOf(row);
        slot.Latch.Enter();
        try
        {
            if (slot.Versions is not { } versions || versions.Find(row.RowInVector) is not (>= 0 and var found))
                return;
            versions.Entries[found].StaleKeys--;
            if (versions.Entries[found].IsEmpty)
                versions.RemoveEntry(found);
            DropIfQuiet(slot);
        }
        finally
        {
            slot.Latch.Exit();
        }
    }
}
