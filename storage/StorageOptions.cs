using OmenDb.Storage.Log;

namespace OmenDb.Storage;

/// <summary>Settings of the storage.</summary>
public sealed record StorageOptions
{
    public LogOptions Log { get; init; } = new();

    /// <summary>Threads that load a checkpoint at start.</summary>
    public int LoadParallelism { get; init; } = Environment.ProcessorCount;

    /// <summary>How long a commit of a session with synchronous_commit = off may stay in memory only; zero: until somebody else flushes.</summary>
    /// <remarks>As PostgreSQL's wal_writer_delay.</remarks>
    public TimeSpan AsynchronousFlushDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>A checkpoint runs in the background when the log has grown by this since the last one; 0: only when asked for.</summary>
    /// <remarks>256 MB: replay runs at some 100 to 300 MB/s, so a start after a crash stays at a few seconds.</remarks>
    public long CheckpointLogBytes { get; init; } = 256L << 20;
}
