namespace OmenDb.Storage.Tables.Sealed;

/// <summary>Whether a segment's turn has come. Costs nothing for writers: commits leave their number at the segment, and the background sees when that
/// stops moving.</summary>
internal static class SealPolicy
{
    /// <param name="segment">To look at.</param>
    /// <param name="options">Settings.</param>
    /// <param name="leastShare">As in sealing: the share that must be hot, or dead.</param>
    public static bool IsDue(Segment segment, SealOptions options, out double leastShare)
    {
        leastShare = options.WorthShare;
        if (!segment.IsFull)
            return false;
        var state = segment.SealState;
        var now = Environment.TickCount64;
        var quiet = TimeSpan.FromMilliseconds(now - segment.LastChangeAtMs);
        if (quiet >= options.LongQuiet)
            leastShare = 0;
        if (now < state.NotBeforeMs || (state.Seen == (segment.LastChange, segment.UnsealedCount) && leastShare >= state.SeenShare))
            return false;
        return quiet >= options.QuietFor || IsLoad(segment, options.LoadCommits);
    }

    /// <param name="segment">That was due.</param>
    /// <param name="before">What it looked like when the sealing began.</param>
    /// <param name="complete">Nothing was left over.</param>
    /// <param name="leastShare">That was asked for.</param>
    /// <param name="options">Settings.</param>
    public static void Ended(Segment segment, (ulong Change, int Unsealed) before, bool complete, double leastShare, SealOptions options)
    {
        if (complete)
            (segment.SealState.Seen, segment.SealState.SeenShare) = (before, leastShare);
        else
            segment.SealState.NotBeforeMs = Environment.TickCount64 + (long)options.QuietFor.TotalMilliseconds; // what was busy is looked at again
    }

    /// <summary>A few commits have filled it, and nobody has changed it since.</summary>
    private static bool IsLoad(Segment segment, int mostCommits)
    {
        Span<ulong> commits = stackalloc ulong[mostCommits];
        var count = 0;
        for (var v = 0; v < segment.VectorCount; v++)
        {
            var slot = segment.Vector(v);
            var filled = Volatile.Read(ref slot.RowsLastChanged);
            foreach (ref readonly var chunk in slot.Columns.AsSpan())
            {
                if (chunk.Sealed is not null || chunk.LastChanged > filled)
                    return false;
            }
            if (commits[..count].Contains(filled))
                continue;
            if (count == mostCommits)
                return false;
            commits[count++] = filled;
        }
        return true;
    }
}
