using System.Buffers;

namespace OmenDb.Arrow.Ipc;

/// <summary>Where written bytes go: a stream or a buffer writer; counts them.</summary>
internal sealed class IpcSink(Stream? stream, IBufferWriter<byte>? writer)
{
    /// <summary>Bytes written so far.</summary>
    public long Position { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        if (stream is not null)
            stream.Write(bytes);
        else
            writer!.Write(bytes);
        Position += bytes.Length;
    }

    public void WriteZeros(int count)
    {
        Span<byte> zeros = stackalloc byte[64];
        zeros.Clear();
        for (; count > 0; count -= 64)
            Write(zeros[..Math.Min(64, count)]);
    }
}
