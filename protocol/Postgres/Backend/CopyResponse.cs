using OmenDb.Engine;
using OmenDb.Protocol.Postgres.Io;

namespace OmenDb.Protocol.Postgres.Backend;

/// <summary>'G' CopyInResponse, 'H' CopyOutResponse: the connection turns into a stream of CopyData.</summary>
/// <remarks>Body: Byte1 overall format (0 text, 1 binary), Int16 count, Int16 format of each column. PostgreSQL manual, "COPY Operations".</remarks>
internal static class CopyResponse
{
    public static void Write(OutputBuffer output, CopyOperation copy)
    {
        var format = copy.IsBinary ? 1 : 0;
        output.Begin(copy.Direction == CopyDirection.In ? (byte)'G' : (byte)'H');
        output.WriteByte((byte)format);
        output.WriteInt16(copy.ColumnCount);
        for (var i = 0; i < copy.ColumnCount; i++)
            output.WriteInt16(format);
        output.End();
    }
}
