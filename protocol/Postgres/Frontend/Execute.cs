using OmenDb.Protocol.Postgres.Io;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Frontend;

/// <summary>'E', Execute: runs a portal, or runs it on.</summary>
/// <remarks>Body: String portal, Int32 most rows to return (0 or less = all). PostgreSQL manual, "Message Formats".</remarks>
internal readonly ref struct Execute(ReadOnlySpan<byte> portal, int maxRows)
{
    public ReadOnlySpan<byte> Portal { get; } = portal;

    public int MaxRows { get; } = maxRows;

    /// <exception cref="SqlException">08P01.</exception>
    public static Execute Parse(ReadOnlySpan<byte> body)
    {
        var reader = new BodyReader(body);
        var portal = reader.ReadString();
        var maxRows = reader.ReadInt32();
        reader.ExpectEnd();
        return new Execute(portal, maxRows);
    }
}
