using OmenDb.Arrow;
using OmenDb.Storage.Checkpoint;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Simulation;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Tables.Sealed;

namespace OmenDb.Storage.Tests.Tables.Sealed;

/// <summary>Sealed and hot hold the same, whoever looks and whenever.</summary>
public class SealTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 10)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Every_type_in_every_shape_is_the_same_sealed(int seed)
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = GeneratedColumns.Create(engine);
        GeneratedColumns.Append(engine, table, 0, 3200, seed);
        using var before = engine.Transactions.OpenSnapshot();
        var expected = GeneratedColumns.Scan(table, before);
        table.Seal(partial: true);
        Assert.All(table.ListSegments(), segment => Assert.Equal("sealed", segment.State));
        Compare(engine, table, expected);
        // Rows appended to a sealed vector, and sealed again with it.
        GeneratedColumns.Append(engine, table, 3200, 1500, seed);
        using var after = engine.Transactions.OpenSnapshot();
        var more = GeneratedColumns.Scan(table, after);
        Assert.Equal(expected, more.Where(r => expected.ContainsKey(r.Key)));
        table.Seal(partial: true);
        Compare(engine, table, more);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Changes_of_sealed_rows_unseal_what_they_touch_and_nothing_else(int seed)
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = GeneratedColumns.Create(engine);
        GeneratedColumns.Append(engine, table, 0, 3200, seed);
        SortedDictionary<RowId, string> expected;
        using (var snapshot = engine.Transactions.OpenSnapshot())
            expected = GeneratedColumns.Scan(table, snapshot);
        table.Seal(partial: true);
        using var old = engine.Transactions.OpenSnapshot();
        var random = new Random(seed);
        RowId[] rows = [.. expected.Keys.Where(_ => random.Next(50) == 0)];
        int[] columns = [.. Enumerable.Range(0, GeneratedColumns.Types.Length).Where(_ => random.Next(2) == 0)];
        Change(engine, table, rows, columns, seed + 13, commit: false);
        Compare(engine, table, expected);
        Change(engine, table, rows, columns, seed + 13, commit: true);
        var deleter = engine.Begin();
        RowId[] deleted = [.. expected.Keys.Where(_ => random.Next(3) == 0)];
        using (var snapshot = deleter.BeginStatement())
            Assert.True(table.Delete(snapshot, deleted).IsOk);
        engine.Commit(deleter);
        Assert.Equal(expected, GeneratedColumns.Scan(table, old)); // patched from sealed and from unsealed columns
        SortedDictionary<RowId, string> changed;
        using (var snapshot = engine.Transactions.OpenSnapshot())
            changed = GeneratedColumns.Scan(table, snapshot);
        Assert.Equal(expected.Count - deleted.Length, changed.Count);
        table.Seal(partial: true); // has versions: stays as it is
        Compare(engine, table, changed);
        old.Dispose();
        table.Seal(partial: true);
        Assert.All(table.ListSegments(), segment => Assert.Equal("sealed", segment.State));
        Compare(engine, table, changed);
    }

    [Fact]
    public void A_borrowed_column_outlives_the_sealing_of_its_vector()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        Load(engine, table, 4096, i => $"a string that no view holds in itself, number {i}");
        using var snapshot = engine.Transactions.OpenSnapshot();
        using var scan = table.OpenScan(snapshot, [1]);
        using var hot = new Batch(1);
        using var narrow = new Batch(1);
        using var selection = new Selection(2048);
        Assert.True(scan.TryNextMorsel(out var morsel));
        scan.Read(morsel, 0, hot, selection, out _);
        table.Seal(partial: true);
        scan.Read(morsel, 0, narrow, selection, out _);
        for (var i = 0; i < 3; i++)
        {
            Update(engine, table, 7, "another string that no view holds in itself " + i);
            table.Seal(partial: true);
        }
        Assert.Equal("a string that no view holds in itself, number 7", System.Text.Encoding.UTF8.GetString(hot.Columns[0].GetBytes(7)));
        Assert.Equal("a string that no view holds in itself, number 7", System.Text.Encoding.UTF8.GetString(narrow.Columns[0].GetBytes(7)));
    }

    [Fact]
    public void Encodings_are_chosen_by_size()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        Load(engine, table, RowId.SegmentRows, i => i % 2 == 0 ? "even, and long enough not to be inline" : "odd");
        var hot = table.ListSegments().Single();
        table.Seal();
        var summary = table.ListSegments().Single();
        Assert.Equal("sealed", summary.State);
        Assert.Equal(0, summary.HotBytes);
        Assert.Equal("narrow2 64", summary.Columns[0].Encodings);
        Assert.Equal("dictionary1 64", summary.Columns[1].Encodings);
        Assert.Equal(2, summary.Columns[1].DistinctCount);
        Assert.Equal("constant 64", summary.Columns[2].Encodings);
        Assert.True(summary.SealedBytes * 10 < hot.HotBytes, $"{summary.SealedBytes} of {hot.HotBytes} bytes");
    }

    [Fact]
    public void Sealing_gives_back_the_strings_of_dead_rows_and_of_superseded_values()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        Load(engine, table, RowId.SegmentRows, i => $"{i:D6}" + new string('x', 194));
        table.Seal();
        var full = table.ListSegments().Single().Bytes;
        var random = new Random(1);
        var deleter = engine.Begin();
        using (var snapshot = deleter.BeginStatement())
        {
            RowId[] rows = [.. Enumerable.Range(0, RowId.SegmentRows).Where(_ => random.Next(10) != 0).Select(i => new RowId((ulong)i))];
            Assert.True(table.Delete(snapshot, rows).IsOk);
        }
        engine.Commit(deleter);
        table.Seal();
        var summary = table.ListSegments().Single();
        Assert.True(summary.Bytes < full * 0.13, $"{summary.Bytes} of {full} bytes for {summary.LiveRows} rows");
    }

    [Fact]
    public void Bounds_of_sealed_vectors_are_those_of_living_rows()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        Load(engine, table, 2048, i => "x");
        var deleter = engine.Begin();
        using (var snapshot = deleter.BeginStatement())
            Assert.True(table.Delete(snapshot, [.. Enumerable.Range(0, 1000).Select(i => new RowId((ulong)i))]).IsOk);
        engine.Commit(deleter);
        table.Seal(partial: true);
        Assert.True(table.TryBounds(0, out var bounds));
        Assert.Equal(new ZoneMap(ZoneKey.Of(1000L), ZoneKey.Of(2047L), false), bounds);
        Update(engine, table, 1500, "x", id: 5);
        Assert.True(table.TryBounds(0, out bounds));
        Assert.Equal(new ZoneMap(ZoneKey.Of(5L), ZoneKey.Of(2047L), false), bounds);
    }

    [Fact]
    public void Checkpoints_and_starts_do_not_know_about_it()
    {
        var files = new SimulatedFileSystem(1);
        var options = new StorageOptions { CheckpointLogBytes = 0, Seal = SealOptions.Always };
        SortedDictionary<RowId, string> expected;
        using (var engine = StorageEngine.Open(files, "/data", options))
        {
            var table = GeneratedColumns.Create(engine);
            GeneratedColumns.Append(engine, table, 0, 3200, 5);
            engine.Checkpoint();
            RowId[] rows = [new RowId(3), new RowId(3100)];
            Change(engine, table, rows, [0, 3, 9], 77, commit: true);
            Assert.All(table.ListSegments(), segment => Assert.Equal("sealed", segment.State));
            engine.Checkpoint();
            Change(engine, table, rows, [2, 9, 10, 15], 78, commit: true);
            using var snapshot = engine.Transactions.OpenSnapshot();
            expected = GeneratedColumns.Scan(table, snapshot);
        }
        using (var engine = StorageEngine.Open(files, "/data", options))
        {
            var table = Rows.Find(engine, "generated");
            Compare(engine, table, expected);
            table.Seal(partial: true);
            Compare(engine, table, expected);
        }
    }

    [Fact]
    public void The_background_seals_a_load_at_once_and_a_full_segment_when_it_is_quiet()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        Load(engine, table, RowId.SegmentRows + 2048, i => "x");
        var patient = SealOptions.Default with { QuietFor = TimeSpan.FromHours(1), LongQuiet = TimeSpan.FromHours(2) };
        var next = 0;
        Assert.True(table.SealNext(ref next, patient));
        Assert.False(table.SealNext(ref next, patient));
        Assert.Equal(["sealed", "hot"], table.ListSegments().Select(s => s.State));
        Update(engine, table, 5, "y");
        next = 0;
        Assert.False(table.SealNext(ref next, patient));
        var hasty = SealOptions.Default with { QuietFor = TimeSpan.Zero, LongQuiet = TimeSpan.FromHours(2) };
        next = 0;
        Assert.True(table.SealNext(ref next, hasty)); // one of 192 column vectors is hot: not worth it
        Assert.Equal("mixed", table.ListSegments().First().State);
        next = 0;
        Assert.True(table.SealNext(ref next, hasty with { LongQuiet = TimeSpan.Zero }));
        Assert.Equal("sealed", table.ListSegments().First().State);
        next = 0;
        Assert.False(table.SealNext(ref next, hasty with { LongQuiet = TimeSpan.Zero })); // nothing has changed since
    }

    internal static void Load(StorageEngine engine, Table table, int count, Func<int, string> name)
    {
        var transaction = engine.Begin();
        for (var done = 0; done < count; done += 2048)
        {
            using var batch = Rows.Batch([.. Enumerable.Range(done, Math.Min(2048, count - done)).Select(i => ((long?)i, (string?)name(i), (int?)1))]);
            Assert.True(table.Append(transaction, batch, []).IsOk);
        }
        engine.Commit(transaction);
    }

    private static void Update(StorageEngine engine, Table table, int row, string name, long? id = null)
    {
        var transaction = engine.Begin();
        using (var snapshot = transaction.BeginStatement())
        {
            using var names = Rows.Texts(name);
            Assert.True(table.Update(snapshot, [new RowId((ulong)row)], [1], names).IsOk);
            if (id is not null)
            {
                using var ids = Rows.Longs(id);
                Assert.True(table.Update(snapshot, [new RowId((ulong)row)], [0], ids).IsOk);
            }
        }
        engine.Commit(transaction);
    }

    internal static void Change(StorageEngine engine, Table table, RowId[] rows, int[] columns, int seed, bool commit)
    {
        var transaction = engine.Begin();
        using (var snapshot = transaction.BeginStatement())
        {
            for (var done = 0; done < rows.Length && columns.Length > 0;)
            {
                var count = Math.Min(2048, rows.Length - done);
                using var batch = new Batch(columns.Length) { Length = count };
                for (var c = 0; c < columns.Length; c++)
                {
                    var type = GeneratedColumns.Types[columns[c]];
                    GeneratedColumns.Fill(type, new VectorWriter(type.Arrow, batch.Columns[c], count), done, count, seed + c);
                }
                Assert.True(table.Update(snapshot, rows.AsSpan(done, count), columns, batch).IsOk);
                done += count;
            }
        }
        if (commit)
            engine.Commit(transaction);
        else
            engine.Rollback(transaction);
    }

    internal static void Compare(StorageEngine engine, Table table, SortedDictionary<RowId, string> expected)
    {
        using var snapshot = engine.Transactions.OpenSnapshot();
        Assert.Equal(expected, GeneratedColumns.Scan(table, snapshot));
        // Point reads, scattered.
        int[] columns = [.. Enumerable.Range(0, GeneratedColumns.Types.Length)];
        RowId[] rows = [.. expected.Keys.Where((_, i) => i % 37 == 0).Reverse()];
        using var batch = new Batch(columns.Length);
        using var visible = new Selection(2048);
        Assert.Equal(rows.Length, table.Fetch(snapshot, rows, columns, batch, visible));
        for (var i = 0; i < rows.Length; i++)
            Assert.Equal(expected[rows[i]], GeneratedColumns.Show(batch, i));
    }
}
