using System.Diagnostics;
using System.Runtime.CompilerServices;
using OmenDb.Arrow;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables.Sealed;

namespace OmenDb.Storage.Tables;

/// <summary>2,048 rows of a hot segment: their column memory, and their versions while there are any.</summary>
/// <remarks>
/// <para><b>The borrow protocol.</b> A buffer with more than one reference is never written (rows behind the published count
/// apart). References are taken under the latch, and writers look at the count under the latch:
/// <code>
/// scan                                   writer
/// -------------------------------------  ------------------------------------------
/// latch
/// retain values (2 references)
/// note versions it may not see
/// unlatch
///                                        latch
///                                        2 references: copy the column vector, install the copy,
///                                        release the old one (1 reference, the scan's)
///                                        undo record with the before-image, then the new value
///                                        unlatch
/// patches from the undo records noted
/// ... batch done: release (memory goes)
/// </code>
/// Without the look at the count the scan would read values newer than the versions it noted: a row of one transaction's
/// past and future at once. A scan that comes after the writer notes the undo record too, and patches it away. So a scan never
/// waits for a writer longer than one column copy, and a reader that idles blocks nobody.</para>
/// <para><b>Appends</b> write behind <see cref="RowCount"/> into the same buffers; a borrower has taken the count with the buffers
/// and never looks further. Bits of bitmap words that it shares with new rows are rewritten with the values they had.</para>
/// </remarks>
internal sealed class VectorSlot
{
    public Latch Latch;

    public ColumnChunk[] Columns;

    /// <summary>Rows there are, dead ones included.</summary>
    public int RowCount;

    /// <summary>Rows that the buffers can take.</summary>
    public int Capacity;

    /// <summary>Bit = 1: the row is gone for everybody. Never changed once assigned: replaced. Null: none is.</summary>
    public ulong[]? Dead;

    /// <summary>Null: quiet, every row that is not dead is visible to everybody.</summary>
    public VectorVersions? Versions;

    /// <summary>The last commit that inserted or deleted rows here.</summary>
    public ulong RowsLastChanged;

    /// <summary>The commit whose rows here are in a file that the log names, see <see cref="Checkpoint.BulkFiles"/>; 0: none.</summary>
    public ulong SavedAt;

    /// <summary>Where it belongs.</summary>
    public readonly Segment Segment;

    /// <summary>What all its views point into, hot and sealed ones. Under the latch; replaced by sealing.</summary>
    public SegmentArena Arena;

    /// <summary>Id of row 0.</summary>
    public readonly RowId FirstRow;

