using OmenDb.Storage.Locks;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Indexes;

/// <summary>Fills an index while others write the table; see <see cref="IndexBacklog"/> for how they meet.</summary>
/// <remarks>
/// Writers are those who hold a lock on the table that a share lock conflicts with. All who began before the index was put into the table's list are waited
/// for: so every version replaced after that point was replaced by somebody who tells the index, also that its key is left behind.
/// The index serves snapshots that are no older than that point (<see cref="TableIndex.IsUsableBy"/>).
/// <para>A unique index refuses nobody while it is filled. Keys that two rows have then are looked at in the end, when whoever wrote them has ended; from
/// the moment on when writers go to the tree themselves, they are refused as they will be later.</para></remarks>
/// <param name="index">New, in nobody's sight.</param>
/// <param name="transaction">Whose owner waits for others. It has changed nothing in the table.</param>
/// <param name="manager">Knows the newest commit.</param>
/// <param name="tag">The table's lock.</param>
/// <param name="progress">Told how far it is; looks at interrupts.</param>
internal sealed class OnlineBuild(TableIndex index, Transaction transaction, TransactionManager manager, LockTag tag, IndexProgress progress)
{
    /// <summary>With so few notes left the writers are held up while they are done: some hundred microseconds.</summary>
    private const int FewNotes = 256;

    /// <summary>More rounds than this mean that writers are as fast as the builder.</summary>
    private const int MaxRounds = 64;

    private readonly HashSet<byte[]> _suspects = new(KeyComparer.Instance);

    private LockOwner Owner => transaction.Owner;

    /// <summary>The index is in the table's list before and after; whoever gets false or an exception takes it out.</summary>
    /// <returns>False: two rows have the same key in a unique index.</returns>
    public bool Run(out (RowId First, RowId Second) duplicate)
    {
        Enter(IndexPhase.WaitingForWriters, LockStep.IndexListed);
        manager.Locks.AwaitHolders(Owner, tag, LockModes.Share);
        // From here on: who replaces a version tells the index.
        index.Built = (manager.LastVisible, null, 0);
        Enter(IndexPhase.Scanning, LockStep.IndexScanning);
        if (!IndexBuilder.Build(index, index.Table.Segments, this, progress, out duplicate))
            return false;
        Enter(IndexPhase.CatchingUp, LockStep.IndexLoaded);
        CatchUp();
        Enter(IndexPhase.Checking, LockStep.IndexChecking);
        foreach (var key in _suspects)
        {
            if (!IsUnique(key, wait: true, out duplicate))
                return false;
        }
        return true;
    }

    private void Enter(IndexPhase phase, LockStep step)
    {
        progress.Phase = phase;
        progress.CheckInterrupts();
        Owner.OnStep(step);
    }

    /// <summary>Several rows stand under a key.</summary>
    /// <returns>False: it is clear already that the index cannot be.</returns>
    public bool Suspect(byte[] key, out (RowId First, RowId Second) duplicate)
    {
        _suspects.Add(key);
        return IsUnique(key, wait: false, out duplicate);
    }

    private void CatchUp()
    {
        var backlog = index.Backlog!;
        for (var round = 0; round < MaxRounds && backlog.Count > FewNotes; round++)
        {
            var notes = backlog.Take();
            for (var i = 0; i < notes.Count; i++)
            {
                if (i % 1024 == 0)
                    progress.CheckInterrupts();
                Apply(notes[i], manager.Horizon);
            }
        }
        backlog.Close(notes =>
        {
            var horizon = manager.Horizon;
            foreach (var note in notes)
                Apply(note, horizon);
        });
        index.Backlog = null;
    }

    private void Apply(in IndexBacklog.Note note, ulong horizon)
    {
        if (index.Settle(note, horizon) && index.Definition.IsUnique && (!note.HasNull || index.Definition.NullsNotDistinct) && index.HasSeveral(note.Key))
            _suspects.Add(note.Key);
    }

    /// <summary>Whether at most one living row has a key.</summary>
    /// <param name="key">As stored.</param>
    /// <param name="wait">For those who are changing such a row; otherwise rows that somebody is changing do not count.</param>
    /// <param name="duplicate">Two that have it.</param>
    private bool IsUnique(byte[] key, bool wait, out (RowId First, RowId Second) duplicate)
    {
        duplicate = default;
        while (true)
        {
            var busy = WriteResult.Ok;
            RowId? first = null;
            foreach (var row in index.RowsOf(key))
            {
                var judged = index.Judge(row, key, transaction);
                if (judged.Status == WriteStatus.Busy)
                    busy = judged;
                if (judged.Status != WriteStatus.DuplicateKey)
                    continue;
                if (first is { } other)
                {
                    duplicate = (other, row);
                    return false;
                }
                first = row;
            }
            if (busy.IsOk || !wait)
                return true;
            manager.Locks.WaitFor(Owner, busy);
        }
    }

    private sealed class KeyComparer : IEqualityComparer<byte[]>
    {
        public static readonly KeyComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] key)
        {
            var hash = default(HashCode);
            hash.AddBytes(key);
            return hash.ToHashCode();
        }
    }
}

/// <summary>Where a build is; numbers are not persisted.</summary>
public enum IndexPhase : byte
{
    WaitingForWriters,
    Scanning,
    Sorting,
    Loading,
    CatchingUp,
    Checking,
}

/// <summary>How far the making of an index is. Written by its thread and its helpers, read by anyone.</summary>
/// <param name="index">Its entry.</param>
/// <param name="interrupts">Throws when it is to end; called by any thread. Null: nothing ends it.</param>
public sealed class IndexProgress(Catalog.IndexEntry index, Action? interrupts)
{
    private long _rowsDone;
    private int _vectorsDone;
    private int _phase;

    public Catalog.IndexEntry Index { get; } = index;

    /// <summary>Number of the session.</summary>
    public int ProcessId { get; init; }

    public int DatabaseOid { get; init; }

    public bool IsRebuild { get; init; }

    public IndexPhase Phase
    {
        get => (IndexPhase)Volatile.Read(ref _phase);
        internal set => Volatile.Write(ref _phase, (int)value);
    }

    public int VectorsTotal { get; internal set; }

    public int VectorsDone => Volatile.Read(ref _vectorsDone);

    /// <summary>Entries found.</summary>
    public long RowsDone => Volatile.Read(ref _rowsDone);

    /// <exception cref="Types.SqlException">57014.</exception>
    internal void CheckInterrupts() => interrupts?.Invoke();

    internal void VectorDone(int rows)
    {
        Interlocked.Increment(ref _vectorsDone);
        Interlocked.Add(ref _rowsDone, rows);
    }
}
