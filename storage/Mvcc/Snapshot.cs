using System.Runtime.CompilerServices;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Mvcc;

/// <summary>What a statement (READ COMMITTED) or a transaction (REPEATABLE READ) sees: everything committed up to a point, plus
/// the own changes of earlier statements.</summary>
/// <remarks>Immutable; used by any number of threads. While it is open, no version that it needs is collected. Disposed once, by
/// whom opened it, after the last reader.</remarks>
public sealed class Snapshot : IDisposable
{
    private readonly SnapshotRegistry _registry;
    private int _slot;

    internal Snapshot(SnapshotRegistry registry, int slot, ulong readTimestamp, Transaction? transaction, int command)
    {
        _registry = registry;
        _slot = slot;
        ReadValue = readTimestamp;
        Transaction = transaction;
        OwnId = transaction?.Id.Value ?? ulong.MaxValue; // no stamp ever has that value
        Command = command;
    }

    internal readonly ulong ReadValue;

    internal readonly ulong OwnId;

    /// <summary>Own changes of commands below this one are seen; those of this command are not (a statement never meets its own work).</summary>
    public int Command { get; }

    /// <summary>The newest commit that is seen.</summary>
    public Timestamp ReadTimestamp => new(ReadValue);

    /// <summary>Whose own changes are seen; null for a reader outside transactions (checkpoints, ANALYZE).</summary>
    public Transaction? Transaction { get; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Sees(VersionStamp stamp, int command)
    {
        // The answer never changes while the snapshot lives: whatever commits later gets a later timestamp.
        var value = stamp.Value;
        return value <= ReadValue || (value == OwnId && command < Command) || (_seesOrdered && stamp.Owner is { State: TransactionState.Committing });
    }

    /// <summary>Under the order of commits: takes in what has its place there but is not visible yet.</summary>
    internal Snapshot WithOrdered()
    {
        _seesOrdered = true;
        return this;
    }

    private bool _seesOrdered;

    internal bool IsClosed => Volatile.Read(ref _slot) < 0;

    /// <summary>One that sees everything, also what has not committed. Only as a planted mistake.</summary>
    internal Snapshot Dirty() => new(_registry, -1, ulong.MaxValue, null, 0);

    public void Dispose()
    {
        var slot = Interlocked.Exchange(ref _slot, -1);
        if (slot >= 0)
            _registry.Release(slot);
    }
}
