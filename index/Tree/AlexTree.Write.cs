using OmenDb.Index.Memory;
using OmenDb.Index.Nodes;

namespace OmenDb.Index.Tree;

internal sealed unsafe partial class AlexTree<TKey>
{
    public bool Insert(in TKey key, ulong rowId)
    {
        var slot = Epoch.Enter();
        Node* leaf = null;
        if (!TKey.HasHeads && TryAppendPlain(TKey.Plain(key), rowId, mayRepeatKey: true, out leaf))
        {
            AddToCount(slot, 1);
            slot.Exit();
            return true;
        }
        try
        {
            for (var divisions = 0; ; leaf = null)
            {
                if (leaf == null)
                    leaf = Descend(key, rowId);
                if (!LeafLatch.TryAcquire(leaf))
                    continue;
                var outcome = InsertLatched(leaf, key, rowId);
                if (outcome == LeafInsert.NoRoom)
                {
                    CheckProgress(leaf, ++divisions);
                    Split(key, rowId);
                    continue;
                }
                if (outcome == LeafInsert.Inserted)
                    AddToCount(slot, 1);
                return outcome == LeafInsert.Inserted;
            }
        }
        finally
        {
            slot.Exit();
        }
    }

    /// <summary>The cheap path of ascending 8-byte keys: an entry that continues the last run of a leaf, or fills the next slot of one
    /// without gaps. Everything is decided before the latch is taken, which succeeds only if nothing changed since.</summary>
    /// <remarks>Models of keys route all entries of a key alike: where the last entry has a lower key, no entry of this key exists.</remarks>
    /// <param name="key">8 bytes.</param>
    /// <param name="rowId">Of the entry.</param>
    /// <param name="mayRepeatKey">False: only a key that has no entry yet.</param>
    /// <param name="found">The leaf that covers the entry; null where sorted nodes must be asked.</param>
    /// <returns>False when nothing was done: insert as usual.</returns>
    private bool TryAppendPlain(ulong key, ulong rowId, bool mayRepeatKey, out Node* found)
    {
        found = null;
        var leaf = Root;
        while (leaf->Kind == NodeKind.ModelInner && leaf->LensKind == LensKind.Key)
            leaf = ReadChild(Node.ModelChildren(leaf), Node.ModelSlot(key, leaf->Base, leaf->Slope, leaf->Capacity));
        if (leaf->Kind != NodeKind.Leaf)
            return false;
        found = leaf;
        var version = Volatile.Read(ref leaf->Version);
        if ((version & (Node.Latched | Node.Obsolete | Node.Frozen)) != 0)
            return false;
        var format = leaf->Format;
        if (format != LeafFormat.Runs && !(leaf->IsAppend && leaf->LensKind == LensKind.Key))
            return false;
        var block = leaf->Block;
        var count = leaf->Count;
        var capacity = leaf->Capacity;
        var last = leaf->LastSlot;
        var runs = leaf->RunCount;
        var keyBase = leaf->Base;
        var rowBase = (ulong)leaf->RowPage << 31;
        if (!LeafLatch.Validate(leaf, version) || count == 0)
            return false;
        if (format == LeafFormat.Runs)
        {
            var run = ((Run*)block)[runs - 1];
            var length = count - run.Start;
            if (length < 2 || (run.Stride == 0 && !mayRepeatKey) || count >= _options.MaxLeafSlots || run.KeyAt(length) != key || run.RowAt(length) != rowId
                || key - run.KeyAt(length - 1) != run.Stride || !LeafLatch.TryAcquire(leaf, version))
                return false;
            leaf->Capacity = count + 1;
        }
        else
        {
            var free = last + 1;
            if (free >= capacity)
                return false;
            var narrow = format == LeafFormat.Narrow;
            var before = narrow ? keyBase + ((uint*)block)[last] : block[last];
            if (before >= key || (narrow && key - keyBase >= uint.MaxValue) || (format != LeafFormat.Wide && rowId - rowBase >= uint.MaxValue)
                || !LeafLatch.TryAcquire(leaf, version))
                return false;
            LeafWriter<TKey>.Append(leaf, key, rowId, free);
        }
        leaf->LastSlot = last + 1;
        leaf->Count = count + 1;
        leaf->Inserts++;
        leaf->AppendStreak++;
        LeafLatch.Release(leaf);
        return true;
    }

    public bool Remove(in TKey key, ulong rowId)
    {
        MayAlwaysRemove always = default;
        return RemoveIf(key, rowId, ref always);
    }

