using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Simulation;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Tables.Sealed;
using OmenDb.Storage.Tests.Tables;
using OmenDb.Storage.Tests.Tables.Sealed;
using OmenDb.Types;

namespace OmenDb.Storage.Tests.Checkpoint;

/// <summary>Sealed columns are written as they stand, and come back sealed.</summary>
public class SealedCheckpointTests
{
    private static readonly StorageOptions Options = new() { CheckpointLogBytes = 0 };

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 4)];

    [Fact]
    public void A_start_finds_every_type_sealed()
    {
        var files = new SimulatedFileSystem(1);
        SortedDictionary<RowId, string> expected;
        using (var engine = StorageEngine.Open(files, "/data", Options))
        {
            var table = GeneratedColumns.Create(engine);
            GeneratedColumns.Append(engine, table, 0, 5000, 5);
            engine.Checkpoint();
            Assert.Empty(SealedFilesOf(files));
            table.Seal(partial: true);
            engine.Checkpoint(); // nothing has changed but the form
            Assert.Equal(table.ListSegments().Count(), SealedFilesOf(files).Count);
            Assert.DoesNotContain(files.AllFiles(), file => file.Path.EndsWith(".arrow", StringComparison.Ordinal));
            expected = Scan(engine, table);
            var before = files.AllFiles();
            engine.Checkpoint();
            Assert.Equal(SealedFilesOf(files), before.Select(f => f.Path).Where(p => p.EndsWith(".sealed", StringComparison.Ordinal))); // once is enough
        }
        using (var engine = StorageEngine.Open(files, "/data", Options))
        {
            var table = Rows.Find(engine, "generated");
            Assert.All(table.ListSegments(), segment => Assert.Equal("sealed", segment.State));
            Assert.Equal(expected.Count, table.RowCount);
            SealTests.Compare(engine, table, expected);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Whatever_is_sealed_hot_or_deleted_when_a_checkpoint_comes_is_there_after_it(int seed)
    {
        var files = new SimulatedFileSystem(seed);
        var random = new Random(seed);
        var engine = StorageEngine.Open(files, "/data", Options);
        var table = GeneratedColumns.Create(engine);
        var rows = 3000;
        GeneratedColumns.Append(engine, table, 0, rows, seed);
        try
        {
            for (var step = 0; step < 25; step++)
            {
                switch (random.Next(8))
                {
                    case 0 or 1:
                        table.Seal(partial: true);
                        break;
                    case 2:
                        GeneratedColumns.Append(engine, table, rows, 700, seed);
                        rows += 700;
                        break;
                    case 3 or 4:
                        RowId[] some = [.. Scan(engine, table).Keys.Where(row => row.Vector == random.Next(2) && random.Next(40) == 0)];
                        int[] columns = [.. Enumerable.Range(0, GeneratedColumns.Types.Length).Where(_ => random.Next(3) == 0)];
                        SealTests.Change(engine, table, some, columns, seed + step, commit: random.Next(4) > 0);
                        break;
                    case 5:
                        Delete(engine, table, [.. Scan(engine, table).Keys.Where(_ => random.Next(30) == 0)]);
                        break;
                    case 6:
                        engine.Checkpoint();
                        break;
                    default:
                        var expected = Scan(engine, table);
                        engine.Dispose();
                        files = files.Crash();
                        engine = StorageEngine.Open(files, "/data", Options);
                        table = Rows.Find(engine, "generated");
                        Assert.Equal(expected.Count, table.RowCount);
                        SealTests.Compare(engine, table, expected);
                        break;
                }
            }
        }
        finally
        {
            engine.Dispose();
        }
    }

    [Fact]
    public void A_checkpoint_writes_what_its_snapshot_sees_of_columns_that_are_written_meanwhile()
    {
        var files = new SimulatedFileSystem(3);
        SortedDictionary<RowId, string> expected;
        using (var engine = StorageEngine.Open(files, "/data", Options))
        {
            var table = GeneratedColumns.Create(engine);
            GeneratedColumns.Append(engine, table, 0, 4096, 9);
            table.Seal();
            table.Seal(partial: true);
            expected = Scan(engine, table);
            var writer = engine.Begin(); // has not committed: changes, deletes, and inserts
            using (var snapshot = writer.BeginStatement())
                Assert.True(table.Delete(snapshot, [.. expected.Keys.Where((_, i) => i % 3 == 0)]).IsOk);
            engine.Checkpoint();
            Assert.NotEmpty(SealedFilesOf(files));
            engine.Rollback(writer);
        }
        using (var engine = StorageEngine.Open(files, "/data", Options))
            SealTests.Compare(engine, Rows.Find(engine, "generated"), expected);
    }

    [Fact]
    public void Damage_is_found_wherever_it_is_and_named()
    {
        var files = new SimulatedFileSystem(4);
        using (var engine = StorageEngine.Open(files, "/data", Options))
        {
            var table = GeneratedColumns.Create(engine);
            GeneratedColumns.Append(engine, table, 0, 2048, 3);
            table.Seal(partial: true);
            engine.Checkpoint();
        }
        var (path, length) = files.AllFiles().Single(file => file.Path.EndsWith(".sealed", StringComparison.Ordinal));
        for (var at = 0L; at < length; at += Math.Max(1, length / 31))
        {
            files.FlipBit(path, at, (int)(at % 8));
            var error = Assert.Throws<SqlException>(() => StorageEngine.Open(files, "/data", Options).Dispose());
            Assert.True(error.SqlState is SqlState.DataCorrupted or SqlState.FeatureNotSupported, error.Message);
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
            files.FlipBit(path, at, (int)(at % 8));
        }
        using (var file = files.Open(path, FileSystem.FileOpenMode.ReadWrite))
            file.SetLength(length - 1);
        var cut = Assert.Throws<SqlException>(() => StorageEngine.Open(files, "/data", Options).Dispose());
        Assert.Equal(SqlState.DataCorrupted, cut.SqlState);
        Assert.Contains($"{length - 1} bytes instead of {length}", cut.Message, StringComparison.Ordinal);
    }

    private static List<string> SealedFilesOf(SimulatedFileSystem files) =>
        [.. files.AllFiles().Select(file => file.Path).Where(path => path.EndsWith(".sealed", StringComparison.Ordinal))];

    private static SortedDictionary<RowId, string> Scan(StorageEngine engine, Table table)
    {
        using var snapshot = engine.Transactions.OpenSnapshot();
        return GeneratedColumns.Scan(table, snapshot);
    }

    private static void Delete(StorageEngine engine, Table table, RowId[] rows)
    {
        var transaction = engine.Begin();
        using (var snapshot = transaction.BeginStatement())
            Assert.True(table.Delete(snapshot, rows).IsOk);
        engine.Commit(transaction);
    }
}
