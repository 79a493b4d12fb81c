using OmenDb.Storage.Catalog;
using OmenDb.Storage.Checkpoint;
using OmenDb.Storage.Log;
using OmenDb.Storage.Manifest;
using OmenDb.Storage.Simulation;
using OmenDb.Storage.Statistics;
using OmenDb.Types;

namespace OmenDb.Storage;

/// <summary>Checkpoints: what they see, when they run, and how a start uses them.</summary>
public sealed partial class StorageEngine : ICheckpointSource
{
    private readonly Lock _background = new();
    private readonly ReplayRate _replayRate = new();
    private Dictionary<long, (TableStatistics Statistics, long Changes)> _savedStatistics = []; // of the one checkpoint at a time
    private Task _backgroundCheckpoint = Task.CompletedTask;
    private long _checkpointLogBytes;
    private long _lastCheckpointAt; // log position

    /// <summary>Why the last background checkpoint failed; null when it did not. The log is kept until one succeeds.</summary>
    public SqlException? LastCheckpointError { get; private set; }

    /// <summary>Writes what has changed and gives up the log before it. Runs beside readers and writers; for a clean shutdown call it before
    /// Dispose, so that the next start replays nothing.</summary>
    /// <returns>Null for a database in memory.</returns>
    /// <exception cref="SqlException">53100, 58030: nothing is lost, the log goes on.</exception>
    public CheckpointResult? Checkpoint(CancellationToken cancellation = default)
    {
        if (_checkpointer is null)
            return null;
        var result = _checkpointer.Run(cancellation);
        Volatile.Write(ref _lastCheckpointAt, result.ReplayFrom.Value);
        Memory?.MakeRoom(); // what it has written may leave
        return result;
    }

    /// <summary>The background has sealed what there was: a checkpoint writes it as it stands, so that it may leave memory and the next start finds it so.</summary>
    private void SealerPaused(bool hasSealed)
    {
        Memory?.MakeRoom();
        if (hasSealed && _checkpointLogBytes > 0 && Memory!.HomelessBytes >= WorthWritingBytes)
            RunInBackground(_log!.EndLsn);
    }

    /// <summary>Of newly sealed columns: less can wait for the next checkpoint.</summary>
    private const long WorthWritingBytes = 32 << 20;

    CheckpointPoint ICheckpointSource.OpenPoint()
    {
        var (snapshot, catalog, from) = Transactions.BeginCheckpoint();
        var tables = new List<CheckpointTable>();
        foreach (var entry in catalog.Objects.OfType<TableEntry>().OrderBy(entry => entry.StorageId))
        {
            // Gone already: its drop is in the log behind this point, and replay repeats it.
            if (_tables.Find(entry.StorageId) is { } table && table.TryRetain())
                tables.Add(CheckpointTable.Of(entry, table));
        }
        // After the point: a record of the log before it is in these values, one behind it is replayed.
        var sequences = _sequences.Saved();
        sequences.Sort();
        return new CheckpointPoint(snapshot, from, tables, CatalogImage.Write(catalog, _catalog.LastNumbers, sequences), _replayRate.Counters)
        {
            Statistics = ChangedStatistics(tables, out var current),
            Saved = () => _savedStatistics = current,
        };
    }

    /// <summary>The statistics as a file, when some are new, or much has changed since they were written.</summary>
    private byte[]? ChangedStatistics(List<CheckpointTable> tables, out Dictionary<long, (TableStatistics Statistics, long Changes)> current)
    {
        current = tables.Where(table => table.Table.Statistics is not null).ToDictionary(table => table.Table.StorageId,
            table => (table.Table.Statistics!, table.Table.Modifications - table.Table.Statistics!.ModificationsAt));
        var saved = _savedStatistics;
        var isSame = current.Count == saved.Count && current.All(entry => saved.TryGetValue(entry.Key, out var old)
            && ReferenceEquals(old.Statistics, entry.Value.Statistics) && entry.Value.Changes - old.Changes <= 25 + (old.Statistics.RowCount / 50));
        if (!isSame)
            return StatisticsImage.Write(current.OrderBy(entry => entry.Key).Select(entry => (entry.Key, entry.Value.Statistics, entry.Value.Changes)));
        current = saved;
        return null;
    }

    /// <summary>Puts catalog, sequences and rows of the last checkpoint in place.</summary>
    /// <returns>The newest commit that is in it.</returns>
    private ulong LoadCheckpoint(int parallelism)
    {
        _replayRate.Load(_manifest!.Counters);
        var loader = _loader!;
        var from = (ulong)_manifest!.Counters.GetValueOrDefault(CheckpointFormat.TimestampCounter);
        _tables.ReplayStamp = PlantedBugs.Has(PlantedBug.ForgottenReplay) ? from : from + 1;
        if (loader.ReadWhole(CheckpointFileKind.Catalog) is not { } image)
            return from;
        CatalogImage.Load(image, _catalog, _sequences);
        var byStorage = _catalog.Current.Objects.OfType<TableEntry>()
            .ToDictionary(entry => entry.StorageId, entry => CheckpointTable.Of(entry, _tables.Ensure(entry)));
        loader.LoadTables(byStorage.GetValueOrDefault, parallelism);
        if (loader.ReadWhole(CheckpointFileKind.Statistics) is { } statistics)
            StatisticsImage.Load(statistics, _tables.Find);
        _savedStatistics = _tables.All.Where(table => table.Statistics is not null)
            .ToDictionary(table => table.StorageId, table => (table.Statistics!, table.Modifications));
        return from;
    }

    /// <summary>Watches the log's growth; called by whoever has flushed it, so it only hands over.</summary>
    private void StartCheckpointing(StorageOptions options)
    {
        _checkpointLogBytes = options.CheckpointLogBytes ?? _replayRate.BytesIn(options.RecoveryTarget);
        if (_checkpointLogBytes <= 0)
            return;
        _lastCheckpointAt = _manifest!.ReplayFrom.Value;
        var memory = Memory!;
        memory.Starved = homeless =>
        {
            if (homeless > memory.LimitBytes / 16)
                RunInBackground(_log!.EndLsn);
        };
        _log!.Durable = durable =>
        {
            if (durable.Value - Volatile.Read(ref _lastCheckpointAt) > _checkpointLogBytes)
                RunInBackground(durable);
        };
    }

    private void RunInBackground(Lsn now)
    {
        lock (_background)
        {
            if (_disposed || !_backgroundCheckpoint.IsCompleted)
                return;
            Volatile.Write(ref _lastCheckpointAt, now.Value); // after a failure: not before the log has grown as much again
            _backgroundCheckpoint = Task.Run(() =>
            {
                try
                {
                    Checkpoint();
                    LastCheckpointError = null;
                }
                catch (SqlException e)
                {
                    LastCheckpointError = e;
                }
            });
        }
    }

    private void StopCheckpointing()
    {
        Task running;
        lock (_background)
            running = _backgroundCheckpoint;
        running.GetAwaiter().GetResult();
    }
}
