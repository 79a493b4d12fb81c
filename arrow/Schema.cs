using System.Collections.Immutable;

namespace OmenDb.Arrow;

/// <summary>A named column of a schema.</summary>
public sealed record Field(string Name, ArrowType Type, bool Nullable = true)
{
    /// <summary>Key-value pairs that travel with the field in IPC files; null when there are none.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

/// <summary>The columns of a batch, in order.</summary>
public sealed record Schema(ImmutableArray<Field> Fields)
{
    /// <summary>Key-value pairs that travel with the schema in IPC files; null when there are none.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}
