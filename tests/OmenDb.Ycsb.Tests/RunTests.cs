using OmenDb.Engine;
using OmenDb.Workload.Sql;
using OmenDb.Workload.Sqlite;
using OmenDb.Ycsb.Running;
using OmenDb.Ycsb.Targets;

namespace OmenDb.Ycsb.Tests;

/// <summary>Every workload for a moment, on OmenDB and, where its library is installed, on SQLite.</summary>
public sealed class RunTests : IDisposable
{
    private static readonly YcsbTable Table = new(500, Fields: 3, FieldLength: 20);

    private readonly string _directory = Directory.CreateTempSubdirectory("omendb-ycsb-").FullName;

    public static TheoryData<string> Names => new(YcsbWorkload.Core.Select(workload => workload.Name));

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void Embedded(string name)
    {
        using var database = Database.OpenInMemory();
        using var target = new SqlYcsbTarget(new EmbeddedSystem(database));
        RunAll(target, name);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Sqlite(string name)
    {
        if (!System.Runtime.InteropServices.NativeLibrary.TryLoad("libsqlite3.so.0", out _))
        {
            Assert.Contains("libsqlite3", Assert.Throws<SqliteException>(() => new SqliteTarget(_directory, isDurable: false)).Message, StringComparison.Ordinal);
            return;
        }
        using var target = new SqliteTarget(_directory, isDurable: false);
        RunAll(target, name);
    }

    [Fact]
    public void Long_values_go_through_all_systems()
    {
        var table = new YcsbTable(50, Fields: 2, FieldLength: 20_000);
        using var database = Database.OpenInMemory();
        using var target = new SqlYcsbTarget(new EmbeddedSystem(database));
        YcsbLoader.Load(target, table, 1, 1);
        using var client = target.OpenClient(table);
        Assert.Equal(40_000, client.Read(table.KeyOf(7)));
        Assert.Equal(-1, client.Read("user"));
    }

    [Fact]
    public void Shares_make_a_hundred() => Assert.All(YcsbWorkload.Core, workload => Assert.Equal(100, workload.Shares.Sum()));

    private static void RunAll(YcsbTarget target, string name)
    {
        var workload = YcsbWorkload.Find(name)!;
        Assert.Equal(-1, target.CountRecords(Table));
        YcsbLoader.Load(target, Table, 2, seed: 1);
        Assert.Equal(Table.Records, target.CountRecords(Table));
        const int Operations = 600;
        var result = YcsbRun.Run(target, Table, new YcsbRunOptions { Workload = workload, Threads = 3, Operations = Operations });
        Assert.Equal(Operations, result.Kinds.Sum(kind => kind.Count));
        for (var i = 0; i < workload.Shares.Count; i++)
        {
            var share = workload.Shares[i] / 100.0;
            var deviation = 5 * Math.Sqrt(Operations * share * (1 - share));
            Assert.InRange(result.Kinds[i].Count, Operations * share - deviation, Operations * share + deviation);
        }
        Assert.Equal(Table.Records + result.Kinds[(int)YcsbOperation.Insert].Count, target.CountRecords(Table));
    }
}
