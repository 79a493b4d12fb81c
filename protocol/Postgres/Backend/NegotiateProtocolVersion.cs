using OmenDb.Protocol.Postgres.Io;

namespace OmenDb.Protocol.Postgres.Backend;

/// <summary>'v', NegotiateProtocolVersion: the newest minor version spoken here, and the protocol options that are not known.</summary>
/// <remarks>Body: Int32 minor version, Int32 count, String option each. PostgreSQL manual, "Message Formats".</remarks>
internal static class NegotiateProtocolVersion
{
    public static void Write(OutputBuffer output, int minorVersion, List<string> unknownOptions)
    {
        output.Begin((byte)'v');
        output.WriteInt32(3 << 16 | minorVersion);
        output.WriteInt32(unknownOptions.Count);
        foreach (var option in unknownOptions)
            output.WriteString(option);
        output.End();
    }
}
