using OmenDb.Storage.Log;

namespace OmenDb.Storage;

/// <summary>Settings of the storage.</summary>
public sealed record StorageOptions
{
    public LogOptions Log { get; init; } = new();
}
