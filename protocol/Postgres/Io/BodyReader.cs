using System.Buffers.Binary;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Io;

/// <summary>Takes the fields of a message body apart, strictly: every byte belongs to a field.</summary>
/// <remarks>Errors are 08P01 with severity ERROR: the frame was whole, so the session goes on with the next message.</remarks>
internal ref struct BodyReader(ReadOnlySpan<byte> body)
{
    private readonly ReadOnlySpan<byte> _body = body;

    public int Position { get; private set; }

    public static SqlException Malformed(string message) => new(SqlState.ProtocolViolation, message);

    public byte ReadByte() => Take(1)[0];

    public short ReadInt16() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

    /// <summary>Counts are unsigned on the wire: up to 65535.</summary>
    public int ReadCount() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > _body.Length - Position)
            throw Malformed("insufficient data left in message");
        var bytes = _body.Slice(Position, count);
        Position += count;
        return bytes;
    }

    /// <summary>The bytes before the closing NUL; not yet checked to be UTF-8.</summary>
    public ReadOnlySpan<byte> ReadString()
    {
        var length = _body[Position..].IndexOf((byte)0);
        if (length < 0)
            throw Malformed("invalid string in message");
        var text = _body.Slice(Position, length);
        Position += length + 1;
        return text;
    }

    public readonly void ExpectEnd()
    {
        if (Position != _body.Length)
            throw Malformed("invalid message format");
    }
}
