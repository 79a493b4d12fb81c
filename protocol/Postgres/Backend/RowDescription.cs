using OmenDb.Planner.Binding;
using OmenDb.Protocol.Postgres.Io;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Backend;

/// <summary>'T', RowDescription: the columns of the rows that follow.</summary>
/// <remarks>Body: Int16 count; per column String name, Int32 table OID, Int16 attribute number, Int32 type OID, Int16 type length,
/// Int32 type modifier, Int16 format. PostgreSQL manual, "Message Formats".</remarks>
internal static class RowDescription
{
    public static void Write(OutputBuffer output, ResultShape shape)
    {
        output.Begin((byte)'T');
        output.WriteInt16(shape.Columns.Length);
        for (var i = 0; i < shape.Columns.Length; i++)
            WriteColumn(output, shape.Columns[i], shape.IsBinary(i));
        output.End();
    }

    private static void WriteColumn(OutputBuffer output, OutputColumn column, bool isBinary)
    {
        // A column whose type nothing decided (select 'x') is text to clients since PostgreSQL 10.
        var type = column.Type.Id == TypeId.Unknown ? SqlType.Text : column.Type;
        output.WriteString(column.Name);
        output.WriteInt32(column.TableOid);
        output.WriteInt16(column.ColumnNumber);
        output.WriteInt32((int)PgTypes.OidOf(type));
        output.WriteInt16(TypeLength(type));
        output.WriteInt32(column.TypeModifier);
        output.WriteInt16(isBinary ? 1 : 0);
    }

    private static short TypeLength(SqlType type) => type.Id switch
    {
        TypeId.Array => -1,
        TypeId.Enum => 4,
        _ => PgTypes.Find(type.Id)?.Length ?? -1,
    };
}
