using Npgsql;
using OmenDb.Tpch.Generation;
using OmenDb.Tpch.Generation.Chunks;
using OmenDb.Tpch.Schema;

namespace OmenDb.Tpch.Targets;

/// <summary>COPY in text form on a connection of its own.</summary>
internal sealed class PostgresTableWriter : TpchTableWriter
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlCopyTextWriter _copy;
    private byte[] _text = [];
    private bool _completed;

    public PostgresTableWriter(string connectionString, TpchTable table)
    {
        _connection = new NpgsqlConnection(connectionString);
        try
        {
            _connection.Open();
            // Generated text holds no backslash, so that dbgen's form is COPY's text form with another separator.
            _copy = (NpgsqlCopyTextWriter)_connection.BeginTextImport($"COPY {TpchSchema.NameOf(table)} FROM STDIN WITH (DELIMITER '|')");
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public override void Write(TpchChunk chunk)
    {
        var length = TblWriter.Format(chunk, trailingSeparator: false, ref _text);
        _copy.BaseStream.Write(_text, 0, length); // bytes as they are: the text writer would have to encode them
    }

    public override void Complete()
    {
        _completed = true;
        _copy.Dispose();
    }

    public override void Dispose()
    {
        if (!_completed)
        {
            _copy.Cancel();
            _copy.Dispose();
        }
        _connection.Dispose();
    }
}
