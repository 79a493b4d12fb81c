using OmenDb.Protocol.Postgres.Io;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Frontend;

/// <summary>'C', Close: forgets a prepared statement or a portal; no error when there is none.</summary>
/// <remarks>Body: Byte1 'S' or 'P', String name (empty = unnamed). PostgreSQL manual, "Message Formats".</remarks>
internal readonly ref struct Close(bool isPortal, ReadOnlySpan<byte> name)
{
    public bool IsPortal { get; } = isPortal;

    public ReadOnlySpan<byte> Name { get; } = name;

    /// <exception cref="SqlException">08P01.</exception>
    public static Close Parse(ReadOnlySpan<byte> body)
    {
        var reader = new BodyReader(body);
        var kind = reader.ReadByte();
        var name = reader.ReadString();
        reader.ExpectEnd();
        if (kind is not ((byte)'S' or (byte)'P'))
            throw BodyReader.Malformed($"invalid CLOSE message subtype {kind}");
        return new Close(kind == (byte)'P', name);
    }
}
