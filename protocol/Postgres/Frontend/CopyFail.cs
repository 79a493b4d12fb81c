using OmenDb.Protocol.Postgres.Io;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Frontend;

/// <summary>'f', CopyFail: the client gives its COPY FROM STDIN up.</summary>
/// <remarks>Body: String reason. PostgreSQL manual, "Message Formats".</remarks>
internal readonly ref struct CopyFail(ReadOnlySpan<byte> reason)
{
    public ReadOnlySpan<byte> Reason { get; } = reason;

    /// <exception cref="SqlException">08P01.</exception>
    public static CopyFail Parse(ReadOnlySpan<byte> body)
    {
        var reader = new BodyReader(body);
        var reason = reader.ReadString();
        reader.ExpectEnd();
        return new CopyFail(reason);
    }
}
