using OmenDb.Storage.Catalog;
using OmenDb.Storage.Log;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;

namespace OmenDb.Storage.Checkpoint;

/// <summary>A table to be checkpointed, with those physical columns that the catalog knows.</summary>
/// <param name="Table">Retained by whoever made the point.</param>
/// <param name="Columns">Physical number and the user's name.</param>
internal sealed record CheckpointTable(Table Table, IReadOnlyList<(int Physical, string Name)> Columns)
{
    /// <summary>Those physical columns that the entry still names.</summary>
    public static CheckpointTable Of(TableEntry entry, Table table) =>
        new(table, [.. entry.Columns.OrderBy(column => column.Physical).Select(column => (column.Physical, column.Name))]);
}

/// <summary>One moment of the database, taken atomically with respect to the order of commits.</summary>
/// <remarks>
/// <code>
///   log   ----- commit 7 | commit 8 | commit 9 -----
///                                   ^ ReplayFrom
///   <see cref="Snapshot"/> sees 7 and 8, the catalog is the one after 8, the tables are those of that catalog
/// </code>
/// If the snapshot were taken apart from the position, a commit between the two would be in neither of them.
/// </remarks>
internal sealed class CheckpointPoint(
    Snapshot snapshot, Lsn replayFrom, IReadOnlyList<CheckpointTable> tables, byte[] catalog, IReadOnlyDictionary<string, long> counters) : IDisposable
{
    /// <summary>Everything committed before <see cref="ReplayFrom"/>, nothing else.</summary>
    public Snapshot Snapshot { get; } = snapshot;

    public Lsn ReplayFrom { get; } = replayFrom;

    public IReadOnlyList<CheckpointTable> Tables { get; } = tables;

    /// <summary>All catalog objects, in the catalog's own form.</summary>
    public byte[] Catalog { get; } = catalog;

    /// <summary>Numbers to keep in the manifest, see <see cref="Manifest.ManifestEdit.Counters"/>.</summary>
    public IReadOnlyDictionary<string, long> Counters { get; } = counters;

    /// <summary>What ANALYZE found out, when that is not what the last checkpoint has.</summary>
    public byte[]? Statistics { get; init; }

    /// <summary>Called when the checkpoint is durable.</summary>
    public Action? Saved { get; init; }

    public void Dispose()
    {
        foreach (var table in Tables)
            table.Table.Release();
        Snapshot.Dispose();
    }
}

/// <summary>Who knows the database's tables and the order of commits.</summary>
internal interface ICheckpointSource
{
    /// <summary>Takes a point; the caller disposes of it.</summary>
    CheckpointPoint OpenPoint();
}
