using System.Buffers.Binary;
using OmenDb.Arrow;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;

namespace OmenDb.Storage.Indexes;

/// <summary>Reads the one row that has a key in a unique index. Keeps its buffers from one read to the next; for one thread at a time.</summary>
/// <param name="index">Unique.</param>
/// <param name="columns">Physical columns to read.</param>
public sealed class PointReader(TableIndex index, int[] columns) : IDisposable
{
    private readonly Selection _visible = new(64);
    private readonly FixedKeys? _fixed = index.Keys as FixedKeys;

    public TableIndex Index => index;

    private readonly bool _hasLists = Array.Exists(columns, c => index.Table.Column(c).IsList);

    /// <summary>Reads a row as everybody sees it, where nobody has changed anything lately: without a snapshot.</summary>
    /// <remarks>A vector without versions holds what all snapshots, open ones and new ones, see; and a key without an entry belongs to no version that
    /// any of them sees. The caller keeps the table from being dropped, and sees what the index was built from.</remarks>
    /// <returns>Null: versions must be looked at, see <see cref="TryRead"/>.</returns>
    public bool? TryReadQuiet(Vector[] key, Batch target)
    {
        if (_fixed is null || !TryNumber(key[0], out var number))
            return null;
        var removals = index.Removals;
        return !_fixed.Index.TryGetFirst(number, out var row) ? false : TryReadQuiet(new RowId(row), removals, target) ? true : null;
    }

    private unsafe bool TryReadQuiet(RowId row, long removals, Batch target)
    {
        if (_hasLists)
            return false;
        var slot = index.Table.SlotOf(row);
        Prefetch(slot, row.RowInVector);
        target.Selection = null;
        target.Length = 1;
        for (var i = 0; i < columns.Length; i++)
            target.Columns[i].ResetFlat(index.Table.Column(columns[i]).Arrow, 1);
        slot.Latch.Enter();
        var quiet = slot.Versions is null && row.RowInVector < slot.RowCount && !slot.IsDead(row.RowInVector) && index.Removals == removals;
        if (quiet && slot.FindEvicted(columns) is { } missing)
        {
            missing.Sealed.Release();
            quiet = false; // the long way reads it
        }
        if (quiet)
        {
            for (var i = 0; i < columns.Length; i++)
                ColumnRead.CopyRow(slot, columns[i], index.Table.Column(columns[i]), row.RowInVector, target.Columns[i], 0);
        }
        slot.Latch.Exit();
        return quiet;
    }

    /// <summary>The first columns' values come while the latch does. An address that is stale by then does no harm.</summary>
    private unsafe void Prefetch(VectorSlot slot, int row)
    {
        if (!System.Runtime.Intrinsics.X86.Sse.IsSupported)
            return;
        for (var i = 0; i < columns.Length && i < 4; i++)
        {
            ref var chunk = ref slot.Columns[columns[i]];
            if (chunk.Sealed is { } narrow)
                narrow.Prefetch(slot.FirstRow.Vector, row);
            else if (chunk.Values is { } values)
                System.Runtime.Intrinsics.X86.Sse.Prefetch0(values.Pointer + (long)row * index.Table.Column(columns[i]).Stored.Width());
        }
    }

    /// <summary>Reads a row.</summary>
    /// <param name="snapshot">Decides what is seen.</param>
    /// <param name="key">One vector per key column; row 0 counts. A null finds nothing.</param>
    /// <param name="target">One vector per column: receives the row.</param>
    /// <returns>False: there is none.</returns>
    public bool TryRead(Snapshot snapshot, Vector[] key, Batch target)
    {
        Span<RowId> row = stackalloc RowId[1];
        return index.TryFind(snapshot, key, 0, out row[0]) && Fetch(snapshot, row, target);
    }

    private bool Fetch(Snapshot snapshot, ReadOnlySpan<RowId> row, Batch target) => index.Table.Fetch(snapshot, row, columns, target, _visible) == 1;

    private bool TryNumber(Vector value, out ulong number)
    {
        number = 0;
        if (!value.IsValid(0))
            return false;
        number = value.Physical switch
        {
            PhysicalType.Int16 => ZoneKey.Of(value.Get<short>(0)),
            PhysicalType.Int32 => ZoneKey.Of(value.Get<int>(0)),
            PhysicalType.Int64 => ZoneKey.Of(value.Get<long>(0)),
            _ => 0,
        };
        if (index.Layout.Key(0).Descending)
            number = ~number;
        return value.Physical is PhysicalType.Int16 or PhysicalType.Int32 or PhysicalType.Int64;
    }

    public void Dispose() => _visible.Dispose();
}
