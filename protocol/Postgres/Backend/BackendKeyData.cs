using OmenDb.Protocol.Postgres.Io;

namespace OmenDb.Protocol.Postgres.Backend;

/// <summary>'K', BackendKeyData: what a CancelRequest has to name.</summary>
/// <remarks>Body: Int32 process id, Int32 secret key. PostgreSQL manual, "Message Formats".</remarks>
internal static class BackendKeyData
{
    public static void Write(OutputBuffer output, int backendId, int secret)
    {
        output.Begin((byte)'K');
        output.WriteInt32(backendId);
        output.WriteInt32(secret);
        output.End();
    }
}
