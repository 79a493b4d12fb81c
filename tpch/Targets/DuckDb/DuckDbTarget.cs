namespace OmenDb.Tpch.Targets.DuckDb;

/// <summary>DuckDB in this process, its tables in memory, through its C library.</summary>
public sealed class DuckDbTarget : TpchTarget
{
    /// <summary>Where the library comes from, for messages.</summary>
    public const string LibraryHint = "npm's package @duckdb/node-bindings-linux-x64 holds a libduckdb.so, and DuckDB's releases do";

    private readonly DuckDbDatabase _database;
    private readonly bool _ownsDatabase;
    private readonly DuckDbConnection _connection;

    /// <param name="library">Path of libduckdb.so; empty: wherever the system finds it.</param>
    /// <exception cref="DuckDbException">No such library, or it cannot open a database.</exception>
    public DuckDbTarget(string library, int threads)
    {
        DuckDbLibrary functions;
        try
        {
            functions = new DuckDbLibrary(library.Length > 0 ? library : "libduckdb.so");
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            throw new DuckDbException($"DuckDB cannot be loaded: {exception.Message.TrimEnd('.')}; {LibraryHint}");
        }
        _database = new DuckDbDatabase(functions, threads);
        _ownsDatabase = true;
        try
        {
            _connection = _database.Connect();
        }
        catch
        {
            _database.Dispose();
            throw;
        }
        unsafe
        {
            Description = $"DuckDB {DuckDbLibrary.Text(functions.Version())} in memory";
        }
    }

    private DuckDbTarget(DuckDbTarget other)
    {
        _database = other._database;
        _connection = _database.Connect();
        Description = other.Description;
    }

    public override string Description { get; }

    public override bool WantsForeignKeyIndexes => false;

    /// <remarks>Its joins and scans do not use them, and they cost its load a multiple.</remarks>
    public override bool WantsPrimaryKeys => false;

    public override string AnalyzeCommand => "ANALYZE";

    public override void SetThreads(int threads)
    {
        if (threads > 0)
            Execute($"SET threads = {threads}");
    }

    public override void Execute(string sql) => _connection.Query(sql);

    public override IReadOnlyList<IReadOnlyList<string?>> Query(string sql) => _connection.Query(sql);

    public override bool HasTable(string name) =>
        _connection.Query($"SELECT 1 FROM duckdb_tables() WHERE table_name = '{name}'").Count > 0;

    public override TpchTableWriter OpenWriter(TpchTable table) => new DuckDbTableWriter(_database.Connect(), table);

    public override TpchTarget Connect() => new DuckDbTarget(this);

    public override void Dispose()
    {
        _connection.Dispose();
        if (_ownsDatabase)
            _database.Dispose();
    }
}
