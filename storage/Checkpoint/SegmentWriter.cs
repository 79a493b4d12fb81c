using System.Collections.Immutable;
using System.Globalization;
using OmenDb.Arrow;
using OmenDb.Arrow.Ipc;
using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Manifest;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Simulation;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Tables.Sealed;

namespace OmenDb.Storage.Checkpoint;

/// <summary>What becomes true when a file of sealed columns is live.</summary>
/// <param name="File">As the manifest names it.</param>
/// <param name="Described">The same for columns.</param>
/// <param name="Homes">Columns, not retained, and their places.</param>
internal sealed record SealedMove(CheckpointFile File, SealedFile Described, IReadOnlyList<(SealedColumn Column, SealedHome Home)> Homes)
{
    /// <summary>The manifest names the file.</summary>
    public void Settle(SealedFiles sealedFiles)
    {
        sealedFiles.Keep(File, Described);
        foreach (var (column, home) in Homes)
        {
            if (!column.TryRetain())
                continue; // gone meanwhile
            column.MoveTo(home);
            column.Release();
        }
    }
}

/// <summary>Writes what has changed in one segment, as one snapshot sees it.</summary>
internal sealed unsafe class SegmentWriter(IFileSystem files, string directory, Snapshot snapshot, ulong previous) : IDisposable
{
    /// <summary>More deltas than this are merged into one: a start opens each file, and the manifest names it.</summary>
    private const int MostDeltas = 8;

    private readonly Selection _scratch = new(RowId.VectorRows);

    /// <summary>What is to be written of a segment. Nothing when there are no vectors.</summary>
    /// <param name="Vectors">Complete lists of their live rows are written.</param>
    /// <param name="Columns">Physical columns whose values are written.</param>
    /// <param name="IsBase">It replaces all files of the segment.</param>
    /// <param name="IsMerged">It replaces all but the first.</param>
    /// <param name="IsSealed">A base whose sealed columns are written as they stand, with a delta for the rest.</param>
    internal readonly record struct Plan(List<int> Vectors, List<int> Columns, bool IsBase, bool IsMerged, bool IsSealed = false);

    /// <summary>A delta; one for all changes since the base when there are many; or a new base when there is none yet or when the deltas would
    /// exceed half of it.</summary>
    /// <param name="table">With the columns to keep.</param>
    /// <param name="segment">Of the table.</param>
    /// <param name="live">Its live files, rising by number; the first is the base.</param>
    public Plan Decide(CheckpointTable table, Segment segment, IReadOnlyList<CheckpointFile> live)
    {
        var (vectors, columns) = ChangedSince(previous, table, segment, knowsLoads: true);
        var shares = SealedShares.Of(table, segment);
        if (shares.IsWorthWriting && live.Count > 0)
            return Base(table, segment, shares);
        if (vectors.Count == 0)
            return new Plan([], [], false, false);
        if (live.Count > 0)
        {
            var total = (double)segment.VectorCount * (table.Columns.Count + 1);
            var share = vectors.Count * (columns.Count + 1) / total;
            var deltas = live.Skip(1).Sum(file => (double)file.SizeBytes) / Math.Max(1, live[0].SizeBytes);
            var merges = live.Count > MostDeltas;
            if (merges && live[0].Kind == CheckpointFileKind.SegmentBase && live.All(file => file.Timestamp > 0))
            {
                (vectors, columns) = ChangedSince((ulong)live[0].Timestamp, table, segment, knowsLoads: false);
                share = vectors.Count * (columns.Count + 1) / total;
                deltas = 0;
            }
            else if (merges)
            {
                deltas = 1;
            }
            if (share + deltas <= 0.5)
                return new Plan(vectors, [.. columns], false, merges);
        }
        return Base(table, segment, shares);
    }

    private Plan Base(CheckpointTable table, Segment segment, SealedShares shares) =>
        new([.. Enumerable.Range(0, segment.VectorCount).Where(v => !IsLater(segment.Vector(v)))], [.. table.Columns.Select(c => c.Physical)], true, false,
            shares.IsMostlySealed);

