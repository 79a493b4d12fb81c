using OmenDb.Arrow;
using OmenDb.Storage.Mvcc;

namespace OmenDb.Storage.Tables;

/// <summary>A scan of all rows that a snapshot sees, in morsels for any number of threads.</summary>
/// <remarks>Keeps the table's memory alive until disposed (also when the table is dropped meanwhile): dispose it after the last
/// batch is done with. The snapshot must outlive the scan. Rows come in the order of their ids within a morsel.</remarks>
public sealed class TableScan : IDisposable
{
    [ThreadStatic]
    private static PatchList? _patches;

    private readonly Table _table;
    private readonly Snapshot _snapshot;
    private readonly int[] _columns;
    private readonly Segment[] _segments;
    private readonly int[] _morselsBefore; // per segment: morsels of the segments before it
    private readonly int _morselCount;
    private int _next;
    private int _disposed;
    private long _loadedColumns;
    private long _loadedBytes;

    internal TableScan(Table table, Snapshot snapshot, ReadOnlySpan<int> columns)
    {
        _table = table;
        _snapshot = snapshot;
        _columns = columns.ToArray();
        _segments = table.Segments;
        _morselsBefore = new int[_segments.Length];
        for (var s = 0; s < _segments.Length; s++)
        {
            // Vectors that come later hold only rows that the snapshot cannot see.
            _morselsBefore[s] = _morselCount;
            _morselCount += (_segments[s].VectorCount + Morsel.MaxVectors - 1) / Morsel.MaxVectors;
        }
    }

    /// <summary>How many morsels there are in all.</summary>
    public int MorselCount => _morselCount;

    /// <summary>Vectors of 2,048 rows in all.</summary>
    public int VectorCount
    {
        get
        {
            var count = 0;
            foreach (var segment in _segments)
                count += segment.VectorCount;
            return count;
        }
    }

    /// <summary>Sealed columns that were read from their checkpoint file, one segment's each.</summary>
    public long LoadedColumns => Interlocked.Read(ref _loadedColumns);

    public long LoadedBytes => Interlocked.Read(ref _loadedBytes);

    /// <summary>Takes the next piece of work; thread-safe.</summary>
    public bool TryNextMorsel(out Morsel morsel)
    {
        var number = Interlocked.Increment(ref _next) - 1;
        if (number >= _morselCount)
        {
            morsel = default;
            return false;
        }
        morsel = MorselAt(number);
        return true;
    }

    /// <summary>The morsel of a number below <see cref="MorselCount"/>, for those who share out the work themselves.</summary>
    public Morsel MorselAt(int number)
    {
        var segment = Array.BinarySearch(_morselsBefore, number);
        if (segment < 0)
            segment = ~segment - 1;
        while (segment + 1 < _morselsBefore.Length && _morselsBefore[segment + 1] == number)
            segment++; // segments without vectors share their number with the next
        var first = (number - _morselsBefore[segment]) * Morsel.MaxVectors;
        return new Morsel(segment, first, Math.Min(Morsel.MaxVectors, _segments[segment].VectorCount - first));
    }

    /// <summary>Bounds of a column over a vector, without touching its rows.</summary>
    /// <param name="morsel">Of this scan.</param>
    /// <param name="vectorInMorsel">Below its vector count.</param>
    /// <param name="column">Physical column of the table, read or not.</param>
    public ZoneMap Zone(in Morsel morsel, int vectorInMorsel, int column) =>
        _table.Zone(_segments[morsel.Segment].Vector(morsel.FirstVector + vectorInMorsel), column);

    /// <summary>Reads the visible rows of one vector.</summary>
    /// <param name="morsel">Of this scan.</param>
    /// <param name="vectorInMorsel">Below its vector count.</param>
    /// <param name="target">As many columns as the scan has. They are borrowed from the table or copied and patched; valid until
    /// the next use of the batch and as long as the scan.</param>
    /// <param name="scratch">Capacity of at least 2,048; becomes the batch's selection when not all rows are visible.</param>
    /// <param name="firstRow">Id of the batch's physical row 0; row i is <c>firstRow + i</c>.</param>
    /// <returns>Visible rows; 0: go on with the next vector.</returns>
    /// <exception cref="Types.SqlException">58030, XX001: a column that had left memory could not be read.</exception>
    public int Read(in Morsel morsel, int vectorInMorsel, Batch target, Selection scratch, out RowId firstRow)
    {
        var segment = _segments[morsel.Segment];
        var slot = segment.Vector(morsel.FirstVector + vectorInMorsel);
        firstRow = slot.FirstRow;
        var patches = _patches ??= new PatchList();
        Sealed.ResidentPins? pins = null;
        try
        {
            for (; ; )
            {
                patches.Clear();
                if (TryRead(slot, target, scratch, patches, out var visible) is not { } missing)
                    return visible;
                foreach (var column in target.Columns.AsSpan(0, _columns.Length))
                    column.Dispose(); // what was borrowed of the vector before would keep its column in memory
                var had = pins?.Count ?? 0;
                _table.Load(segment, missing.Column, missing.Sealed, pins ??= new Sealed.ResidentPins());
                Interlocked.Add(ref _loadedColumns, pins.Count - had);
                if (pins.Count > had)
                    Interlocked.Add(ref _loadedBytes, missing.Sealed.Bytes + missing.Sealed.StringBytes);
            }
        }
        finally
        {
            pins?.Dispose();
        }
    }

    /// <returns>A column that must be loaded first, with a reference for the caller; null: the rows are there.</returns>
    private (int Column, Sealed.SealedColumn Sealed)? TryRead(VectorSlot slot, Batch target, Selection scratch, PatchList patches, out int visible)
    {
        target.Selection = null;
        target.Length = 0;
        slot.Latch.Enter();
        try
        {
            var rows = slot.RowCount;
            visible = rows;
            if (slot.Versions is not null || slot.Dead is not null)
            {
                visible = Visibility.Select(slot, rows, _snapshot, scratch, patches);
                if (visible == 0)
                    return null;
                if (visible < rows)
                    target.Selection = scratch;
            }
            if (slot.FindEvicted(_columns) is { } missing)
                return missing;
            target.Length = rows;
            for (var i = 0; i < _columns.Length; i++)
            {
                var column = _columns[i];
                var definition = _table.Column(column);
                if (patches.Touches(column) || definition.IsList)
                    ColumnRead.Copy(slot, column, definition, rows, target.Columns[i]);
                else
                    ColumnRead.Borrow(slot, column, definition, rows, target.Columns[i]);
            }
        }
        finally
        {
            slot.Latch.Exit();
        }
        for (var i = 0; i < _columns.Length; i++)
        {
            if (patches.Touches(_columns[i]))
                patches.Apply(_columns[i], _table.Physicals, target.Columns[i]);
            if (_table.Column(_columns[i]).IsList)
                ColumnRead.DecodeLists(_table.Column(_columns[i]), target.Columns[i]);
        }
        patches.Clear(); // no undo record is kept alive by an idle thread
        return null;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _table.Release();
    }
}
