using Npgsql;
using NpgsqlTypes;

namespace OmenDb.Workload.Sql;

/// <summary>Typed parameters of one command of a batch, made once.</summary>
internal sealed class PostgresParameters : SqlParameters
{
    private readonly SqlField[] _fields;
    private readonly NpgsqlParameter[] _parameters;
    private int _next;

    public PostgresParameters(SqlField[] fields, NpgsqlBatchCommand command)
    {
        _fields = fields;
        _parameters = [.. fields.Select(Make)];
        foreach (var parameter in _parameters)
            command.Parameters.Add(parameter);
    }

    public override SqlParameters Int(int value) => Set(value);

    public override SqlParameters Long(long value) => Set(value);

    public override SqlParameters Numeric(long units) => Set(PostgresBatch.Decimal(units, _fields[_next].Scale));

    public override SqlParameters Text(string value) => Set(value);

    public override SqlParameters Timestamp(DateTime value) => Set(value);

    public override SqlParameters Null()
    {
        // A typed parameter holds no null of a value type: the untyped view of it does.
        _parameters[_next++].Value = DBNull.Value;
        return this;
    }

    internal override void Restart() => _next = 0;

    private PostgresParameters Set<T>(T value)
    {
        if (_parameters[_next++] is not NpgsqlParameter<T> parameter)
            throw new InvalidOperationException($"parameter ${_next} is declared as {_fields[_next - 1].Kind}");
        parameter.TypedValue = value;
        return this;
    }

    private static NpgsqlParameter Make(SqlField field) => field.Kind switch
    {
        SqlKind.Int4 => new NpgsqlParameter<int> { NpgsqlDbType = NpgsqlDbType.Integer },
        SqlKind.Int8 => new NpgsqlParameter<long> { NpgsqlDbType = NpgsqlDbType.Bigint },
        SqlKind.Numeric => new NpgsqlParameter<decimal> { NpgsqlDbType = NpgsqlDbType.Numeric },
        SqlKind.Timestamp => new NpgsqlParameter<DateTime> { NpgsqlDbType = NpgsqlDbType.Timestamp },
        _ => new NpgsqlParameter<string> { NpgsqlDbType = NpgsqlDbType.Text, TypedValue = "" },
    };
}
