using System.Buffers.Binary;

namespace OmenDb.Storage.Indexes;

/// <summary>Entries read from an index at once: keys and rows. Reused by its cursor.</summary>
internal sealed class KeyBatch
{
    public const int Capacity = 256;

    public readonly ulong[] Rows = new ulong[Capacity];

    /// <summary>Keys of the fixed form.</summary>
    public readonly ulong[] Numbers;

    private readonly byte[] _scratch = new byte[8];
    private readonly int[] _ends;
    private byte[] _bytes = [];

    public KeyBatch(bool isFixed)
    {
        IsFixed = isFixed;
        Numbers = isFixed ? new ulong[Capacity] : [];
        _ends = isFixed ? [] : new int[Capacity];
    }

    public bool IsFixed { get; }

    public int Count { get; set; }

    public void Clear() => Count = 0;

    /// <summary>Byte form: one entry more.</summary>
    public void Add(ReadOnlySpan<byte> key, ulong row)
    {
        var start = Count == 0 ? 0 : _ends[Count - 1];
        if (start + key.Length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(start + key.Length, Math.Max(1024, _bytes.Length * 2)));
        key.CopyTo(_bytes.AsSpan(start));
        _ends[Count] = start + key.Length;
        Rows[Count++] = row;
    }

    /// <summary>The key of an entry; of the fixed form valid until the next call.</summary>
    public ReadOnlySpan<byte> Key(int index)
    {
        if (IsFixed)
        {
            BinaryPrimitives.WriteUInt64BigEndian(_scratch, Numbers[index]);
            return _scratch;
        }
        var start = index == 0 ? 0 : _ends[index - 1];
        return _bytes.AsSpan(start, _ends[index] - start);
    }
}
