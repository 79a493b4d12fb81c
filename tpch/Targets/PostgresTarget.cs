using System.Globalization;
using Npgsql;

namespace OmenDb.Tpch.Targets;

/// <summary>A server that speaks PostgreSQL's protocol: this one, or a peer to compare with.</summary>
public sealed class PostgresTarget : TpchTarget
{
    private readonly string _connectionString;
    private readonly NpgsqlConnection _connection;
    private readonly bool _isOmenDb;

    /// <param name="connectionString">As Npgsql takes it; see <see cref="PostgresUrl"/>.</param>
    /// <exception cref="NpgsqlException">No connection.</exception>
    public PostgresTarget(string connectionString)
    {
        // No pool: a writer's connection ends with it. No limit: queries of a peer may take minutes.
        var builder = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, CommandTimeout = 0 };
        builder.ApplicationName ??= "omendb-bench";
        _connectionString = builder.ConnectionString;
        _connection = new NpgsqlConnection(_connectionString);
        try
        {
            _connection.Open();
            var version = Query("SELECT version()")[0][0] ?? "";
            _isOmenDb = version.Contains("OmenDB", StringComparison.OrdinalIgnoreCase);
            // "PostgreSQL 15.14 (Debian ...) on x86_64-pc-linux-gnu, compiled by ...": the first two words tell systems apart.
            Description = $"{(_isOmenDb ? "OmenDB" : string.Join(' ', version.Split(' ').Take(2)))} at {builder.Host}:{builder.Port}/{builder.Database}";
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public override string Description { get; }

    public override bool WantsForeignKeyIndexes => !_isOmenDb;

    /// <remarks>PostgreSQL: with the visibility map, or index-only scans would be slow until autovacuum has passed.</remarks>
    public override string AnalyzeCommand => _isOmenDb ? "ANALYZE" : "VACUUM (ANALYZE)";

    public override void SetThreads(int threads)
    {
        if (threads <= 0)
            return;
        Execute(_isOmenDb
            ? $"SET omendb.max_parallelism = {threads}"
            : string.Create(CultureInfo.InvariantCulture, $"SET max_parallel_workers_per_gather = {threads - 1}"));
    }

    public override void Execute(string sql)
    {
        using var command = new NpgsqlCommand(sql, _connection);
        command.ExecuteNonQuery();
    }

    public override IReadOnlyList<IReadOnlyList<string?>> Query(string sql)
    {
        // Results as text: the server's own output functions, no conversion here.
        using var command = new NpgsqlCommand(sql, _connection) { AllResultTypesAreUnknown = true };
        using var reader = command.ExecuteReader();
        var rows = new List<IReadOnlyList<string?>>();
        while (reader.Read())
        {
            var fields = new string?[reader.FieldCount];
            for (var i = 0; i < fields.Length; i++)
                fields[i] = reader.IsDBNull(i) ? null : reader.GetString(i);
            rows.Add(fields);
        }
        return rows;
    }

    public override bool HasTable(string name)
    {
        try
        {
            Query($"SELECT 1 FROM {name} LIMIT 0");
            return true;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return false;
        }
    }

    public override TpchTableWriter OpenWriter(TpchTable table) => new PostgresTableWriter(_connectionString, table);

    public override TpchTarget Connect() => new PostgresTarget(_connectionString);

    public override void Dispose() => _connection.Dispose();
}
