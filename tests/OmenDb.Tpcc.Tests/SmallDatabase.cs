using OmenDb.Engine;
using OmenDb.Tpcc.Generation;
using OmenDb.Tpcc.Loading;
using OmenDb.Workload.Sql;

namespace OmenDb.Tpcc.Tests;

/// <summary>A loaded database in memory, with small tables. With OMENDB_TPCC_TARGET, a connection string, the tests run on that server instead.</summary>
public sealed class SmallDatabase : IDisposable
{
    public const long Seed = 7;

    private readonly Database? _database;

    public SmallDatabase(int warehouses = 1, bool foreignKeys = false, bool withCh = false, TpccScale? scale = null)
    {
        Scale = scale ?? TpccScale.Small(warehouses);
        if (Environment.GetEnvironmentVariable("OMENDB_TPCC_TARGET") is { Length: > 0 } target)
        {
            System = new PostgresSystem(target);
        }
        else
        {
            _database = Database.OpenInMemory();
            System = new EmbeddedSystem(_database);
        }
        new TpccLoader(System, new TpccGenerator(Scale, Seed)).Load(new TpccLoadOptions(2, foreignKeys, withCh));
    }

    public TpccScale Scale { get; }

    public WorkloadSystem System { get; }

    public long Number(string sql) => System.QueryNumber(sql);

    public void Dispose()
    {
        System.Dispose();
        _database?.Dispose();
    }
}

/// <summary>Shared by the tests of a class that leave it as it was.</summary>
public sealed class SharedDatabase : IDisposable
{
    public SmallDatabase Small { get; } = new(withCh: true);

    public void Dispose() => Small.Dispose();
}
