using OmenDb.Arrow;
using OmenDb.Arrow.Compute;

namespace OmenDb.Engine.Pipelines;

/// <summary>Moves the selected rows of a batch together where few are left, so that what comes after a selective scan or join costs what its
/// rows cost, not what the vectors that they came from would.</summary>
/// <remarks>After Qiao and others, "Data Chunk Compaction in Vectorized Execution" (SIGMOD 2025), but batch by batch: rows of several batches are
/// not collected, since their strings live in different arenas. One per worker and place between two stages, for one thread.</remarks>
internal sealed class Compaction : IDisposable
{
    /// <summary>Batches with fewer than one selected row in this many are compacted: above it, masks over whole vectors are cheaper than moving.</summary>
    private const int BelowOneIn = 4;

    /// <summary>Batches of up to this many rows stay as they are: the cost per batch prevails there.</summary>
    private const int MinLength = 64;

    private Batch? _target;

    /// <returns>The batch itself or a compact copy, which shares strings and dictionaries with it and lives as long.</returns>
    public Batch Apply(Batch batch)
    {
        if (batch.Selection is not { } selection || batch.Length <= MinLength || selection.Count * BelowOneIn >= batch.Length)
            return batch;
        _target ??= new Batch(batch.Columns.Length);
        Gather.Compact(batch, _target);
        return _target;
    }

    public void Dispose() => _target?.Dispose();
}
