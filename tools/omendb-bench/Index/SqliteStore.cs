using OmenDb.Workload.Sqlite;

namespace OmenDb.Tools.Bench.Index;

/// <summary>SQLite through its C library: an in-memory database, one table by integer primary key, prepared statements.</summary>
internal sealed class SqliteStore : IndexStore
{
    private readonly SqliteConnection _connection;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _insert;
    private readonly SqliteStatement _select;
    private readonly SqliteStatement _scan;
    private readonly SqliteStatement _delete;
    private readonly long _memoryBefore;

    public SqliteStore()
    {
        try
        {
            _connection = SqliteConnection.OpenInMemory();
        }
        catch (SqliteException error)
        {
            throw new BenchException($"{error.Message}: leave sqlite out of --against");
        }
        _memoryBefore = SqliteConnection.MemoryUsed;
        _connection.Execute("create table t (k integer primary key, v integer)");
        _begin = _connection.Prepare("begin");
        _commit = _connection.Prepare("commit");
        _insert = _connection.Prepare("insert into t values (?, ?)");
        _select = _connection.Prepare("select v from t where k = ?");
        _scan = _connection.Prepare("select k, v from t where k >= ? order by k limit ?");
        _delete = _connection.Prepare("delete from t where k = ?");
    }

    public override string Name => "SQLite";

    public override bool HasAutocommit => true;

    public override int MaxKeys => 100_000_000;

    public override void BulkLoad(ulong[] sortedKeys, ulong[] rows) => Insert(sortedKeys, rows);

    public override void Insert(ReadOnlySpan<ulong> keys, ReadOnlySpan<ulong> rows)
    {
        Run(_begin);
        for (var i = 0; i < keys.Length; i++)
            Run(_insert.Bind(1, (long)keys[i]).Bind(2, (long)rows[i]));
        Run(_commit);
    }

    public override int Lookup(ReadOnlySpan<ulong> keys)
    {
        Run(_begin);
        var found = LookupAutocommit(keys);
        Run(_commit);
        return found;
    }

    public override int LookupAutocommit(ReadOnlySpan<ulong> keys)
    {
        var found = 0;
        foreach (var key in keys)
        {
            if (_select.Bind(1, (long)key).Step())
            {
                _ = _select.Int64(0);
                found++;
            }
            _select.Reset();
        }
        return found;
    }

    public override long Scan(ReadOnlySpan<ulong> starts, int length)
    {
        long rows = 0;
        Run(_begin);
        foreach (var start in starts)
        {
            _scan.Bind(1, (long)start).Bind(2, length);
            while (_scan.Step())
            {
                _ = _scan.Int64(0);
                _ = _scan.Int64(1);
                rows++;
            }
            _scan.Reset();
        }
        Run(_commit);
        return rows;
    }

    public override int Remove(ReadOnlySpan<ulong> keys, ReadOnlySpan<ulong> rows)
    {
        Run(_begin);
        foreach (var key in keys)
            Run(_delete.Bind(1, (long)key));
        Run(_commit);
        return keys.Length;
    }

    public override long UsedBytes => SqliteConnection.MemoryUsed - _memoryBefore;

    public override void Dispose() => _connection.Dispose();

    private static void Run(SqliteStatement statement)
    {
        statement.Step();
        statement.Reset();
    }
}
