using System.Buffers.Binary;

namespace OmenDb.Arrow.Ipc;

/// <summary>Reads an Arrow IPC file that is in memory (read or mapped); batches in any order, without copying their values.</summary>
/// <remarks>Errors as in <see cref="ArrowReader"/>. Batches hold references to the file's buffer. Not thread-safe.</remarks>
public sealed unsafe class ArrowFileReader : IDisposable
{
    private readonly NativeBuffer _file;
    private readonly FlatTable _footer;
    private readonly WireField[] _fields;
    private readonly Dictionary<long, ColumnAppender> _dictionaries = [];

    /// <param name="file">The whole file; retained.</param>
    public ArrowFileReader(NativeBuffer file)
    {
        var magic = MessageFormat.FileMagic;
        var length = file.Length;
        if (length < 24 || !new ReadOnlySpan<byte>(file.Pointer, 6).SequenceEqual(magic))
            throw new InvalidDataException("corrupt Arrow file at offset 0: it does not begin with ARROW1");
        if (!new ReadOnlySpan<byte>(file.Pointer + length - 6, 6).SequenceEqual(magic))
            throw new InvalidDataException($"corrupt Arrow file at offset {length - 6}: it does not end with ARROW1");
        var footerLength = BinaryPrimitives.ReadInt32LittleEndian(new ReadOnlySpan<byte>(file.Pointer + length - 10, 4));
        if (footerLength < 8 || footerLength > length - 18)
            throw new InvalidDataException($"corrupt Arrow file at offset {length - 10}: a footer of {footerLength} bytes");
        var origin = length - 10 - footerLength;
        _footer = FlatTable.Root(new ReadOnlySpan<byte>(file.Pointer + origin, footerLength).ToArray(), origin);
        (Schema, _fields) = SchemaFormat.Read(_footer.Table(1) ?? throw _footer.Corrupt("the footer has no schema"));
        BatchCount = _footer.Count(3, 24);
        _file = file.Retain();
        try
        {
            for (var i = 0; i < _footer.Count(2, 24); i++)
            {
                var (header, body, bodyOrigin) = Message(2, i, MessageFormat.DictionaryHeader);
                using (body)
                    IpcDictionaries.Load(header, body, bodyOrigin, _fields, _dictionaries);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public Schema Schema { get; }

    public int BatchCount { get; }

    /// <returns>A batch owned by the caller.</returns>
    public Batch Read(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, BatchCount);
        var (header, body, bodyOrigin) = Message(3, index, MessageFormat.BatchHeader);
        using (body)
            return new BatchDecoder(header, body, bodyOrigin, _dictionaries).Decode(_fields);
    }

    private (FlatTable Header, NativeBuffer Body, long BodyOrigin) Message(int slot, int index, byte kind)
    {
        var offset = _footer.StructLong(slot, index, 24, 0);
        var metadataLength = _footer.StructInt(slot, index, 24, 8);
        var bodyLength = _footer.StructLong(slot, index, 24, 16);
        if (offset < 8 || metadataLength < 16 || bodyLength < 0 || offset > _file.Length - metadataLength
            || bodyLength > _file.Length - offset - metadataLength)
            throw _footer.Corrupt($"block {index} lies outside the file");
        var start = new ReadOnlySpan<byte>(_file.Pointer + offset, metadataLength);
        var prefix = BinaryPrimitives.ReadInt32LittleEndian(start) == -1 ? 8 : 4;
        var length = BinaryPrimitives.ReadInt32LittleEndian(start[(prefix - 4)..]);
        if (length < 8 || length > metadataLength - prefix)
            throw new InvalidDataException($"corrupt Arrow data at offset {offset}: a message of {length} bytes of metadata");
        var table = FlatTable.Root(start.Slice(prefix, length).ToArray(), offset + prefix);
        if (table.Byte(1) != kind)
            throw table.Corrupt($"message type {table.Byte(1)} where the footer says {kind}");
        var header = table.Table(2) ?? throw table.Corrupt("a message has no header");
        return (header, _file.Slice(offset + metadataLength, bodyLength), offset + metadataLength);
    }

    public void Dispose()
    {
        foreach (var dictionary in _dictionaries.Values)
            dictionary.Dispose();
        _dictionaries.Clear();
        _file.Release();
    }
}
