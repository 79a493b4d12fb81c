using OmenDb.Arrow;
using OmenDb.Protocol.Postgres.Io;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Backend;

/// <summary>'D', DataRow: one row of a result.</summary>
/// <remarks>Body: Int16 count; per column Int32 length (-1 = NULL) and the value in the column's format. PostgreSQL manual, "Message Formats".</remarks>
internal static class DataRow
{
    /// <param name="row">A physical row of the batch.</param>
    public static void Write(OutputBuffer output, ResultShape shape, Batch batch, int row, IoContext context)
    {
        output.Begin((byte)'D');
        var encoders = shape.Encoders;
        output.WriteInt16(encoders.Length);
        for (var i = 0; i < encoders.Length; i++)
            encoders[i].Write(output, batch.Columns[i], row, context);
        output.End();
    }
}
