using OmenDb.Protocol.Postgres.Io;

namespace OmenDb.Protocol.Postgres.Backend;

/// <summary>'S', ParameterStatus: the value of a setting that clients follow.</summary>
/// <remarks>Body: String name, String value. PostgreSQL manual, "Asynchronous Operations".</remarks>
internal static class ParameterStatus
{
    public static void Write(OutputBuffer output, string name, string value)
    {
        output.Begin((byte)'S');
        output.WriteString(name);
        output.WriteString(value);
        output.End();
    }
}
