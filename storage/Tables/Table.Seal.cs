using OmenDb.Storage.Tables.Sealed;

namespace OmenDb.Storage.Tables;

// From hot to sealed, see Sealed/README.md.
public sealed partial class Table
{
    private readonly Lock _sealing = new();

    /// <summary>ALTER TABLE ... SEAL: re-encodes all full segments, as far as they are quiet, and waits until that is done. Vectors that somebody is writing, or that
    /// hold versions which some snapshot may need, stay as they are.</summary>
    /// <param name="partial">Also segments and vectors that are not full: for tests, the next append unseals them.</param>
    /// <param name="cancellation">Looked at between segments.</param>
    public void Seal(bool partial = false, CancellationToken cancellation = default)
    {
        lock (_sealing)
        {
            foreach (var segment in _segments)
            {
                cancellation.ThrowIfCancellationRequested();
                // Of a segment that still takes rows, the last vector would keep the strings of all: they would be there twice.
                if (segment.VectorCount > 0 && (partial || segment.IsFull))
                    SegmentSealer.Run(this, segment, leastShare: 0, partial);
            }
        }
    }

    /// <summary>The background's turn: seals one segment that is worth it.</summary>
    /// <param name="from">Where to begin looking; where to go on.</param>
    /// <param name="options">What is worth it.</param>
    /// <returns>False: there is none from there on, or somebody is at it.</returns>
    internal bool SealNext(ref int from, SealOptions options)
    {
        if (!_sealing.TryEnter())
            return false;
        try
        {
            var segments = _segments;
            for (; from < segments.Length; from++)
            {
                if (!SealPolicy.IsDue(segments[from], options, out var leastShare))
                    continue;
                var before = (segments[from].LastChange, segments[from].UnsealedCount);
                SealPolicy.Ended(segments[from], before, SegmentSealer.Run(this, segments[from], leastShare, partial: false), leastShare, options);
                from++;
                return true;
            }
            return false;
        }
        finally
        {
            _sealing.Exit();
        }
    }
}
