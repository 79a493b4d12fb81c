using System.Diagnostics;
using OmenDb.Arrow;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Tables;

/// <summary>The rows of one table: segments, versions and indexes, under a storage id that TRUNCATE replaces.</summary>
/// <remarks>
/// <para>Thread-safe: any number of readers and writers. Columns are named by their physical number: their place in
/// <see cref="Columns"/>, which never changes. Conflicts are decided per row.</para>
/// <para>Writes take the transaction's or snapshot's command number; a call that does not return Ok has changed nothing. Rows stay
/// the transaction's own until it ends.</para>
/// <para>Memory lives until the last reference goes: the catalog's, and one per open scan.</para>
/// </remarks>
public sealed partial class Table
{
    private readonly Lock _shape = new(); // segments, columns and indexes are replaced under it, read without
    private volatile TableColumn[] _columns;
    private volatile PhysicalType[] _physicals;
    private volatile Segment[] _segments = [];
    private volatile TableIndex[] _indexes = [];
    private int _references = 1;
    private long _liveRows;

    /// <param name="storageId">Unique in the database for ever; names the table in the log and in checkpoints.</param>
    /// <param name="columns">At least none.</param>
    public Table(long storageId, IEnumerable<TableColumn> columns)
    {
        StorageId = storageId;
        _columns = [.. columns];
        _physicals = [.. _columns.Select(c => c.Stored)];
        _lanes = new AppendLane[Math.Clamp(Environment.ProcessorCount, 2, 16)];
        for (var i = 0; i < _lanes.Length; i++)
            _lanes[i] = new AppendLane();
    }

    public long StorageId { get; }

    /// <summary>All physical columns, in the order of their making.</summary>
    public IReadOnlyList<TableColumn> Columns => _columns;

    /// <summary>All indexes, those of running transactions included.</summary>
    public IReadOnlyList<TableIndex> Indexes => _indexes;

    /// <summary>Live rows as the writers count them: changes of running transactions are in it.</summary>
    public long RowCount => Math.Max(0, Interlocked.Read(ref _liveRows));

    internal Segment[] Segments => _segments;

    internal PhysicalType[] Physicals => _physicals;

    internal TableColumn Column(int column) => _columns[column];

    /// <summary>Begins a scan of all rows.</summary>
    /// <param name="snapshot">Must outlive the scan.</param>
    /// <param name="columns">Physical columns in the order wanted; may be empty (to count rows).</param>
    public TableScan OpenScan(Snapshot snapshot, ReadOnlySpan<int> columns)
    {
        Retain();
        return new TableScan(this, snapshot, columns);
    }

    internal void Retain()
    {
        var references = Interlocked.Increment(ref _references);
        Debug.Assert(references > 1, "a dropped table was opened");
    }

    /// <summary>One more reference, unless the table is already gone.</summary>
    internal bool TryRetain()
    {
        var references = Volatile.Read(ref _references);
        while (references > 0)
        {
            var seen = Interlocked.CompareExchange(ref _references, references + 1, references);
            if (seen == references)
                return true;
            references = seen;
        }
        return false;
    }

    /// <summary>Gives up one reference; with the last the memory goes.</summary>
    internal void Release()
    {
        if (Interlocked.Decrement(ref _references) != 0)
            return;
        foreach (var segment in _segments)
            segment.Dispose();
        foreach (var index in _indexes)
            index.Release();
        _segments = [];
    }

    /// <summary>Adds a column that all rows there are have with the default. Not transactional by itself: a column that no committed catalog
    /// names is invisible and costs nothing.</summary>
    /// <returns>Its physical number.</returns>
    public int AddColumn(TableColumn column)
    {
        lock (_shape)
        {
            TableColumn[] columns = [.. _columns, column];
            PhysicalType[] physicals = [.. _physicals, column.Stored];
            // Slots grow when they are touched (see Chunks): a slot with fewer chunks than columns has defaults there.
            _physicals = physicals;
            _columns = columns;
            foreach (var segment in _segments)
            {
                for (var v = 0; v < segment.VectorCount; v++)
                    Widen(segment.Vector(v));
            }
            return columns.Length - 1;
        }
    }

