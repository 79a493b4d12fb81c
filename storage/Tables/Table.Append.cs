using OmenDb.Arrow;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Tables;

/// <summary>A segment that takes new rows, and who may put them there. Small appends share the first lane, so that rows stand in
/// the order of their coming; large ones go to whatever lane is free, each into a segment of its own.</summary>
internal sealed class AppendLane
{
    public readonly Lock Lock = new();
    public Segment? Segment;
}

public sealed partial class Table
{
    /// <summary>Appends of at least this many rows may leave the first lane.</summary>
    private const int LargeAppendRows = 1024;

    private readonly AppendLane[] _lanes;

    /// <summary>Appends the selected rows of a batch.</summary>
    /// <param name="transaction">Whose rows they are until it commits.</param>
    /// <param name="batch">One column per physical column of the table, of its type, any vector kind; null, and columns left out at
    /// the end, make nulls. Copied.</param>
    /// <param name="outIds">Empty, or room for one id per row.</param>
    /// <param name="firstIndex">OID of the index that is asked before all others; 0: any order.</param>
    /// <returns>Ok, Busy or DuplicateKey.</returns>
    public unsafe WriteResult Append(Transaction transaction, Batch batch, Span<RowId> outIds, int firstIndex = 0)
    {
        var count = batch.RowCount;
        if (count == 0)
            return WriteResult.Ok;
        transaction.ThrowIfUnwritable();
        if (batch.Columns.Length > _columns.Length)
            throw new ArgumentException($"the batch has {batch.Columns.Length} columns, the table {_columns.Length}", nameof(batch));
        int* picks = null;
        if (batch.Selection is { } selection)
        {
            selection.FillIndices(batch.Length);
            picks = selection.Indices;
        }
        var mark = transaction.BeginCall();
        var firstEntry = transaction.Undo.Count;
        var lane = EnterLane(count);
        var done = 0;
        try
        {
            while (done < count)
            {
                var slot = SlotForAppend(lane, count - done);
                var rows = Math.Min(count - done, RowId.VectorRows - slot.RowCount);
                var start = AppendToSlot(transaction, slot, batch, picks, done, rows);
                for (var i = 0; i < rows && !outIds.IsEmpty; i++)
                    outIds[done + i] = slot.FirstRow + (start + i);
                done += rows;
            }
        }
        finally
        {
            lane.Lock.Exit();
        }
        Interlocked.Add(ref _liveRows, count);
        if (_indexes.Length == 0)
            return WriteResult.Ok;
        var result = IndexAppended(transaction, firstEntry, firstIndex);
        if (!result.IsOk)
            transaction.RollbackRows(mark);
        return result;
    }

    private AppendLane EnterLane(int count)
    {
        if (count >= LargeAppendRows)
        {
            // Start at the thread's own lane, so that a loading thread stays in its segment.
            var start = Environment.CurrentManagedThreadId % _lanes.Length;
            for (var i = 0; i < _lanes.Length; i++)
            {
                var lane = _lanes[(start + i) % _lanes.Length];
                if (lane.Lock.TryEnter())
                    return lane;
            }
        }
        _lanes[0].Lock.Enter();
        return _lanes[0];
    }

    /// <summary>In the lane: a vector with room.</summary>
    private VectorSlot SlotForAppend(AppendLane lane, int wanted)
    {
        if (lane.Segment is null || lane.Segment.IsFull)
            lane.Segment = AddSegment();
        var segment = lane.Segment;
        var slot = segment.VectorCount == 0 ? null : segment.Vector(segment.VectorCount - 1);
        if (slot is null || slot.RowCount == RowId.VectorRows)
        {
            slot = new VectorSlot(segment, segment.VectorCount, _columns.Length);
            slot.EnsureCapacity(CapacityFor(slot, wanted), _physicals);
            segment.Add(slot);
        }
        return slot;
    }

