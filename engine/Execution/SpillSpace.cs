using OmenDb.Storage.FileSystem;

namespace OmenDb.Engine.Execution;

/// <summary>Where queries put what does not fit into memory. Files are removed with what they belong to; the directory is emptied when the database
/// opens.</summary>
/// <param name="files">Where the database's files are.</param>
/// <param name="directory">Exists.</param>
public sealed class SpillSpace(IFileSystem files, string directory)
{
    private long _last;

    public SpillFile Create()
    {
        var path = FileExtensions.PathOf(directory, $"spill-{Interlocked.Increment(ref _last)}");
        return new SpillFile(files, files.Open(path, FileOpenMode.CreateNew));
    }
}

/// <summary>One file of blocks, each written once by any thread and read any number of times. Nothing is durable.</summary>
public sealed class SpillFile : IDisposable
{
    private readonly IFileSystem _files;
    private readonly IFile _file;
    private long _length;

    internal SpillFile(IFileSystem files, IFile file)
    {
        _files = files;
        _file = file;
    }

    public long Length => Interlocked.Read(ref _length);

    /// <returns>Where the block stands.</returns>
    /// <exception cref="Types.SqlException">53100 disk full, 58030.</exception>
    public long Append(ReadOnlySpan<byte> block)
    {
        var offset = Interlocked.Add(ref _length, block.Length) - block.Length;
        _file.WriteAll(offset, block);
        return offset;
    }

    public void Read(long offset, Span<byte> block) => _file.ReadExactly(offset, block);

    public void Dispose()
    {
        _file.Dispose();
        _files.Delete(_file.Path);
    }
}
