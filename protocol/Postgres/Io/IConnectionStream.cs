namespace OmenDb.Protocol.Postgres.Io;

/// <summary>The two directions of one client connection, synchronous: under it stand plain sockets, and TLS where it is asked for.</summary>
/// <remarks>Read and Write are called by the connection's own thread only; <see cref="EndReading"/> by any.</remarks>
internal interface IConnectionStream : IDisposable
{
    /// <summary>Waits for bytes.</summary>
    /// <returns>Bytes read, at least one; 0 at the end of the stream.</returns>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="TimeoutException">Nothing came within the read timeout.</exception>
    int Read(Span<byte> target);

    /// <summary>Hands over all bytes.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    void Write(ReadOnlySpan<byte> data);

    /// <summary>How long <see cref="Read"/> waits; 0: for ever.</summary>
    void SetReadTimeout(int timeoutMs);

    /// <summary>A waiting or later Read returns 0; what is buffered for writing still goes out.</summary>
    void EndReading();
}