    public bool RemoveIf<TCheck>(in TKey key, ulong rowId, ref TCheck check) where TCheck : IRemovalCheck
    {
        var slot = Epoch.Enter();
        try
        {
            Node* leaf;
            do
                leaf = Descend(key, rowId);
            while (!LeafLatch.TryAcquire(leaf));
            var view = new LeafView<TKey>(leaf);
            var allowed = false;
            try
            {
                allowed = view.Holds(view.LowerBound(key, rowId), key, rowId) && check.MayRemove(rowId);
            }
            finally
            {
                if (!allowed)
                    LeafLatch.ReleaseUnchanged(leaf);
            }
            if (!allowed)
                return false;
            bool thin, merge;
            try
            {
                if (leaf->Format == LeafFormat.Runs && leaf->RunCount == leaf->RunRoom)
                    Reshape(leaf);
                LeafWriter<TKey>.Remove(leaf, key, rowId, _retired);
                AddToCount(slot, -1);
                thin = NeedsContraction(leaf);
                merge = leaf->Count == 0 || (thin && leaf->Count < _options.MaxLeafSlots / 16);
                leaf->WantsMerge = merge;
            }
            finally
            {
                LeafLatch.Release(leaf); // also when memory ran out
            }
            if (thin && !merge)
                Contract(leaf);
            else if (merge && leaf != Root)
                Merge(key, rowId);
            else if (merge && thin)
                Contract(leaf);
            return true;
        }
        finally
        {
            slot.Exit();
        }
    }

    /// <summary>Inserts unless an entry of the key conflicts; the check sees every entry of the key.</summary>
    /// <remarks>
    /// The leaf that covers (key, 0) is the key's home: every unique insert of the key holds its latch from the first check to the
    /// insert, so two of them cannot both find the key free, wherever the duplicates lie:
    /// <code>
    ///   A: latch home, check: free                 B:
    ///   A: insert into home or a leaf to the right B: waits for home
    ///   A: release                                 B: latch home, check: sees A's entry
    /// </code>
    /// </remarks>
    public InsertOutcome InsertUnique<TCheck>(in TKey key, ulong rowId, ref TCheck check) where TCheck : IUniqueCheck
    {
        var slot = Epoch.Enter();
        if (!TKey.HasHeads && TryAppendPlain(TKey.Plain(key), rowId, mayRepeatKey: false, out _))
        {
            AddToCount(slot, 1);
            slot.Exit();
            return new InsertOutcome(InsertOutcomeKind.Inserted);
        }
        try
        {
            var divisions = 0;
            while (true)
            {
                var home = Descend(key, 0);
                if (!LeafLatch.TryAcquire(home))
                    continue;
                var outcome = new InsertOutcome(InsertOutcomeKind.Inserted);
                var inserted = LeafInsert.AlreadyPresent;
                var homeLatched = true;
                try
                {
                    outcome = CheckDuplicates(home, key, rowId, ref check);
                    if (outcome.Kind == InsertOutcomeKind.Inserted)
                    {
                        var target = Descend(key, rowId);
                        if (target == home)
                        {
                            homeLatched = false; // InsertLatched releases it
                            inserted = InsertLatched(home, key, rowId);
                        }
                        else if (LeafLatch.TryAcquire(target))
                        {
                            inserted = InsertLatched(target, key, rowId);
                        }
                        else
                        {
                            continue; // divided meanwhile
                        }
                    }
                }
                finally
                {
                    if (homeLatched)
                        LeafLatch.ReleaseUnchanged(home);
                }
                if (outcome.Kind != InsertOutcomeKind.Inserted)
                    return outcome;
                if (inserted == LeafInsert.NoRoom)
                {
                    CheckProgress(home, ++divisions);
                    Split(key, rowId);
                    continue;
                }
                if (inserted == LeafInsert.AlreadyPresent)
                    return new InsertOutcome(InsertOutcomeKind.AlreadyPresent);
                AddToCount(slot, 1);
                return outcome;
            }
        }
        finally
        {
            slot.Exit();
        }
    }

    /// <summary>Every division halves a leaf: a few always make room. More would mean a leaf that says it has none for ever, and memory
    /// that grows for ever, because this thread stands in the epoch.</summary>
    private static void CheckProgress(Node* leaf, int divisions)
    {
        const int Hopeless = 100_000; // others may fill what was divided meanwhile
        if (divisions < Hopeless)
            return;
        throw new InvalidOperationException(
            $"an insert finds no room: leaf of format {leaf->Format}, {leaf->Count} entries, {leaf->Capacity} slots, lens {leaf->LensKind}, "
            + $"{leaf->RunCount} of {leaf->RunRoom} runs, append {leaf->IsAppend} after {leaf->AppendStreak}, version {leaf->Version & 7}");
    }

