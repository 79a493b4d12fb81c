using System.Text;
using OmenDb.Arrow;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Checkpoint;
using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Log;
using OmenDb.Storage.Manifest;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Simulation;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Storage.Tests.Checkpoint;

/// <summary>One table under random changes, several checkpoints, each loaded into a new table and compared.</summary>
public sealed class CheckpointTests : IDisposable
{
    private static readonly SqlType[] Types = [SqlType.Int8, SqlType.Text, SqlType.Bool, SqlType.NumericOf(30, 2), SqlType.ArrayOf(SqlType.Int4)];

    private readonly SimulatedFileSystem _files = new(17);
    private readonly TransactionManager _transactions = new(new NoCommitLog(), new NoRedo(), new CatalogStore());
    private readonly Table _table = NewTable();
    private readonly SortedDictionary<RowId, string> _model = [];
    private readonly ManifestStore _manifest;
    private readonly RedoLog _log;
    private readonly Checkpointer _checkpointer;
    private readonly Source _source;
    private int _nextId;

    public CheckpointTests()
    {
        var directory = DataDirectory.Open(_files, "/db");
        _manifest = ManifestStore.Open(_files, "/db");
        _log = RedoLog.Open(_files, "/db/log", new LogOptions { SegmentSize = 16384, BufferSize = 4096, PrepareInBackground = false }, Lsn.Zero, new Log.Collected());
        _source = new Source(this);
        _checkpointer = new Checkpointer(_files, directory.CheckpointPath, _manifest, _log, _source);
    }

    public void Dispose()
    {
        _table.Release();
        _log.Dispose();
        _manifest.Dispose();
    }

    private sealed class Source(CheckpointTests test) : ICheckpointSource
    {
        public bool TableIsDropped { get; set; }

        public CheckpointPoint OpenPoint()
        {
            if (!TableIsDropped)
                test._table.Retain();
            return new CheckpointPoint(test._transactions.OpenSnapshot(), test._log.Append("position"u8),
                TableIsDropped ? [] : [Described(test._table)], "{}"u8.ToArray(), new Dictionary<string, long> { ["next"] = 7 });
        }
    }

    [Fact]
    public void Random_changes_come_back_from_bases_and_deltas()
    {
        var random = new Random(5);
        for (var round = 0; round < 12; round++)
        {
            for (var i = 0; i < 4; i++)
                Change(random, round);
            // A transaction that is open during the checkpoint must leave no trace in it.
            var open = _transactions.Begin();
            AppendRows(open, random, 30, committed: false);
            UpdateRows(open, random, 20, committed: false);
            DeleteRows(open, random, 5, committed: false);
            _checkpointer.Run();
            AssertLoads();
            _transactions.Rollback(open);
        }
        Assert.Contains(_manifest.Files.Values, f => f.Kind == CheckpointFileKind.SegmentBase);
        Assert.Equal(7, _manifest.Counters["next"]);
    }

    [Fact]
    public void A_checkpoint_costs_what_has_changed()
    {
        var random = new Random(6);
        Commit(t => AppendRows(t, random, 30_000, committed: true));
        var first = _checkpointer.Run();
        Assert.Equal(1, first.FilesWritten);
        Assert.Equal(0, _checkpointer.Run().FilesWritten);
        Commit(t => UpdateRows(t, random, 1, committed: true));
        var second = _checkpointer.Run();
        Assert.Equal(1, second.FilesWritten);
        Assert.InRange(second.BytesWritten, 1, first.BytesWritten / 12); // one vector of fifteen, two columns of five and the row numbers
        AssertLoads();
        // Deltas are merged before they exceed half of the base.
        for (var i = 0; i < 20; i++)
        {
            Commit(t => UpdateRows(t, random, 3, committed: true));
            _checkpointer.Run();
            var size = _manifest.Files.Values.Where(f => f.Kind == CheckpointFileKind.SegmentDelta).Sum(f => f.SizeBytes);
            Assert.True(size <= first.BytesWritten * 0.7);
            Assert.InRange(_manifest.Files.Values.Count(f => f.Kind == CheckpointFileKind.SegmentDelta), 0, 8);
        }
        AssertLoads();
        Assert.Equal(_manifest.Files.Count, _files.List("/db/checkpoint").Count);
        // The table goes, and with the next checkpoint its files.
        _source.TableIsDropped = true;
        _checkpointer.Run();
        Assert.Single(_files.List("/db/checkpoint"));
    }

