using System.Runtime.InteropServices;
using System.Text;

namespace OmenDb.Ycsb.Targets;

/// <summary>SQLite reported an error, or is not there.</summary>
public sealed class SqliteException(string message) : Exception(message);

/// <summary>One connection with its prepared statements. Used by one thread.</summary>
internal sealed unsafe class SqliteConnection : IDisposable
{
    /// <summary>Writers wait for one another: SQLite has one at a time.</summary>
    private const int BusyTimeoutMs = 60_000;

    /// <summary>SQLITE_PREPARE_PERSISTENT.</summary>
    private const uint PreparePersistent = 1;

    private readonly List<nint> _statements = [];
    private nint _database;

    /// <param name="isDurable">A commit waits for the device: synchronous=FULL; else OFF.</param>
    /// <exception cref="SqliteException">No library, no file.</exception>
    public SqliteConnection(string file, bool isDurable)
    {
        Check(SqliteNative.Open(file, out _database, SqliteNative.OpenReadWrite | SqliteNative.OpenCreate | SqliteNative.OpenNoMutex, 0));
        Check(SqliteNative.BusyTimeout(_database, BusyTimeoutMs));
        Execute("PRAGMA journal_mode = WAL");
        Execute($"PRAGMA synchronous = {(isDurable ? "FULL" : "OFF")}");
        Execute("PRAGMA cache_size = -262144"); // 256 MiB for each connection
        Execute("PRAGMA mmap_size = 8589934592");
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

/// <summary>A prepared statement; its bound texts are copied into memory that is used again.</summary>
internal sealed unsafe class SqliteStatement(SqliteConnection connection, nint statement)
{
    private readonly List<byte[]> _full = []; // still bound, until the reset
    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(4096, pinned: true);
    private int _used;

    public SqliteStatement Bind(int index, long value)
    {
        Check(SqliteNative.BindInt64(statement, index, value));
        return this;
    }

    public SqliteStatement Bind(int index, string value)
    {
        Reserve(Encoding.UTF8.GetMaxByteCount(value.Length));
        return Bind(index, Encoding.UTF8.GetBytes(value, _bytes.AsSpan(_used)));
    }

    public SqliteStatement Bind(int index, ReadOnlySpan<byte> utf8)
    {
        Reserve(utf8.Length);
        utf8.CopyTo(_bytes.AsSpan(_used));
        return Bind(index, utf8.Length);
    }

    /// <returns>False: no (further) row.</returns>
    public bool Step() => SqliteNative.Step(statement) switch
    {
        SqliteNative.Row => true,
        SqliteNative.Done => false,
        var code => throw Failed(code),
    };

    public long Int64(int column) => SqliteNative.ColumnInt64(statement, column);

    public string Text(int column)
    {
        var text = SqliteNative.ColumnText(statement, column);
        return text is null ? "" : Encoding.UTF8.GetString(text, SqliteNative.ColumnBytes(statement, column));
    }

    public void Reset()
    {
        _ = SqliteNative.Reset(statement); // repeats the error of the last step, which was thrown there
        _used = 0;
        _full.Clear();
    }

    /// <summary>Binds the bytes that have been put behind those in use. The array is pinned and does not move; SQLite reads it until the reset.</summary>
    private SqliteStatement Bind(int index, int length)
    {
        fixed (byte* text = &_bytes[_used])
            Check(SqliteNative.BindText(statement, index, text, length, 0));
        _used += length;
        return this;
    }

    private void Reserve(int length)
    {
        if (_bytes.Length - _used > length)
            return;
        _full.Add(_bytes);
        _bytes = GC.AllocateUninitializedArray<byte>(Math.Max(length + 1, _bytes.Length * 2), pinned: true);
        _used = 0;
    }

    private void Check(int code)
    {
        if (code != SqliteNative.Ok)
            throw connection.Error(code);
    }

    private SqliteException Failed(int code)
    {
        var error = connection.Error(code);
        Reset();
        return error;
    }
}
