namespace OmenDb.Types;

/// <summary>An error that the user sees, with the fields that PostgreSQL clients expect.</summary>
/// <remarks>Messages follow PostgreSQL's style: lower case, no full stop. <see cref="Position"/> is a 1-based character
/// offset into the statement text (0 = unknown), as in the 'P' field of ErrorResponse.</remarks>
public sealed class SqlException : Exception
{
    public SqlException(string sqlState, string message, Exception? inner = null) : base(message, inner) => SqlState = sqlState;

    /// <summary>Five characters, one of <see cref="Types.SqlState"/>.</summary>
    public string SqlState { get; }

    /// <summary>ERROR ends the statement, FATAL the session.</summary>
    public string Severity { get; init; } = "ERROR";

    /// <summary>1-based character offset into the statement text; 0 when unknown.</summary>
    public int Position { get; init; }

    public string? Detail { get; init; }

    public string? Hint { get; init; }

    public string? Where { get; set; }

    public string? SchemaName { get; init; }

    public string? TableName { get; init; }

    public string? ColumnName { get; init; }

    public string? DataTypeName { get; init; }

    public string? ConstraintName { get; init; }

    /// <summary>The same error pointing at <paramref name="position"/>, unless it already points somewhere.</summary>
    public SqlException At(int position) => Position != 0 || position == 0 ? this : new SqlException(SqlState, Message, this)
    {
        Severity = Severity, Position = position, Detail = Detail, Hint = Hint, Where = Where, SchemaName = SchemaName,
        TableName = TableName, ColumnName = ColumnName, DataTypeName = DataTypeName, ConstraintName = ConstraintName,
    };

    public static SqlException NotSupported(string what, int position = 0) =>
        new(Types.SqlState.FeatureNotSupported, $"{what} is not supported") { Position = position };

    public static SqlException Syntax(string message, int position) =>
        new(Types.SqlState.SyntaxError, message) { Position = position };

    /// <summary>08P01: a malformed message; the session ends.</summary>
    public static SqlException Protocol(string message) =>
        new(Types.SqlState.ProtocolViolation, message) { Severity = "FATAL" };

    /// <summary>22P02 as every type's input function reports it.</summary>
    public static SqlException InvalidText(string typeName, ReadOnlySpan<char> text) =>
        new(Types.SqlState.InvalidTextRepresentation, $"invalid input syntax for type {typeName}: \"{text}\"");

    /// <summary>22003, as in "integer out of range".</summary>
    public static SqlException OutOfRange(string typeName) =>
        new(Types.SqlState.NumericValueOutOfRange, $"{typeName} out of range");

    public static SqlException DivisionByZero() => new(Types.SqlState.DivisionByZero, "division by zero");

    /// <summary>XX001: bytes read back are not what was written. Always names file and offset.</summary>
    public static SqlException Corruption(string file, long offset, string what) =>
        new(Types.SqlState.DataCorrupted, $"corrupted data in file \"{file}\" at offset {offset}: {what}");

    /// <summary>XX000: a broken invariant of the engine itself.</summary>
    public static SqlException Internal(string message) => new(Types.SqlState.InternalError, message);
}
