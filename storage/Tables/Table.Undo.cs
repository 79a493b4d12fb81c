using System.Diagnostics;
using System.Runtime.CompilerServices;
using OmenDb.Arrow;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Simulation;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Tables;

public sealed partial class Table
{
    /// <summary>Takes one step of a running transaction back; steps come in reverse order.</summary>
    internal void Undo(Transaction transaction, in UndoEntry entry)
    {
        switch (entry.Kind)
        {
            case UndoKind.Insert: UndoInsert(transaction, entry); break;
            case UndoKind.Update: UndoUpdate(transaction, entry); break;
            default: UndoDelete(entry); break;
        }
    }

    private void UndoInsert(Transaction transaction, in UndoEntry entry)
    {
        RemoveInsertedKeys(entry);
        var slot = entry.Slot;
        slot.Latch.Enter();
        try
        {
            // Dead before the range goes: without both the rows would look old and visible to everybody.
            slot.MarkDead(entry.Start, entry.Count);
            slot.Versions!.RemoveRange(entry.Start, entry.Start + entry.Count, transaction.Stamp);
            DropIfQuiet(slot);
            slot.FreeIfDead();
        }
        finally
        {
            slot.Latch.Exit();
        }
        Interlocked.Add(ref _liveRows, -entry.Count);
    }

    /// <summary>Puts the before-images back. A reader that borrowed the buffers with the values now taken back noted this record with them,
    /// and keeps both: so the buffers are copied as for any other write.</summary>
    private void UndoUpdate(Transaction transaction, in UndoEntry entry)
    {
        if (PlantedBugs.Has(PlantedBug.LostUndo))
            return;
        var record = entry.Record!;
        var slot = entry.Slot;
        var changes = AffectedIndexes(record.Columns).Begin(this, record);
        slot.Latch.Enter();
        try
        {
            changes.ReadNewKeys(slot, record.Rows);
            foreach (var column in record.Columns)
            {
                slot.MakeWritable(column, _physicals[column]);
                record.Find(column, _physicals, out var offset);
                RestoreColumn(slot, record, column, offset);
            }
            changes.ReadOldKeys(slot, record.Rows);
        }
        finally
        {
            slot.Latch.Exit();
        }
        // The record stays linked until the entries are gone: as long as a row has one, look-ups compare keys. Readers that
        // meet it meanwhile patch the values with what stands there already.
        changes.RemoveNewKeys(transaction);
        slot.Latch.Enter();
        try
        {
            var versions = slot.Versions!;
            for (var i = 0; i < record.Rows.Length; i++)
            {
                var found = versions.Find(record.Rows[i]);
                ref var version = ref versions.Entries[found];
                Debug.Assert(version.Undo.Record == record, "changes of a row are undone from the newest on");
                version.Undo = record.Next[i];
                version.StaleKeys -= record.StaleKeys?[i] ?? 0;
                if (version.IsEmpty)
                    versions.RemoveEntry(found);
            }
            DropIfQuiet(slot);
        }
        finally
        {
            slot.Latch.Exit();
        }
    }

    private unsafe void RestoreColumn(VectorSlot slot, UndoRecord record, int column, int offset)
    {
        ref var chunk = ref slot.Columns[column];
        var physical = _physicals[column];
        var width = UndoRecord.WidthOf(physical);
        var values = chunk.Values!.Pointer;
        for (var i = 0; i < record.Rows.Length; i++)
        {
            int row = record.Rows[i];
            var valid = record.IsValid(offset, i);
            if (chunk.Validity is not null)
                ColumnCopy.SetBit((ulong*)chunk.Validity.Pointer, row, valid);
            ref var image = ref record.ValueAt(offset, i, width);
            if (physical == PhysicalType.Bool)
                ColumnCopy.SetBit((ulong*)values, row, image != 0);
            else
                Unsafe.CopyBlockUnaligned(ref values[(long)row * width], ref image, (uint)width);
        }
    }

    private void UndoDelete(in UndoEntry entry)
    {
        var slot = entry.Slot;
        slot.Latch.Enter();
        try
        {
            var versions = slot.Versions!;
            foreach (var row in entry.Rows!)
            {
                var found = versions.Find(row);
                ref var version = ref versions.Entries[found];
                version.DeletedBy = null;
                version.DeleteCommand = 0;
                if (version.IsEmpty)
                    versions.RemoveEntry(found);
            }
            DropIfQuiet(slot);
        }
        finally
        {
            slot.Latch.Exit();
        }
        Interlocked.Add(ref _liveRows, entry.Rows!.Length);
    }

