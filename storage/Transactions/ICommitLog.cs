using OmenDb.Storage.Log;

namespace OmenDb.Storage.Transactions;

/// <summary>What committing needs of the redo log.</summary>
internal interface ICommitLog
{
    /// <summary>Puts a frame behind everything appended before; atomic. Thread-safe.</summary>
    /// <returns>The position behind the frame.</returns>
    Lsn Append(ReadOnlySpan<byte> frame);

    /// <summary>Everything before this position is on disk.</summary>
    Lsn Durable { get; }

    /// <summary>Everything before this position was appended.</summary>
    Lsn End { get; }

    /// <summary>Blocks until everything before a position is on disk. Throws when the log has failed.</summary>
    void WaitDurable(Lsn position);
}

/// <summary>The log of a database that lives in memory only: there is nothing to keep.</summary>
internal sealed class NoCommitLog : ICommitLog
{
    public Lsn Append(ReadOnlySpan<byte> frame) => Lsn.Zero;

    public Lsn Durable => Lsn.Max;

    public Lsn End => Lsn.Zero;

    public void WaitDurable(Lsn position)
    {
    }
}

/// <summary>The redo log on disk.</summary>
internal sealed class RedoCommitLog(RedoLog log) : ICommitLog
{
    public Lsn Append(ReadOnlySpan<byte> frame) => log.Append(frame);

    public Lsn Durable => log.DurableLsn;

    public Lsn End => log.EndLsn;

    public void WaitDurable(Lsn position) => log.WaitDurable(position);
}
