using System.Text;

namespace OmenDb.Workload.Sqlite;

/// <summary>A prepared statement; its bound texts are copied into memory that is used again.</summary>
public sealed unsafe class SqliteStatement
{
    private readonly SqliteConnection _connection;
    private readonly nint _statement;
    private readonly List<byte[]> _full = []; // still bound, until the reset
    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(4096, pinned: true);
    private int _used;

    internal SqliteStatement(SqliteConnection connection, nint statement)
    {
        _connection = connection;
        _statement = statement;
    }

    public SqliteStatement Bind(int index, long value)
    {
        Check(SqliteNative.BindInt64(_statement, index, value));
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
    public bool Step() => SqliteNative.Step(_statement) switch
    {
        SqliteNative.Row => true,
        SqliteNative.Done => false,
        var code => throw Failed(code),
    };

    public long Int64(int column) => SqliteNative.ColumnInt64(_statement, column);

    public string Text(int column)
    {
        var text = SqliteNative.ColumnText(_statement, column);
        return text is null ? "" : Encoding.UTF8.GetString(text, SqliteNative.ColumnBytes(_statement, column));
    }

    public void Reset()
    {
        _ = SqliteNative.Reset(_statement); // repeats the error of the last step, which was thrown there
        _used = 0;
        _full.Clear();
    }

    /// <summary>Binds the bytes that have been put behind those in use. The array is pinned and does not move; SQLite reads it until the reset.</summary>
    private SqliteStatement Bind(int index, int length)
    {
        fixed (byte* text = &_bytes[_used])
            Check(SqliteNative.BindText(_statement, index, text, length, 0));
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
            throw _connection.Error(code);
    }

    private SqliteException Failed(int code)
    {
        var error = _connection.Error(code);
        Reset();
        return error;
    }
}
