using OmenDb.Protocol.Postgres.Io;

namespace OmenDb.Protocol.Postgres.Backend;

/// <summary>'R', AuthenticationOk: the client is who it says.</summary>
/// <remarks>Body: Int32 0. PostgreSQL manual, "Message Formats".</remarks>
internal static class Authentication
{
    public static void WriteOk(OutputBuffer output)
    {
        output.Begin((byte)'R');
        output.WriteInt32(0);
        output.End();
    }
}
