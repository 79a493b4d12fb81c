using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OmenDb.Storage.FileSystem;

/// <summary>A file of the operating system.</summary>
internal sealed class OsFile(string path, SafeFileHandle handle) : IFile
{
    public string Path => path;

    public long Length
    {
        get
        {
            try
            {
                return RandomAccess.GetLength(handle);
            }
            catch (Exception e) when (FileErrors.IsFileError(e))
            {
                throw FileErrors.Wrap("stat", path, e);
            }
        }
    }

    public int Read(long offset, Span<byte> buffer)
    {
        try
        {
            return RandomAccess.Read(handle, buffer, offset);
        }
        catch (Exception e) when (FileErrors.IsFileError(e))
        {
            throw FileErrors.Wrap("read", path, e);
        }
    }

    public int Write(long offset, ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(handle, bytes, offset); // loops over short writes itself
            return bytes.Length;
        }
        catch (Exception e) when (FileErrors.IsFileError(e))
        {
            throw FileErrors.Wrap("write", path, e);
        }
    }

    public void Flush()
    {
        if (OperatingSystem.IsLinux())
        {
            // fdatasync leaves out time stamps, so a flush inside preallocated space touches no metadata.
            while (Posix.DataSync(handle) != 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                if (errno != Posix.Interrupted)
                    throw FileErrors.FromErrno("flush", path, errno);
            }
            return;
        }
        try
        {
            RandomAccess.FlushToDisk(handle);
        }
        catch (Exception e) when (FileErrors.IsFileError(e))
        {
            throw FileErrors.Wrap("flush", path, e);
        }
    }

    public void SetLength(long length)
    {
        try
        {
            RandomAccess.SetLength(handle, length);
        }
        catch (Exception e) when (FileErrors.IsFileError(e))
        {
            throw FileErrors.Wrap("resize", path, e);
        }
    }

    public void Preallocate(long length)
    {
        if (OperatingSystem.IsLinux())
        {
            var errno = Posix.Allocate(handle, 0, length);
            if (errno is not (0 or Posix.NotSupported or Posix.InvalidArgument))
                throw FileErrors.FromErrno("allocate", path, errno);
            if (errno == 0)
                return;
        }
        if (Length < length)
            SetLength(length);
    }

    public void Dispose() => handle.Dispose();
}
