using OmenDb.Protocol.Postgres.Io;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Frontend;

/// <summary>'S' Sync, 'H' Flush, 'X' Terminate, 'c' CopyDone: messages that are nothing but their code.</summary>
internal static class EmptyMessage
{
    /// <exception cref="SqlException">08P01.</exception>
    public static void Check(ReadOnlySpan<byte> body)
    {
        if (!body.IsEmpty)
            throw BodyReader.Malformed("invalid message format");
    }
}
