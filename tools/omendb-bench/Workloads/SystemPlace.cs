using OmenDb.Engine;
using OmenDb.Workload.Sql;

namespace OmenDb.Tools.Bench.Workloads;

/// <summary>Where the system under load is.</summary>
/// <param name="ConnectionString">Null: in this process.</param>
/// <param name="DataDirectory">Embedded: kept and used again. Null: a directory that is removed at the end.</param>
/// <param name="IsDurable">Commits wait for the device.</param>
internal sealed record SystemPlace(string? ConnectionString, string? DataDirectory, bool IsDurable);

/// <summary>An opened system, with what it needs around it.</summary>
internal sealed class SystemHost : IDisposable
{
    private readonly Database? _database;
    private readonly string? _temporary;

    public SystemHost(SystemPlace place)
    {
        if (place.ConnectionString is { } connectionString)
        {
            System = new PostgresSystem(connectionString) { IsDurable = place.IsDurable };
            return;
        }
        if (place.DataDirectory is null)
            _temporary = Directory.CreateTempSubdirectory("omendb-bench-").FullName;
        DirectoryPath = _temporary ?? Path.GetFullPath(place.DataDirectory!);
        // As a server does: many sessions, statistics that follow the tables.
        _database = Database.Open(DirectoryPath, new DatabaseOptions { MaxConnections = 10_000, AutoAnalyze = true });
        System = new EmbeddedSystem(_database) { IsDurable = place.IsDurable };
    }

    public WorkloadSystem System { get; }

    /// <summary>Null: not on this machine, as far as is known.</summary>
    public string? DirectoryPath { get; }

    public void Dispose()
    {
        System.Dispose();
        _database?.Dispose();
        if (_temporary is not null)
            Directory.Delete(_temporary, recursive: true);
    }
}
