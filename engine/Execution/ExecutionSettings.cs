using OmenDb.Arrow;

namespace OmenDb.Engine.Execution;

/// <summary>What a session's settings mean for execution. Immutable; a SET makes a new one.</summary>
public sealed record ExecutionSettings
{
    public static readonly ExecutionSettings Default = new();

    /// <summary>The session's TimeZone.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>The TimeZone as the user wrote it.</summary>
    public string TimeZoneName { get; init; } = "UTC";

    /// <summary>DateStyle as SHOW prints it.</summary>
    public string DateStyle { get; init; } = "ISO, MDY";

    public string IntervalStyle { get; init; } = "postgres";

    public int ExtraFloatDigits { get; init; } = 1;

    /// <summary>0: no limit.</summary>
    public int StatementTimeoutMs { get; init; }

    /// <summary>Workers that one query may use; 0: all of the scheduler.</summary>
    public int MaxParallelism { get; init; }

    /// <summary>Rows per batch. Tests set 4 to meet every border.</summary>
    public int BatchCapacity { get; init; } = Batch.DefaultCapacity;

    /// <summary>Test mode: every hash is the same, so that every collision path runs.</summary>
    public bool ConstantHash { get; init; }

    /// <summary>Test mode: what can spill does so after every batch.</summary>
    public bool ForceSpill { get; init; }

    /// <summary>Bytes that one query may hold; 0: only the process limit counts.</summary>
    public long QueryMemoryLimitBytes { get; init; }
}
