namespace OmenDb.Storage.Indexes;

/// <summary>A growing key; reused by its thread.</summary>
internal sealed class KeyWriter
{
    private byte[] _bytes = new byte[64];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Key => _bytes.AsSpan(0, Length);

    public byte[] ToArray() => Key.ToArray();

    public void Clear() => Length = 0;

    public void Add(byte value) => Take(1)[0] = value;

    public void Add(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <summary>Room for some bytes, to be filled at once.</summary>
    public Span<byte> Take(int count)
    {
        if (Length + count > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }

    /// <summary>Makes the key one of eight bytes, to be filled at once.</summary>
    public Span<byte> Key8()
    {
        Length = 0;
        return Take(8);
    }

    /// <summary>Turns the order of everything from a place on around.</summary>
    public void Invert(int from)
    {
        for (var i = from; i < Length; i++)
            _bytes[i] = (byte)~_bytes[i];
    }
}
