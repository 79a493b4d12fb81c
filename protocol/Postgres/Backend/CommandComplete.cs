using OmenDb.Protocol.Postgres.Io;

namespace OmenDb.Protocol.Postgres.Backend;

/// <summary>'C', CommandComplete: a statement has ended.</summary>
/// <remarks>Body: String tag, as "SELECT 5" or "INSERT 0 1". PostgreSQL manual, "Message Formats".</remarks>
internal static class CommandComplete
{
    public static void Write(OutputBuffer output, string tag)
    {
        output.Begin((byte)'C');
        output.WriteString(tag);
        output.End();
    }
}