    [Fact]
    public void Damage_and_absence_are_reported_with_file_and_offset()
    {
        Commit(t => AppendRows(t, new Random(7), 25_000, committed: true));
        _checkpointer.Run();
        var file = _manifest.Files.Values.Single(f => f.Kind == CheckpointFileKind.SegmentBase);
        var path = "/db/checkpoint/" + file.Name;
        Assert.True(file.SizeBytes > CheckpointFormat.BlockBytes + 1000);
        _files.FlipBit(path, CheckpointFormat.BlockBytes + 999);
        var error = Assert.Throws<SqlException>(() => Load(out _));
        Assert.Equal(SqlState.DataCorrupted, error.SqlState);
        Assert.Contains(path, error.Message);
        Assert.Contains($"offset {CheckpointFormat.BlockBytes}", error.Message);
        _files.Delete(path);
        error = Assert.Throws<SqlException>(() => Load(out _));
        Assert.Equal(SqlState.DataCorrupted, error.SqlState);
    }

    [Fact]
    public void A_full_disk_ends_the_checkpoint_and_changes_nothing()
    {
        Commit(t => AppendRows(t, new Random(8), 5_000, committed: true));
        _checkpointer.Run();
        var before = _manifest.Files.Keys.ToArray();
        var names = _files.List("/db/checkpoint");
        Commit(t => AppendRows(t, new Random(9), 5_000, committed: true));
        _files.Faults.Capacity = _files.AllFiles().Sum(f => f.Length) + 20_000;
        Assert.Equal(SqlState.DiskFull, Assert.Throws<SqlException>(() => _checkpointer.Run()).SqlState);
        Assert.Equal(before, _manifest.Files.Keys);
        new CheckpointLoader(_files, "/db/checkpoint", _manifest).Sweep([]);
        Assert.Equal(names, _files.List("/db/checkpoint"));
        _files.Faults.Capacity = long.MaxValue;
        _checkpointer.Run();
        AssertLoads();
    }

    private static Table NewTable() => new(1, Types.Select(t => new TableColumn(t)));

    private static CheckpointTable Described(Table table) => new(table, [.. Types.Select((_, i) => (i, $"column {i}"))]);

    private void Change(Random random, int round)
    {
        var before = _model.Count;
        Commit(t =>
        {
            AppendRows(t, random, round == 0 ? 3000 : random.Next(1, 900), committed: true);
            if (before > 0 && random.Next(2) == 0)
                UpdateRows(t, random, random.Next(1, 200), committed: true);
            if (before > 0 && random.Next(2) == 0)
                DeleteRows(t, random, random.Next(1, 300), committed: true);
        });
        var aborted = _transactions.Begin();
        AppendRows(aborted, random, random.Next(1, 50), committed: false);
        UpdateRows(aborted, random, random.Next(1, 50), committed: false);
        _transactions.Rollback(aborted);
    }

    private void Commit(Action<Transaction> work)
    {
        var transaction = _transactions.Begin();
        work(transaction);
        _transactions.Commit(transaction);
    }

    private static string Text(int id) => id % 7 == 0 ? "" : new string((char)('a' + (id % 26)), id % 40) + id;

    /// <summary>A row's content follows from one number.</summary>
    private static void Fill(VectorWriter[] writers, int id)
    {
        writers[0].Append((long)id * 1_000_003);
        if (id % 11 == 0)
            writers[1].AppendNull();
        else
            writers[1].AppendBytes(Encoding.UTF8.GetBytes(Text(id)));
        writers[2].AppendBool(id % 3 == 0);
        writers[3].Append((Int128)id * 1_000_000_000_000);
    }

    private Batch MakeBatch(int[] ids, int columns)
    {
        var batch = new Batch(columns) { Length = ids.Length };
        using var elements = new Vector();
        var integers = new VectorWriter(ArrowType.Int32, elements, 3);
        foreach (var value in new[] { 1, 2, 3 })
            integers.Append(value);
        var writers = Types.Take(columns).Select((t, i) => new VectorWriter(t.Arrow, batch.Columns[i], ids.Length)).ToArray();
        foreach (var id in ids)
        {
            Fill(writers.Length == 5 ? writers : [writers[0], writers[1], new VectorWriter(ArrowType.Bool, new Vector(), 1), new VectorWriter(Types[3].Arrow, new Vector(), 1)], id);
            if (writers.Length == 5)
                writers[4].AppendList(elements, 0, id % 4);
        }
        return batch;
    }

