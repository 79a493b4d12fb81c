using System.Text;
using Npgsql;
using OmenDb.Engine;
using OmenDb.Types;

namespace OmenDb.Slt.Tests;

/// <summary>What came of a statement. Rows null: it returns none; SqlState null: it succeeded; Count -1: it counts nothing.</summary>
public sealed record Outcome(List<string>? Rows, long Count, string? SqlState, string Message)
{
    public static Outcome Failure(string sqlState, string message) => new(null, -1, sqlState, message);
}

/// <summary>An empty database that statements are run on, with one session per connection name.</summary>
public interface ITarget : IDisposable
{
    Outcome Run(string connection, string sql);
}

/// <summary>One row as a line: fields between '|', with what would be ambiguous in it escaped.</summary>
public static class RowText
{
    public const string Null = "NULL";
    public const string Empty = "(empty)";

    public static void Append(StringBuilder line, string? value)
    {
        if (value is null)
            line.Append(Null);
        else if (value.Length == 0)
            line.Append(Empty);
        else
        {
            foreach (var c in value)
            {
                _ = c switch
                {
                    '\\' => line.Append(@"\\"),
                    '|' => line.Append(@"\p"),
                    '\n' => line.Append(@"\n"),
                    '\r' => line.Append(@"\r"),
                    '\t' => line.Append(@"\t"),
                    _ => line.Append(c),
                };
            }
        }
    }

    /// <summary>Editors cut blanks at the end of a line: the last one is written as \s.</summary>
    public static string Finish(StringBuilder line)
    {
        if (line.Length > 0 && line[^1] == ' ')
            line.Remove(line.Length - 1, 1).Append(@"\s");
        return line.ToString();
    }
}

/// <summary>OmenDB inside this process, on a fresh data directory.</summary>
public sealed class EmbeddedTarget : ITarget
{
    /// <summary>A statement of the suite takes milliseconds; after this it is cancelled and has failed.</summary>
    private static readonly TimeSpan StatementLimit = TimeSpan.FromSeconds(20);

    private readonly string _directory = Directory.CreateTempSubdirectory("omendb-slt-").FullName;
    private readonly Database _database;
    private readonly Mode _mode;
    private readonly Dictionary<string, Session> _sessions = [];

    public EmbeddedTarget(Mode mode)
    {
        _mode = mode;
        _database = Database.Open(_directory, new DatabaseOptions { Sealing = mode.Sealing });
    }

    public Outcome Run(string connection, string sql)
    {
        if (!_sessions.TryGetValue(connection, out var session))
        {
            session = _database.CreateSession();
            _sessions.Add(connection, session);
            foreach (var setting in _mode.Settings)
            {
                var set = Execute(session, setting);
                if (set.SqlState is not null)
                    throw new InvalidOperationException($"{setting}: {set.SqlState} {set.Message}");
            }
        }
        using var limit = new Timer(_ => session.Cancel(), null, StatementLimit, Timeout.InfiniteTimeSpan);
        return Execute(session, sql);
    }

    private static Outcome Execute(Session session, string sql)
    {
        List<string>? rows = null;
        long count = -1;
        try
        {
            foreach (var result in session.ExecuteScript(sql))
            {
                using (result)
                {
                    var portal = result.Portal;
                    if (portal.Columns is { } columns)
                    {
                        rows = [];
                        while (portal.NextBatch(out var batch))
                        {
                            var selected = batch.Selection is { } selection ? selection.FillIndices(batch.Length).ToArray() : null;
                            for (var i = 0; i < batch.RowCount; i++)
                                rows.Add(Row(session, columns.Select(c => c.Type), batch, selected is null ? i : selected[i]));
                        }
                    }
                    else
                    {
                        while (portal.NextBatch(out _))
                        {
                        }
                        count = CountOf(portal.CommandTag);
                    }
                }
            }
        }
        catch (SqlException e)
        {
            return Outcome.Failure(e.SqlState, e.Message);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Anything else is a defect of the engine: no SQLSTATE, so that no record can expect it.
            return Outcome.Failure("crash", $"{e.GetType().Name}: {e.Message} {e.StackTrace?.Split('\n').FirstOrDefault(l => l.Contains("OmenDb", StringComparison.Ordinal))?.Trim()}");
        }
        return new Outcome(rows, count, null, "");
    }

    private static string Row(Session session, IEnumerable<SqlType> types, Arrow.Batch batch, int row)
    {
        var line = new StringBuilder();
        var column = 0;
        foreach (var type in types)
        {
            if (column > 0)
                line.Append('|');
            var vector = batch.Columns[column++];
            RowText.Append(line, vector.IsValid(row) ? TypeIo.FormatString(type, vector, row, session.Settings.Io) : null);
        }
        return RowText.Finish(line);
    }

    private static long CountOf(string tag) =>
        tag.Split(' ') is [("INSERT" or "UPDATE" or "DELETE" or "MERGE" or "COPY"), .., var last] ? long.Parse(last) : -1;

    public void Dispose()
    {
        foreach (var session in _sessions.Values)
            session.Dispose();
        _database.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}

/// <summary>PostgreSQL, in a database of its own that is dropped again: where expectations come from.</summary>
public sealed class PostgresTarget : ITarget
{
    private readonly string _name = $"slt_{Environment.ProcessId}_{Guid.NewGuid():n}";
    private readonly string _server;
    private readonly Dictionary<string, NpgsqlConnection> _connections = [];

    static PostgresTarget() => AppContext.SetSwitch("Npgsql.EnableSqlRewriting", false);

    public PostgresTarget(string connectionString)
    {
        _server = connectionString;
        Administer($"CREATE DATABASE {_name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'");
    }

    public Outcome Run(string connection, string sql)
    {
        if (!_connections.TryGetValue(connection, out var open))
        {
            open = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_server)
            {
                Database = _name, Pooling = false, Timezone = "UTC", CommandTimeout = 30,
            }.ConnectionString);
            open.Open();
            _connections.Add(connection, open);
        }
        using var command = new NpgsqlCommand(sql, open) { AllResultTypesAreUnknown = true };
        try
        {
            using var reader = command.ExecuteReader();
            List<string>? rows = null;
            if (reader.FieldCount > 0)
            {
                rows = [];
                while (reader.Read())
                {
                    var line = new StringBuilder();
                    for (var i = 0; i < reader.FieldCount; i++)
                    {
                        if (i > 0)
                            line.Append('|');
                        RowText.Append(line, reader.IsDBNull(i) ? null : reader.GetFieldValue<string>(i));
                    }
                    rows.Add(RowText.Finish(line));
                }
            }
            reader.Close();
            return new Outcome(rows, reader.RecordsAffected, null, "");
        }
        catch (PostgresException e)
        {
            return Outcome.Failure(e.SqlState, e.MessageText);
        }
    }

    private void Administer(string sql)
    {
        using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_server) { Pooling = false }.ConnectionString);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    public void Dispose()
    {
        foreach (var connection in _connections.Values)
            connection.Dispose();
        Administer($"DROP DATABASE {_name} WITH (FORCE)");
    }
}
