using System.Buffers.Binary;
using System.Text;

namespace OmenDb.Arrow.Ipc;

/// <summary>Builds one FlatBuffer from its end to its start, as far as Arrow's metadata needs it.</summary>
/// <remarks>Objects are named by their distance from the end. One table is open at a time; children are finished before it starts.
/// FlatBuffers internals: a table begins with the distance to its vtable, which lists the offsets of its fields.</remarks>
internal sealed class FlatBuilder
{
    private byte[] _bytes = new byte[1024];
    private int _used;
    private int _greatestAlignment = 1;
    private readonly int[] _slots = new int[16];
    private int _slotCount;
    private int _tableStart;

    private Span<byte> Push(int size)
    {
        if (_used + size > _bytes.Length)
        {
            var grown = new byte[Math.Max(_bytes.Length * 2, _used + size)];
            _bytes.AsSpan(_bytes.Length - _used).CopyTo(grown.AsSpan(grown.Length - _used));
            _bytes = grown;
        }
        _used += size;
        return _bytes.AsSpan(_bytes.Length - _used, size);
    }

    /// <summary>Pads so that after <paramref name="additional"/> more bytes the position is a multiple of <paramref name="alignment"/>.</summary>
    public void Align(int alignment, int additional = 0)
    {
        _greatestAlignment = Math.Max(_greatestAlignment, alignment);
        Push(-(_used + additional) & (alignment - 1)).Clear();
    }

    public void PutLong(long value)
    {
        Align(8);
        BinaryPrimitives.WriteInt64LittleEndian(Push(8), value);
    }

    public void PutInt(int value)
    {
        Align(4);
        BinaryPrimitives.WriteInt32LittleEndian(Push(4), value);
    }

    private void PutOffset(int target)
    {
        Align(4);
        var field = Push(4);
        BinaryPrimitives.WriteInt32LittleEndian(field, _used - target);
    }

    public int String(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        Align(4, length + 1);
        Push(1)[0] = 0;
        Encoding.UTF8.GetBytes(text, Push(length));
        PutInt(length);
        return _used;
    }

    /// <summary>Call before the elements are put, last one first.</summary>
    public void StartVector(int elementSize, int count, int alignment)
    {
        Align(4, elementSize * count);
        Align(alignment, elementSize * count);
    }

    public int EndVector(int count)
    {
        PutInt(count);
        return _used;
    }

    public int OffsetVector(ReadOnlySpan<int> targets)
    {
        StartVector(4, targets.Length, 4);
        for (var i = targets.Length - 1; i >= 0; i--)
            PutOffset(targets[i]);
        return EndVector(targets.Length);
    }

    public void StartTable(int slots)
    {
        Array.Clear(_slots);
        _slotCount = slots;
        _tableStart = _used;
    }

    public void Byte(int slot, byte value)
    {
        Push(1)[0] = value;
        _slots[slot] = _used;
    }

    public void Short(int slot, short value)
    {
        Align(2);
        BinaryPrimitives.WriteInt16LittleEndian(Push(2), value);
        _slots[slot] = _used;
    }

    public void Int(int slot, int value)
    {
        PutInt(value);
        _slots[slot] = _used;
    }

    public void Long(int slot, long value)
    {
        PutLong(value);
        _slots[slot] = _used;
    }

    /// <param name="slot">Field number.</param>
    /// <param name="target">A string, vector or table; 0: the field is absent.</param>
    public void Reference(int slot, int target)
    {
        if (target == 0)
            return;
        PutOffset(target);
        _slots[slot] = _used;
    }

    public int EndTable()
    {
        PutInt(0); // becomes the distance to the vtable
        var table = _used;
        var size = 4 + 2 * _slotCount;
        for (var slot = _slotCount - 1; slot >= 0; slot--)
            BinaryPrimitives.WriteInt16LittleEndian(Push(2), checked((short)(_slots[slot] == 0 ? 0 : table - _slots[slot])));
        BinaryPrimitives.WriteInt16LittleEndian(Push(2), checked((short)(table - _tableStart)));
        BinaryPrimitives.WriteInt16LittleEndian(Push(2), (short)size);
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(_bytes.Length - table), _used - table);
        return table;
    }

    /// <summary>Closes the buffer; its start is aligned when it is placed at a multiple of 8.</summary>
    public ReadOnlySpan<byte> Finish(int root)
    {
        Align(Math.Max(8, _greatestAlignment), 4);
        PutOffset(root);
        return _bytes.AsSpan(_bytes.Length - _used);
    }
}
