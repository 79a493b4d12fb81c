using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Log;
using OmenDb.Storage.Manifest;
using OmenDb.Storage.Simulation;

namespace OmenDb.Storage.Checkpoint;

/// <summary>What a checkpoint did, for logs and metrics.</summary>
/// <param name="ReplayFrom">Where recovery starts from now on.</param>
/// <param name="FilesWritten">Segment files.</param>
/// <param name="BytesWritten">Of all files.</param>
/// <param name="Elapsed">From the point to the cut of the log.</param>
public sealed record CheckpointResult(Lsn ReplayFrom, int FilesWritten, long BytesWritten, TimeSpan Elapsed);

/// <summary>Moves the start of replay forward by writing what has changed since the last time. Runs beside readers and writers.</summary>
/// <remarks>
/// <code>
///   1  take a point: snapshot, log position, catalog, tables      (one short step under the order of commits)
///   2  write files: changed column vectors, the catalog           each flushed
///   3  flush the directory                                        the files have names
///   4  manifest edit: files added and removed, replay from        the moment that counts
///   5  delete the removed files, give up the log before
/// </code>
/// A crash before 4 leaves orphans, which the next opening sweeps; after it, files that are no longer live, likewise. An error
/// before 4 (a full disk) leaves everything as it was; the log goes on and the next checkpoint writes more.
/// </remarks>
internal sealed class Checkpointer(IFileSystem files, string directory, ManifestStore manifest, RedoLog log, ICheckpointSource source, BulkFiles? bulk = null,
    SealedFiles? sealedFiles = null)
{
    private readonly SealedFiles _sealed = sealedFiles ?? new SealedFiles(files, directory);
    private readonly Lock _one = new();

    /// <summary>One at a time; a second caller waits for the first and then does his own.</summary>
    /// <exception cref="Types.SqlException">53100, 58030.</exception>
    public CheckpointResult Run(CancellationToken cancellation = default)
    {
        lock (_one)
        {
            var started = System.Diagnostics.Stopwatch.GetTimestamp();
            using var point = source.OpenPoint();
            var previous = (ulong)manifest.Counters.GetValueOrDefault(CheckpointFormat.TimestampCounter);
            var added = new List<CheckpointFile>();
            var removed = new List<CheckpointFile>();
            // Written by the transactions themselves: taken over, and never deleted on the way.
            var loads = bulk?.UpTo(point.Snapshot.ReadTimestamp.Value) ?? [];
            var adopted = new List<CheckpointFile>();
            var moves = new List<SealedMove>();
            try
            {
                WriteTables(point, previous, loads, added, adopted, removed, moves, cancellation);
                if (point.Statistics is not null)
                    Replace(CheckpointFileKind.Statistics, CheckpointFormat.StatisticsName, point.Statistics, added, removed);
                Replace(CheckpointFileKind.Catalog, CheckpointFormat.CatalogName, point.Catalog, added, removed);
                files.FlushDirectory(directory);
            }
            catch
            {
                foreach (var file in added.Where(_ => log.Failure is null))
                    files.Delete(PathOf(file));
                throw;
            }
            // What the log has not flushed yet must not be older than the files that repeat it.
            log.Anchor(point.ReplayFrom);
            if (PlantedBugs.Has(PlantedBug.EarlyTruncation))
                log.TruncateBefore(point.ReplayFrom);
            manifest.Apply(new ManifestEdit
            {
                Added = [.. added, .. adopted], Removed = [.. removed.Select(file => file.Number)], ReplayFrom = point.ReplayFrom.Value,
                LogDurable = log.DurableLsn.Value,
                Counters = new Dictionary<string, long>(point.Counters)
                {
                    [CheckpointFormat.TimestampCounter] = (long)point.Snapshot.ReadTimestamp.Value,
                },
            });
            point.Saved?.Invoke();
            bulk?.Settle([.. loads]);
            foreach (var load in loads.Where(load => !adopted.Contains(load.File)))
                bulk!.Delete(load); // its table is gone, or the segment was written anew
            moves.ForEach(move => move.Settle(_sealed));
            foreach (var file in removed.Where(file => !_sealed.Retire(file)))
                files.Delete(PathOf(file));
            log.TruncateBefore(point.ReplayFrom);
            return new CheckpointResult(point.ReplayFrom, added.Count(file => file.HasRows), added.Sum(file => file.SizeBytes),
                System.Diagnostics.Stopwatch.GetElapsedTime(started));
        }
    }

    private void WriteTables(CheckpointPoint point, ulong previous, IReadOnlyList<BulkFile> loads, List<CheckpointFile> added,
        List<CheckpointFile> adopted, List<CheckpointFile> removed, List<SealedMove> moves, CancellationToken cancellation)
    {
        var live = manifest.Files.Values.Where(file => file.HasRows)
            .GroupBy(file => file.TableId).ToDictionary(group => group.Key, group => group.ToLookup(file => file.Segment));
        using var writer = new SegmentWriter(files, directory, point.Snapshot, previous);
        foreach (var table in point.Tables)
        {
            live.Remove(table.Table.StorageId, out var ofTable);
            foreach (var segment in table.Table.Segments)
            {
                cancellation.ThrowIfCancellationRequested();
                var loaded = loads.Where(load => load.Table == table.Table && load.File.Segment == segment.Number).Select(load => load.File).ToList();
                adopted.AddRange(loaded);
                List<CheckpointFile> ofSegment = [.. (ofTable?[segment.Number] ?? []).Concat(loaded).OrderBy(file => file.Number)];
                var plan = writer.Decide(table, segment, ofSegment);
                if (plan.Vectors.Count == 0)
                    continue;
                if (plan.IsSealed)
                    moves.Add(writer.WriteSealed(table, segment, plan, manifest.TakeFileNumber, _sealed, added));
                else
                    added.Add(writer.Write(table, segment, plan, manifest.TakeFileNumber()));
                if (plan.IsBase)
                    removed.AddRange(ofSegment);
                else if (plan.IsMerged)
                    removed.AddRange(ofSegment.Skip(1));
                // What was to be taken over is not live at all then.
                adopted.RemoveAll(removed.Contains);
                removed.RemoveAll(loaded.Contains);
            }
        }
        // What is left belongs to tables that the catalog no longer has.
        removed.AddRange(live.Values.SelectMany(table => table.SelectMany(segment => segment)));
    }

    /// <summary>Writes a file of which there is one.</summary>
    private void Replace(CheckpointFileKind kind, Func<long, string> nameOf, byte[] content, List<CheckpointFile> added, List<CheckpointFile> removed)
    {
        removed.AddRange(manifest.Files.Values.Where(file => file.Kind == kind));
        added.Add(WriteWhole(kind, nameOf, content));
    }

    private CheckpointFile WriteWhole(CheckpointFileKind kind, Func<long, string> nameOf, byte[] content)
    {
        var number = manifest.TakeFileNumber();
        var name = nameOf(number);
        var path = FileExtensions.PathOf(directory, name);
        files.Delete(path);
        using var file = files.Open(path, FileOpenMode.CreateNew);
        using var stream = new CheckpointStream(file);
        stream.Write(content);
        stream.Complete();
        return new CheckpointFile(number, name, kind, 0, 0, stream.Length, [.. stream.BlockCrcs]);
    }

    private string PathOf(CheckpointFile file) => FileExtensions.PathOf(directory, file.Name);
}