    private readonly struct MayAlwaysRemove : IRemovalCheck
    {
        public bool MayRemove(ulong rowId) => true;
    }

    /// <param name="home">Latched by the caller: read directly. Leaves to its right are read optimistically.</param>
    /// <param name="key">Whose entries to check.</param>
    /// <param name="rowId">Of the new entry; the same pair is no conflict.</param>
    /// <param name="check">The caller's.</param>
    private InsertOutcome CheckDuplicates<TCheck>(Node* home, in TKey key, ulong rowId, ref TCheck check) where TCheck : IUniqueCheck
    {
        var view = new LeafView<TKey>(home);
        var at = view.NextOccupied(view.LowerBound(key, 0));
        ulong last = 0;
        var any = false;
        while (at < view.Capacity && TKey.CompareStored(view.Key(at), key) == 0)
        {
            last = view.Row(at);
            any = true;
            if (last == rowId)
                return new InsertOutcome(InsertOutcomeKind.AlreadyPresent);
            if (check.Conflicts(last))
                return new InsertOutcome(InsertOutcomeKind.Conflict, last);
            at = view.NextOccupied(at + 1);
        }
        // The usual case: no other leaf can hold entries of the key, because its greatest possible entry routes here too.
        if (at < view.Capacity || Descend(key, ulong.MaxValue) == home)
            return new InsertOutcome(InsertOutcomeKind.Inserted);

        // The home leaf ends inside the key's place. Its successors cannot be the home leaf: no wait for our own latch.
        const int Chunk = 16;
        var keys = stackalloc ulong[Chunk];
        var rows = stackalloc ulong[Chunk];
        while (true)
        {
            var count = ReadBehind(home, key, last, any, new Span<ulong>(keys, Chunk), new Span<ulong>(rows, Chunk));
            for (var i = 0; i < count; i++)
            {
                if (TKey.CompareStored(keys[i], key) != 0)
                    return new InsertOutcome(InsertOutcomeKind.Inserted);
                if (rows[i] == rowId)
                    return new InsertOutcome(InsertOutcomeKind.AlreadyPresent);
                if (check.Conflicts(rows[i]))
                    return new InsertOutcome(InsertOutcomeKind.Conflict, rows[i]);
            }
            if (count < Chunk)
                return new InsertOutcome(InsertOutcomeKind.Inserted);
            last = rows[Chunk - 1];
            any = true;
        }
    }

    /// <summary>As <see cref="ReadForward"/>, but never enters <paramref name="latched"/>, which the caller holds and has read.</summary>
    private int ReadBehind(Node* latched, in TKey key, ulong rowId, bool after, Span<ulong> keys, Span<ulong> rows)
    {
        while (true)
        {
            Descend(key, rowId, out var path);
            var more = true;
            if (path.Leaf == latched)
                more = MoveToNeighbour(ref path, forward: true);
            var filled = 0;
            while (more)
            {
                if (!LeafView<TKey>.TryOpen(path.Leaf, out var view, out var version))
                    break;
                var count = CopyForward(view, key, rowId, after, keys[filled..], rows[filled..]);
                if (!LeafLatch.Validate(path.Leaf, version))
                    continue;
                filled += count;
                // One leaf with entries is enough: the caller comes back for more while the key goes on.
                if (filled == keys.Length || (filled > 0 && TKey.CompareStored(keys[filled - 1], key) != 0))
                    return filled;
                more = MoveToNeighbour(ref path, forward: true);
            }
            if (!more)
                return filled;
        }
    }

    /// <summary>Inserts into the latched leaf, rebuilding its block when that makes room; releases the latch.</summary>
    private LeafInsert InsertLatched(Node* leaf, in TKey key, ulong rowId)
    {
        try
        {
            var outcome = LeafWriter<TKey>.Insert(leaf, key, rowId, _options, _pool);
            if (outcome == LeafInsert.NoRoom && Grow(leaf, key, rowId))
                outcome = LeafWriter<TKey>.Insert(leaf, key, rowId, _options, _pool);
            if (outcome == LeafInsert.NoRoom)
                leaf->WantsSplit = true;
            return outcome;
        }
        finally
        {
            LeafLatch.Release(leaf); // also when memory ran out: nothing is half done then
        }
    }
}