    /// <summary>Filled by a load that the snapshot does not see: what is written of it now would be applied after its file.</summary>
    private bool IsLater(VectorSlot slot) => Volatile.Read(ref slot.SavedAt) > snapshot.ReadTimestamp.Value;

    /// <param name="since">A commit.</param>
    /// <param name="table">With the columns to keep.</param>
    /// <param name="segment">Of the table.</param>
    /// <param name="knowsLoads">What is in the files of loads counts as written.</param>
    private (List<int> Vectors, SortedSet<int> Columns) ChangedSince(ulong since, CheckpointTable table, Segment segment, bool knowsLoads)
    {
        var vectors = new List<int>();
        var columns = new SortedSet<int>();
        for (var v = 0; v < segment.VectorCount; v++)
        {
            // Without the latch: a commit marks its vectors before it becomes visible, so what the snapshot sees is marked.
            var slot = segment.Vector(v);
            if (IsLater(slot))
                continue;
            var written = knowsLoads ? Math.Max(since, Volatile.Read(ref slot.SavedAt)) : since;
            var changed = Volatile.Read(ref slot.RowsLastChanged) > written;
            var chunks = slot.Columns;
            foreach (var (physical, _) in table.Columns)
            {
                if (physical < chunks.Length && Volatile.Read(ref chunks[physical].LastChanged) > written)
                {
                    columns.Add(physical);
                    changed = true;
                }
            }
            if (changed)
                vectors.Add(v);
        }
        return (vectors, columns);
    }

    /// <summary>Writes and flushes the file; its name is not durable yet.</summary>
    public CheckpointFile Write(CheckpointTable table, Segment segment, Plan plan, long number)
    {
        var name = CheckpointFormat.SegmentName(number, table.Table.StorageId, segment.Number);
        var path = FileExtensions.PathOf(directory, name);
        files.Delete(path); // an orphan of a crash, under a number that was never made known
        using var file = files.Open(path, FileOpenMode.CreateNew);
        using var stream = new CheckpointStream(file);
        using (var writer = ArrowWriter.ToFile(stream, SchemaOf(table, segment, plan)))
        {
            using var scan = table.Table.OpenScan(PlantedBugs.Has(PlantedBug.DirtyCheckpoint) ? snapshot.Dirty() : snapshot, plan.Columns.ToArray());
            var lists = ListsOf(table.Table, plan.Columns);
            foreach (var vector in plan.Vectors)
            {
                // Anew for each: writing empties a batch's selection, borrowing leaves its columns at foreign memory.
                using var batch = new Batch(plan.Columns.Count + lists.Count + 1);
                ReadVector(table.Table, scan, segment, vector, plan.Columns, lists, batch);
                writer.Write(batch);
            }
            writer.Finish();
        }
        stream.Complete();
        return new CheckpointFile(number, name, plan.IsBase ? CheckpointFileKind.SegmentBase : CheckpointFileKind.SegmentDelta,
            table.Table.StorageId, segment.Number, stream.Length, [.. stream.BlockCrcs], (long)snapshot.ReadTimestamp.Value);
    }

