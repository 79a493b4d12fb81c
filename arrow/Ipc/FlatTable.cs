using System.Buffers.Binary;
using System.Text;

namespace OmenDb.Arrow.Ipc;

/// <summary>A table in a FlatBuffer that nobody has checked yet: every access is checked against the bytes.</summary>
/// <param name="bytes">The whole FlatBuffer.</param>
/// <param name="position">Where the table begins in it.</param>
/// <param name="origin">Where the FlatBuffer begins in its file or stream: for error messages.</param>
internal readonly struct FlatTable(byte[] bytes, int position, long origin)
{
    public static FlatTable Root(byte[] bytes, long origin)
    {
        var buffer = new FlatTable(bytes, 0, origin);
        return buffer.TableAt(buffer.Reference(0));
    }

    public InvalidDataException Corrupt(string what, long at = 0) =>
        new($"corrupt Arrow metadata at offset {origin + (at == 0 ? position : at)}: {what}");

    private ReadOnlySpan<byte> At(long at, int size)
    {
        if (at < 0 || at + size > bytes.Length)
            throw Corrupt("it points outside its message", at);
        return bytes.AsSpan((int)at, size);
    }

    private long Reference(long at) => at + BinaryPrimitives.ReadUInt32LittleEndian(At(at, 4));

    private FlatTable TableAt(long at)
    {
        At(at, 4);
        return new FlatTable(bytes, (int)at, origin);
    }

    /// <returns>Position of the field, or 0 when it is absent.</returns>
    private long Field(int slot)
    {
        var vtable = position - (long)BinaryPrimitives.ReadInt32LittleEndian(At(position, 4));
        var size = BinaryPrimitives.ReadUInt16LittleEndian(At(vtable, 2));
        if (4 + 2 * slot + 2 > size)
            return 0;
        var offset = BinaryPrimitives.ReadUInt16LittleEndian(At(vtable + 4 + 2 * slot, 2));
        return offset == 0 ? 0 : position + offset;
    }

    public bool Has(int slot) => Field(slot) != 0;

    public byte Byte(int slot, byte missing = 0) => Field(slot) is var at && at == 0 ? missing : At(at, 1)[0];

    public short Short(int slot, short missing = 0) =>
        Field(slot) is var at && at == 0 ? missing : BinaryPrimitives.ReadInt16LittleEndian(At(at, 2));

    public int Int(int slot, int missing = 0) =>
        Field(slot) is var at && at == 0 ? missing : BinaryPrimitives.ReadInt32LittleEndian(At(at, 4));

    public long Long(int slot, long missing = 0) =>
        Field(slot) is var at && at == 0 ? missing : BinaryPrimitives.ReadInt64LittleEndian(At(at, 8));

    public FlatTable? Table(int slot) => Field(slot) is var at && at == 0 ? null : TableAt(Reference(at));

    public string? String(int slot)
    {
        var at = Field(slot);
        if (at == 0)
            return null;
        var start = Reference(at);
        var length = BinaryPrimitives.ReadInt32LittleEndian(At(start, 4));
        if (length < 0)
            throw Corrupt("a string has a negative length", start);
        return Encoding.UTF8.GetString(At(start + 4, length));
    }

    /// <summary>Elements of a vector field; 0 when it is absent.</summary>
    public int Count(int slot, int elementSize)
    {
        var at = Field(slot);
        if (at == 0)
            return 0;
        var start = Reference(at);
        var count = BinaryPrimitives.ReadInt32LittleEndian(At(start, 4));
        if (count < 0 || start + 4 + (long)count * elementSize > bytes.Length)
            throw Corrupt("a vector is longer than its message", start);
        return count;
    }

    public FlatTable TableElement(int slot, int index) => TableAt(Reference(Reference(Field(slot)) + 4 + 4L * index));

    /// <summary>The 64-bit word at <paramref name="byteOffset"/> of element <paramref name="index"/> of a vector of structs.</summary>
    public long StructLong(int slot, int index, int elementSize, int byteOffset) =>
        BinaryPrimitives.ReadInt64LittleEndian(At(Reference(Field(slot)) + 4 + (long)elementSize * index + byteOffset, 8));

    public int StructInt(int slot, int index, int elementSize, int byteOffset) =>
        BinaryPrimitives.ReadInt32LittleEndian(At(Reference(Field(slot)) + 4 + (long)elementSize * index + byteOffset, 4));
}
