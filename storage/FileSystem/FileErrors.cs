using OmenDb.Types;

namespace OmenDb.Storage.FileSystem;

/// <summary>From an operating-system error to the SQLSTATE that PostgreSQL would give.</summary>
internal static class FileErrors
{
    private const int NoSpaceErrno = 28;
    private const int LinuxQuotaErrno = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);

    public static SqlException Wrap(string action, string path, Exception cause) => cause switch
    {
        FileNotFoundException or DirectoryNotFoundException =>
            new SqlException(SqlState.UndefinedFile, $"could not {action} file \"{path}\": no such file or directory", cause),
        IOException { HResult: NoSpaceErrno or LinuxQuotaErrno or WindowsDiskFull or WindowsHandleDiskFull } => DiskFull(action, path, cause),
        _ => IoError(action, path, cause.Message, cause),
    };

    public static SqlException FromErrno(string action, string path, int errno) => errno switch
    {
        2 => new SqlException(SqlState.UndefinedFile, $"could not {action} file \"{path}\": no such file or directory"),
        17 => new SqlException(SqlState.DuplicateFile, $"could not {action} file \"{path}\": file exists"),
        NoSpaceErrno or LinuxQuotaErrno => DiskFull(action, path, null),
        _ => IoError(action, path, System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(errno), null),
    };

    public static SqlException DiskFull(string action, string path, Exception? cause) =>
        new(SqlState.DiskFull, $"could not {action} file \"{path}\": no space left on device", cause)
        {
            Hint = "Check free disk space.",
        };

    public static SqlException IoError(string action, string path, string reason, Exception? cause) =>
        new(SqlState.IoError, $"could not {action} file \"{path}\": {reason}", cause);

    /// <summary>What a call into the framework's file classes can throw for reasons outside this program.</summary>
    public static bool IsFileError(Exception e) => e is IOException or UnauthorizedAccessException or NotSupportedException;
}
