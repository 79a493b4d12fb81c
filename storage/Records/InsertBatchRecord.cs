using OmenDb.Storage.Tables;

namespace OmenDb.Storage.Records;

/// <summary>Consecutive rows of one vector with all their columns: also rows that the same transaction changed or deleted later (those
/// records follow).</summary>
/// <remarks><code>| storage i64 | first row u64 | rows i32 | columns i32 | per column: ColumnRecord |</code></remarks>
internal static class InsertBatchRecord
{
    public static void Write(Table table, VectorSlot slot, int start, int count, RedoBuffer target)
    {
        target.BeginRecord(RecordKind.InsertBatch);
        target.I64(table.StorageId);
        target.U64((slot.FirstRow + start).Value);
        target.I32(count);
        slot.Latch.Enter();
        try
        {
            target.I32(slot.Columns.Length);
            for (var c = 0; c < slot.Columns.Length; c++)
                ColumnRecord.Write(slot, c, table.Column(c), null, start, count, target);
        }
        finally
        {
            slot.Latch.Exit();
        }
        target.EndRecord();
    }

    public static void Replay(ref RedoReader source, Func<long, Table?> tables)
    {
        var table = tables(source.I64());
        var first = new RowId(source.U64());
        var count = source.I32();
        var columns = source.I32();
        if (table is null)
            return; // dropped later in the log
        var slot = table.ReplaySlot(first, count);
        Span<ushort> rows = stackalloc ushort[RowId.VectorRows];
        rows = rows[..count];
        for (var i = 0; i < count; i++)
            rows[i] = (ushort)(first.RowInVector + i);
        // Columns behind the last one that the catalog knows were left by a rolled back ALTER TABLE: their values mean nothing.
        for (var c = 0; c < Math.Min(columns, table.Columns.Count); c++)
        {
            table.ReplayColumn(slot, c);
            ColumnRecord.Read(ref source, slot, c, table.Column(c), rows);
            table.ReplayBounds(slot, c, rows);
        }
        table.ReplayAlive(slot, rows);
        table.CountModifications(count);
    }
}
