using System.Runtime.InteropServices;
using System.Text;

namespace OmenDb.Workload.Sqlite;

/// <summary>SQLite reported an error, or is not there.</summary>
public sealed class SqliteException(string message) : Exception(message);

/// <summary>One connection with its prepared statements. Used by one thread.</summary>
public sealed unsafe class SqliteConnection : IDisposable
{
    /// <summary>Writers wait for one another: SQLite has one at a time.</summary>
    private const int BusyTimeoutMs = 60_000;

    /// <summary>SQLITE_PREPARE_PERSISTENT.</summary>
    private const uint PreparePersistent = 1;

    private readonly List<nint> _statements = [];
    private nint _database;

    private SqliteConnection(string file, int flags) => Check(SqliteNative.Open(file, out _database, SqliteNative.OpenReadWrite | SqliteNative.OpenCreate | flags, 0));

    /// <summary>A database in a file, with a log, and settings that favour speed.</summary>
    /// <param name="isDurable">A commit waits for the device: synchronous=FULL; else OFF.</param>
    /// <exception cref="SqliteException">No library, no file.</exception>
    public static SqliteConnection Open(string file, bool isDurable)
    {
        _ = Version();
        var connection = new SqliteConnection(file, SqliteNative.OpenNoMutex);
        connection.Check(SqliteNative.BusyTimeout(connection._database, BusyTimeoutMs));
        connection.Execute("PRAGMA journal_mode = WAL");
        connection.Execute($"PRAGMA synchronous = {(isDurable ? "FULL" : "OFF")}");
        connection.Execute("PRAGMA cache_size = -262144"); // 256 MiB for each connection
        connection.Execute("PRAGMA mmap_size = 8589934592");
        return connection;
    }

    /// <summary>A database of its own in memory, in the library's default threading mode.</summary>
    /// <exception cref="SqliteException">No library.</exception>
    public static SqliteConnection OpenInMemory()
    {
        _ = Version();
        return new SqliteConnection(":memory:", 0);
    }

    /// <exception cref="SqliteException">The library is missing.</exception>
    public static string Version()
    {
        try
        {
            return Marshal.PtrToStringUTF8((nint)SqliteNative.Version()) ?? "";
        }
        catch (DllNotFoundException)
        {
            throw new SqliteException("SQLite's library libsqlite3.so.0 is not installed (Debian and Ubuntu: package libsqlite3-0)");
        }
    }

    public SqliteStatement Prepare(string sql)
    {
        var bytes = Encoding.UTF8.GetBytes(sql);
        fixed (byte* text = bytes)
        {
            Check(SqliteNative.Prepare(_database, text, bytes.Length, PreparePersistent, out var statement, 0));
            _statements.Add(statement);
            return new SqliteStatement(this, statement);
        }
    }

    public void Execute(string sql)
    {
        var statement = Prepare(sql);
        while (statement.Step())
        {
            // rows are not wanted
        }
        statement.Reset();
    }

    public long Number(string sql)
    {
        var statement = Prepare(sql);
        var number = statement.Step() ? statement.Int64(0) : 0;
        statement.Reset();
        return number;
    }

    /// <summary>Bytes that the library holds, of all its databases in this process.</summary>
    public static long MemoryUsed => SqliteNative.MemoryUsed();

    /// <summary>Rows that the last statement changed.</summary>
    public int Changes => SqliteNative.Changes(_database);

    internal SqliteException Error(int code) => new($"SQLite error {code}: {Marshal.PtrToStringUTF8((nint)SqliteNative.ErrorMessage(_database))}");

    private void Check(int code)
    {
        if (code != SqliteNative.Ok)
            throw Error(code);
    }

    public void Dispose()
    {
        foreach (var statement in _statements)
            _ = SqliteNative.Finalize(statement);
        _statements.Clear();
        _ = SqliteNative.Close(_database);
        _database = 0;
    }
}
