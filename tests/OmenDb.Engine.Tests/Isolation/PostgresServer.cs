using Npgsql;

namespace OmenDb.Engine.Tests.Isolation;

/// <summary>A PostgreSQL server, which says what is right. Everything happens in a schema of its own.</summary>
internal sealed class PostgresServer : IScriptServer
{
    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlConnection _watcher;
    private readonly string _schema = "isolation_" + Environment.ProcessId;

    public PostgresServer(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, SearchPath = _schema, IncludeErrorDetail = true };
        _source = NpgsqlDataSource.Create(builder);
        _watcher = _source.OpenConnection();
        Execute($"drop schema if exists {_schema} cascade; create schema {_schema}");
    }

    private void Execute(string sql)
    {
        using var command = new NpgsqlCommand(sql, _watcher);
        command.ExecuteNonQuery();
    }

    public IScriptSession Connect() => new PostgresSession(this, _source.OpenConnection());

    public void Dispose()
    {
        Execute($"drop schema {_schema} cascade");
        _watcher.Dispose();
        _source.Dispose();
    }

    private sealed class PostgresSession(PostgresServer server, NpgsqlConnection connection) : IScriptSession
    {
        public int ProcessId => connection.ProcessID;

        public bool IsBlocked
        {
            get
            {
                using var command = new NpgsqlCommand($"select cardinality(pg_blocking_pids({connection.ProcessID})) > 0", server._watcher);
                return (bool)command.ExecuteScalar()!;
            }
        }

        public string Run(string sql)
        {
            var lines = new List<string>();
            foreach (var statement in sql.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                try
                {
                    RunOne(statement, lines);
                }
                catch (PostgresException error)
                {
                    lines.Add(EngineServer.Describe(error.SqlState, error.MessageText, error.Detail, error.Hint));
                    break;
                }
            }
            return string.Join('\n', lines);
        }

        private void RunOne(string sql, List<string> lines)
        {
            using var command = new NpgsqlCommand(sql, connection) { AllResultTypesAreUnknown = true };
            using var reader = command.ExecuteReader();
            if (reader.FieldCount == 0)
            {
                lines.Add(reader.RecordsAffected >= 0 ? $"{reader.RecordsAffected} rows" : "ok");
                return;
            }
            while (reader.Read())
                lines.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "" : reader.GetString(i))));
        }

        public void Dispose() => connection.Dispose();
    }
}
