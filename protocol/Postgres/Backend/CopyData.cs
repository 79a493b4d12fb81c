using OmenDb.Protocol.Postgres.Io;

namespace OmenDb.Protocol.Postgres.Backend;

/// <summary>'d', CopyData: a piece of a COPY TO STDOUT.</summary>
/// <remarks>Body: the bytes. PostgreSQL manual, "COPY Operations".</remarks>
internal static class CopyData
{
    public static void Write(OutputBuffer output, ReadOnlySpan<byte> data)
    {
        output.Begin((byte)'d');
        output.WriteBytes(data);
        output.End();
    }
}
