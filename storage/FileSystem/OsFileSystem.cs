using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace OmenDb.Storage.FileSystem;

/// <summary>The operating system's files.</summary>
public sealed class OsFileSystem : IFileSystem
{
    public static readonly OsFileSystem Instance = new();

    private OsFileSystem()
    {
    }

    public IFile Open(string path, FileOpenMode mode)
    {
        var (fileMode, access) = mode switch
        {
            FileOpenMode.Read => (FileMode.Open, FileAccess.Read),
            FileOpenMode.ReadWrite => (FileMode.Open, FileAccess.ReadWrite),
            FileOpenMode.OpenOrCreate => (FileMode.OpenOrCreate, FileAccess.ReadWrite),
            _ => (FileMode.CreateNew, FileAccess.ReadWrite),
        };
        return new OsFile(path, Guard("open", path, () => File.OpenHandle(path, fileMode, access, FileShare.ReadWrite | FileShare.Delete)));
    }

    public bool FileExists(string path) => File.Exists(path);

    public bool DirectoryExists(string path) => Directory.Exists(path);

    public void CreateDirectory(string path) => Guard("create", path, () => Directory.CreateDirectory(path));

    public IReadOnlyList<string> List(string directory)
    {
        if (!Directory.Exists(directory))
            return [];
        var names = Guard("list", directory, () => Directory.GetFileSystemEntries(directory));
        for (var i = 0; i < names.Length; i++)
            names[i] = Path.GetFileName(names[i]);
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    public void Rename(string from, string to) => Guard("rename", from, () =>
    {
        File.Move(from, to, overwrite: true);
        return 0;
    });

    public void Delete(string path) => Guard("remove", path, () =>
    {
        if (File.Exists(path))
            File.Delete(path);
        return 0;
    });

    public void DeleteDirectory(string path) => Guard("remove", path, () =>
    {
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        return 0;
    });

    public void FlushDirectory(string directory)
    {
        if (!Posix.IsAvailable)
            return; // NTFS journals its names; there is no handle to flush
        var descriptor = Posix.Open(directory, Posix.ReadOnlyFlag);
        if (descriptor < 0)
            throw FileErrors.FromErrno("open", directory, Marshal.GetLastPInvokeError());
        try
        {
            while (Posix.Sync(descriptor) != 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                if (errno == Posix.InvalidArgument)
                    return; // this file system has no fsync for directories
                if (errno != Posix.Interrupted)
                    throw FileErrors.FromErrno("flush", directory, errno);
            }
        }
        finally
        {
            _ = Posix.Close(descriptor);
        }
    }

    public IDisposable? TryLock(string path, out string holder)
    {
        holder = "";
        SafeFileHandle handle;
        if (!Posix.IsAvailable)
        {
            try
            {
                handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            }
            catch (IOException) when (File.Exists(path))
            {
                holder = HolderOf(path);
                return null;
            }
        }
        else
        {
            // Opened without the framework, which takes a lock of its own on every file that it opens.
            if (!File.Exists(path))
                Guard("open", path, () => File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite)).Dispose();
            handle = OpenUnlocked(path, Posix.ReadWriteFlag);
            if (Posix.Lock(handle, Posix.LockExclusive | Posix.LockNonBlocking) != 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                handle.Dispose();
                if (errno is not (Posix.WouldBlockLinux or Posix.WouldBlockMac))
                    throw FileErrors.FromErrno("lock", path, errno);
                holder = HolderOf(path);
                return null;
            }
        }
        RandomAccess.SetLength(handle, 0);
        RandomAccess.Write(handle, Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"), 0);
        return handle; // closing the descriptor releases the lock, and so does the end of the process
    }

    public long FreeSpace(string directory) => Guard("stat", directory, () => new DriveInfo(Path.GetFullPath(directory)).AvailableFreeSpace);

    private static string HolderOf(string path)
    {
        using var handle = Posix.IsAvailable
            ? OpenUnlocked(path, Posix.ReadOnlyFlag)
            : File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var text = new byte[32];
        return Encoding.ASCII.GetString(text, 0, RandomAccess.Read(handle, text, 0)).Trim();
    }

    private static SafeFileHandle OpenUnlocked(string path, int flags)
    {
        var descriptor = Posix.Open(path, flags | Posix.CloseOnExecFlag);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw FileErrors.FromErrno("open", path, Marshal.GetLastPInvokeError());
    }

    private static T Guard<T>(string action, string path, Func<T> call)
    {
        try
        {
            return call();
        }
        catch (IOException e) when (action == "open" && e is not (FileNotFoundException or DirectoryNotFoundException) && File.Exists(path))
        {
            throw new Types.SqlException(Types.SqlState.DuplicateFile, $"could not open file \"{path}\": {e.Message}", e);
        }
        catch (Exception e) when (FileErrors.IsFileError(e))
        {
            throw FileErrors.Wrap(action, path, e);
        }
    }
}
