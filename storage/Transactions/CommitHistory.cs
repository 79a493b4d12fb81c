using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;

namespace OmenDb.Storage.Transactions;

/// <summary>Which rows were changed by recent commits, as long as a SERIALIZABLE transaction may have to know: precision locking, after Neumann, Mühlbauer,
/// Kemper, "Fast Serializable Multi-Version Concurrency Control for Main-Memory Database Systems", 2015, section 2.3.</summary>
/// <remarks>
/// A transaction may commit when everything it has read is, at its place in the order of commits, as its snapshot showed it: then it
/// might as well have run there at once. A row that others have changed since the snapshot spoils that if it matched a predicate before,
/// or matches one now. What it was in between is of no concern, so the rows are enough and their intermediate versions may be collected. A
/// transaction that writes nothing stands at its snapshot and needs no look.
/// All access under the order of commits.</remarks>
internal sealed class CommitHistory
{
    /// <summary>More commits than this are merged: their rows are looked at by some who need not.</summary>
    private const int MaxCommits = 4096;

    private readonly List<Commit> _commits = []; // ascending
    private readonly List<ulong> _watchers = []; // snapshots of the running transactions

    /// <param name="Timestamp">The last one of those in it.</param>
    /// <param name="Slots">What was changed where.</param>
    private sealed record Commit(ulong Timestamp, Dictionary<VectorSlot, Changed> Slots);

    private sealed class Changed(Table table)
    {
        public readonly Table Table = table;
        public readonly ulong[] Rows = new ulong[RowId.VectorRows / 64];
    }

    public bool IsWatched => _watchers.Count > 0;

    public void Watch(ulong snapshot) => _watchers.Add(snapshot);

    public void Unwatch(ulong snapshot)
    {
        _watchers.Remove(snapshot);
        var oldest = _watchers.Count == 0 ? ulong.MaxValue : _watchers.Min();
        _commits.RemoveAll(c => c.Timestamp <= oldest);
    }

    /// <summary>A transaction has got its place.</summary>
    public void Add(Transaction transaction)
    {
        if (_watchers.Count == 0 || transaction.Undo.Count == 0)
            return;
        var slots = new Dictionary<VectorSlot, Changed>();
        foreach (ref readonly var entry in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(transaction.Undo))
        {
            if (!slots.TryGetValue(entry.Slot, out var changed))
                slots.Add(entry.Slot, changed = new Changed(entry.Table));
            if (entry.Kind == UndoKind.Insert)
            {
                for (var row = entry.Start; row < entry.Start + entry.Count; row++)
                    changed.Rows[row >> 6] |= 1UL << (row & 63);
                continue;
            }
            foreach (var row in entry.Kind == UndoKind.Update ? entry.Record!.Rows : entry.Rows!)
                changed.Rows[row >> 6] |= 1UL << (row & 63);
        }
        _commits.Add(new Commit(transaction.CommitTimestamp, slots));
        if (_commits.Count > MaxCommits)
            Merge();
    }

    /// <summary>The older half becomes one.</summary>
    private void Merge()
    {
        var count = _commits.Count / 2;
        var merged = new Dictionary<VectorSlot, Changed>();
        foreach (var (slot, changed) in _commits.Take(count).SelectMany(c => c.Slots))
        {
            if (!merged.TryGetValue(slot, out var rows))
                merged.Add(slot, rows = new Changed(changed.Table));
            for (var i = 0; i < rows.Rows.Length; i++)
                rows.Rows[i] |= changed.Rows[i];
        }
        var last = _commits[count - 1].Timestamp;
        _commits.RemoveRange(0, count);
        _commits.Insert(0, new Commit(last, merged));
    }

    /// <summary>Rows of some tables that were changed after some point, by table.</summary>
    /// <param name="tables">Which tables matter.</param>
    /// <param name="after">Commits up to this one are left out, most of them at least.</param>
    public Dictionary<Table, List<RowId>> ChangedRows(HashSet<Table> tables, ulong after)
    {
        var slots = new Dictionary<VectorSlot, Changed>();
        for (var i = _commits.Count - 1; i >= 0 && _commits[i].Timestamp > after; i--)
        {
            foreach (var (slot, changed) in _commits[i].Slots)
            {
                if (!tables.Contains(changed.Table))
                    continue;
                if (!slots.TryGetValue(slot, out var rows))
                    slots.Add(slot, rows = new Changed(changed.Table));
                for (var w = 0; w < rows.Rows.Length; w++)
                    rows.Rows[w] |= changed.Rows[w];
            }
        }
        var result = new Dictionary<Table, List<RowId>>();
        foreach (var (slot, changed) in slots)
        {
            if (!result.TryGetValue(changed.Table, out var list))
                result.Add(changed.Table, list = []);
            for (var w = 0; w < changed.Rows.Length; w++)
            {
                for (var bits = changed.Rows[w]; bits != 0; bits &= bits - 1)
                    list.Add(slot.FirstRow + (w * 64 + System.Numerics.BitOperations.TrailingZeroCount(bits)));
            }
        }
        return result;
    }

    /// <summary>Whether something that was read is not any more as it was.</summary>
    /// <param name="reads">What was read.</param>
    /// <param name="rows">Changed since.</param>
    /// <param name="before">What the transaction sees.</param>
    /// <param name="now">What there is now.</param>
    public static bool IsStale(List<ReadSet> reads, Dictionary<Table, List<RowId>> rows, Snapshot before, Snapshot now)
    {
        foreach (var read in reads)
        {
            if (rows.TryGetValue(read.Table, out var changed) && (Matches(read, changed, before) || Matches(read, changed, now)))
                return true;
        }
        return false;
    }

    private static bool Matches(ReadSet read, List<RowId> rows, Snapshot snapshot)
    {
        using var batch = new Batch(read.ColumnArray.Length);
        using var visible = new Selection(Batch.DefaultCapacity);
        var all = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(rows);
        for (var first = 0; first < all.Length; first += Batch.DefaultCapacity)
        {
            var piece = all.Slice(first, Math.Min(Batch.DefaultCapacity, all.Length - first));
            if (read.Table.Fetch(snapshot, piece, read.ColumnArray, batch, visible) > 0 && read.MatchesAny(batch))
                return true;
        }
        return false;
    }
}
