using OmenDb.Storage.Catalog;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Simulation;
using OmenDb.Storage.Tests.Tables;

namespace OmenDb.Storage.Tests.Recovery;

/// <summary>Recovery on several threads gives what recovery on one gives.</summary>
public sealed class ParallelReplayTests
{
    [Fact]
    public void Rows_come_back_the_same_on_one_thread_and_on_many()
    {
        var files = new SimulatedFileSystem(1);
        var engine = StorageEngine.Open(files, "/data", new StorageOptions { CheckpointLogBytes = 0 });
        var random = new Random(1);
        var expected = new Dictionary<string, int>();
        for (var round = 0; round < 12; round++)
        {
            var name = $"t{round % 5}";
            var transaction = engine.Begin();
            TableEntry entry;
            if (round < 5)
                entry = Rows.Create(engine, transaction, name);
            else
                entry = (TableEntry)engine.Catalog.FindRelation("omendb", "public", name)!;
            if (round == 9)
                entry = engine.Truncate(transaction, entry); // a definition between rows: what is before must be applied before
            var table = engine.GetTable(entry);
            var ids = new List<RowId>();
            for (var batch = 0; batch < 30; batch++)
                ids.AddRange(Rows.Append(table, transaction, [.. Enumerable.Range(0, 100).Select(i => ((long?)random.Next(), (string?)$"row {i}", (int?)round))]));
            using (var statement = transaction.BeginStatement())
            {
                using var values = Rows.Ints([.. Enumerable.Repeat((int?)-1, 50)]);
                Assert.True(table.Update(statement, ids.Take(50).ToArray(), [2], values).IsOk);
                Assert.True(table.Delete(statement, ids.Skip(100).Take(70).ToArray()).IsOk);
            }
            engine.Commit(transaction);
        }
        foreach (var table in engine.Catalog.Objects.OfType<TableEntry>())
            expected[table.Name] = Rows.All(engine, engine.GetTable(table)).Count;
        files = files.Crash();
        var one = StorageEngine.Open(files, "/data", new StorageOptions { ReplayParallelism = 1, LoadParallelism = 1, CheckpointLogBytes = 0 });
        using var many = StorageEngine.Open(files.Crash(), "/data", new StorageOptions { ReplayParallelism = 4, LoadParallelism = 4 });
        foreach (var name in expected.Keys)
        {
            var rows = Rows.All(one, Rows.Find(one, name));
            Assert.Equal(expected[name], rows.Count);
            Assert.Equal(rows, Rows.All(many, Rows.Find(many, name)));
            Assert.Equal(Rows.Find(one, name).RowCount, Rows.Find(many, name).RowCount);
        }
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(1000, 4)]
    [InlineData(200_000, 2)]
    [InlineData(300_001, 3)]
    [InlineData(500_003, 7)]
    public void Sorting_in_pieces_sorts(int count, int parallelism)
    {
        var random = new Random(count);
        var keys = Enumerable.Range(0, count).Select(_ => (ulong)random.Next(count / 2)).ToArray();
        var rows = keys.Select(key => key * 3).ToArray();
        var expected = keys.Order().ToArray();
        KeySort.Sort(ref keys, ref rows, parallelism);
        Assert.Equal(expected, keys);
        Assert.Equal(expected.Select(key => key * 3), rows);
    }
}
