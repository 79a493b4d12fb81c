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

    /// <summary>How long repeating the log after a crash may take: a checkpoint runs in the background when the log since the last one has grown to
    /// what this machine replays in that time, by the rate measured at its last recovery.</summary>
    public TimeSpan RecoveryTarget { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of log instead of <see cref="RecoveryTarget"/>; 0: a checkpoint runs only when asked for; null: by the target.</summary>
    public long? CheckpointLogBytes { get; init; }

    /// <summary>Threads that repeat the log; 1: the opening thread does it alone.</summary>
    public int ReplayParallelism { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 8);
}
