using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OmenDb.Storage.Records;

/// <summary>A growing frame, little-endian, on pooled memory.</summary>
/// <remarks>
/// <code>
/// frame:  | kind u8 | transaction u64 | commit timestamp u64 (0 in parts) | record ...
/// record: | kind u8 | body length i32 | body |
/// </code></remarks>
internal sealed class RedoBuffer : IDisposable
{
    public const int HeaderBytes = 17;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(1024);
    private int _recordStart;

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    public void BeginFrame(RedoFrameKind kind, ulong transaction)
    {
        Length = 0;
        U8((byte)kind);
        U64(transaction);
        U64(0);
    }

    public void SetKind(RedoFrameKind kind) => _bytes[0] = (byte)kind;

    public void SetTimestamp(ulong timestamp) => BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(9), timestamp);

    public void BeginRecord(RecordKind kind)
    {
        U8((byte)kind);
        I32(0);
        _recordStart = Length;
    }

    public void EndRecord() => BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(_recordStart - 4), Length - _recordStart);

    public void U8(byte value) => Take(1)[0] = value;

    public void U16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Take(2), value);

    public void I32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Take(4), value);

    public void I64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Take(8), value);

    public void U64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(8), value);

    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    public void Text(string text)
    {
        I32(Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, Take(Encoding.UTF8.GetByteCount(text)));
    }

    public Span<byte> Take(int count)
    {
        if (Length + count > _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(checked((int)Math.Min(Array.MaxLength, Math.Max(_bytes.Length * 2L, Length + (long)count))));
            _bytes.AsSpan(0, Length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }
        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }

    public void Dispose()
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }
}

/// <summary>Reads what <see cref="RedoBuffer"/> wrote. The log has checked the bytes: a short read is a defect, not damage.</summary>
internal ref struct RedoReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool AtEnd => _rest.IsEmpty;

    public byte U8() => Take(1)[0];

    public ushort U16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int I32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long I64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public string Text() => Encoding.UTF8.GetString(Take(I32()));

    public ReadOnlySpan<byte> Take(int count)
    {
        var result = _rest[..count];
        _rest = _rest[count..];
        return result;
    }
}
