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

    /// <summary>Throws when the log accepts nothing any more: there is no use in beginning a change.</summary>
    void ThrowIfFailed();

    /// <summary>Waits until a frame of that length can be appended without waiting for the device; called before locks are taken.</summary>
    void MakeRoom(int frameLength);

    /// <summary>Everything appended so far is to be on disk within the log's delay, though nobody waits for it.</summary>
    void FlushSoon();

    /// <summary>Blocks until everything before a position is on disk. Throws when the log has failed.</summary>
    void WaitDurable(Lsn position);
}

/// <summary>The log of a database that lives in memory only: there is nothing to keep.</summary>
internal sealed class NoCommitLog : ICommitLog
{
    public Lsn Append(ReadOnlySpan<byte> frame) => Lsn.Zero;

    public Lsn Durable => Lsn.Max;

    public Lsn End => Lsn.Zero;

    public void ThrowIfFailed()
    {
    }

    public void MakeRoom(int frameLength)
    {
    }

    public void FlushSoon()
    {
    }

    public void WaitDurable(Lsn position)
    {
    }
}

/// <summary>The redo log on disk.</summary>
/// <param name="log">Stays the caller's.</param>
/// <param name="flushDelay">How long a commit that nobody waits for may stay in memory; zero: until somebody flushes.</param>
internal sealed class RedoCommitLog(RedoLog log, TimeSpan flushDelay) : ICommitLog, IDisposable
{
    private readonly Lock _gate = new();
    private Timer? _timer;
    private bool _isDue;
    private bool _disposed;

    public Lsn Append(ReadOnlySpan<byte> frame) => log.Append(frame);

    public Lsn Durable => log.DurableLsn;

    public Lsn End => log.EndLsn;

    public void ThrowIfFailed() => log.ThrowIfFailed();

    public void MakeRoom(int frameLength) => log.MakeRoom(frameLength);

    /// <remarks>One timer at a time: the first commit after a flush starts it, so its commit waits no longer than the delay.</remarks>
    public void FlushSoon()
    {
        if (flushDelay <= TimeSpan.Zero || Volatile.Read(ref _isDue))
            return;
        lock (_gate)
        {
            if (_isDue || _disposed)
                return;
            _isDue = true;
            _timer ??= new Timer(static me => ((RedoCommitLog)me!).FlushNow(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(flushDelay, Timeout.InfiniteTimeSpan);
        }
    }

    private void FlushNow()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _isDue = false; // before the flush: what is appended from now on asks again
        }
        try
        {
            log.Flush();
        }
        catch (Exception e) when (e is Types.SqlException or ObjectDisposedException)
        {
            // The log keeps its failure and tells everyone who commits; a closed one has flushed already.
        }
    }

    public void WaitDurable(Lsn position) => log.WaitDurable(position);

    public void Dispose()
    {
        lock (_gate)
            _disposed = true;
        _timer?.Dispose();
    }
}
