using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OmenDb.Storage.FileSystem;

/// <summary>The system calls that the framework does not offer. Only called where <see cref="IsAvailable"/>.</summary>
internal static partial class Posix
{
    public const int ReadOnlyFlag = 0;
    public const int ReadWriteFlag = 2;
    public const int LockExclusive = 2;
    public const int LockNonBlocking = 4;
    public const int LockRelease = 8;
    public const int WouldBlockLinux = 11;
    public const int WouldBlockMac = 35;
    public const int Interrupted = 4;
    public const int NotSupported = 95;
    public const int InvalidArgument = 22;

    public static int CloseOnExecFlag => OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;

    public static bool IsAvailable => OperatingSystem.IsLinux() || OperatingSystem.IsMacOS();

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    public static partial int DataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "usleep")]
    public static partial int Sleep(uint microseconds);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int Lock(SafeFileHandle file, int operation);

    /// <summary>Returns the error number instead of setting errno.</summary>
    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    public static partial int Allocate(SafeFileHandle file, long offset, long length);
}
