using System.Buffers.Binary;
using OmenDb.Protocol.Postgres.Io;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Frontend;

/// <summary>'P', Parse: makes a prepared statement.</summary>
/// <remarks>Body: String name (empty = unnamed), String query, Int16 count, Int32 type OID each (0 = to be inferred).
/// PostgreSQL manual, "Message Formats".</remarks>
internal readonly ref struct ParseMessage(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text, ReadOnlySpan<byte> typeOids)
{
    public ReadOnlySpan<byte> Name { get; } = name;

    public ReadOnlySpan<byte> Text { get; } = text;

    private readonly ReadOnlySpan<byte> _typeOids = typeOids;

    public int TypeCount => _typeOids.Length / 4;

    /// <param name="target">At least <see cref="TypeCount"/> long.</param>
    public void CopyTypeOids(Span<int> target)
    {
        for (var i = 0; i < TypeCount; i++)
            target[i] = BinaryPrimitives.ReadInt32BigEndian(_typeOids[(i * 4)..]);
    }

    /// <exception cref="SqlException">08P01.</exception>
    public static ParseMessage Parse(ReadOnlySpan<byte> body)
    {
        var reader = new BodyReader(body);
        var name = reader.ReadString();
        var text = reader.ReadString();
        var oids = reader.Take(reader.ReadCount() * 4);
        reader.ExpectEnd();
        return new ParseMessage(name, text, oids);
    }
}
