using System.Buffers;
using System.Buffers.Binary;
using OmenDb.Arrow;

namespace OmenDb.Storage.Tables;

/// <summary>One list as bytes, which is how segments keep lists: they move with their row and need no child column.</summary>
/// <remarks>
/// <code>
/// [ -dimensions int32 | their lengths, int32 each ]     only for arrays of arrays
/// | count int32 | validity: ⌈count/8⌉ bytes | per valid element: fixed width, or length int32 and bytes (strings, inner lists) |
/// </code></remarks>
internal static unsafe class ListCodec
{
    public static void Encode(Vector lists, int row, ArrayBufferWriter<byte> target)
    {
        var slot = lists.Get<ListSlot>(row);
        var offset = slot.Offset;
        var child = (lists.Kind == VectorKind.Dictionary ? lists.Dictionary! : lists).Child!;
        var count = (int)slot.Length;
        if (slot.Shape != 0)
        {
            var dimensions = ListShape.Dimensions(slot.Shape, count);
            WriteInt32(-dimensions.Length, target);
            foreach (var length in dimensions)
                WriteInt32(length, target);
        }
        BinaryPrimitives.WriteInt32LittleEndian(target.GetSpan(4), count);
        target.Advance(4);
        var validityBytes = (count + 7) / 8;
        var validity = target.GetSpan(validityBytes)[..validityBytes];
        validity.Clear();
        for (var i = 0; i < count; i++)
        {
            if (child.IsValid((int)offset + i))
                validity[i >> 3] |= (byte)(1 << (i & 7));
        }
        target.Advance(validityBytes);
        for (var i = 0; i < count; i++)
        {
            var element = (int)offset + i;
            if (!child.IsValid(element))
                continue;
            switch (child.Physical)
            {
                case PhysicalType.Bool:
                    target.GetSpan(1)[0] = child.GetBool(element) ? (byte)1 : (byte)0;
                    target.Advance(1);
                    break;
                case PhysicalType.Int8: Write(child.Get<byte>(element), target); break;
                case PhysicalType.Int16: Write(child.Get<short>(element), target); break;
                case PhysicalType.Int32 or PhysicalType.Float32: Write(child.Get<int>(element), target); break;
                case PhysicalType.Int64 or PhysicalType.Float64: Write(child.Get<long>(element), target); break;
                case PhysicalType.View: WriteBytes(child.GetBytes(element), target); break;
                case PhysicalType.List:
                    var inner = new ArrayBufferWriter<byte>();
                    Encode(child, element, inner);
                    WriteBytes(inner.WrittenSpan, target);
                    break;
                default: Write(child.Get<Int128>(element), target); break;
            }
        }
    }

    /// <summary>How many elements an encoded list has.</summary>
    public static int Count(ReadOnlySpan<byte> encoded) => BinaryPrimitives.ReadInt32LittleEndian(Body(encoded, out _));

    /// <summary>What follows the dimensions, if there are any.</summary>
    private static ReadOnlySpan<byte> Body(ReadOnlySpan<byte> encoded, out uint shape)
    {
        shape = 0;
        var first = BinaryPrimitives.ReadInt32LittleEndian(encoded);
        if (first >= 0)
            return encoded;
        var dimensions = new int[-first];
        for (var i = 0; i < dimensions.Length; i++)
            dimensions[i] = BinaryPrimitives.ReadInt32LittleEndian(encoded[(4 + i * 4)..]);
        shape = ListShape.Of(dimensions);
        return encoded[(4 - first * 4)..];
    }

    private static void WriteInt32(int value, ArrayBufferWriter<byte> target)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target.GetSpan(4), value);
        target.Advance(4);
    }

    /// <summary>Appends the elements of an encoded list of non-list elements to a child vector.</summary>
    /// <returns>The list's shape.</returns>
    public static uint Decode(ReadOnlySpan<byte> encoded, PhysicalType element, VectorWriter target)
    {
        encoded = Body(encoded, out var shape);
        var count = BinaryPrimitives.ReadInt32LittleEndian(encoded);
        var validity = encoded.Slice(4, (count + 7) / 8);
        var rest = encoded[(4 + validity.Length)..];
        for (var i = 0; i < count; i++)
        {
            if ((validity[i >> 3] >> (i & 7) & 1) == 0)
            {
                target.AppendNull();
                continue;
            }
            switch (element)
            {
                case PhysicalType.Bool:
                    target.AppendBool(rest[0] != 0);
                    rest = rest[1..];
                    break;
                case PhysicalType.Int8: rest = Read<byte>(rest, target); break;
                case PhysicalType.Int16: rest = Read<short>(rest, target); break;
                case PhysicalType.Int32 or PhysicalType.Float32: rest = Read<int>(rest, target); break;
                case PhysicalType.Int64 or PhysicalType.Float64: rest = Read<long>(rest, target); break;
                case PhysicalType.View:
                    var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
                    target.AppendBytes(rest.Slice(4, length));
                    rest = rest[(4 + length)..];
                    break;
                case PhysicalType.List:
                    throw Types.SqlException.NotSupported("an array of arrays as a column");
                default: rest = Read<Int128>(rest, target); break;
            }
        }
        return shape;
    }

    private static void Write<T>(T value, ArrayBufferWriter<byte> target) where T : unmanaged
    {
        new ReadOnlySpan<byte>(&value, sizeof(T)).CopyTo(target.GetSpan(sizeof(T)));
        target.Advance(sizeof(T));
    }

    private static void WriteBytes(ReadOnlySpan<byte> bytes, ArrayBufferWriter<byte> target)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target.GetSpan(4), bytes.Length);
        target.Advance(4);
        target.Write(bytes);
    }

    private static ReadOnlySpan<byte> Read<T>(ReadOnlySpan<byte> source, VectorWriter target) where T : unmanaged
    {
        T value;
        source[..sizeof(T)].CopyTo(new Span<byte>(&value, sizeof(T)));
        target.Append(value);
        return source[sizeof(T)..];
    }
}