    private void AppendRows(Transaction transaction, Random random, int count, bool committed)
    {
        using var snapshot = transaction.BeginStatement();
        var ids = Enumerable.Range(_nextId, count).ToArray();
        _nextId += count;
        using var batch = MakeBatch(ids, 5);
        var rows = new RowId[count];
        Assert.True(_table.Append(transaction, batch, rows).IsOk);
        for (var i = 0; i < count && committed; i++)
            _model[rows[i]] = $"{ids[i]}/{ids[i]}";
    }

    private RowId[] Pick(Random random, int count)
    {
        var keys = _model.Keys.ToArray();
        random.Shuffle(keys);
        return [.. keys.Take(Math.Min(count, keys.Length)).Order()];
    }

    /// <summary>New values in the first two columns.</summary>
    private void UpdateRows(Transaction transaction, Random random, int count, bool committed)
    {
        using var snapshot = transaction.BeginStatement();
        var rows = Pick(random, count);
        var ids = rows.Select(_ => _nextId++).ToArray();
        using var batch = MakeBatch(ids, 2);
        Assert.True(_table.Update(snapshot, rows, [0, 1], batch).IsOk);
        for (var i = 0; i < rows.Length && committed; i++)
            _model[rows[i]] = $"{ids[i]}/{_model[rows[i]].Split('/')[1]}";
    }

    private void DeleteRows(Transaction transaction, Random random, int count, bool committed)
    {
        using var snapshot = transaction.BeginStatement();
        var rows = Pick(random, count);
        if (!committed)
            rows = [.. rows.Where(r => r.Value % 2 == 0)];
        var result = _table.Delete(snapshot, rows);
        if (!result.IsOk)
            return;
        foreach (var row in rows.Where(_ => committed))
            _model.Remove(row);
    }

    private Table Load(out CheckpointLoader loader)
    {
        loader = new CheckpointLoader(_files, "/db/checkpoint", _manifest);
        var table = NewTable();
        loader.LoadTables(id => id == 1 ? Described(table) : null, 2);
        return table;
    }

    private void AssertLoads()
    {
        var loaded = Load(out var loader);
        Assert.Equal("{}"u8.ToArray(), loader.ReadWhole(CheckpointFileKind.Catalog));
        Assert.Equal(_model.Count, loaded.RowCount);
        using var snapshot = _transactions.OpenSnapshot();
        using var scan = loaded.OpenScan(snapshot, [0, 1, 2, 3, 4]);
        using var batch = new Batch(5);
        using var scratch = new Selection(RowId.VectorRows);
        var found = new SortedDictionary<RowId, string>();
        while (scan.TryNextMorsel(out var morsel))
        {
            for (var v = 0; v < morsel.VectorCount; v++)
            {
                if (scan.Read(morsel, v, batch, scratch, out var first) == 0)
                    continue;
                for (var row = 0; row < batch.Length; row++)
                {
                    if (batch.Selection is null || (MaskOf(batch.Selection, batch.Length)[row >> 6] >> (row & 63) & 1) != 0)
                        found[first + row] = Describe(batch, row);
                }
            }
        }
        Assert.Equal(_model.Keys, found.Keys);
        foreach (var (row, expected) in _model)
            Assert.Equal(expected, found[row]);
        loaded.Release();
    }

    private static unsafe ReadOnlySpan<ulong> MaskOf(Selection selection, int rows) => new(selection.Mask, (rows + 63) / 64);

    /// <summary>The two numbers that a row's content follows from: of the first two columns, and of the rest. Checks all columns.</summary>
    private static string Describe(Batch batch, int row)
    {
        var first = (int)(batch.Columns[0].Get<long>(row) / 1_000_003);
        if (first % 11 == 0)
            Assert.False(batch.Columns[1].IsValid(row));
        else
            Assert.Equal(Text(first), Encoding.UTF8.GetString(batch.Columns[1].GetBytes(row)));
        var rest = (int)(batch.Columns[3].Get<Int128>(row) / 1_000_000_000_000);
        var elements = (int)(long)(batch.Columns[4].Get<Int128>(row) >> 64); // offset in the low half, count in the high one
        Assert.Equal(rest % 3 == 0, batch.Columns[2].GetBool(row));
        Assert.Equal(rest % 4, elements);
        return $"{first}/{rest}";
    }
}
