using System.Runtime.CompilerServices;
using OmenDb.Arrow;
using OmenDb.Storage.Locks;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Tables;

public sealed partial class Table
{
    /// <summary>Replaces some columns of some rows.</summary>
    /// <param name="snapshot">Of the statement: a newer committed version is a conflict. It must belong to a transaction.</param>
    /// <param name="rows">Visible to the snapshot; no row twice.</param>
    /// <param name="columns">Physical columns.</param>
    /// <param name="newValues">One column per element of <paramref name="columns"/>; its selected rows correspond to <paramref name="rows"/>.</param>
    /// <returns>Ok, Busy or Changed; a key in common with another row is looked at again by <see cref="Transaction.CheckDeferredUnique"/>.</returns>
    public unsafe WriteResult Update(Snapshot snapshot, ReadOnlySpan<RowId> rows, ReadOnlySpan<int> columns, Batch newValues)
    {
        var transaction = Writer(snapshot);
        if (newValues.RowCount != rows.Length)
            throw new ArgumentException($"{newValues.RowCount} values for {rows.Length} rows", nameof(newValues));
        int* picks = null;
        if (newValues.Selection is { } selection)
        {
            selection.FillIndices(newValues.Length);
            picks = selection.Indices;
        }
        var columnSet = ColumnSet(columns);
        var keyed = AffectedIndexes(columns);
        var mark = transaction.BeginCall();
        for (var i = 0; i < rows.Length;)
        {
            var run = RunLength(rows, i);
            var result = UpdateRun(transaction, snapshot, rows.Slice(i, run), columns, columnSet, newValues, picks, i, keyed);
            if (!result.IsOk)
            {
                transaction.RollbackRows(mark);
                return result with { Row = result.Row + i };
            }
            i += run;
            transaction.Owner.OnStep(LockStep.Written);
        }
        return WriteResult.Ok;
    }

    /// <summary>Deletes rows.</summary>
    /// <param name="snapshot">As in <see cref="Update"/>.</param>
    /// <param name="rows">Visible to the snapshot; no row twice.</param>
    /// <returns>Ok, Busy or Changed.</returns>
    public WriteResult Delete(Snapshot snapshot, ReadOnlySpan<RowId> rows)
    {
        var transaction = Writer(snapshot);
        var mark = transaction.BeginCall();
        for (var i = 0; i < rows.Length;)
        {
            var run = RunLength(rows, i);
            var result = DeleteRun(transaction, snapshot, rows.Slice(i, run));
            if (!result.IsOk)
            {
                transaction.RollbackRows(mark);
                return result with { Row = result.Row + i };
            }
            i += run;
            transaction.Owner.OnStep(LockStep.Written);
        }
        return WriteResult.Ok;
    }

    private static Transaction Writer(Snapshot snapshot)
    {
        var transaction = snapshot.Transaction ?? throw new ArgumentException("a snapshot without a transaction cannot write", nameof(snapshot));
        transaction.ThrowIfUnwritable();
        return transaction;
    }

    /// <summary>How many rows from here on stand in the same vector.</summary>
    private static int RunLength(ReadOnlySpan<RowId> rows, int from)
    {
        var vector = rows[from].Value / RowId.VectorRows;
        var run = 1;
        while (from + run < rows.Length && rows[from + run].Value / RowId.VectorRows == vector)
            run++;
        return run;
    }

    internal VectorSlot SlotOf(RowId row) => _segments[row.Segment].Vector(row.Vector);

