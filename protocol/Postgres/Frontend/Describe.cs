using OmenDb.Protocol.Postgres.Io;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Frontend;

/// <summary>'D', Describe: the client asks for the columns of a statement or a portal.</summary>
/// <remarks>Body: Byte1 'S' or 'P', String name (empty = unnamed). PostgreSQL manual, "Message Formats".</remarks>
internal readonly ref struct Describe(bool isPortal, ReadOnlySpan<byte> name)
{
    public bool IsPortal { get; } = isPortal;

    public ReadOnlySpan<byte> Name { get; } = name;

    /// <exception cref="SqlException">08P01.</exception>
    public static Describe Parse(ReadOnlySpan<byte> body)
    {
        var reader = new BodyReader(body);
        var kind = reader.ReadByte();
        var name = reader.ReadString();
        reader.ExpectEnd();
        if (kind is not ((byte)'S' or (byte)'P'))
            throw BodyReader.Malformed($"invalid DESCRIBE message subtype {kind}");
        return new Describe(kind == (byte)'P', name);
    }
}
