using System.Net.Sockets;

namespace OmenDb.Protocol.Postgres.Io;

/// <summary>A blocking socket: one system call per read and per write, no hand-over to other threads.</summary>
/// <remarks>No asynchronous operation may ever be started on the socket: the runtime would make it non-blocking for good and
/// route every later call through its event engine, at twice the cost per request.</remarks>
internal sealed class SocketConnectionStream : IConnectionStream
{
    private const int KeepAliveSeconds = 60;
    private const int KeepAliveRetrySeconds = 10;

    private readonly Socket _socket;
    private readonly Lock _closing = new();
    private bool _isClosed;

    public SocketConnectionStream(Socket socket)
    {
        _socket = socket;
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveRetrySeconds);
    }

    public int Read(Span<byte> target)
    {
        try
        {
            return _socket.Receive(target);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
        {
            throw new TimeoutException("no bytes within the read timeout", e);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new IOException("could not receive from client: " + e.Message, e);
        }
    }

    public void Write(ReadOnlySpan<byte> data)
    {
        try
        {
            while (data.Length > 0)
                data = data[_socket.Send(data)..];
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new IOException("could not send to client: " + e.Message, e);
        }
    }

    public void SetReadTimeout(int timeoutMs) => _socket.ReceiveTimeout = timeoutMs;

    public void EndReading()
    {
        lock (_closing)
        {
            if (!_isClosed)
                Shutdown(SocketShutdown.Receive);
        }
    }

    /// <summary>Closes in order: the client reads what was sent, then the end.</summary>
    public void Dispose()
    {
        // Under the lock: the runtime answers a close in the middle of another thread's call with a reset, and the client would lose our last words.
        lock (_closing)
        {
            if (_isClosed)
                return;
            _isClosed = true;
            Shutdown(SocketShutdown.Send);
            _socket.Dispose();
        }
    }

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            _socket.Shutdown(how);
        }
        catch (SocketException)
        {
            // The peer has closed already.
        }
    }
}
