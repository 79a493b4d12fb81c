using System.Net;
using System.Net.Sockets;
using OmenDb.Protocol.Postgres;
using OmenDb.Protocol.Tests.Fakes;
using OmenDb.Types;

namespace OmenDb.Protocol.Tests;

/// <summary>The listener over real sockets, with sessions that are none.</summary>
public class ServerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static Socket Connect(PostgresServer server, byte[] bytes)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = (int)Patience.TotalMilliseconds };
        socket.Connect(server.Endpoint);
        socket.Send(bytes);
        return socket;
    }

    /// <summary>Reads until the server closes, or until the transcript ends with a line.</summary>
    private static List<string> ReadUntil(Socket socket, string? last)
    {
        var received = new MemoryStream();
        var buffer = new byte[4096];
        while (true)
        {
            var count = socket.Receive(buffer);
            if (count == 0)
                return Transcript.Of(received.ToArray());
            received.Write(buffer.AsSpan(0, count));
            if (last is not null && Transcript.Of(received.ToArray()) is var lines && lines[^1] == last)
                return lines;
        }
    }

    private static byte[] Hello => new ClientBytes().Startup("user", "ann").ToArray();

    [Fact]
    public void Only_loopback_is_served_without_passwords()
    {
        var error = Assert.Throws<SqlException>(() => new PostgresServer(new FakeSessionFactory(), new PostgresServerOptions { Address = IPAddress.Any, Port = 0 }));
        Assert.Equal(SqlState.FeatureNotSupported, error.SqlState);
        Assert.Equal("refusing to listen on 0.0.0.0 without authentication", error.Message);
    }

    [Fact]
    public void A_port_in_use_is_an_error_with_a_hint()
    {
        using var first = new PostgresServer(new FakeSessionFactory(), new PostgresServerOptions { Port = 0 });
        var error = Assert.Throws<SqlException>(() => new PostgresServer(new FakeSessionFactory(), new PostgresServerOptions { Port = first.Endpoint.Port }));
        Assert.Equal("Is another server already running on that port?", error.Hint);
    }

    [Fact]
    public void Waiting_clients_are_told_when_the_server_stops()
    {
        var server = new PostgresServer(new FakeSessionFactory(), new PostgresServerOptions { Port = 0 });
        using var client = Connect(server, Hello);
        ReadUntil(client, "Z I");
        Assert.True(server.Stop(Patience));
        Assert.Equal(["E S=FATAL V=FATAL C=57P01 M=terminating connection due to administrator command"], ReadUntil(client, null));
        Assert.Equal(0, server.ConnectionCount);
        server.Dispose();
    }

    [Fact]
    public void One_client_too_many_is_refused_and_a_free_place_is_given_again()
    {
        using var server = new PostgresServer(new FakeSessionFactory(), new PostgresServerOptions { Port = 0, MaxConnections = 1 });
        using (var first = Connect(server, Hello))
        {
            ReadUntil(first, "Z I");
            using var second = Connect(server, Hello);
            Assert.Equal(["E S=FATAL V=FATAL C=53300 M=sorry, too many clients already"], ReadUntil(second, null));
            first.Send(new ClientBytes().Terminate().ToArray());
            Assert.Empty(ReadUntil(first, null));
        }
        Assert.True(SpinWait.SpinUntil(() => server.ConnectionCount == 0, Patience));
        using var third = Connect(server, Hello);
        Assert.Equal("Z I", ReadUntil(third, "Z I")[^1]);
    }

    [Fact]
    public void Cancel_connections_are_closed_without_an_answer()
    {
        var sessions = new FakeSessionFactory();
        using var server = new PostgresServer(sessions, new PostgresServerOptions { Port = 0 });
        using var client = Connect(server, new ClientBytes().Untyped([.. ClientBytes.Int32(80877102), .. ClientBytes.Int32(1), .. ClientBytes.Int32(2)]).ToArray());
        Assert.Empty(ReadUntil(client, null));
        Assert.Equal([(1, 2)], sessions.Cancelled);
    }
}
