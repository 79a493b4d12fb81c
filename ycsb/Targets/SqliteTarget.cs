using OmenDb.Workload.Sqlite;

namespace OmenDb.Ycsb.Targets;

/// <summary>SQLite in this process, through its C library: a file in WAL mode, a connection per thread.</summary>
public sealed class SqliteTarget : YcsbTarget
{
    private readonly string _file;
    private readonly bool _isDurable;
    private readonly SqliteConnection _own;

    /// <param name="isDurable">A commit waits for the device (synchronous=FULL); else nothing ever does (OFF).</param>
    /// <exception cref="SqliteException">The library is missing.</exception>
    public SqliteTarget(string directory, bool isDurable)
    {
        _file = Path.Combine(directory, "ycsb.sqlite");
        _isDurable = isDurable;
        Description = $"SQLite {SqliteConnection.Version()}, WAL, synchronous={(isDurable ? "FULL" : "OFF")}";
        _own = SqliteConnection.Open(_file, isDurable);
    }

    public override string Description { get; }

    /// <summary>One writer at a time.</summary>
    public override int MostLoaders => 1;

    public override long CountRecords(YcsbTable table)
    {
        if (_own.Number($"SELECT count(*) FROM pragma_table_info('{YcsbTable.Name}')") != table.Fields + 1)
            return -1;
        return _own.Number($"SELECT count(*) FROM {YcsbTable.Name}");
    }

    public override void CreateTable(YcsbTable table)
    {
        _own.Execute($"DROP TABLE IF EXISTS {YcsbTable.Name}");
        _own.Execute($"CREATE TABLE {YcsbTable.Name} (ycsb_key TEXT NOT NULL PRIMARY KEY, {string.Join(", ", Enumerable.Range(0, table.Fields).Select(i => $"field{i} TEXT"))})");
    }

    public override YcsbLoadSession OpenLoad(YcsbTable table) => new LoadSession(SqliteConnection.Open(_file, _isDurable), table);

    public override void FinishLoad(YcsbTable table)
    {
        _own.Execute("ANALYZE");
        _own.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    public override YcsbClient OpenClient(YcsbTable table) => new Client(SqliteConnection.Open(_file, _isDurable), table);

    public override void Dispose() => _own.Dispose();

    private static string InsertText(YcsbTable table) =>
        $"INSERT INTO {YcsbTable.Name} VALUES ({string.Join(", ", Enumerable.Range(1, table.Fields + 1).Select(i => $"?{i}"))})";

    private sealed class LoadSession : YcsbLoadSession
    {
        private const int RowsPerTransaction = 10_000;

        private readonly SqliteConnection _connection;
        private readonly SqliteStatement _insert;
        private int _open;

        public LoadSession(SqliteConnection connection, YcsbTable table)
        {
            _connection = connection;
            _insert = connection.Prepare(InsertText(table));
        }

        public override void Add(string key, IReadOnlyList<ReadOnlyMemory<byte>> fields)
        {
            if (_open++ == 0)
                _connection.Execute("BEGIN");
            _insert.Bind(1, key);
            for (var i = 0; i < fields.Count; i++)
                _insert.Bind(2 + i, fields[i].Span);
            _insert.Step();
            _insert.Reset();
            if (_open == RowsPerTransaction)
                Complete();
        }

        public override void Complete()
        {
            if (_open > 0)
                _connection.Execute("COMMIT");
            _open = 0;
        }

        public override void Dispose() => _connection.Dispose();
    }

    private sealed class Client : YcsbClient
    {
        private readonly SqliteConnection _connection;
        private readonly int _fields;
        private readonly SqliteStatement _read;
        private readonly SqliteStatement[] _updates;
        private readonly SqliteStatement _insert;
        private readonly SqliteStatement _scan;
        private readonly SqliteStatement _begin;
        private readonly SqliteStatement _commit;
        private readonly SqliteStatement _rollback;

        public Client(SqliteConnection connection, YcsbTable table)
        {
            _connection = connection;
            _fields = table.Fields;
            var columns = string.Join(", ", Enumerable.Range(0, _fields).Select(i => $"field{i}"));
            _read = connection.Prepare($"SELECT {columns} FROM {YcsbTable.Name} WHERE ycsb_key = ?1");
            _updates = [.. Enumerable.Range(0, _fields).Select(i => connection.Prepare($"UPDATE {YcsbTable.Name} SET field{i} = ?2 WHERE ycsb_key = ?1"))];
            _insert = connection.Prepare(InsertText(table));
            _scan = connection.Prepare($"SELECT ycsb_key, {columns} FROM {YcsbTable.Name} WHERE ycsb_key >= ?1 ORDER BY ycsb_key LIMIT ?2");
            // IMMEDIATE: a transaction that reads and then writes would fail when another has written meanwhile.
            _begin = connection.Prepare("BEGIN IMMEDIATE");
            _commit = connection.Prepare("COMMIT");
            _rollback = connection.Prepare("ROLLBACK");
        }

        public override long Read(string key)
        {
            _read.Bind(1, key);
            var length = -1L;
            if (_read.Step())
            {
                length = 0;
                for (var i = 0; i < _fields; i++)
                    length += _read.Text(i).Length;
            }
            _read.Reset();
            return length;
        }

        public override bool Update(string key, int field, string value)
        {
            Run(_updates[field].Bind(1, key).Bind(2, value));
            return _connection.Changes == 1;
        }

        public override void Insert(string key, string[] values)
        {
            _insert.Bind(1, key);
            for (var i = 0; i < values.Length; i++)
                _insert.Bind(2 + i, values[i]);
            Run(_insert);
        }

        public override int Scan(string key, int count)
        {
            _scan.Bind(1, key).Bind(2, count);
            var rows = 0;
            for (; _scan.Step(); rows++)
            {
                for (var i = 0; i <= _fields; i++)
                    _scan.Text(i);
            }
            _scan.Reset();
            return rows;
        }

        public override bool ReadModifyWrite(string key, int field, string value)
        {
            Run(_begin);
            var isThere = Read(key) >= 0;
            Update(key, field, value);
            Run(_commit);
            return isThere;
        }

        public override void Rollback() => Run(_rollback);

        public override void Dispose() => _connection.Dispose();

        private static void Run(SqliteStatement statement)
        {
            statement.Step();
            statement.Reset();
        }
    }
}
