using OmenDb.Engine;
using OmenDb.Types;

namespace OmenDb.Isolation.Tests.Workload;

/// <summary>A statement ended with an error of the server.</summary>
public sealed class StatementException(string sqlState, string message, Exception inner) : Exception($"{sqlState} {message}", inner)
{
    public string SqlState { get; } = sqlState;
}

/// <summary>One connection: in this process, or to any server that speaks PostgreSQL's protocol.</summary>
public interface IHistorySession : IDisposable
{
    /// <returns>Rows of text; empty for commands.</returns>
    /// <exception cref="StatementException">The statement failed.</exception>
    IReadOnlyList<string?[]> Execute(string sql);
}

internal sealed class EmbeddedSession(Database database) : IHistorySession
{
    private readonly Session _session = database.CreateSession();

    public IReadOnlyList<string?[]> Execute(string sql)
    {
        var rows = new List<string?[]>();
        try
        {
            foreach (var result in _session.ExecuteScript(sql))
            {
                var portal = result.Portal;
                while (portal.NextBatch(out var batch))
                {
                    var indices = batch.Selection is { } selection ? selection.FillIndices(batch.Length).ToArray() : [.. Enumerable.Range(0, batch.Length)];
                    rows.AddRange(indices.Select(row => portal.Columns!.Value
                        .Select((c, i) => batch.Columns[i].IsValid(row) ? TypeIo.FormatString(c.Type, batch.Columns[i], row, _session.Settings.Io) : null).ToArray()));
                }
            }
        }
        catch (SqlException e)
        {
            throw new StatementException(e.SqlState, e.Message, e);
        }
        return rows;
    }

    public void Dispose() => _session.Dispose();
}

/// <summary>For the same histories against a running server, ours or PostgreSQL.</summary>
internal sealed class WireSession : IHistorySession
{
    private readonly Npgsql.NpgsqlConnection _connection;

    public WireSession(string connectionString)
    {
        _connection = new Npgsql.NpgsqlConnection(connectionString);
        _connection.Open();
    }

    public IReadOnlyList<string?[]> Execute(string sql)
    {
        var rows = new List<string?[]>();
        try
        {
            using var command = new Npgsql.NpgsqlCommand(sql, _connection);
            using var reader = command.ExecuteReader();
            while (reader.Read())
                rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : Convert.ToString(reader.GetValue(i), System.Globalization.CultureInfo.InvariantCulture))]);
        }
        catch (Npgsql.PostgresException e)
        {
            throw new StatementException(e.SqlState, e.MessageText, e);
        }
        return rows;
    }

    public void Dispose() => _connection.Dispose();
}
