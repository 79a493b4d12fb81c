using System.Runtime.CompilerServices;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;

namespace OmenDb.Engine.Rows;

/// <summary>Rows and states on their way to a spill file: bytes one after the other, for this process and this run only.</summary>
/// <remarks>
/// <code>
/// column: | has nulls, 1 byte | validity, a word per 64 rows, if it has | values                                            |
/// values: | fixed width: as in memory | strings: the length of each, 4 bytes, then the bytes of all |
/// </code>
/// </remarks>
internal sealed unsafe class SpillBlock : IDisposable
{
    private readonly Vector _rows = new();
    private NativeBuffer _buffer = NativeBuffer.Allocate(64 * 1024, zeroed: false);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Bytes => new(_buffer.Pointer, Length);

    public void Clear() => Length = 0;

    /// <summary>Types that can be written.</summary>
    public static bool Supports(ArrowType type) => type.Physical != PhysicalType.List;

    /// <summary>Room for so many more bytes, which the caller fills.</summary>
    public byte* Take(long bytes)
    {
        var needed = checked((int)(Length + bytes));
        if (needed > _buffer.Length)
        {
            var grown = NativeBuffer.Allocate((long)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)needed), zeroed: false);
            Buffer.MemoryCopy(_buffer.Pointer, grown.Pointer, grown.Length, Length);
            _buffer.Release();
            _buffer = grown;
        }
        var target = _buffer.Pointer + Length;
        Length = needed;
        return target;
    }

    public void Write(int value) => Unsafe.WriteUnaligned(Take(sizeof(int)), value);

    /// <summary>Some rows of a flat column.</summary>
    public void Write(Vector column, int* rows, int count)
    {
        RowCopy.Gather(column, rows, count, _rows);
        *Take(1) = _rows.Validity == null ? (byte)0 : (byte)1;
        if (_rows.Validity != null)
        {
            var words = Bits.WordsFor(count) * 8L;
            Buffer.MemoryCopy(_rows.Validity, Take(words), words, words);
        }
        if (column.Physical != PhysicalType.View)
        {
            var bytes = column.Physical.BytesFor(count);
            Buffer.MemoryCopy(_rows.Values, Take(bytes), bytes, bytes);
            return;
        }
        for (var row = 0; row < count; row++)
            Write(_rows.IsValid(row) ? _rows.GetBytes(row).Length : 0);
        for (var row = 0; row < count; row++)
        {
            if (!_rows.IsValid(row))
                continue;
            var bytes = _rows.GetBytes(row);
            bytes.CopyTo(new Span<byte>(Take(bytes.Length), bytes.Length));
        }
    }

    public void Dispose()
    {
        _rows.Dispose();
        _buffer.Release();
    }
}

/// <summary>Reads what a <see cref="SpillBlock"/> wrote, in the same order.</summary>
internal unsafe ref struct SpillReader(byte* bytes)
{
    private byte* _next = bytes;

    public byte* Take(long count)
    {
        var taken = _next;
        _next += count;
        return taken;
    }

    public int ReadInt() => Unsafe.ReadUnaligned<int>(Take(sizeof(int)));

    /// <summary><paramref name="target"/> becomes flat, on memory of its own.</summary>
    public void Read(ArrowType type, int count, Vector target)
    {
        target.ResetFlat(type, count);
        if (*Take(1) != 0)
        {
            var words = Bits.WordsFor(count) * 8L;
            Buffer.MemoryCopy(Take(words), target.EnsureValidity(), words, words);
        }
        if (type.Physical != PhysicalType.View)
        {
            var size = type.Physical.BytesFor(count);
            Buffer.MemoryCopy(Take(size), target.Values, size, size);
            return;
        }
        var lengths = Take(count * sizeof(int));
        for (var row = 0; row < count; row++)
        {
            var length = Unsafe.ReadUnaligned<int>(lengths + row * sizeof(int));
            ((View*)target.Values)[row] = target.IsValid(row) ? target.Arena!.Append(new ReadOnlySpan<byte>(Take(length), length)) : default;
        }
    }
}