    /// <summary>Frees the memory of a column that no snapshot reads any more.</summary>
    internal void DropColumn(int column)
    {
        foreach (var segment in _segments)
        {
            for (var v = 0; v < segment.VectorCount; v++)
            {
                var slot = segment.Vector(v);
                slot.Latch.Enter();
                slot.Columns[column].Release();
                slot.Latch.Exit();
            }
        }
    }

    internal ZoneMap Zone(VectorSlot slot, int column)
    {
        if (!_columns[column].KeepsZones)
            return ZoneMap.Unknown;
        // Without the latch: a value that the snapshot sees has widened the bounds before it was committed. Sealing narrows them to the values of living
        // rows, when there are no older versions.
        ref var chunk = ref slot.Columns[column];
        // The values before their narrow form: a change of form shows the new one before it takes the old one away.
        if (Volatile.Read(ref chunk.Values) is null && Volatile.Read(ref chunk.Sealed) is null)
            return ZoneMap.Unknown;
        return new ZoneMap(Volatile.Read(ref chunk.Min), Volatile.Read(ref chunk.Max), chunk.HasNulls);
    }

    /// <summary>Bounds of a column over the whole table; false when nothing is kept for its type.</summary>
    public bool TryBounds(int column, out ZoneMap bounds)
    {
        bounds = new ZoneMap(ulong.MaxValue, 0, false);
        if (!_columns[column].KeepsZones)
            return false;
        foreach (var segment in _segments)
        {
            for (var v = 0; v < segment.VectorCount; v++)
                bounds = bounds.Union(Zone(segment.Vector(v), column));
        }
        return true;
    }

    private void Widen(VectorSlot slot)
    {
        slot.Latch.Enter();
        try
        {
            var had = slot.Columns.Length;
            if (had >= _columns.Length)
                return;
            var columns = new ColumnChunk[_columns.Length];
            slot.Columns.CopyTo(columns, 0);
            for (var c = had; c < columns.Length; c++)
                columns[c].Min = ulong.MaxValue;
            slot.Columns = columns;
        }
        finally
        {
            slot.Latch.Exit();
        }
    }

    /// <summary>Under the latch: gives a column that was all default memory of its own.</summary>
    private unsafe void MakeReal(VectorSlot slot, int column)
    {
        ref var chunk = ref slot.Columns[column];
        if (chunk.HasMemory)
            return;
        var definition = _columns[column];
        chunk.Values = NativeBuffer.Allocate(definition.Stored.BytesFor(Math.Max(slot.Capacity, 1)));
        if (slot.RowCount == 0)
            return;
        if (definition.DefaultImage is not { } image)
        {
            var validity = slot.EnsureValidity(column);
            new Span<ulong>(validity, (slot.RowCount + 63) / 64).Clear();
            ColumnCopy.SetBits(validity, slot.RowCount, (slot.RowCount + 63) / 64 * 64 - slot.RowCount);
            return;
        }
        var target = chunk.Values.Pointer;
        if (definition.Stored == PhysicalType.View)
        {
            using var writer = slot.Arena.BeginWrite();
            for (var row = 0; row < slot.RowCount; row++)
                ((View*)target)[row] = writer.Append(image); // a place belongs to one row
        }
        else if (definition.Stored == PhysicalType.Bool)
        {
            if (image[0] != 0)
                ColumnCopy.SetBits((ulong*)target, 0, slot.RowCount);
        }
        else
        {
            for (var row = 0; row < slot.RowCount; row++)
                image.CopyTo(new Span<byte>(target + row * image.Length, image.Length));
        }
        WidenZone(slot, column, 0, 1);
    }
}
