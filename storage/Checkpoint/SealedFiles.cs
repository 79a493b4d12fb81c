using System.Collections.Concurrent;
using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Manifest;
using OmenDb.Storage.Tables.Sealed;

namespace OmenDb.Storage.Checkpoint;

/// <summary>The files of sealed columns that the manifest names.</summary>
internal sealed class SealedFiles(IFileSystem files, string directory)
{
    private readonly ConcurrentDictionary<long, SealedFile> _live = new();

    /// <summary>One that is written or read: not yet kept here.</summary>
    public SealedFile Describe(CheckpointFile file) => new(files, FileExtensions.PathOf(directory, file.Name), file.SizeBytes);

    /// <summary>The manifest names it: that is the reference it was made with.</summary>
    public void Keep(CheckpointFile file, SealedFile described) => _live[file.Number] = described;

    /// <summary>The manifest no longer names it: it goes with the last column that refers to it.</summary>
    /// <returns>False: it is none of these.</returns>
    public bool Retire(CheckpointFile file)
    {
        if (!_live.TryRemove(file.Number, out var known))
            return false;
        known.Release();
        return true;
    }
}
