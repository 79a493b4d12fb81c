using OmenDb.Storage.Tables;

namespace OmenDb.Storage.Records;

/// <summary>Rows of one vector that are gone.</summary>
/// <remarks><code>| storage i64 | first row of the vector u64 | rows i32 | each u16 |</code></remarks>
internal static class DeleteRecord
{
    public static void Write(Table table, VectorSlot slot, ushort[] rows, RedoBuffer target)
    {
        target.BeginRecord(RecordKind.Delete);
        target.I64(table.StorageId);
        target.U64(slot.FirstRow.Value);
        target.I32(rows.Length);
        foreach (var row in rows)
            target.U16(row);
        target.EndRecord();
    }

    public static void Replay(ref RedoReader source, Func<long, Table?> tables)
    {
        var table = tables(source.I64());
        var first = new RowId(source.U64());
        var count = source.I32();
        if (table is null)
            return;
        var rows = new ushort[count];
        for (var i = 0; i < count; i++)
            rows[i] = source.U16();
        table.CountModifications(count);
        table.ReplayDelete(table.ReplaySlot(first, rows.Max() + 1), rows);
    }
}
