using OmenDb.Arrow;
using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Simulation;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Tables.Sealed;
using OmenDb.Types;

namespace OmenDb.Storage.Tests.Tables.Sealed;

/// <summary>Tables that are larger than the memory they may have: sealed columns leave and come back, and nobody sees a difference.</summary>
public class EvictionTests
{
    private const int Count = 2 * RowId.SegmentRows;

    /// <summary>What is held is what is sealed and resident: other tests share the process.</summary>
    private static StorageOptions Limited(long limit) =>
        new() { CheckpointLogBytes = 0, MemoryLimitBytes = limit, MeasureMemory = engine => engine.ResidentSealedBytes };

    private static string Name(int i) => $"a name that is too long for a view, number {i * 7919L}";

    private static (StorageEngine Engine, Table Table) Loaded(IFileSystem files, long limit)
    {
        var engine = StorageEngine.Open(files, "/data", Limited(limit));
        var table = Rows.Create(engine);
        SealTests.Load(engine, table, Count, Name);
        table.Seal();
        engine.Checkpoint();
        return (engine, table);
    }

    [Fact]
    public void A_table_several_times_larger_than_the_limit_is_read_whole_and_stays_below_it()
    {
        var files = new SimulatedFileSystem(1);
        var (engine, table) = Loaded(files, 4 << 20);
        using (engine)
        {
            var all = engine.ResidentSealedBytes + table.ListSegments().Sum(s => s.EvictedBytes);
            Assert.True(all > 12 << 20, $"{all} bytes");
            for (var round = 0; round < 2; round++)
            {
                CheckAll(engine, table, _ => null);
                // One column of strings may be in excess while it is read.
                Assert.InRange(engine.ResidentSealedBytes, 0, (4 << 20) + (10 << 20));
            }
            engine.Memory!.MakeRoom();
            Assert.InRange(engine.ResidentSealedBytes, 0, 4 << 20);
            Assert.True(engine.Memory.Evictions > 0 && engine.Memory.Loads > 0);
            CheckPoints(engine, table, _ => null);
        }
        using (var again = StorageEngine.Open(files, "/data", Limited(4 << 20)))
        {
            Assert.Contains(Rows.Find(again, "t").ListSegments(), s => s.EvictedBytes > 0); // a start leaves in the file what has no room
            CheckAll(again, Rows.Find(again, "t"), _ => null);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Changes_while_evicted_are_those_of_a_database_without_limit(int seed)
    {
        var files = new SimulatedFileSystem(seed);
        var (engine, table) = Loaded(files, 1); // everything leaves that can
        var model = new Dictionary<int, string?>(); // rows that are not as loaded; null: deleted
        var random = new Random(seed);
        try
        {
            for (var step = 0; step < 14; step++)
            {
                engine.Memory!.MakeRoom();
                switch (random.Next(6))
                {
                    case 0 or 1:
                        Update(engine, table, model, random, commit: random.Next(3) > 0);
                        break;
                    case 2:
                        Delete(engine, table, model, random);
                        break;
                    case 3:
                        table.Seal();
                        break;
                    case 4:
                        engine.Checkpoint();
                        break;
                    default:
                        engine.Dispose();
                        files = files.Crash();
                        engine = StorageEngine.Open(files, "/data", Limited(1));
                        table = Rows.Find(engine, "t");
                        break;
                }
                if (step % 4 == 3)
                    CheckPoints(engine, table, row => model.TryGetValue(row, out var name) ? name ?? "" : null);
            }
            CheckAll(engine, table, row => model.TryGetValue(row, out var name) ? name ?? "" : null);
        }
        finally
        {
            engine.Dispose();
        }
    }

    [Fact]
    public void A_file_that_cannot_be_read_ends_the_statement_and_nothing_else()
    {
        var files = new SimulatedFileSystem(3);
        var (engine, table) = Loaded(files, 1);
        using (engine)
        {
            engine.Memory!.MakeRoom();
            Assert.All(table.ListSegments(), segment => Assert.Equal(0, segment.SealedBytes));
            files.Faults.ReadErrors = 1;
            using var snapshot = engine.Transactions.OpenSnapshot();
            Assert.Equal(SqlState.IoError, Assert.Throws<SqlException>(() => Read(table, snapshot, [1])).SqlState);
            using var batch = new Batch(1);
            using var visible = new Selection(64);
            Assert.Equal(SqlState.IoError, Assert.Throws<SqlException>(() => table.Fetch(snapshot, [new RowId(7)], [1], batch, visible)).SqlState);
            var writer = engine.Begin();
            using (var own = writer.BeginStatement())
            {
                using var names = Rows.Texts("new");
                Assert.Equal(SqlState.IoError, Assert.Throws<SqlException>(() => table.Update(own, [new RowId(7)], [1], names)).SqlState);
            }
            Assert.Equal(Count, Read(table, snapshot, [])); // what needs no column goes on
            files.Faults.ReadErrors = 0;
            engine.Rollback(writer);
            CheckAll(engine, table, _ => null);
            var path = files.AllFiles().First(file => file.Path.EndsWith(".sealed", StringComparison.Ordinal)).Path;
            engine.Memory.MakeRoom();
            files.FlipBit(path, 100_000);
            var error = Assert.Throws<SqlException>(() => Read(table, snapshot, [0, 1, 2]));
            Assert.Equal(SqlState.DataCorrupted, error.SqlState);
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Columns_of_an_index_stay_and_those_of_a_new_one_come_back()
    {
        var files = new SimulatedFileSystem(4);
        var (engine, table) = Loaded(files, 1);
        using (engine)
        {
            engine.Memory!.MakeRoom();
            var index = table.CreateIndex(new IndexDefinition { Oid = 77, Keys = [new IndexKeyColumn(0)], IsUnique = true }, null, out _)!;
            engine.Memory.MakeRoom();
            var resident = engine.ResidentSealedBytes;
            Assert.InRange(resident, Count, 20 * Count);
            engine.Memory.MakeRoom();
            Assert.Equal(resident, engine.ResidentSealedBytes);
            using var reader = new PointReader(index, [0, 1]);
            using var key = Rows.Longs(12345);
            using var row = new Batch(2);
            Assert.Null(reader.TryReadQuiet(key.Columns, row)); // must read a file first
            using var snapshot = engine.Transactions.OpenSnapshot();
            Assert.True(reader.TryRead(snapshot, key.Columns, row));
            Assert.Equal(Name(12345), System.Text.Encoding.UTF8.GetString(row.Columns[1].GetBytes(0)));
        }
    }

    [Fact]
    public void Readers_of_all_kinds_read_right_while_columns_come_and_go()
    {
        var files = new SimulatedFileSystem(5);
        var (engine, table) = Loaded(files, 1);
        using (engine)
        {
            var stop = false;
            var clock = Start(() =>
            {
                while (!Volatile.Read(ref stop))
                    engine.Memory!.MakeRoom(1);
            });
            var readers = Enumerable.Range(0, 3).Select(r => Start(() =>
            {
                for (var round = 0; round < 3; round++)
                {
                    CheckPoints(engine, table, _ => null);
                    using var snapshot = engine.Transactions.OpenSnapshot();
                    Assert.Equal(Count, Read(table, snapshot, r == 0 ? [1] : [0, 1, 2]));
                }
            })).ToArray();
            var failures = readers.Select(Join).ToList();
            Volatile.Write(ref stop, true);
            failures.Add(Join(clock));
            Assert.All(failures, Assert.Null);
        }
    }

    private static (Thread Thread, Exception?[] Failure) Start(Action work)
    {
        var failure = new Exception?[1];
        var thread = new Thread(() =>
        {
            try
            {
                work();
            }
            catch (Exception e)
            {
                failure[0] = e;
            }
        });
        thread.Start();
        return (thread, failure);
    }

    private static Exception? Join((Thread Thread, Exception?[] Failure) started)
    {
        started.Thread.Join();
        return started.Failure[0];
    }

    private static void Update(StorageEngine engine, Table table, Dictionary<int, string?> model, Random random, bool commit)
    {
        var transaction = engine.Begin();
        var changed = new Dictionary<int, string?>();
        using (var snapshot = transaction.BeginStatement())
        {
            for (var i = 0; i < 3; i++)
            {
                var row = random.Next(Count);
                if (model.TryGetValue(row, out var there) && there is null)
                    continue;
                var name = $"changed to something that is long as well, {random.Next()}";
                using var names = Rows.Texts(name);
                Assert.True(table.Update(snapshot, [new RowId((ulong)row)], [1], names).IsOk);
                changed[row] = name;
            }
        }
        if (!commit)
        {
            engine.Rollback(transaction);
            return;
        }
        engine.Commit(transaction);
        foreach (var (row, name) in changed)
            model[row] = name;
    }

    private static void Delete(StorageEngine engine, Table table, Dictionary<int, string?> model, Random random)
    {
        var transaction = engine.Begin();
        int[] rows = [.. Enumerable.Range(random.Next(Count - 5000), 5000).Where(_ => random.Next(3) == 0).Where(row => !model.TryGetValue(row, out var there) || there is not null)];
        using (var snapshot = transaction.BeginStatement())
            Assert.True(table.Delete(snapshot, [.. rows.Select(row => new RowId((ulong)row))]).IsOk);
        engine.Commit(transaction);
        foreach (var row in rows)
            model[row] = null;
    }

    /// <param name="engine">Of the table.</param>
    /// <param name="table">Loaded.</param>
    /// <param name="changed">Null: as loaded; empty: deleted.</param>
    private static void CheckAll(StorageEngine engine, Table table, Func<int, string?> changed)
    {
        using var snapshot = engine.Transactions.OpenSnapshot();
        using var scan = table.OpenScan(snapshot, [0, 1]);
        using var batch = new Batch(2);
        using var selection = new Selection(2048);
        var next = 0;
        while (scan.TryNextMorsel(out var morsel))
        {
            for (var v = 0; v < morsel.VectorCount; v++)
            {
                scan.Read(morsel, v, batch, selection, out var first);
                var visible = batch.Selection is { } some ? some.FillIndices(batch.Length).ToArray().ToHashSet() : null;
                for (var i = 0; i < batch.Length; i++)
                {
                    var row = (int)(first + i).Value;
                    var expected = changed(row);
                    if (visible?.Contains(i) == false)
                    {
                        Assert.Equal("", expected);
                        next++;
                        continue;
                    }
                    Assert.Equal(row, batch.Columns[0].Get<long>(i));
                    if (row % 97 == 0 || expected is not null)
                        Assert.Equal(expected ?? Name(row), System.Text.Encoding.UTF8.GetString(batch.Columns[1].GetBytes(i)));
                    next++;
                }
            }
        }
        Assert.Equal(Count, next);
    }

    private static void CheckPoints(StorageEngine engine, Table table, Func<int, string?> changed)
    {
        using var snapshot = engine.Transactions.OpenSnapshot();
        using var batch = new Batch(2);
        using var visible = new Selection(2048);
        for (var row = 11; row < Count; row += Count / 23)
        {
            var expected = changed(row);
            Assert.Equal(expected == "" ? 0 : 1, table.Fetch(snapshot, [new RowId((ulong)row)], [0, 1], batch, visible));
            if (expected == "")
                continue;
            Assert.Equal(row, batch.Columns[0].Get<long>(0));
            Assert.Equal(expected ?? Name(row), System.Text.Encoding.UTF8.GetString(batch.Columns[1].GetBytes(0)));
        }
    }

    private static int Read(Table table, Snapshot snapshot, int[] columns)
    {
        using var scan = table.OpenScan(snapshot, columns);
        using var batch = new Batch(columns.Length);
        using var selection = new Selection(2048);
        var rows = 0;
        while (scan.TryNextMorsel(out var morsel))
        {
            for (var v = 0; v < morsel.VectorCount; v++)
                rows += scan.Read(morsel, v, batch, selection, out _);
        }
        return rows;
    }
}
