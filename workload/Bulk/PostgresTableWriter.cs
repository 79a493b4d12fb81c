using Npgsql;
using NpgsqlTypes;
using OmenDb.Workload.Sql;

namespace OmenDb.Workload.Bulk;

/// <summary>COPY in binary form on a connection of its own.</summary>
internal sealed class PostgresTableWriter : TableWriter
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlBinaryImporter _copy;
    private readonly IReadOnlyList<SqlField> _columns;
    private int _column;

    public PostgresTableWriter(string connectionString, string table, IReadOnlyList<SqlField> columns)
    {
        _columns = columns;
        _connection = new NpgsqlConnection(connectionString);
        try
        {
            _connection.Open();
            _copy = _connection.BeginBinaryImport($"COPY {table} FROM STDIN (FORMAT BINARY)");
            _copy.Timeout = TimeSpan.Zero;
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public override void Int(int value) => Next().Write(value, NpgsqlDbType.Integer);

    public override void Long(long value) => Next().Write(value, NpgsqlDbType.Bigint);

    public override void Numeric(long units)
    {
        var scale = _columns[_column].Scale;
        Next().Write(PostgresBatch.Decimal(units, scale), NpgsqlDbType.Numeric);
    }

    public override void Text(ReadOnlyMemory<byte> utf8) => Next().Write(utf8, NpgsqlDbType.Text);

    public override void Timestamp(DateTime value) => Next().Write(value, NpgsqlDbType.Timestamp);

    public override void Null() => Next().WriteNull();

    public override void Complete() => _copy.Complete();

    public override void Dispose()
    {
        _copy.Dispose();
        _connection.Dispose();
    }

    protected override void FinishRow() => _column = 0;

    private NpgsqlBinaryImporter Next()
    {
        if (_column++ == 0)
            _copy.StartRow();
        return _copy;
    }
}
