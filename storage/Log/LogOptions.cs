namespace OmenDb.Storage.Log;

/// <summary>Settings of the redo log. Sizes in bytes.</summary>
public sealed record LogOptions
{
    /// <summary>Size of one segment file; a multiple of 8, at least 4096. An existing log keeps the size it was made with.</summary>
    /// <remarks>16 MB: making a new one costs some 50 ms of zero-writing, and recycling makes that rare.</remarks>
    public int SegmentSize { get; init; } = 16 << 20;

    /// <summary>Unit of buffering and of writing; a larger record is cut into frames of at most this size.</summary>
    public int BufferSize { get; init; } = 1 << 20;

    /// <summary>When more than this waits in memory, appending writes it out (without a flush) first.</summary>
    public int MaxBufferedBytes { get; init; } = 16 << 20;

    /// <summary>Records above this size go straight to the file instead of through the buffers.</summary>
    public int StreamAbove { get; init; } = 4 << 20;

    /// <summary>How many segments ahead of the current one are kept when old ones are recycled; the rest is deleted.</summary>
    public int SpareSegments { get; init; } = 4;

    /// <summary>Makes the next segment on a pool thread when half of the last one is used, so that no commit waits for it.</summary>
    /// <remarks>Off under simulation, where a seed must repeat its history.</remarks>
    public bool PrepareInBackground { get; init; } = true;

    /// <summary>The manifest's word that the log reached at least here: a log that ends earlier has lost something.</summary>
    public Lsn KnownDurable { get; init; }

    /// <summary>Drawn once per opening; two openings must never draw the same.</summary>
    public Func<ulong> NewRunNumber { get; init; } = static () => (ulong)Random.Shared.NextInt64();
}

/// <summary>Takes the log's records at recovery, in log order, on the opening thread.</summary>
public interface IRedoConsumer
{
    /// <param name="start">Position of the record's first frame.</param>
    /// <param name="end">What <see cref="RedoLog.Append(ReadOnlySpan{byte})"/> returned for it.</param>
    /// <param name="record">The bytes that were appended; valid during the call only.</param>
    void Replay(Lsn start, Lsn end, ReadOnlySpan<byte> record);
}