    /// <summary>Notes, before a commit becomes visible, which column vectors it changed: for checkpoints.</summary>
    internal void MarkChanged(in UndoEntry entry, ulong timestamp)
    {
        var slot = entry.Slot;
        slot.Segment.NoteChange(timestamp);
        if (entry.Kind == UndoKind.Update)
        {
            foreach (var column in entry.Record!.Columns)
                Volatile.Write(ref slot.Columns[column].LastChanged, timestamp);
            return;
        }
        Volatile.Write(ref slot.RowsLastChanged, timestamp);
        if (entry.Kind != UndoKind.Insert)
            return;
        for (var c = 0; c < slot.Columns.Length; c++)
            Volatile.Write(ref slot.Columns[c].LastChanged, timestamp);
    }

    /// <summary>Forgets the old versions of one step of a transaction that everybody sees.</summary>
    /// <param name="entry">The step.</param>
    /// <param name="stamp">Of the transaction.</param>
    /// <param name="horizon">All snapshots see at least this.</param>
    internal void Collect(in UndoEntry entry, VersionStamp stamp, ulong horizon)
    {
        if (entry.Kind == UndoKind.Delete)
            RemoveDeletedKeys(entry);
        var slot = entry.Slot;
        slot.Latch.Enter();
        try
        {
            if (slot.Versions is not { } versions)
                return;
            switch (entry.Kind)
            {
                case UndoKind.Insert:
                    versions.RemoveRanges(entry.Start, entry.Start + entry.Count, horizon);
                    break;
                case UndoKind.Update:
                    foreach (var row in entry.Record!.Rows)
                        CutChain(slot, versions, row, entry.Record);
                    break;
                default:
                    slot.MarkDead(entry.Rows!);
                    foreach (var row in entry.Rows!)
                    {
                        var found = versions.Find(row);
                        if (found < 0)
                            continue;
                        CutAll(slot, ref versions.Entries[found].Undo);
                        versions.Entries[found].DeletedBy = null;
                        if (versions.Entries[found].IsEmpty)
                            versions.RemoveEntry(found);
                    }
                    break;
            }
            DropIfQuiet(slot);
            slot.FreeIfDead();
        }
        finally
        {
            slot.Latch.Exit();
        }
    }

    /// <summary>Under the latch: the record and everything older leave a row's chain.</summary>
    private void CutChain(VectorSlot slot, VectorVersions versions, int row, UndoRecord record)
    {
        var found = versions.Find(row);
        if (found < 0)
            return;
        ref var link = ref versions.Entries[found].Undo;
        while (link.Record is { } current)
        {
            if (current == record)
            {
                CutAll(slot, ref link);
                break;
            }
            link = ref current.Next[link.Index];
        }
        if (versions.Entries[found].IsEmpty)
            versions.RemoveEntry(found);
    }

    /// <summary>Under the latch: the end of a chain goes.</summary>
    private void CutAll(VectorSlot slot, ref UndoLink link)
    {
        var rest = link;
        link = default;
        while (rest.Record is { } record)
        {
            record.Linked--;
            FreeStrings(slot, record, rest.Index);
            var next = record.Next[rest.Index];
            record.Next[rest.Index] = default;
            rest = next;
        }
    }

    /// <summary>Under the latch, when a record leaves a row's chain: no snapshot needs its before-images, so nobody reads their strings.
    /// What stands in the vector itself stays whole, of dead rows too: scans decode it before they look at who is alive.</summary>
    private unsafe void FreeStrings(VectorSlot slot, UndoRecord record, int index)
    {
        var offset = 0;
        foreach (var column in record.Columns)
        {
            var physical = _physicals[column];
            if (physical == PhysicalType.View && record.IsValid(offset, index))
                slot.Arena.Free(Unsafe.ReadUnaligned<View>(ref record.ValueAt(offset, index, sizeof(View))));
            offset += record.Rows.Length * (1 + UndoRecord.WidthOf(physical));
        }
    }

    private static void DropIfQuiet(VectorSlot slot)
    {
        if (slot.Versions is { IsEmpty: true })
            slot.Versions = null;
    }
}
