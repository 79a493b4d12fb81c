using Npgsql;

namespace OmenDb.Workload.Sql;

/// <summary>Prepared statements in one flush and one round trip.</summary>
internal sealed class PostgresBatch : SqlBatch
{
    private readonly NpgsqlBatch _batch;
    private readonly PostgresParameters[] _parameters;
    private bool _prepared;

    public PostgresBatch(NpgsqlConnection connection, IReadOnlyList<SqlStatement> statements)
        : base(statements)
    {
        _batch = new NpgsqlBatch(connection) { Timeout = 0 };
        _parameters = new PostgresParameters[statements.Count];
        for (var i = 0; i < statements.Count; i++)
        {
            var command = new NpgsqlBatchCommand(statements[i].Text);
            _parameters[i] = new PostgresParameters(statements[i].Parameters, command);
            _batch.BatchCommands.Add(command);
        }
    }

    /// <summary>A numeric as the driver takes it.</summary>
    internal static decimal Decimal(long units, int scale)
    {
        var magnitude = (ulong)Math.Abs(units);
        return new decimal((int)magnitude, (int)(magnitude >> 32), 0, units < 0, (byte)scale);
    }

    internal static long Units(decimal value, int scale)
    {
        for (var i = 0; i < scale; i++)
            value *= 10;
        return (long)decimal.Round(value);
    }

    protected override SqlParameters ParametersOf(int statement) => _parameters[statement];

    protected override void Run()
    {
        if (!_prepared)
            _batch.Prepare();
        _prepared = true;
        using (var reader = _batch.ExecuteReader())
        {
            // The reader shows statements with columns only.
            for (var i = 0; i < Statements.Count; i++)
            {
                if (Statements[i].Results.Length == 0)
                    continue;
                Take(reader, Statements[i].Results, Rows(i));
                reader.NextResult();
            }
        }
        for (var i = 0; i < Statements.Count; i++)
        {
            if (Statements[i].Results.Length == 0)
                Rows(i).Affected = _batch.BatchCommands[i].RecordsAffected;
        }
    }

    public override void Dispose() => _batch.Dispose();

    private static void Take(NpgsqlDataReader reader, SqlField[] fields, SqlRows rows)
    {
        while (reader.Read())
        {
            rows.AddRow();
            for (var column = 0; column < fields.Length; column++)
            {
                if (reader.IsDBNull(column))
                {
                    rows.SetNull(column);
                    continue;
                }
                switch (fields[column].Kind)
                {
                    case SqlKind.Int4:
                        rows.Set(column, reader.GetInt32(column));
                        break;
                    case SqlKind.Int8:
                        rows.Set(column, reader.GetInt64(column));
                        break;
                    case SqlKind.Numeric:
                        rows.Set(column, Units(reader.GetDecimal(column), fields[column].Scale));
                        break;
                    case SqlKind.Timestamp:
                        rows.Set(column, reader.GetDateTime(column).Ticks);
                        break;
                    default:
                        rows.Set(column, reader.GetString(column));
                        break;
                }
            }
        }
    }
}
