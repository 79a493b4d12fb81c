namespace OmenDb.Storage.FileSystem;

/// <summary>How <see cref="IFileSystem.Open"/> treats a file that is there, or is not.</summary>
public enum FileOpenMode
{
    /// <summary>Must exist; no writes.</summary>
    Read,

    /// <summary>Must exist.</summary>
    ReadWrite,

    /// <summary>Made when missing, kept when there.</summary>
    OpenOrCreate,

    /// <summary>Must not exist (58P02 when it does).</summary>
    CreateNew,
}

/// <summary>The one seam between the storage and the world of files: the operating system's, or the simulated one.</summary>
/// <remarks>
/// <para>Paths are plain strings with '/' between the parts. All members may be called from many threads.</para>
/// <para>Durability: bytes are safe after <see cref="IFile.Flush"/>, names (created, renamed, deleted) after
/// <see cref="FlushDirectory"/> of their directory, and never before: a new file needs both.</para>
/// <para>Errors are <see cref="Types.SqlException"/>: 53100 disk full, 58P01 no such file, 58P02 file exists, 58030 anything else.</para>
/// </remarks>
public interface IFileSystem
{
    IFile Open(string path, FileOpenMode mode);

    bool FileExists(string path);

    bool DirectoryExists(string path);

    /// <summary>Makes the directory and its parents; nothing happens when it is there.</summary>
    void CreateDirectory(string path);

    /// <summary>Names (without the path) of the files and sub-directories, sorted ordinally; empty when the directory is missing.</summary>
    IReadOnlyList<string> List(string directory);

    /// <summary>Atomically gives the file a new name on the same file system; a file of that name is replaced.</summary>
    void Rename(string from, string to);

    /// <summary>Removes the file; nothing happens when it is missing.</summary>
    void Delete(string path);

    /// <summary>Removes the directory with all that is in it; nothing happens when it is missing.</summary>
    void DeleteDirectory(string path);

    /// <summary>Makes the names inside <paramref name="directory"/> durable.</summary>
    void FlushDirectory(string directory);

    /// <summary>Takes an advisory lock that ends with the process at the latest.</summary>
    /// <param name="path">The lock file; made when missing, holds the process id of its holder as text.</param>
    /// <param name="holder">Who holds the lock when the result is null: the text in the file, perhaps empty.</param>
    /// <returns>The lock, released by Dispose; null when someone else holds it.</returns>
    IDisposable? TryLock(string path, out string holder);

    /// <summary>Bytes that an ordinary user can still write.</summary>
    long FreeSpace(string directory);
}
