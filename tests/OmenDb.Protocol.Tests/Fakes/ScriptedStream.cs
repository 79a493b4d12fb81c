using OmenDb.Protocol.Postgres.Io;

namespace OmenDb.Protocol.Tests.Fakes;

/// <summary>A client that sends given bytes, in pieces of a given size, and then closes its side.</summary>
internal sealed class ScriptedStream(byte[] input, int pieceBytes = int.MaxValue) : IConnectionStream
{
    private readonly MemoryStream _written = new();
    private int _position;

    public byte[] Written => _written.ToArray();

    public int WriteCount { get; private set; }

    public int LargestRead { get; private set; }

    public bool IsDisposed { get; private set; }

    public int Read(Span<byte> target)
    {
        LargestRead = Math.Max(LargestRead, target.Length);
        var count = Math.Min(Math.Min(target.Length, pieceBytes), input.Length - _position);
        input.AsSpan(_position, count).CopyTo(target);
        _position += count;
        return count;
    }

    public void Write(ReadOnlySpan<byte> data)
    {
        WriteCount++;
        _written.Write(data);
    }

    public void SetReadTimeout(int timeoutMs)
    {
    }

    public void EndReading() => _position = input.Length;

    public void Dispose() => IsDisposed = true;
}
