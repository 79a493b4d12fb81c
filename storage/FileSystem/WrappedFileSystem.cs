namespace OmenDb.Storage.FileSystem;

/// <summary>Passes everything on to another file system; those who derive from it step in between.</summary>
public abstract class WrappedFileSystem(IFileSystem inner) : IFileSystem
{
    protected IFileSystem Inner => inner;

    public virtual IFile Open(string path, FileOpenMode mode) => new Handle(this, inner.Open(path, mode));

    public virtual bool FileExists(string path) => inner.FileExists(path);

    public virtual bool DirectoryExists(string path) => inner.DirectoryExists(path);

    public virtual void CreateDirectory(string path) => inner.CreateDirectory(path);

    public virtual IReadOnlyList<string> List(string directory) => inner.List(directory);

    public virtual void Rename(string from, string to) => inner.Rename(from, to);

    public virtual void Delete(string path) => inner.Delete(path);

    public virtual void DeleteDirectory(string path) => inner.DeleteDirectory(path);

    public virtual void FlushDirectory(string directory) => inner.FlushDirectory(directory);

    public virtual IDisposable? TryLock(string path, out string holder) => inner.TryLock(path, out holder);

    public virtual long FreeSpace(string directory) => inner.FreeSpace(directory);

    /// <summary>Instead of <see cref="IFile.Flush"/> of a file that was opened here.</summary>
    protected virtual void FlushFile(IFile file) => file.Flush();

    private sealed class Handle(WrappedFileSystem owner, IFile file) : IFile
    {
        public string Path => file.Path;

        public long Length => file.Length;

        public int Read(long offset, Span<byte> buffer) => file.Read(offset, buffer);

        public int Write(long offset, ReadOnlySpan<byte> bytes) => file.Write(offset, bytes);

        public void Flush() => owner.FlushFile(file);

        public void SetLength(long length) => file.SetLength(length);

        public void Preallocate(long length) => file.Preallocate(length);

        public void Dispose() => file.Dispose();
    }
}