    public VectorSlot(Segment segment, int index, int columnCount)
    {
        Segment = segment;
        Arena = segment.RetainArena();
        FirstRow = RowId.Of(segment.Number, index * RowId.VectorRows);
        Columns = new ColumnChunk[columnCount];
        for (var i = 0; i < columnCount; i++)
            Columns[i].Min = ulong.MaxValue;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsDead(int row) => Dead is { } dead && (dead[row >> 6] >> (row & 63) & 1) != 0;

    /// <summary>Under the latch.</summary>
    public void MarkDead(int row, int count = 1)
    {
        var dead = Dead is null ? new ulong[RowId.VectorRows / 64] : (ulong[])Dead.Clone();
        for (var r = row; r < row + count; r++)
            dead[r >> 6] |= 1UL << (r & 63);
        Volatile.Write(ref Dead, dead);
    }

    /// <summary>Under the latch: some rows at once.</summary>
    public void MarkDead(ReadOnlySpan<ushort> rows)
    {
        var dead = Dead is null ? new ulong[RowId.VectorRows / 64] : (ulong[])Dead.Clone();
        foreach (var row in rows)
            dead[row >> 6] |= 1UL << (row & 63);
        Volatile.Write(ref Dead, dead);
    }

    /// <summary>Under the latch: gives back the memory of a full vector without a living row. Whoever borrowed it keeps it; nobody reads a dead row's values again.</summary>
    public void FreeIfDead()
    {
        if (RowCount == RowId.VectorRows && Versions is null && Dead is { } dead && Array.TrueForAll(dead, word => word == ulong.MaxValue))
            ReleaseColumns();
    }

    /// <summary>Rows that are not dead; deleted ones that somebody may still see are among them.</summary>
    public int LiveRows
    {
        get
        {
            var live = RowCount;
            foreach (var word in Dead ?? [])
                live -= System.Numerics.BitOperations.PopCount(word);
            return live;
        }
    }

    public bool AreDead(int start, int end)
    {
        for (var row = start; row < end; row++)
        {
            if (!IsDead(row))
                return false;
        }
        return true;
    }

    /// <summary>Under the latch: replay puts a row where it was.</summary>
    public void MarkAlive(int row)
    {
        if (Dead is null)
            return;
        var dead = (ulong[])Dead.Clone();
        dead[row >> 6] &= ~(1UL << (row & 63));
        Dead = Array.TrueForAll(dead, word => word == 0) ? null : dead;
    }

    /// <summary>Under the latch: whether a snapshot sees a row, its changes apart.</summary>
    public bool IsVisible(int row, Snapshot snapshot, out int entry)
    {
        entry = -1;
        if (row >= RowCount || IsDead(row))
            return false;
        if (Versions is not { } versions)
            return true;
        var range = versions.FindRange(row);
        if (range >= 0 && !snapshot.Sees(versions.Ranges[range].Stamp, versions.Ranges[range].Command))
            return false;
        entry = versions.Find(row);
        return entry < 0 || versions.Entries[entry].DeletedBy is not { } deleter || !snapshot.Sees(deleter, versions.Entries[entry].DeleteCommand);
    }

    /// <summary>Under the latch: makes room for rows, growing all buffers.</summary>
    public void EnsureCapacity(int rows, ReadOnlySpan<PhysicalType> physicals)
    {
        if (rows <= Capacity)
            return;
        for (var c = 0; c < Columns.Length; c++)
        {
            ref var chunk = ref Columns[c];
            if (chunk.Sealed is not null)
            {
                Unseal(c, physicals[c], rows);
                continue;
            }
            if (chunk.Values is null && RowCount > 0)
                continue; // still the default for all rows: made when somebody writes it
            Replace(ref chunk.Values, physicals[c].BytesFor(rows), physicals[c].BytesFor(RowCount));
            if (chunk.Validity is not null)
                Replace(ref chunk.Validity, (rows + 63) / 64 * 8L, (RowCount + 63) / 64 * 8L);
        }
        Capacity = rows;
    }

    /// <summary>Under the latch: the values of a column that the caller alone may write.</summary>
    public void MakeWritable(int column, PhysicalType physical)
    {
        ref var chunk = ref Columns[column];
        if (chunk.Sealed is not null)
        {
            Unseal(column, physical, Capacity);
            return;
        }
        Debug.Assert(chunk.Values is not null, "a default column is made real before it is written");
        if (chunk.Values.ReferenceCount > 1)
            Replace(ref chunk.Values, physical.BytesFor(Capacity), physical.BytesFor(RowCount));
        if (chunk.Validity is { ReferenceCount: > 1 })
            Replace(ref chunk.Validity, (Capacity + 63) / 64 * 8L, (RowCount + 63) / 64 * 8L);
    }

    /// <summary>Under the latch: the first of some columns whose bytes have left, with a reference for the caller; null: all are there.</summary>
    public (int Column, SealedColumn Sealed)? FindEvicted(ReadOnlySpan<int> columns)
    {
        foreach (var column in columns)
        {
            if (column < Columns.Length && Columns[column].Sealed is { IsEvicted: true } evicted)
            {
                evicted.Retain();
                return (column, evicted);
            }
        }
        return null;
    }

    /// <summary>Under the latch: a column that is not sealed.</summary>
    public void MakeHot(int column, PhysicalType physical)
    {
        if (Columns[column].Sealed is not null)
            Unseal(column, physical, Capacity);
    }

    /// <summary>Under the latch: a sealed column vector becomes a private plain one again, with room for some rows. Some microseconds; some tens where the
    /// values are long strings.</summary>
    private unsafe void Unseal(int column, PhysicalType physical, int capacity)
    {
        ref var chunk = ref Columns[column];
        var source = chunk.Sealed!;
        Debug.Assert(!source.IsEvicted, "a column is loaded before it is unsealed");
        var values = NativeBuffer.Allocate(physical.BytesFor(capacity));
        source.Decode(FirstRow.Vector, RowCount, values.Pointer);
        if (physical == PhysicalType.View)
            TakeStrings((View*)values.Pointer, source.StringPointers);
        chunk.Validity = source.CopyValidity(FirstRow.Vector, RowCount, capacity);
        // The new values before the old ones go: bounds are read without the latch, and hold for a column that has either.
        Volatile.Write(ref chunk.Values, values);
        Volatile.Write(ref chunk.Sealed, null);
        source.Release();
        Segment.NoteUnsealed();
    }

    /// <summary>Under the latch: the strings of a column that was sealed move to the arena, each to a place of its own.</summary>
    private unsafe void TakeStrings(View* views, byte** source)
    {
        using var writer = Arena.BeginWrite();
        for (var row = 0; row < RowCount; row++)
        {
            if (!views[row].IsInline)
                views[row] = writer.Append(View.Bytes(views + row, source));
        }
    }

    /// <summary>Recovery: a newer file has all values of a column here; what the sealed file had of it goes.</summary>
    public void DropSealed(int column, PhysicalType physical)
    {
        ref var chunk = ref Columns[column];
        if (chunk.Sealed is null)
            return;
        chunk.Sealed.Release();
        chunk.Sealed = null;
        chunk.Values = NativeBuffer.Allocate(physical.BytesFor(Capacity));
        chunk.HasNulls = false;
        (chunk.Min, chunk.Max) = (ulong.MaxValue, 0);
    }

    /// <summary>Under the latch: a validity bitmap that the caller alone may write.</summary>
    public unsafe ulong* EnsureValidity(int column, bool hasNulls = true)
    {
        ref var chunk = ref Columns[column];
        chunk.HasNulls |= hasNulls;
        if (chunk.Validity is null)
        {
            var words = (Capacity + 63) / 64;
            var validity = NativeBuffer.Allocate(words * 8L, zeroed: false);
            new Span<ulong>(validity.Pointer, words).Fill(ulong.MaxValue);
            chunk.Validity = validity;
        }
        return (ulong*)chunk.Validity.Pointer;
    }

    private static unsafe void Replace(ref NativeBuffer? buffer, long size, long used)
    {
        // Zeroed: what stands under nulls and behind the last row may be read, and must not differ between runs.
        var copy = NativeBuffer.Allocate(size);
        if (buffer is not null)
        {
            Buffer.MemoryCopy(buffer.Pointer, copy.Pointer, size, Math.Min(used, buffer.Length));
            buffer.Release();
        }
        buffer = copy;
    }

    private void ReleaseColumns()
    {
        for (var c = 0; c < Columns.Length; c++)
            Columns[c].Release();
    }

    public void Release()
    {
        ReleaseColumns();
        Arena.Release();
    }
}
