using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;

namespace OmenDb.Storage.Records;

/// <summary>New values of some columns of some rows of one vector.</summary>
/// <remarks>Values are those at commit: several updates of a row by one transaction log the last one each time.
/// <code>| storage i64 | first row of the vector u64 | rows i32 | each u16 | columns i32 | per column: number i32, ColumnRecord |</code></remarks>
internal static class UpdateRecord
{
    public static void Write(Table table, UndoRecord record, RedoBuffer target)
    {
        var slot = record.Slot;
        target.BeginRecord(RecordKind.Update);
        target.I64(table.StorageId);
        target.U64(slot.FirstRow.Value);
        target.I32(record.Rows.Length);
        foreach (var row in record.Rows)
            target.U16(row);
        target.I32(record.Columns.Length);
        slot.Latch.Enter();
        try
        {
            foreach (var column in record.Columns)
            {
                target.I32(column);
                ColumnRecord.Write(slot, column, table.Column(column), record.Rows, 0, record.Rows.Length, target);
            }
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
        if (table is null)
            return;
        Span<ushort> rows = stackalloc ushort[RowId.VectorRows];
        rows = rows[..count];
        var last = 0;
        for (var i = 0; i < count; i++)
        {
            rows[i] = source.U16();
            last = Math.Max(last, rows[i]);
        }
        // Also when the row is not there (deleted before the checkpoint that replay starts from): harmless, it stays dead.
        var slot = table.ReplaySlot(first, last + 1);
        table.CountModifications(count);
        var columns = source.I32();
        for (var c = 0; c < columns; c++)
        {
            var column = source.I32();
            table.ReplayColumn(slot, column);
            ColumnRecord.Read(ref source, slot, column, table.Column(column), rows);
            table.ReplayBounds(slot, column, rows);
        }
    }
}
