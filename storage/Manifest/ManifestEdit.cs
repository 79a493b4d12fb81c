using System.Text.Json.Serialization;

namespace OmenDb.Storage.Manifest;

/// <summary>What a checkpoint file holds. Persisted by name.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CheckpointFileKind>))]
public enum CheckpointFileKind
{
    /// <summary>The whole catalog.</summary>
    Catalog,

    /// <summary>All columns and the row states of one segment.</summary>
    SegmentBase,

    /// <summary>Those 2,048-row column vectors of one segment that changed since the files before it.</summary>
    SegmentDelta,

    /// <summary>What ANALYZE found out about all tables.</summary>
    Statistics,

    /// <summary>Sealed columns and the row states of one segment, in the form that they have in memory; what is hot is in a delta behind it.</summary>
    SegmentSealed,
}

/// <summary>One live file of the checkpoint directory.</summary>
/// <param name="Kind">Whole segment, changes, or catalog.</param>
/// <param name="Number">Never used twice; files of one segment are applied in rising order.</param>
/// <param name="Name">Inside the checkpoint directory.</param>
/// <param name="TableId">0 where it does not apply.</param>
/// <param name="Segment">Index of the segment in its table.</param>
/// <param name="SizeBytes">Length of the file: a shorter one is damaged.</param>
/// <param name="BlockCrcs">CRC32C of each 1 MiB of the file, the last one shorter: so that damage has an offset.</param>
/// <param name="Timestamp">The newest commit that the file may contain; 0: written before this was kept.</param>
public sealed record CheckpointFile(
    long Number, string Name, CheckpointFileKind Kind, long TableId, int Segment, long SizeBytes, IReadOnlyList<uint> BlockCrcs,
    long Timestamp = 0)
{
    /// <summary>Rows of a segment, all or some.</summary>
    internal bool HasRows => Kind is CheckpointFileKind.SegmentBase or CheckpointFileKind.SegmentDelta or CheckpointFileKind.SegmentSealed;
}

/// <summary>One atomic change of the manifest; what is null stays as it was.</summary>
public sealed record ManifestEdit
{
    public IReadOnlyList<CheckpointFile>? Added { get; init; }

    /// <summary>Numbers of files that are no longer live; the caller deletes them after the edit is durable.</summary>
    public IReadOnlyList<long>? Removed { get; init; }

    /// <summary>Replay of the log begins here from now on. In LSN bytes.</summary>
    public long? ReplayFrom { get; init; }

    /// <summary>The log is durable at least up to here.</summary>
    public long? LogDurable { get; init; }

    /// <summary>Named numbers to be kept: next ids, last commit timestamp. Merged into the existing ones.</summary>
    public IReadOnlyDictionary<string, long>? Counters { get; init; }

    /// <summary>True on the first line of a manifest file: the edit is the whole state.</summary>
    public bool? Snapshot { get; init; }

    /// <summary>Format version of the manifest; on snapshots.</summary>
    public int? Version { get; init; }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ManifestEdit))]
[JsonSerializable(typeof(CheckpointFile))]
internal sealed partial class ManifestJson : JsonSerializerContext;