    private unsafe WriteResult UpdateRun(Transaction transaction, Snapshot snapshot, ReadOnlySpan<RowId> rows, ReadOnlySpan<int> columns,
        int[] columnSet, Batch newValues, int* picks, int first, KeyedIndexes keyed)
    {
        var slot = SlotOf(rows[0]);
        var inVector = new ushort[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            inVector[i] = (ushort)rows[i].RowInVector;
        var changes = keyed.Begin(this, rows);
        var pins = EnterResident(slot, columns);
        try
        {
            for (var i = 0; i < inVector.Length; i++)
            {
                var conflict = Conflict(slot, inVector[i], snapshot, i, out var isOwn);
                if (!conflict.IsOk)
                    return conflict;
                if (!transaction.Locks.MayHoldRows(StorageId))
                    continue;
                var written = isOwn ? ModeOfOwnWrites(slot, inVector[i], snapshot.OwnId) : 0;
                // A key share lock is in the way only of a new key, which is worth a look only when there is one.
                if (IsLocked(transaction, rows[i], RowLockMode.Update, written, i, out conflict)
                    && (IsLocked(transaction, rows[i], RowLockMode.NoKeyUpdate, written, i, out conflict)
                        || (ChangesKey(slot, inVector[i], columns, newValues, picks == null ? first + i : picks[first + i], keyed)
                            && IsLocked(transaction, rows[i], RowLockMode.Update, written, i, out conflict))))
                    return conflict;
            }
            changes.ReadOldKeys(slot, inVector);
            var record = new UndoRecord(transaction.Stamp, transaction.Command, slot, columnSet, inVector);
            for (var c = 0; c < columns.Length; c++)
            {
                MakeReal(slot, columns[c]);
                slot.MakeWritable(columns[c], _physicals[columns[c]]);
            }
            record.Image = TakeImage(slot, columnSet, inVector);
            var versions = slot.Versions ??= new VectorVersions();
            for (var i = 0; i < inVector.Length; i++)
            {
                ref var version = ref versions.GetOrAdd(inVector[i]);
                record.Next[i] = version.Undo;
                version.Undo = new UndoLink { Record = record, Index = i };
            }
            for (var c = 0; c < columns.Length; c++)
                WriteValues(slot, columns[c], newValues.Columns[c], picks, first, inVector);
            changes.ReadNewKeys(slot, inVector);
            changes.Note(record, versions);
            transaction.Undo.Add(new UndoEntry
            {
                Kind = UndoKind.Update, Table = this, Slot = slot, Record = record, Command = transaction.Command,
            });
        }
        finally
        {
            slot.Latch.Exit();
            pins?.Dispose();
        }
        return changes.Apply(transaction);
    }

    private WriteResult DeleteRun(Transaction transaction, Snapshot snapshot, ReadOnlySpan<RowId> rows)
    {
        var slot = SlotOf(rows[0]);
        var inVector = new ushort[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            inVector[i] = (ushort)rows[i].RowInVector;
        slot.Latch.Enter();
        try
        {
            for (var i = 0; i < inVector.Length; i++)
            {
                var conflict = Conflict(slot, inVector[i], snapshot, i, out var isOwn);
                if (!conflict.IsOk || (transaction.Locks.MayHoldRows(StorageId)
                        && IsLocked(transaction, rows[i], RowLockMode.Update, isOwn ? ModeOfOwnWrites(slot, inVector[i], snapshot.OwnId) : 0, i, out conflict)))
                    return conflict;
            }
            var versions = slot.Versions ??= new VectorVersions();
            foreach (var row in inVector)
            {
                ref var version = ref versions.GetOrAdd(row);
                version.DeletedBy = transaction.Stamp;
                version.DeleteCommand = transaction.Command;
            }
            transaction.Undo.Add(new UndoEntry
            {
                Kind = UndoKind.Delete, Table = this, Slot = slot, Rows = inVector, Command = transaction.Command,
            });
        }
        finally
        {
            slot.Latch.Exit();
        }
        Interlocked.Add(ref _liveRows, -rows.Length);
        return WriteResult.Ok;
    }

    /// <summary>Under the latch: whether a transaction may change a row that its snapshot sees; and whether it has done so already.</summary>
    private static WriteResult Conflict(VectorSlot slot, int row, Snapshot snapshot, int index, out bool isOwn)
    {
        isOwn = false;
        if (slot.IsDead(row))
            return new WriteResult { Status = WriteStatus.Deleted, Row = index };
        if (slot.Versions is not { } versions)
            return WriteResult.Ok;
        var range = versions.FindRange(row);
        if (range >= 0)
        {
            if (Judge(versions.Ranges[range].Stamp, snapshot, index) is { IsOk: false } inserted)
                return inserted;
            isOwn = versions.Ranges[range].Stamp.Value == snapshot.OwnId;
        }
        var entry = versions.Find(row);
        if (entry < 0)
            return WriteResult.Ok;
        ref var version = ref versions.Entries[entry];
        if (version.DeletedBy is { } deleter)
        {
            var judged = Judge(deleter, snapshot, index);
            return judged.Status == WriteStatus.Busy ? judged
                : judged with { Status = WriteStatus.Deleted, Row = index, Owner = judged.IsOk ? snapshot.Transaction : null }; // perhaps by ourselves
        }
        if (version.Undo.Record is not { } record)
            return WriteResult.Ok;
        isOwn |= record.Stamp.Value == snapshot.OwnId;
        return Judge(record.Stamp, snapshot, index);
    }

    private static WriteResult Judge(VersionStamp stamp, Snapshot snapshot, int index)
    {
        var owner = stamp.Owner; // before the value: a commit in between then shows in the value
        var value = stamp.Value;
        if (value == snapshot.OwnId || value <= snapshot.ReadValue)
            return WriteResult.Ok;
        return (value & Timestamp.TransactionBit) != 0
            ? new WriteResult { Status = WriteStatus.Busy, Row = index, Owner = owner, Epoch = owner?.Epoch ?? 0 }
            : new WriteResult { Status = WriteStatus.Changed, Row = index };
    }

    /// <summary>Under the latch: the values before the change.</summary>
    private unsafe byte[] TakeImage(VectorSlot slot, int[] columnSet, ushort[] rows)
    {
        var size = 0;
        foreach (var column in columnSet)
            size += rows.Length * (1 + UndoRecord.WidthOf(_physicals[column]));
        var image = GC.AllocateUninitializedArray<byte>(size);
        var offset = 0;
        foreach (var column in columnSet)
        {
            ref var chunk = ref slot.Columns[column];
            var values = chunk.Values!.Pointer;
            var width = UndoRecord.WidthOf(_physicals[column]);
            var isBool = _physicals[column] == PhysicalType.Bool;
            for (var i = 0; i < rows.Length; i++)
            {
                int row = rows[i];
                image[offset + i] = chunk.Validity is null || ColumnCopy.GetBit((ulong*)chunk.Validity.Pointer, row) ? (byte)1 : (byte)0;
                var target = offset + rows.Length + i * width;
                if (isBool)
                    image[target] = ColumnCopy.GetBit((ulong*)values, row) ? (byte)1 : (byte)0;
                else
                    Unsafe.CopyBlockUnaligned(ref image[target], ref values[(long)row * width], (uint)width);
            }
            offset += rows.Length * (1 + width);
        }
        return image;
    }

    /// <summary>Under the latch: new values over the old ones.</summary>
    private unsafe void WriteValues(VectorSlot slot, int column, Vector source, int* picks, int first, ushort[] rows)
    {
        ref var chunk = ref slot.Columns[column];
        for (var i = 0; i < rows.Length; i++)
        {
            var from = picks == null ? first + i : picks[first + i];
            ColumnCopy.Values(source, null, from, 1, _physicals[column], chunk.Values!.Pointer, rows[i], slot.Arena);
            var valid = source.IsValid(from);
            if (!valid || chunk.Validity is not null)
                ColumnCopy.SetBit(slot.EnsureValidity(column, !valid), rows[i], valid);
            WidenZone(slot, column, rows[i], 1);
        }
    }

    /// <summary>Sets of columns that updates change are few: one array each, shared by all undo records.</summary>
    private int[] ColumnSet(ReadOnlySpan<int> columns)
    {
        var sets = _columnSets;
        foreach (var set in sets)
        {
            if (columns.SequenceEqual(set))
                return set;
        }
        var added = columns.ToArray();
        if (sets.Length < 64)
            _columnSets = [.. sets, added]; // a race loses one entry of a cache
        return added;
    }

    private volatile int[][] _columnSets = [];
}
