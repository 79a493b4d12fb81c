namespace OmenDb.Storage.Log;

/// <summary>Consecutive bytes of one segment on their way to the file.</summary>
internal sealed class LogBuffer(int capacity)
{
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(capacity);

    /// <summary>Log position of the first byte.</summary>
    public long Start { get; private set; }

    public int Used { get; private set; }

    public int Room => _bytes.Length - Used;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Used);

    public LogBuffer Reset(long start)
    {
        Start = start;
        Used = 0;
        return this;
    }

    /// <summary>The next <paramref name="length"/> bytes (at most <see cref="Room"/>), uninitialised, for the caller to fill.</summary>
    public Span<byte> Take(int length)
    {
        var span = _bytes.AsSpan(Used, length);
        Used += length;
        return span;
    }
}
