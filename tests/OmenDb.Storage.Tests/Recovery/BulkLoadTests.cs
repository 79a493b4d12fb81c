using OmenDb.Arrow;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Simulation;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Tests.Tables;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Tests.Recovery;

/// <summary>Large loads stand in files that the log names, and the next checkpoint takes them over.</summary>
public sealed class BulkLoadTests
{
    private const int Loaded = 100_000;

    private static readonly StorageOptions Options = new() { CheckpointLogBytes = 0 };

    private SimulatedFileSystem _files = new(1);

    private IReadOnlyList<(string Path, long Length)> Loads => [.. _files.AllFiles().Where(file => file.Path.EndsWith(".arrow", StringComparison.Ordinal))];

    [Fact]
    public void A_load_is_in_a_file_of_its_own_and_survives_crashes_before_and_after_the_checkpoint()
    {
        var engine = StorageEngine.Open(_files, "/data", Options);
        var table = Rows.Create(engine);
        var transaction = engine.Begin();
        var ids = Append(table, transaction, 0, Loaded);
        using (var statement = transaction.BeginStatement())
        {
            using var values = Rows.Ints(-1, -1);
            Assert.True(table.Update(statement, [ids[5], ids[99_999]], [2], values).IsOk); // of one in the file, and of one behind it
            Assert.True(table.Delete(statement, [ids[6]]).IsOk);
        }
        engine.Commit(transaction);
        Assert.Single(Loads);
        Assert.InRange(LogBytes(engine), 1, 200_000); // the rows behind the last whole vector, and the two changes
        AssertRows(engine, Loaded - 1);

        engine = Reopen();
        AssertRows(engine, Loaded - 1);
        var written = engine.Checkpoint()!; // what was replayed counts as changed
        Assert.Equal(1, written.FilesWritten);
        Assert.Single(Loads);
        engine = Reopen();
        AssertRows(engine, Loaded - 1);
        engine.Dispose();
    }

    [Fact]
    public void A_checkpoint_takes_the_file_over_and_writes_only_what_has_changed_since()
    {
        var engine = StorageEngine.Open(_files, "/data", Options);
        var table = Rows.Create(engine);
        var transaction = engine.Begin();
        var ids = Append(table, transaction, 0, Loaded);
        engine.Commit(transaction);
        var file = Assert.Single(Loads);
        var change = engine.Begin();
        using (var statement = change.BeginStatement())
        {
            Assert.True(table.Delete(statement, [ids[7]]).IsOk);
            using var values = Rows.Ints(-1);
            Assert.True(table.Update(statement, [ids[5]], [2], values).IsOk);
        }
        engine.Commit(change);
        var written = engine.Checkpoint()!;
        Assert.Contains(file, Loads);
        Assert.InRange(written.BytesWritten, 1, file.Length / 10);
        Assert.Equal(0, engine.Checkpoint()!.FilesWritten);
        engine = Reopen();
        AssertRows(engine, Loaded - 1);

        // With the table its file goes.
        var drop = engine.Begin();
        engine.DropTable(drop, (TableEntry)engine.Catalog.FindRelation("omendb", "public", "t")!);
        engine.Commit(drop);
        engine.Checkpoint();
        Assert.Empty(Loads);
        engine.Dispose();
    }

    [Fact]
    public void A_load_that_does_not_commit_leaves_no_file()
    {
        var engine = StorageEngine.Open(_files, "/data", Options);
        var table = Rows.Create(engine);
        var transaction = engine.Begin();
        Append(table, transaction, 0, Loaded);
        _files.Faults.CrashAtOperation = _files.OperationCount + 4; // in the middle of the file
        Assert.ThrowsAny<Exception>(() => engine.Commit(transaction));
        engine.Dispose();
        engine = Reopen();
        Assert.Empty(Loads);
        Assert.Empty(Rows.All(engine, Rows.Find(engine)));

        // Dropped with a load that no checkpoint has taken over.
        table = Rows.Find(engine);
        transaction = engine.Begin();
        Append(table, transaction, 0, Loaded);
        engine.Commit(transaction);
        Assert.Single(Loads);
        var drop = engine.Begin();
        engine.DropTable(drop, (TableEntry)engine.Catalog.FindRelation("omendb", "public", "t")!);
        engine.Commit(drop);
        engine.Checkpoint();
        Assert.Empty(Loads);
        engine.Dispose();
    }

    private StorageEngine Reopen()
    {
        _files = _files.Crash();
        return StorageEngine.Open(_files, "/data", Options);
    }

    private static long LogBytes(StorageEngine engine) => engine.LogEnd.Value - (16L << 20);

    private static void AssertRows(StorageEngine engine, int count)
    {
        var rows = Rows.All(engine, Rows.Find(engine));
        Assert.Equal(count, rows.Count);
        Assert.Equal(-1, rows.Single(row => row.Item1 == 5).Item3);
        Assert.Equal((99_998, "row 99998", 998), rows.Single(row => row.Item1 == 99_998));
    }

    private static RowId[] Append(Table table, Transaction transaction, int first, int count)
    {
        var all = new List<RowId>();
        for (var done = 0; done < count; done += 1000) // small enough to stay in the first lane
        {
            var rows = Enumerable.Range(first + done, Math.Min(1000, count - done)).Select(i => ((long?)i, (string?)$"row {i}", (int?)(i % 1000))).ToArray();
            all.AddRange(Rows.Append(table, transaction, rows));
        }
        return [.. all];
    }
}
