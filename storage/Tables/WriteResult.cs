using OmenDb.Storage.Indexes;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Tables;

public enum WriteStatus : byte
{
    Ok = 0,
    /// <summary>Another transaction that has not ended changed the row or holds the key: wait for <see cref="WriteResult.Owner"/> and try again.</summary>
    Busy = 1,
    /// <summary>A version committed after the snapshot is in the way: 40001 in REPEATABLE READ, look again in READ COMMITTED.</summary>
    Changed = 2,
    /// <summary>Another row holds the same unique key: 23505.</summary>
    DuplicateKey = 3,
    /// <summary>A transaction committed after the snapshot has deleted the row, or we have.</summary>
    Deleted = 4,
}

/// <summary>How a write ended. Anything but Ok means that the call has changed nothing.</summary>
public readonly record struct WriteResult
{
    public static readonly WriteResult Ok;

    public WriteStatus Status { get; init; }

    public bool IsOk => Status == WriteStatus.Ok;

    /// <summary>Which of the rows given stands in the way: index among the rows of the call.</summary>
    public int Row { get; init; }

    /// <summary>Busy: whom to wait for; null: nobody any more, try again. Deleted: the transaction itself if it has done that.</summary>
    public Transaction? Owner { get; init; }

    /// <summary>Busy: of the owner, when the row was looked at.</summary>
    internal long Epoch { get; init; }

    /// <summary>DuplicateKey, and Busy because of a key: which index.</summary>
    public TableIndex? Index { get; init; }

    /// <summary>DuplicateKey: the row that has the key.</summary>
    public RowId Other { get; init; }
}
