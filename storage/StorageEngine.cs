using OmenDb.Storage.Catalog;
using OmenDb.Storage.Checkpoint;
using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Log;
using OmenDb.Storage.Manifest;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Records;
using OmenDb.Storage.Simulation;
using OmenDb.Storage.Statistics;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Tables.Sealed;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage;

/// <summary>One data directory: catalog, tables, transactions and log together.</summary>
/// <remarks>Thread-safe. Dispose it when no transaction runs any more: that is the clean shutdown.</remarks>
public sealed partial class StorageEngine : IDisposable
{
    private readonly CatalogStore _catalog = new();
    private readonly TableStore _tables = new();
    private readonly ICommitLog _commitLog;
    private readonly SequenceStore _sequences;
    private readonly DataDirectory? _directory;
    private readonly ManifestStore? _manifest;
    private readonly RedoLog? _log;
    private readonly RedoCommitLog? _redoCommitLog;
    private readonly Checkpointer? _checkpointer;
    private readonly AutoAnalyzer? _autoAnalyzer;
    private readonly BackgroundSealer? _sealer;
    private readonly SealOptions _seal;
    private readonly CheckpointLoader? _loader;
    private bool _disposed;

    private StorageEngine(SealOptions seal)
    {
        _seal = seal;
        _commitLog = new NoCommitLog();
        _sequences = new SequenceStore(_commitLog);
        Transactions = new TransactionManager(_commitLog, new NoRedo(), _catalog);
        foreach (var entry in _catalog.Bootstrap())
            _catalog.Load(entry);
        if (seal.Interval > TimeSpan.Zero)
            _sealer = new BackgroundSealer(_tables, seal);
    }

    private StorageEngine(IFileSystem files, string path, StorageOptions options)
    {
        _seal = options.Seal;
        _directory = DataDirectory.Open(files, path);
        try
        {
            _manifest = ManifestStore.Open(files, path);
            var late = new LateLog();
            _sequences = new SequenceStore(late);
            _commitLog = late;
            Memory = _tables.Memory = new TableMemory(_tables, options.MemoryLimitBytes, options.MeasureMemory is { } measure ? () => measure(this) : null);
            var sealedFiles = new SealedFiles(files, _directory.CheckpointPath);
            _loader = new CheckpointLoader(files, _directory.CheckpointPath, _manifest, sealedFiles, Memory);
            var bulk = new BulkFiles(files, _directory.CheckpointPath, _manifest, options.BulkLoadVectors);
            Transactions = new TransactionManager(late, new RedoBuilder(late, bulk), _catalog);
            var from = LoadCheckpoint(options.LoadParallelism);
            void LoadLogged(Table table, CheckpointFile file)
            {
                bulk.Replayed(file);
                _loader.LoadLogged(table, file with { Timestamp = (long)table.ReplayStamp });
            }
            using var replay = new RedoReplay(_tables, _catalog, _sequences, from, options.ReplayParallelism, LoadLogged);
            var began = System.Diagnostics.Stopwatch.GetTimestamp();
            _log = RedoLog.Open(files, _directory.LogPath, options.Log with { KnownDurable = _manifest.LogDurable }, _manifest.ReplayFrom, replay);
            replay.Finish();
            _loader.Sweep(PlantedBugs.Has(PlantedBug.SweptLoad) ? [] : bulk.ReplayedNames);
            _replayRate.Measured(replay.Bytes, System.Diagnostics.Stopwatch.GetElapsedTime(began));
            late.Log = _redoCommitLog = new RedoCommitLog(_log, options.AsynchronousFlushDelay);
            _checkpointer = new Checkpointer(files, _directory.CheckpointPath, _manifest, _log, this, bulk, sealedFiles);
            FinishRecovery(options.LoadParallelism);
            Transactions.StartAfter(replay.LastTimestamp, _log.EndLsn);
            if (_catalog.Current.Count == 0)
                Initialise();
            StartCheckpointing(options);
            if (options.AutoAnalyzeInterval > TimeSpan.Zero)
                _autoAnalyzer = new AutoAnalyzer(_tables, Transactions, Analyze, options.AutoAnalyzeInterval);
            if (_seal.Interval > TimeSpan.Zero)
                _sealer = new BackgroundSealer(_tables, _seal) { Paused = SealerPaused };
        }
        catch
        {
            Close();
            throw;
        }
    }

    /// <summary>Opens a data directory, made on first use, and recovers it.</summary>
    /// <exception cref="Types.SqlException">55006 in use; 0A000 newer format; XX001 damage; 58030 and 53100 from the file system.</exception>
    public static StorageEngine Open(IFileSystem files, string directory, StorageOptions? options = null) =>
        new(files, directory, options ?? new StorageOptions());

    /// <summary>A database without files that ends with the process.</summary>
    public static StorageEngine OpenInMemory(SealOptions? seal = null) => new(seal ?? SealOptions.Off);

    public TransactionManager Transactions { get; }

    /// <summary>What tables hold, and how they make room. Null for a database in memory: there nothing can leave.</summary>
    public TableMemory? Memory { get; }

    /// <summary>Bytes of all sealed columns in memory.</summary>
    internal long ResidentSealedBytes => _tables.All.Sum(table => table.ListSegments().Sum(segment => segment.SealedBytes));

    /// <summary>The newest committed catalog.</summary>
    public CatalogSnapshot Catalog => _catalog.Current;

    public Transaction Begin(IsolationLevel isolation = IsolationLevel.ReadCommitted, bool readOnly = false) => Transactions.Begin(isolation, readOnly);

