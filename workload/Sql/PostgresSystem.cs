using Npgsql;
using OmenDb.Workload.Bulk;

namespace OmenDb.Workload.Sql;

/// <summary>A server that speaks PostgreSQL's protocol: this one, or a peer to compare with.</summary>
public sealed class PostgresSystem : WorkloadSystem
{
    private readonly string _connectionString;
    private readonly bool _isOther;

    /// <param name="connectionString">As Npgsql takes it.</param>
    /// <exception cref="NpgsqlException">No connection.</exception>
    public PostgresSystem(string connectionString)
    {
        // No pool: a connection belongs to its client. No limit: queries of a peer may take minutes.
        var builder = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Pooling = false,
            CommandTimeout = 0,
            Timeout = 60,
        };
        builder.ApplicationName ??= "omendb-bench";
        _connectionString = builder.ConnectionString;
        var version = Query("SELECT version()")[0][0] ?? "";
        IsOmenDb = version.Contains("OmenDB", StringComparison.OrdinalIgnoreCase);
        _isOther = version.Contains("Cockroach", StringComparison.OrdinalIgnoreCase) || version.Contains("Cedar", StringComparison.OrdinalIgnoreCase);
        // "PostgreSQL 15.14 (Debian ...) on x86_64-pc-linux-gnu, compiled by ...": the first two words tell systems apart.
        Description = $"{(IsOmenDb ? "OmenDB" : string.Join(' ', version.Split(' ').Take(2)))} at {builder.Host}:{builder.Port}/{builder.Database}";
    }

    public override string Description { get; }

    public override bool IsEmbedded => false;

    public override bool IsOmenDb { get; }

    protected override bool IsOther => _isOther;

    public override TableWriter OpenWriter(string table, IReadOnlyList<SqlField> columns) => new PostgresTableWriter(_connectionString, table, columns);

    protected override WorkloadConnection Connect() => new PostgresConnection(_connectionString);
}
