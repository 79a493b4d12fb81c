using System.Net;

namespace OmenDb.Protocol.Postgres;

/// <summary>Where the server listens and whom it lets in.</summary>
public sealed record PostgresServerOptions
{
    public const int DefaultPort = 5433;

    /// <summary>Loopback addresses only, as long as clients are trusted without a password.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>0: any free port; <see cref="PostgresServer.Endpoint"/> tells which.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>Clients beyond this number are refused with 53300.</summary>
    public int MaxConnections { get; init; } = 100;

    /// <summary>Takes lines for the server's log; called by any thread.</summary>
    public Action<string>? Log { get; init; }
}