    /// <summary>The first vector of a table starts small, all others are full size at once.</summary>
    private static int CapacityFor(VectorSlot slot, int rows)
    {
        if (slot.FirstRow.Value > 0 || rows > RowId.VectorRows / 4)
            return RowId.VectorRows;
        var capacity = 64;
        while (capacity < rows)
            capacity *= 2;
        return capacity;
    }

    private Segment AddSegment()
    {
        lock (_shape)
        {
            var segment = new Segment(_segments.Length);
            _segments = [.. _segments, segment];
            return segment;
        }
    }

    /// <summary>In the lane: copies rows behind the last one and publishes them by the row count.</summary>
    /// <returns>The first row's place in the vector.</returns>
    private unsafe int AppendToSlot(Transaction transaction, VectorSlot slot, Batch batch, int* picks, int first, int count)
    {
        slot.Latch.Enter();
        int start;
        try
        {
            start = slot.RowCount;
            if (start + count > slot.Capacity)
                slot.EnsureCapacity(CapacityFor(slot, start + count), _physicals);
            for (var c = 0; c < slot.Columns.Length; c++)
            {
                slot.MakeHot(c, _physicals[c]);
                if (c < batch.Columns.Length && batch.Columns[c] is { } source)
                    WriteColumn(slot, c, source, picks, first, start, count);
                else
                    WriteNulls(slot, c, start, count);
            }
            (slot.Versions ??= new VectorVersions()).AddRange(start, start + count, transaction.Stamp, transaction.Command);
            Volatile.Write(ref slot.RowCount, start + count);
        }
        finally
        {
            slot.Latch.Exit();
        }
        LogInsert(transaction, slot, start, count);
        return start;
    }

    /// <remarks>Never merged with the entry before: a mark may stand between them.</remarks>
    private void LogInsert(Transaction transaction, VectorSlot slot, int start, int count)
    {
        transaction.Undo.Add(new UndoEntry
        {
            Kind = UndoKind.Insert, Table = this, Slot = slot, Start = start, Count = count, Command = transaction.Command,
        });
    }

    /// <summary>Under the latch: writes rows of a column behind the published ones.</summary>
    private unsafe void WriteColumn(VectorSlot slot, int column, Vector source, int* picks, int first, int at, int count)
    {
        var definition = _columns[column];
        MakeReal(slot, column);
        ref var chunk = ref slot.Columns[column];
        ColumnCopy.Values(source, picks, first, count, definition.Stored, chunk.Values!.Pointer, at, slot.Arena);
        var hasNulls = ColumnCopy.AnyNull(source, picks, first, count);
        if (hasNulls || chunk.Validity is not null)
        {
            var validity = slot.EnsureValidity(column, hasNulls);
            ColumnCopy.Validity(source, picks, first, count, validity, at);
        }
        WidenZone(slot, column, at, count);
    }

    /// <summary>Under the latch: nulls behind the published rows.</summary>
    private unsafe void WriteNulls(VectorSlot slot, int column, int at, int count)
    {
        MakeReal(slot, column);
        var validity = slot.EnsureValidity(column);
        for (var row = at; row < at + count; row++)
            ColumnCopy.SetBit(validity, row, false);
        var stored = _physicals[column];
        if (stored != PhysicalType.Bool)
            new Span<byte>(slot.Columns[column].Values!.Pointer + (long)at * stored.Width(), count * stored.Width()).Clear();
    }

    /// <summary>Under the latch: the bounds take in some rows' values.</summary>
    private unsafe void WidenZone(VectorSlot slot, int column, int at, int count)
    {
        var definition = _columns[column];
        if (!definition.KeepsZones)
            return;
        ref var chunk = ref slot.Columns[column];
        var validity = chunk.Validity is null ? null : (ulong*)chunk.Validity.Pointer;
        ZoneBounds.Widen(definition.Stored, chunk.Values!.Pointer, validity, at, count, slot.Arena, ref chunk.Min, ref chunk.Max);
    }
}