    /// <inheritdoc cref="TransactionManager.Commit"/>
    public void Commit(Transaction transaction)
    {
        Transactions.Commit(transaction);
        if (!_seal.AfterEveryCommit)
            return;
        foreach (var table in transaction.Undo.Select(entry => entry.Table).Distinct().Where(table => table.TryRetain()))
        {
            table.Seal(partial: true);
            table.Release();
        }
    }

    /// <summary>Makes everything committed so far durable, also what was committed without waiting for the disk.</summary>
    /// <exception cref="Types.SqlException">58030.</exception>
    public void FlushLog() => _log?.Flush();

    /// <summary>ANALYZE: reads all rows that the snapshot sees, keeps the result, and logs it.</summary>
    /// <param name="table">Retained by the caller, or locked against being dropped.</param>
    /// <param name="modifications">The table's, from before the snapshot: what comes in between is rather counted twice than never.</param>
    /// <param name="snapshot">What is read.</param>
    /// <param name="cancellation">Ends it.</param>
    public void Analyze(Table table, long modifications, Snapshot snapshot, CancellationToken cancellation = default)
    {
        var statistics = table.Analyze(snapshot, modifications, cancellation);
        using var buffer = new RedoBuffer();
        buffer.BeginFrame(RedoFrameKind.Loose, 0);
        StatisticsRecord.Write(table.StorageId, statistics, buffer);
        _commitLog.Append(buffer.Bytes); // durable with whatever is flushed next: a crash may cost an analysis, nothing else
    }

    /// <summary>Where the log ends; zero in memory.</summary>
    public Lsn LogEnd => _log?.EndLsn ?? Lsn.Zero;

    /// <summary>Why nothing can be written any more; null while the log is sound. Reading goes on.</summary>
    public Types.SqlException? WriteFailure => _log?.Failure;

    /// <inheritdoc cref="TransactionManager.Rollback"/>
    public void Rollback(Transaction transaction) => Transactions.Rollback(transaction);

    /// <summary>Seals every table, see <see cref="Table.Seal"/>.</summary>
    internal void SealAll(bool partial)
    {
        foreach (var table in _tables.All.Where(table => table.TryRetain()))
        {
            table.Seal(partial);
            table.Release();
        }
    }

    /// <summary>The rows of a table; valid while the caller's lock on the table keeps it from being dropped.</summary>
    public Table GetTable(TableEntry entry) => _tables.Find(entry.StorageId)
        ?? throw Types.SqlException.Internal($"table \"{entry.Name}\" has no storage {entry.StorageId}");

    /// <inheritdoc cref="SequenceStore.Next"/>
    public long NextValue(SequenceEntry sequence) => _sequences.Next(sequence);

    /// <inheritdoc cref="SequenceStore.Set"/>
    public void SetValue(SequenceEntry sequence, long value, bool called) => _sequences.Set(sequence, value, called);

    /// <inheritdoc cref="SequenceStore.Current"/>
    public (long LastValue, bool IsCalled) CurrentValue(SequenceEntry sequence) => _sequences.Current(sequence);

    /// <summary>First start: the objects that every installation has, in one commit.</summary>
    private void Initialise()
    {
        var transaction = Begin();
        foreach (var entry in _catalog.Bootstrap())
            transaction.Catalog.Put(entry);
        Commit(transaction);
    }

    /// <summary>Indexes are built from the rows, and appends go on where there is room.</summary>
    private void FinishRecovery(int parallelism)
    {
        _sequences.Prune(_catalog.Current);
        foreach (var table in _tables.All)
            table.FinishReplay();
        var indexes = _catalog.Current.Objects.OfType<IndexEntry>().ToArray();
        if (parallelism == 1)
        {
            Array.ForEach(indexes, RebuildIndex);
            return;
        }
        try
        {
            Parallel.ForEach(indexes, new ParallelOptions { MaxDegreeOfParallelism = parallelism }, RebuildIndex);
        }
        catch (AggregateException e) when (e.InnerExceptions.OfType<Types.SqlException>().FirstOrDefault() is { } first)
        {
            throw new Types.SqlException(first.SqlState, first.Message, e) { Detail = first.Detail, Hint = first.Hint };
        }
    }

    private void RebuildIndex(IndexEntry index)
    {
        var table = _catalog.Current.Find<TableEntry>(index.TableOid)!;
        if (GetTable(table).CreateIndex(Definition(table, index), null, out var duplicate) is null)
            throw new Types.SqlException(Types.SqlState.IndexCorrupted,
                $"rows {duplicate.First} and {duplicate.Second} of table \"{table.Name}\" have the same key in unique index \"{index.Name}\"");
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        lock (_background)
            _disposed = true;
        _autoAnalyzer?.Dispose();
        _sealer?.Dispose();
        StopCheckpointing();
        Close();
    }

    private void Close()
    {
        _redoCommitLog?.Dispose();
        _log?.Dispose();
        _manifest?.Dispose();
        _tables.Dispose();
        _directory?.Dispose();
    }

    /// <summary>Stands in until the log is open: recovery itself commits nothing.</summary>
    private sealed class LateLog : ICommitLog
    {
        public ICommitLog Log { get; set; } = new NoCommitLog();

        public Lsn Append(ReadOnlySpan<byte> frame) => Log.Append(frame);

        public Lsn Durable => Log.Durable;

        public Lsn End => Log.End;

        public void ThrowIfFailed() => Log.ThrowIfFailed();

        public void MakeRoom(int frameLength) => Log.MakeRoom(frameLength);

        public void FlushSoon() => Log.FlushSoon();

        public void WaitDurable(Lsn position) => Log.WaitDurable(position);
    }
}
