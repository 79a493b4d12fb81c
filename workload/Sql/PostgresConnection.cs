using Npgsql;

namespace OmenDb.Workload.Sql;

/// <summary>A connection over PostgreSQL's protocol.</summary>
internal sealed class PostgresConnection : WorkloadConnection
{
    private readonly NpgsqlConnection _connection;
    private volatile NpgsqlCommand? _running;

    public PostgresConnection(string connectionString)
    {
        _connection = new NpgsqlConnection(connectionString);
        try
        {
            _connection.Open();
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public override SqlBatch CreateBatch(IReadOnlyList<SqlStatement> statements) => new PostgresBatch(_connection, statements);

    public override void Execute(string sql)
    {
        using var command = new NpgsqlCommand(sql, _connection);
        command.ExecuteNonQuery();
    }

    public override IReadOnlyList<IReadOnlyList<string?>> Query(string sql)
    {
        // Results as text: the server's own output functions, no conversion here.
        using var command = new NpgsqlCommand(sql, _connection) { AllResultTypesAreUnknown = true };
        _running = command;
        try
        {
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
        finally
        {
            _running = null;
        }
    }

    public override void Rollback() => Execute("ROLLBACK"); // a warning where there is nothing to roll back

    public override void Cancel() => _running?.Cancel();

    public override void Dispose() => _connection.Dispose();
}
