using System.Buffers.Binary;

namespace OmenDb.Arrow.Ipc;

/// <summary>Reads an Arrow IPC stream, batch by batch.</summary>
/// <remarks>What is damaged, cut off or contradicts itself gives an InvalidDataException that names the offset; what Arrow allows and
/// we have no type for gives a NotSupportedException. Columns come out flat. Batches stay valid until they are disposed.</remarks>
public sealed unsafe class ArrowReader : IDisposable
{
    private readonly Stream _stream;
    private readonly WireField[] _fields;
    private readonly Dictionary<long, ColumnAppender> _dictionaries = [];
    private long _position;

    /// <param name="stream">At the start of the stream; stays open. Only read forwards.</param>
    public ArrowReader(Stream stream)
    {
        _stream = stream;
        if (ReadMessage() is not { } message)
            throw new InvalidDataException("corrupt Arrow data at offset 0: there is no schema");
        message.Body.Dispose();
        if (message.Kind != MessageFormat.SchemaHeader)
            throw message.Table.Corrupt("the first message is not a schema");
        (Schema, _fields) = SchemaFormat.Read(message.Header);
    }

    public Schema Schema { get; }

    /// <returns>The next batch, owned by the caller; null at the end.</returns>
    public Batch? Next()
    {
        while (ReadMessage() is { } message)
        {
            using var body = message.Body;
            switch (message.Kind)
            {
                case MessageFormat.BatchHeader:
                    return new BatchDecoder(message.Header, body, message.BodyOrigin, _dictionaries).Decode(_fields);
                case MessageFormat.DictionaryHeader:
                    IpcDictionaries.Load(message.Header, body, message.BodyOrigin, _fields, _dictionaries);
                    break;
                default:
                    throw message.Table.Corrupt($"message type {message.Kind} after the schema");
            }
        }
        return null;
    }

    public void Dispose()
    {
        foreach (var dictionary in _dictionaries.Values)
            dictionary.Dispose();
        _dictionaries.Clear();
    }

    private readonly record struct Message(FlatTable Table, byte Kind, FlatTable Header, NativeBuffer Body, long BodyOrigin);

    private Message? ReadMessage()
    {
        Span<byte> word = stackalloc byte[4];
        var start = _position;
        var got = _stream.ReadAtLeast(word, 4, throwOnEndOfStream: false);
        _position += got;
        if (got == 0)
            return null; // writers may leave the end mark out
        if (got < 4)
            throw CutOff(start);
        var length = BinaryPrimitives.ReadInt32LittleEndian(word);
        if (length == -1)
        {
            Fill(word);
            length = BinaryPrimitives.ReadInt32LittleEndian(word);
        }
        if (length == 0)
            return null;
        if (length is < 8 or > MessageFormat.MostMetadataBytes)
            throw new InvalidDataException($"corrupt Arrow data at offset {start}: a message of {length} bytes of metadata");
        var metadata = new byte[length];
        var origin = _position;
        Fill(metadata);
        var table = FlatTable.Root(metadata, origin);
        var header = table.Table(2) ?? throw table.Corrupt("a message has no header");
        var bodyLength = table.Long(3);
        if (bodyLength < 0 || (_stream.CanSeek && bodyLength > _stream.Length - _stream.Position))
            throw table.Corrupt($"a body of {bodyLength} bytes is longer than the data");
        var bodyOrigin = _position;
        return new Message(table, table.Byte(1), header, ReadBody(bodyLength), bodyOrigin);
    }

    /// <summary>Grows with what really arrives, so that a damaged length does not allocate the moon.</summary>
    private NativeBuffer ReadBody(long length)
    {
        const long Step = 16 << 20;
        var body = NativeBuffer.Allocate(Math.Min(length, Step), zeroed: false);
        try
        {
            for (long done = 0; done < length;)
            {
                if (done == body.Length)
                {
                    var grown = NativeBuffer.Allocate(Math.Min(length, body.Length * 2), zeroed: false);
                    Buffer.MemoryCopy(body.Pointer, grown.Pointer, grown.Length, done);
                    body.Release();
                    body = grown;
                }
                var part = (int)Math.Min(body.Length - done, 1 << 20);
                Fill(new Span<byte>(body.Pointer + done, part));
                done += part;
            }
            return body;
        }
        catch
        {
            body.Release();
            throw;
        }
    }

    private void Fill(Span<byte> target)
    {
        var got = _stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        _position += got;
        if (got < target.Length)
            throw CutOff(_position);
    }

    private static InvalidDataException CutOff(long offset) => new($"corrupt Arrow data at offset {offset}: it ends inside a message");
}
