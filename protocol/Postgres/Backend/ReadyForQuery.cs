using OmenDb.Engine;
using OmenDb.Protocol.Postgres.Io;

namespace OmenDb.Protocol.Postgres.Backend;

/// <summary>'Z', ReadyForQuery: the server waits for the next request.</summary>
/// <remarks>Body: Byte1 'I' idle, 'T' in a transaction block, 'E' in a failed one. PostgreSQL manual, "Message Formats".</remarks>
internal static class ReadyForQuery
{
    public static void Write(OutputBuffer output, TransactionStatus status)
    {
        output.Begin((byte)'Z');
        output.WriteByte((byte)status);
        output.End();
    }
}
