using OmenDb.Storage.Catalog;
using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Manifest;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Checkpoint;

/// <summary>One file of a bulk load: whole vectors of one segment, all of them filled by one transaction.</summary>
/// <param name="File">As the log names it; its timestamp is filled in when the commit has one.</param>
/// <param name="Table">Whose.</param>
/// <param name="Slots">Its vectors.</param>
internal sealed record BulkFile(CheckpointFile File, Table Table, IReadOnlyList<VectorSlot> Slots);

/// <summary>Large loads are not written twice: vectors that one transaction has filled go to a checkpoint file before it commits, and the log
/// holds the file's name instead of the rows. The next checkpoint takes the file over as it is.</summary>
/// <remarks>
/// <code>
///   write files, flush them and their names ─ append the commit with the names ─ durable ─ visible
///        crash: orphans, swept by the next start                    crash: replay loads the files
/// </code>
/// <para>A vector's <see cref="VectorSlot.SavedAt"/> is the commit whose rows are in such a file: a checkpoint writes only what has changed since, and
/// nothing at all of a vector whose commit it does not see. So whatever a checkpoint writes of a vector has a higher number than
/// its bulk file, and is applied after it.</para>
/// <para>Files that a start has replayed are not taken over: their vectors count as changed, and the next checkpoint deletes them.</para>
/// </remarks>
internal sealed class BulkFiles(IFileSystem files, string directory, ManifestStore manifest, int leastVectors)
{
    private readonly Lock _gate = new();
    private readonly List<BulkFile> _committed = []; // not in the manifest yet
    private readonly List<string> _replayed = [];

    /// <summary>Before the commit of a transaction: writes the vectors that it has filled, where they are many. Null: there are none.</summary>
    /// <exception cref="Types.SqlException">53100, 58030: nothing is left.</exception>
    public BulkLoad? Write(Transaction transaction)
    {
        if (leastVectors <= 0)
            return null;
        var inserted = 0L;
        foreach (var entry in transaction.Undo)
            inserted += entry.Kind == UndoKind.Insert ? entry.Count : 0;
        if (inserted < (long)leastVectors * RowId.VectorRows)
            return null;
        var rows = new Dictionary<VectorSlot, (Table Table, int Count)>();
        foreach (var entry in transaction.Undo)
        {
            if (entry.Kind == UndoKind.Insert)
                rows[entry.Slot] = (entry.Table, rows.GetValueOrDefault(entry.Slot).Count + entry.Count);
        }
        // All 2,048 rows are the transaction's: nobody else has rows there, and no savepoint has taken some back.
        var segments = rows.Where(slot => slot.Value.Count == RowId.VectorRows)
            .GroupBy(slot => (slot.Value.Table, slot.Key.Segment), slot => slot.Key).Where(group => group.Count() >= leastVectors).ToArray();
        if (segments.Length == 0)
            return null;
        var entries = transaction.CurrentCatalog.Objects.OfType<TableEntry>().ToDictionary(entry => entry.StorageId);
        var load = new BulkLoad(this);
        try
        {
            using var snapshot = transaction.OpenOwn();
            using var writer = new SegmentWriter(files, directory, snapshot, previous: 0);
            foreach (var group in segments)
            {
                var (table, segment) = group.Key;
                if (!entries.TryGetValue(table.StorageId, out var entry))
                    continue; // the transaction has dropped it again
                var described = CheckpointTable.Of(entry, table);
                var slots = group.OrderBy(slot => slot.FirstRow).ToList();
                var plan = new SegmentWriter.Plan([.. slots.Select(slot => slot.FirstRow.Vector)], [.. described.Columns.Select(c => c.Physical)], false, false);
                load.Add(new BulkFile(writer.Write(described, segment, plan, manifest.TakeFileNumber()), table, slots));
            }
            files.FlushDirectory(directory);
        }
        catch
        {
            load.Discard();
            throw;
        }
        return load;
    }

    /// <summary>Under the order of commits: the load is part of the database from a commit on.</summary>
    public void Committed(IEnumerable<BulkFile> load, ulong timestamp)
    {
        lock (_gate)
        {
            foreach (var file in load)
            {
                foreach (var slot in file.Slots)
                    Volatile.Write(ref slot.SavedAt, timestamp);
                _committed.Add(file with { File = file.File with { Timestamp = (long)timestamp } });
            }
        }
    }

    public void Delete(BulkFile file) => files.Delete(FileExtensions.PathOf(directory, file.File.Name));

    /// <summary>Those that a checkpoint at a commit takes over, or throws away with their table.</summary>
    public IReadOnlyList<BulkFile> UpTo(ulong timestamp)
    {
        lock (_gate)
            return [.. _committed.Where(file => (ulong)file.File.Timestamp <= timestamp)];
    }

    /// <summary>A start has found this in the log.</summary>
    public void Replayed(CheckpointFile file)
    {
        lock (_gate)
        {
            manifest.ReserveFileNumber(file.Number);
            _replayed.Add(file.Name);
        }
    }

    /// <summary>Files that the log names, at a start.</summary>
    public IReadOnlyList<string> ReplayedNames
    {
        get
        {
            lock (_gate)
                return [.. _replayed];
        }
    }

    /// <summary>A checkpoint is durable that has taken these over; what replay has read is in its files.</summary>
    public void Settle(IReadOnlyCollection<BulkFile> done)
    {
        List<string> replayed;
        lock (_gate)
        {
            _committed.RemoveAll(done.Contains);
            replayed = [.. _replayed];
            _replayed.Clear();
        }
        foreach (var name in replayed)
            files.Delete(FileExtensions.PathOf(directory, name));
    }
}

/// <summary>The files of one transaction.</summary>
internal sealed class BulkLoad(BulkFiles owner)
{
    private readonly List<BulkFile> _files = [];
    private readonly HashSet<VectorSlot> _slots = [];

    public IReadOnlyList<BulkFile> Files => _files;

    /// <summary>Whether the rows of a vector are in a file.</summary>
    public bool Has(VectorSlot slot) => _slots.Contains(slot);

    public void Add(BulkFile file)
    {
        _files.Add(file);
        _slots.UnionWith(file.Slots);
    }

    public void Commit(ulong timestamp) => owner.Committed(_files, timestamp);

    /// <summary>The transaction does not commit.</summary>
    public void Discard()
    {
        foreach (var file in _files)
            owner.Delete(file);
        _files.Clear();
        _slots.Clear();
    }
}
