using OmenDb.Protocol.Postgres.Io;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Frontend;

/// <summary>On a connection of its own, instead of a start-up packet: stop what the named backend does. Never answered.</summary>
/// <remarks>Body: Int32 80877102, Int32 process id, Int32 secret key of BackendKeyData. PostgreSQL manual, "Canceling Requests in Progress".</remarks>
internal readonly record struct CancelRequest(int BackendId, int Secret)
{
    public const int Code = 80877102;

    /// <exception cref="SqlException">08P01.</exception>
    public static CancelRequest Parse(ReadOnlySpan<byte> body)
    {
        var reader = new BodyReader(body);
        reader.ReadInt32();
        var request = new CancelRequest(reader.ReadInt32(), reader.ReadInt32());
        reader.ExpectEnd();
        return request;
    }
}
