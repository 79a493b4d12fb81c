using OmenDb.Arrow;
using OmenDb.Storage.Simulation;

namespace OmenDb.Storage.Tables.Sealed;

/// <summary>Re-encodes the quiet vectors of one segment. See README.md for why this needs no lock but a moment of each vector's latch.</summary>
internal sealed class SegmentSealer : IDisposable
{
    private readonly Table _table;
    private readonly Segment _segment;
    private readonly VectorCopy?[] _vectors = new VectorCopy?[RowId.VectorsPerSegment];
    private readonly int _columnCount;

    private SegmentSealer(Table table, Segment segment, bool partial)
    {
        _table = table;
        _segment = segment;
        for (var v = 0; v < segment.VectorCount; v++)
            _vectors[v] = VectorCopy.Take(segment.Vector(v), partial);
        _columnCount = table.Columns.Count;
    }

    /// <summary>Seals what is worth it.</summary>
    /// <param name="table">Retained by the caller; one sealing of it at a time.</param>
    /// <param name="segment">Of the table.</param>
    /// <param name="leastShare">Of the segment's column vectors that must be hot, or of its rows that must have died; 0: any.</param>
    /// <param name="partial">Also vectors that are not full.</param>
    /// <returns>False: some vectors were left as they are, because they have versions or were written meanwhile.</returns>
    public static bool Run(Table table, Segment segment, double leastShare, bool partial)
    {
        using var pins = new ResidentPins();
        for (; ; )
        {
            using var sealer = new SegmentSealer(table, segment, partial);
            var columns = sealer.Choose(leastShare);
            if (columns.Count == 0)
                return sealer.IsComplete();
            if (!sealer.LoadEvicted(columns, pins))
                return sealer.Run(columns);
        }
    }

    /// <summary>Brings back what is to be encoded anew and has left memory.</summary>
    /// <returns>False: all is there.</returns>
    private bool LoadEvicted(SortedSet<int> columns, ResidentPins pins)
    {
        foreach (var column in columns)
        {
            foreach (var vector in _vectors)
            {
                if (vector?.Source(column).Sealed is not { IsEvicted: true } evicted)
                    continue;
                evicted.Retain();
                _table.Load(_segment, column, evicted, pins);
                return true;
            }
        }
        return false;
    }

    private bool Run(SortedSet<int> columns)
    {
        for (var c = 0; c < _columnCount; c++)
        {
            if (columns.Contains(c))
                continue;
            foreach (var vector in _vectors)
                vector?.Drop(c);
        }
        return Encode([.. columns.Select(c => ColumnEncoder.For(_table.Column(c), c))]) && IsComplete();
    }

    /// <summary>All vectors were quiet.</summary>
    private bool IsComplete()
    {
        for (var v = 0; v < _segment.VectorCount; v++)
        {
            if (_vectors[v] is null && _segment.Vector(v).RowCount == RowId.VectorRows)
                return false;
        }
        return true;
    }

    /// <summary>Columns to encode: those with hot vectors, or with the values of many dead rows.</summary>
    private SortedSet<int> Choose(double leastShare)
    {
        var columns = new SortedSet<int>();
        int hot = 0, all = 0;
        for (var c = 0; c < _columnCount; c++)
        {
            var hotHere = 0;
            foreach (var vector in _vectors)
            {
                var source = vector?.Source(c) ?? default;
                hotHere += source.IsHot ? 1 : 0;
                all += source.Exists ? 1 : 0;
            }
            hot += hotHere;
            if (hotHere > 0 || HasDied(c, leastShare))
                columns.Add(c);
        }
        if (hot < all * leastShare && !columns.Any(c => HasDied(c, leastShare)))
            columns.Clear();
        return columns;
    }

    private bool IsView(int column) => _table.Column(column).Stored == PhysicalType.View;

    /// <summary>Since the column was sealed, so many rows have died that encoding it anew is worth it.</summary>
    private bool HasDied(int column, double leastShare)
    {
        long live = 0;
        var before = new Dictionary<SealedColumn, int>();
        foreach (var vector in _vectors)
        {
            if (vector?.Source(column).Sealed is not { } narrow)
                continue;
            live += vector.LiveRows;
            before[narrow] = narrow.LiveRows;
        }
        var then = before.Values.Sum(rows => (long)rows);
        return then > live && then - live >= Math.Max(leastShare, 1.0 / 64) * then;
    }

    /// <returns>False: some vectors were written meanwhile.</returns>
    private bool Encode(ColumnEncoder[] encoders)
    {
        using var inputs = new ColumnInputs(_vectors);
        var made = new List<(ColumnEncoder Encoder, SealedColumn Column)>();
        try
        {
            foreach (var encoder in encoders)
            {
                encoder.Analyze(inputs);
                made.Add((encoder, encoder.Write(inputs)));
            }
            var arena = encoders.Any(e => IsView(e.Column)) ? new SegmentArena() : null;
            var installed = Install(made, arena);
            if (arena is not null)
            {
                _segment.ReplaceArena(arena);
                arena.Release();
            }
            return installed;
        }
        finally
        {
            made.ForEach(m => m.Column.Release());
        }
    }

    private bool Install(List<(ColumnEncoder Encoder, SealedColumn Column)> made, SegmentArena? arena)
    {
        var complete = true;
        foreach (var copy in _vectors)
        {
            if (copy is null)
                continue;
            var slot = copy.Slot;
            slot.Latch.Enter();
            try
            {
                // Versions: an undo record's strings stand in the arena that the vector would leave.
                if ((slot.Versions is not null && !PlantedBugs.Has(PlantedBug.SealedVersions)) || slot.RowCount != copy.Rows)
                {
                    complete = false;
                    continue;
                }
                foreach (var (encoder, column) in made)
                    complete &= TryInstall(copy, encoder, column);
                if (arena is null || HasHotViews(slot))
                    continue;
                arena.Retain();
                slot.Arena.Release();
                slot.Arena = arena;
            }
            finally
            {
                slot.Latch.Exit();
            }
        }
        return complete;
    }

    /// <summary>Under the latch: some column's strings stand in the arena.</summary>
    private bool HasHotViews(VectorSlot slot)
    {
        for (var c = 0; c < slot.Columns.Length; c++)
        {
            if (slot.Columns[c].Values is not null && IsView(c))
                return true;
        }
        return false;
    }

    /// <summary>Under the latch.</summary>
    private static bool TryInstall(VectorCopy copy, ColumnEncoder encoder, SealedColumn column)
    {
        ref var chunk = ref copy.Slot.Columns[encoder.Column];
        ref readonly var piece = ref encoder.Piece(copy.Slot.FirstRow.Vector);
        if (!piece.IsPresent)
            return true;
        if (!copy.Source(encoder.Column).IsStill(chunk))
            return !chunk.HasMemory; // dropped, or all its rows have died
        column.Retain();
        chunk.Sealed?.Release();
        // The new form before the old one goes, and the bounds as they come: all of them hold for what is in place.
        Volatile.Write(ref chunk.Sealed, column);
        chunk.Values?.Release();
        Volatile.Write(ref chunk.Values, null);
        chunk.Validity?.Release();
        chunk.Validity = null;
        if (encoder.Definition.KeepsZones)
        {
            Volatile.Write(ref chunk.Min, piece.Min);
            Volatile.Write(ref chunk.Max, piece.Max);
        }
        chunk.HasNulls = piece.NullCount > 0;
        return true;
    }

    public void Dispose()
    {
        foreach (var vector in _vectors)
            vector?.Dispose();
    }
}
