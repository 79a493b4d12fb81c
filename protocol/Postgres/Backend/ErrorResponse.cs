using OmenDb.Protocol.Postgres.Io;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Backend;

/// <summary>'E', ErrorResponse: what went wrong.</summary>
/// <remarks>Body: Byte1 field code, String value, ...; Byte1 0. PostgreSQL manual, "Error and Notice Message Fields".</remarks>
internal static class ErrorResponse
{
    public static void Write(OutputBuffer output, SqlException error)
    {
        output.Begin((byte)'E');
        MessageField.Write(output, 'S', error.Severity);
        MessageField.Write(output, 'V', error.Severity);
        MessageField.Write(output, 'C', error.SqlState);
        MessageField.Write(output, 'M', error.Message);
        MessageField.Write(output, 'D', error.Detail);
        MessageField.Write(output, 'H', error.Hint);
        MessageField.Write(output, 'P', error.Position);
        MessageField.Write(output, 'W', error.Where);
        MessageField.Write(output, 's', error.SchemaName);
        MessageField.Write(output, 't', error.TableName);
        MessageField.Write(output, 'c', error.ColumnName);
        MessageField.Write(output, 'd', error.DataTypeName);
        MessageField.Write(output, 'n', error.ConstraintName);
        output.WriteByte(0);
        output.End();
    }
}