    /// <summary>Writes and flushes a base of sealed columns, and behind it a delta with what is hot; their names are not durable yet.</summary>
    /// <param name="table">With the columns to keep.</param>
    /// <param name="segment">Of the table.</param>
    /// <param name="plan">With <see cref="Plan.IsSealed"/>.</param>
    /// <param name="take">Numbers of files, rising.</param>
    /// <param name="sealedFiles">Knows the directory.</param>
    /// <param name="added">Receives each file when it is written.</param>
    /// <returns>Where the columns are at home when the files are live.</returns>
    public SealedMove WriteSealed(CheckpointTable table, Segment segment, Plan plan, Func<long> take, SealedFiles sealedFiles, List<CheckpointFile> added)
    {
        var number = take();
        var name = CheckpointFormat.SealedName(number, table.Table.StorageId, segment.Number);
        var path = FileExtensions.PathOf(directory, name);
        files.Delete(path);
        using var capture = SealedCapture.Take(table, segment, plan.Vectors, snapshot, _scratch);
        using var file = files.Open(path, FileOpenMode.CreateNew);
        using var stream = new CheckpointStream(file);
        var places = SealedFormat.Write(stream, table.Table.StorageId, segment.Number, capture);
        stream.Complete();
        var written = new CheckpointFile(number, name, CheckpointFileKind.SegmentSealed, table.Table.StorageId, segment.Number, stream.Length,
            [.. stream.BlockCrcs], (long)snapshot.ReadTimestamp.Value);
        var described = sealedFiles.Describe(written);
        var homes = capture.Columns.Select((column, i) => (column.Column, new SealedHome(described, places[i].Offset, places[i].Crc))).ToList();
        added.Add(written);
        if (capture.HotVectors.Count > 0)
            added.Add(Write(table, segment, new Plan(capture.HotVectors, [.. capture.HotColumns], false, false), take()));
        return new SealedMove(written, described, homes);
    }

    public void Dispose() => _scratch.Dispose();

    private void ReadVector(Table table, TableScan scan, Segment segment, int vector, List<int> columns, List<int> lists, Batch batch)
    {
        var visible = scan.Read(new Morsel(segment.Number, vector, 1), 0, batch, _scratch, out _);
        if (visible == 0)
        {
            batch.Selection = null;
            batch.Length = 0;
            for (var i = 0; i < columns.Count; i++)
                batch.Columns[i].ResetFlat(table.Column(columns[i]).Arrow, 0);
        }
        for (var i = 0; i < lists.Count; i++)
            ListDimensions.Write(batch.Columns[lists[i]], batch.Length, batch.Columns[columns.Count + i]);
        var rows = batch.Columns[^1];
        rows.ResetFlat(ArrowType.Int32, batch.Length);
        for (var i = 0; i < batch.Length; i++)
            ((int*)rows.Values)[i] = (vector * RowId.VectorRows) + i; // in range: ResetFlat made room for Length values
    }

    /// <summary>Which of the columns hold lists, by their place in <paramref name="columns"/>.</summary>
    private static List<int> ListsOf(Table table, List<int> columns) =>
        [.. Enumerable.Range(0, columns.Count).Where(i => table.Column(columns[i]).IsList)];

    private static Schema SchemaOf(CheckpointTable table, Segment segment, Plan plan)
    {
        var names = table.Columns.ToDictionary(c => c.Physical, c => c.Name);
        var fields = plan.Columns.Select(c => new Field(names[c], table.Table.Column(c).Arrow)
        {
            Metadata = new Dictionary<string, string> { [CheckpointFormat.ColumnKey] = c.ToString(CultureInfo.InvariantCulture) },
        }).Concat(ListsOf(table.Table, plan.Columns).Select(i => new Field(names[plan.Columns[i]] + " dimensions", ListDimensions.Type)
        {
            Metadata = new Dictionary<string, string> { [CheckpointFormat.DimensionsKey] = plan.Columns[i].ToString(CultureInfo.InvariantCulture) },
        })).Append(new Field(CheckpointFormat.RowField, ArrowType.Int32, Nullable: false));
        return new Schema([.. fields])
        {
            Metadata = new Dictionary<string, string>
            {
                [CheckpointFormat.FormatKey] = CheckpointFormat.Version.ToString(CultureInfo.InvariantCulture),
                [CheckpointFormat.TableKey] = table.Table.StorageId.ToString(CultureInfo.InvariantCulture),
                [CheckpointFormat.SegmentKey] = segment.Number.ToString(CultureInfo.InvariantCulture),
                [CheckpointFormat.VectorsKey] = string.Join(',', plan.Vectors),
            },
        };
    }
}
