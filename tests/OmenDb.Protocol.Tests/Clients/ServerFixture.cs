using Npgsql;
using OmenDb.Engine;
using OmenDb.Protocol.Postgres;

namespace OmenDb.Protocol.Tests.Clients;

/// <summary>A server in this process on a free port, with a data directory that goes away afterwards.</summary>
public sealed class ServerFixture : IDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), "omendb-protocol-tests-" + Guid.NewGuid().ToString("N"));
    private readonly Database _database;
    private readonly PostgresServer _server;

    public ServerFixture()
    {
        _database = Database.Open(_directory);
        _server = new PostgresServer(_database, new PostgresServerOptions { Port = 0, Log = Log.Add });
        DataSource = NpgsqlDataSource.Create(ConnectionString);
    }

    /// <summary>What the server complained about: internal errors only.</summary>
    public List<string> Log { get; } = [];

    public int Port => _server.Endpoint.Port;

    public System.Net.IPEndPoint Endpoint => _server.Endpoint;

    public string ConnectionString => $"Host=127.0.0.1;Port={Port};Username=omendb;Database=omendb;Timeout=30;Command Timeout=60;Include Error Detail=true";

    public NpgsqlDataSource DataSource { get; }

    public void Dispose()
    {
        DataSource.Dispose();
        _server.Dispose();
        _database.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
