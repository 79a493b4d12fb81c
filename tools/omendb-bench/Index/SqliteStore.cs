using System.Runtime.InteropServices;

namespace OmenDb.Tools.Bench.Index;

/// <summary>SQLite through its C library: an in-memory database, one table by integer primary key, prepared statements.</summary>
internal sealed unsafe class SqliteStore : IndexStore
{
    private readonly nint _database;
    private readonly nint _insert;
    private readonly nint _select;
    private readonly nint _scan;
    private readonly nint _delete;
    private readonly long _memoryBefore;

    public SqliteStore()
    {
        try
        {
            _memoryBefore = SqliteNative.MemoryUsed();
            Check(SqliteNative.Open(":memory:", out _database));
        }
        catch (DllNotFoundException)
        {
            throw new BenchException("libsqlite3.so.0 is not installed (Debian: apt-get install libsqlite3-0): leave sqlite out of --against");
        }
        Run("create table t (k integer primary key, v integer)");
        _insert = Prepare("insert into t values (?, ?)");
        _select = Prepare("select v from t where k = ?");
        _scan = Prepare("select k, v from t where k >= ? order by k limit ?");
        _delete = Prepare("delete from t where k = ?");
    }

    public override string Name => "SQLite";

    public override bool HasAutocommit => true;

    public override int MaxKeys => 100_000_000;

    public override void BulkLoad(ulong[] sortedKeys, ulong[] rows) => Insert(sortedKeys, rows);

    public override void Insert(ReadOnlySpan<ulong> keys, ReadOnlySpan<ulong> rows)
    {
        Run("begin");
        for (var i = 0; i < keys.Length; i++)
        {
            Check(SqliteNative.BindInt64(_insert, 1, (long)keys[i]));
            Check(SqliteNative.BindInt64(_insert, 2, (long)rows[i]));
            if (SqliteNative.Step(_insert) != SqliteNative.Done)
                throw Failure();
            Check(SqliteNative.Reset(_insert));
        }
        Run("commit");
    }

    public override int Lookup(ReadOnlySpan<ulong> keys)
    {
        Run("begin");
        var found = LookupAutocommit(keys);
        Run("commit");
        return found;
    }

    public override int LookupAutocommit(ReadOnlySpan<ulong> keys)
    {
        var found = 0;
        foreach (var key in keys)
        {
            Check(SqliteNative.BindInt64(_select, 1, (long)key));
            if (SqliteNative.Step(_select) == SqliteNative.Row)
            {
                _ = SqliteNative.ColumnInt64(_select, 0);
                found++;
            }
            Check(SqliteNative.Reset(_select));
        }
        return found;
    }

    public override long Scan(ReadOnlySpan<ulong> starts, int length)
    {
        long rows = 0;
        Run("begin");
        foreach (var start in starts)
        {
            Check(SqliteNative.BindInt64(_scan, 1, (long)start));
            Check(SqliteNative.BindInt64(_scan, 2, length));
            while (SqliteNative.Step(_scan) == SqliteNative.Row)
            {
                _ = SqliteNative.ColumnInt64(_scan, 0);
                _ = SqliteNative.ColumnInt64(_scan, 1);
                rows++;
            }
            Check(SqliteNative.Reset(_scan));
        }
        Run("commit");
        return rows;
    }

    public override int Remove(ReadOnlySpan<ulong> keys, ReadOnlySpan<ulong> rows)
    {
        Run("begin");
        foreach (var key in keys)
        {
            Check(SqliteNative.BindInt64(_delete, 1, (long)key));
            if (SqliteNative.Step(_delete) != SqliteNative.Done)
                throw Failure();
            Check(SqliteNative.Reset(_delete));
        }
        Run("commit");
        return keys.Length;
    }

    public override long UsedBytes => SqliteNative.MemoryUsed() - _memoryBefore;

    public override void Dispose()
    {
        foreach (var statement in (ReadOnlySpan<nint>)[_insert, _select, _scan, _delete])
            _ = SqliteNative.Finalize(statement);
        _ = SqliteNative.Close(_database);
    }

    private nint Prepare(string sql)
    {
        Check(SqliteNative.Prepare(_database, sql, -1, out var statement, 0));
        return statement;
    }

    private void Run(string sql) => Check(SqliteNative.Execute(_database, sql, 0, 0, 0));

    private void Check(int result)
    {
        if (result != SqliteNative.Ok)
            throw Failure();
    }

    private BenchException Failure() =>
        new($"SQLite: {Marshal.PtrToStringUTF8((nint)SqliteNative.ErrorMessage(_database))}");
}
