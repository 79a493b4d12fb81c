namespace OmenDb.Storage.Transactions;

/// <summary>What committing needs of the redo log.</summary>
internal interface ICommitLog
{
    /// <summary>Puts a transaction's records, as one atomic frame, behind everything appended before. Called under the order of commits.</summary>
    /// <returns>The position behind the frame.</returns>
    ulong Append(ReadOnlySpan<byte> frame);

    /// <summary>Everything before this position is on disk.</summary>
    ulong Durable { get; }

    /// <summary>Blocks until everything before a position is on disk. Throws when the log has failed.</summary>
    void WaitDurable(ulong position);
}

/// <summary>The log of a database that lives in memory only: there is nothing to keep.</summary>
internal sealed class NoCommitLog : ICommitLog
{
    public ulong Append(ReadOnlySpan<byte> frame) => 0;

    public ulong Durable => 0;

    public void WaitDurable(ulong position)
    {
    }
}
