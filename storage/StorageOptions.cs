using OmenDb.Storage.Log;
using OmenDb.Storage.Tables.Sealed;

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

    /// <summary>A transaction that has filled at least so many vectors of 2,048 rows of one segment writes them to a checkpoint file of their own,
    /// and the log holds its name only; 0: never.</summary>
    public int BulkLoadVectors { get; init; } = 16;

    /// <summary>How often tables are looked at that may have changed enough for an analysis in the background; zero: never.</summary>
    public TimeSpan AutoAnalyzeInterval { get; init; }

    /// <summary>What the process may hold in native memory before tables yield, see <see cref="TableMemory"/>; 0: no limit.</summary>
    public long MemoryLimitBytes { get; init; }

    /// <summary>What is held, for tests that share a process; null: the native memory of the process.</summary>
    internal Func<StorageEngine, long>? MeasureMemory { get; init; }

    /// <summary>When segments are re-encoded to narrow ones.</summary>
    public SealOptions Seal { get; init; } = SealOptions.Off;

    /// <summary>Threads that repeat the log; 1: the opening thread does it alone.</summary>
    public int ReplayParallelism { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 8);
}
