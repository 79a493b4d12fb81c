using System.Net;
using System.Net.Sockets;
using OmenDb.Engine;
using OmenDb.Protocol.Postgres.Io;
using OmenDb.Protocol.Postgres.Sessions;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres;

/// <summary>Listens for PostgreSQL clients and gives each connection a thread.</summary>
/// <remarks>
/// Blocking threads need half the processor time per request of asynchronous sockets and no hand-over between threads. A thread's stack is address
/// space until it is used, so a waiting connection costs some tens of kilobytes.
/// </remarks>
public sealed class PostgresServer : IDisposable
{
    /// <summary>Room for the deepest expression that the parser accepts.</summary>
    private const int StackBytes = 2 * 1024 * 1024;

    /// <summary>Connections that have not said yet who they are, or that only cancel: they take threads, so they are limited too.</summary>
    private const int MaxStarting = 100;

    private const int Backlog = 512;
    private const int StopRetryMs = 100;

    private readonly IWireSessionFactory _sessions;
    private readonly PostgresServerOptions _options;
    private readonly Socket _listener;
    private readonly Lock _lock = new();
    private readonly HashSet<Connection> _connections = [];
    private readonly Thread _acceptor;
    /// <summary>Set while there are no connections.</summary>
    private readonly ManualResetEventSlim _idle = new(true);

    private int _clients;
    private volatile bool _stopping;

    /// <summary>Starts to listen. The database stays its caller's.</summary>
    /// <exception cref="SqlException">0A000: not a loopback address; 58000: the address cannot be used.</exception>
    public PostgresServer(Database database, PostgresServerOptions? options = null)
        : this(new EngineSessionFactory(database), options ?? new PostgresServerOptions())
    {
    }

    internal PostgresServer(IWireSessionFactory sessions, PostgresServerOptions options)
    {
        if (!IPAddress.IsLoopback(options.Address))
        {
            throw new SqlException(SqlState.FeatureNotSupported, $"refusing to listen on {options.Address} without authentication")
            {
                Detail = "Clients are trusted without a password, which is safe on loopback addresses only.",
                Hint = "Listen on 127.0.0.1 or ::1 and let clients come through a tunnel.",
            };
        }
        _sessions = sessions;
        _options = options;
        _listener = new Socket(options.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _listener.Bind(new IPEndPoint(options.Address, options.Port));
            _listener.Listen(Backlog);
        }
        catch (SocketException e)
        {
            _listener.Dispose();
            throw new SqlException(SqlState.SystemError, $"could not listen on {options.Address}, port {options.Port}: {e.Message}", e)
            {
                Hint = e.SocketErrorCode == SocketError.AddressAlreadyInUse ? "Is another server already running on that port?" : null,
            };
        }
        Endpoint = (IPEndPoint)_listener.LocalEndPoint!;
        _acceptor = new Thread(Accept) { Name = "omendb listener", IsBackground = true };
        _acceptor.Start();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>Clients past start-up.</summary>
    public int ConnectionCount => Volatile.Read(ref _clients);

    private void Accept()
    {
        while (!_stopping)
        {
            Socket socket;
            try
            {
                socket = _listener.Accept();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                if (_stopping)
                    return;
                // A client that left while it waited, or no free descriptor: neither is a reason to stop listening.
                _options.Log?.Invoke($"could not accept a connection: {e.Message}");
                Thread.Sleep(10);
                continue;
            }
            if (!TryStart(socket))
                socket.Dispose();
        }
    }

    private bool TryStart(Socket socket)
    {
        Connection connection;
        var entered = false;
        try
        {
            var settings = new ConnectionSettings
            {
                Client = socket.RemoteEndPoint as IPEndPoint,
                Log = _options.Log,
                TryEnter = () => entered = TryEnter(),
            };
            connection = new Connection(_sessions, new SocketConnectionStream(socket), settings);
        }
        catch (SocketException)
        {
            return false; // gone before its options could be set
        }
        lock (_lock)
        {
            if (_stopping || _connections.Count >= _options.MaxConnections + MaxStarting)
                return false;
            _connections.Add(connection);
            _idle.Reset();
        }
        var thread = new Thread(() =>
        {
            try
            {
                connection.Run();
            }
            catch (Exception e)
            {
                // The last border: a defect ends its own connection, never the process.
                _options.Log?.Invoke($"connection ended by an internal error: {e}");
            }
            finally
            {
                if (entered)
                    Interlocked.Decrement(ref _clients);
                Remove(connection);
            }
        }, StackBytes)
        { Name = "omendb connection", IsBackground = true };
        thread.Start();
        return true;
    }

    private bool TryEnter()
    {
        if (Interlocked.Increment(ref _clients) <= _options.MaxConnections)
            return true;
        Interlocked.Decrement(ref _clients);
        return false;
    }

    private void Remove(Connection connection)
    {
        lock (_lock)
        {
            _connections.Remove(connection);
            if (_connections.Count == 0)
                _idle.Set();
        }
    }

    /// <summary>Stops listening, tells every client 57P01, and waits until all connections have ended.</summary>
    /// <param name="grace">How long to wait.</param>
    /// <returns>False when some were still there: the database then ends their sessions.</returns>
    public bool Stop(TimeSpan grace)
    {
        _stopping = true;
        _listener.Dispose();
        var deadline = Environment.TickCount64 + (long)grace.TotalMilliseconds;
        do
        {
            Connection[] connections;
            lock (_lock)
                connections = [.. _connections];
            // Asked again and again: a cancellation that comes just before a statement starts does not reach it.
            foreach (var connection in connections)
                connection.RequestStop();
            if (_idle.Wait(StopRetryMs))
                return true;
        }
        while (Environment.TickCount64 < deadline);
        return false;
    }

    public void Dispose()
    {
        Stop(TimeSpan.FromSeconds(10));
        _acceptor.Join();
        _idle.Dispose();
    }
}
