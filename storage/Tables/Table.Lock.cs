using OmenDb.Arrow;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Locks;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Tables;

/// <summary>How locking a row ended.</summary>
public enum RowLockOutcome : byte
{
    /// <summary>Locked; the snapshot sees its newest version (or one that differs from it in no unique key, for a key share lock).</summary>
    Same = 0,
    /// <summary>Locked; its newest version was committed after the snapshot.</summary>
    Changed = 1,
    /// <summary>Not locked: the row is gone.</summary>
    Deleted = 2,
    /// <summary>Not locked: the transaction itself has deleted the row.</summary>
    DeletedByUs = 4,
    /// <summary>Not locked: somebody is in the way, and the caller does not wait.</summary>
    Busy = 3,
}

public sealed partial class Table
{
    /// <summary>Locks a row until the transaction ends or goes back to a savepoint taken before.</summary>
    /// <param name="snapshot">Of a statement of the transaction; see the outcome.</param>
    /// <param name="row">A row that is, or was, visible to the snapshot or to a later one.</param>
    /// <param name="mode">How strong.</param>
    /// <param name="wait">False: answers Busy instead.</param>
    /// <exception cref="Types.SqlException">40P01, 55P03, and what the owner's interrupts say.</exception>
    public RowLockOutcome Lock(Snapshot snapshot, RowId row, RowLockMode mode, bool wait = true)
    {
        var transaction = Writer(snapshot);
        var locks = transaction.Locks;
        var tag = LockTag.Row(StorageId, row);
        if (TrySlot(row) is not { } slot)
            return RowLockOutcome.Deleted;
        var first = JudgeLock(slot, row.RowInVector, snapshot, mode, null);
        if (first.OwnMode >= mode)
            return RowLockOutcome.Same; // we have written it: nobody else can
        if (first.Outcome is RowLockOutcome.Deleted or RowLockOutcome.DeletedByUs)
        {
            transaction.AwaitPublication();
            return first.Outcome;
        }
        var owner = transaction.Owner;
        owner.OnStep(LockStep.Judged);
        var taken = locks.Acquire(owner, tag, (int)mode, wait, written: (int)first.OwnMode);
        if (taken == LockOutcome.Busy)
            return RowLockOutcome.Busy;
        while (true)
        {
            owner.OnStep(LockStep.Granted);
            var judged = JudgeLock(slot, row.RowInVector, snapshot, mode, tag);
            if (judged.Outcome != RowLockOutcome.Busy)
            {
                if (judged.Outcome is RowLockOutcome.Deleted or RowLockOutcome.DeletedByUs && taken == LockOutcome.Granted)
                    locks.Undo(owner, tag, (int)mode);
                if (judged.Outcome != RowLockOutcome.Same)
                    transaction.AwaitPublication();
                return judged.Outcome;
            }
            if (!wait)
            {
                if (taken == LockOutcome.Granted)
                    locks.Undo(owner, tag, (int)mode);
                return RowLockOutcome.Busy;
            }
            if (judged.Writer is { } writer)
                locks.WaitFor(owner, writer, judged.Epoch);
            else
                locks.WaitToConfirm(owner, tag, (int)mode);
        }
    }

    /// <summary>Whether the snapshot's own transaction has deleted a row, in whichever statement.</summary>
    public bool IsDeletedByOwner(Snapshot snapshot, RowId row)
    {
        if (snapshot.Transaction is null || TrySlot(row) is not { } slot)
            return false;
        slot.Latch.Enter();
        try
        {
            return slot.Versions is { } versions && versions.Find(row.RowInVector) is >= 0 and var found && versions.Entries[found].DeletedBy?.Value == snapshot.OwnId;
        }
        finally
        {
            slot.Latch.Exit();
        }
    }

    /// <param name="Outcome">What has become of the row.</param>
    /// <param name="Writer">Busy: who is writing it; null: somebody's lock is in the way.</param>
    /// <param name="Epoch">Of the writer.</param>
    /// <param name="OwnMode">In which the transaction has written it itself; 0: it has not.</param>
    private readonly record struct LockView(RowLockOutcome Outcome, Transaction? Writer, long Epoch, RowLockMode OwnMode);

    /// <summary>What the newest version says about locking its row.</summary>
    /// <param name="slot">The row's vector.</param>
    /// <param name="row">In it.</param>
    /// <param name="snapshot">Of the locker.</param>
    /// <param name="mode">Wanted.</param>
    /// <param name="confirm">The lock that the transaction has taken, to be confirmed in the same moment, when nobody else is writing the row.</param>
    private static LockView JudgeLock(VectorSlot slot, int row, Snapshot snapshot, RowLockMode mode, LockTag? confirm)
    {
        slot.Latch.Enter();
        try
        {
            var view = JudgeLatched(slot, row, snapshot, mode);
            return view.Outcome is RowLockOutcome.Same or RowLockOutcome.Changed && confirm is { } tag && snapshot.Transaction is { } transaction
                && !transaction.Locks.TryConfirm(transaction.Owner, tag, (int)mode) ? new LockView(RowLockOutcome.Busy, null, 0, 0) : view;
        }
        finally
        {
            slot.Latch.Exit();
        }
    }

    private static LockView JudgeLatched(VectorSlot slot, int row, Snapshot snapshot, RowLockMode mode)
    {
        if (row >= slot.RowCount || slot.IsDead(row))
            return new LockView(RowLockOutcome.Deleted, null, 0, 0);
        if (slot.Versions is not { } versions)
            return default;
        var outcome = RowLockOutcome.Same;
        var own = default(RowLockMode);
        var range = versions.FindRange(row);
        if (range >= 0)
        {
            var stamp = versions.Ranges[range].Stamp;
            if (IsWriting(stamp, snapshot, out var busy))
                return busy;
            if (stamp.Value == snapshot.OwnId)
                own = RowLockMode.Update;
            else if (stamp.Value > snapshot.ReadValue)
                outcome = RowLockOutcome.Changed;
        }
        var found = versions.Find(row);
        if (found < 0)
            return new LockView(outcome, null, 0, own);
        ref var version = ref versions.Entries[found];
        if (version.DeletedBy is { } deleter)
            return IsWriting(deleter, snapshot, out var busy) ? busy
                : new LockView(deleter.Value == snapshot.OwnId ? RowLockOutcome.DeletedByUs : RowLockOutcome.Deleted, null, 0, 0);
        for (var link = version.Undo; link.Record is { } record; link = record.Next[link.Index])
        {
            var value = record.Stamp.Value;
            if (value == snapshot.OwnId)
            {
                own = record.ChangesKey(link.Index) ? RowLockMode.Update : Max(own, RowLockMode.NoKeyUpdate);
                continue;
            }
            if (value <= snapshot.ReadValue)
                break;
            if (mode == RowLockMode.KeyShare && !record.ChangesKey(link.Index))
                continue; // whoever holds the key does not mind
            if (IsWriting(record.Stamp, snapshot, out var busy))
                return busy;
            outcome = RowLockOutcome.Changed;
            if (mode != RowLockMode.KeyShare)
                break;
        }
        return new LockView(outcome, null, 0, own);
    }

    private static RowLockMode Max(RowLockMode left, RowLockMode right) => left > right ? left : right;

    private static bool IsWriting(VersionStamp stamp, Snapshot snapshot, out LockView busy)
    {
        var owner = stamp.Owner; // before the value, as in Judge
        var value = stamp.Value;
        if ((value & Timestamp.TransactionBit) == 0 || value == snapshot.OwnId)
        {
            busy = default;
            return false;
        }
        // Without an owner it has just been committed: the second look finds that.
        busy = new LockView(RowLockOutcome.Busy, owner, owner?.Epoch ?? 0, 0);
        return owner is not null || IsWriting(stamp, snapshot, out busy);
    }

    /// <summary>Under the latch: whether somebody's lock keeps a transaction from writing a row.</summary>
    private bool IsLocked(Transaction transaction, RowId row, RowLockMode mode, RowLockMode written, int index, out WriteResult conflict)
    {
        conflict = default;
        if (!transaction.Locks.IsLocked(transaction.Owner, LockTag.Row(StorageId, row), mode, written, out var holder, out var epoch))
            return false;
        // He may have ended: a commit shows before its locks are gone.
        conflict = new WriteResult { Status = WriteStatus.Busy, Row = index, Owner = holder, Epoch = epoch };
        return true;
    }

    /// <summary>Under the latch, of a row that the transaction has written last: the strongest mode in which it has.</summary>
    private static RowLockMode ModeOfOwnWrites(VectorSlot slot, int row, ulong ownId)
    {
        var versions = slot.Versions!;
        if (versions.FindRange(row) is >= 0 and var range && versions.Ranges[range].Stamp.Value == ownId)
            return RowLockMode.Update;
        if (versions.Find(row) is >= 0 and var found)
        {
            for (var link = versions.Entries[found].Undo; link.Record is { } record && record.Stamp.Value == ownId; link = record.Next[link.Index])
            {
                if (record.ChangesKey(link.Index))
                    return RowLockMode.Update;
            }
        }
        return RowLockMode.NoKeyUpdate;
    }

    /// <summary>Under the latch: whether new values differ in a column of a unique key.</summary>
    private unsafe bool ChangesKey(VectorSlot slot, int row, ReadOnlySpan<int> columns, Batch values, int valueRow, KeyedIndexes keyed)
    {
        foreach (var index in keyed.All)
        {
            if (!index.Definition.IsUnique || index.Definition.PredicateColumn >= 0)
                continue;
            for (var k = 0; k < index.Definition.Keys.Length; k++)
            {
                var assigned = columns.IndexOf(index.Columns[k]);
                if (assigned < 0)
                    continue;
                MakeReal(slot, columns[assigned]);
                var before = KeyCell.InPlace(slot, row, columns[assigned], _columns[columns[assigned]]);
                var source = values.Columns[assigned];
                var after = KeyCell.FromVector(source, valueRow);
                if (before.IsValid != after.IsValid)
                    return true;
                if (!before.IsValid)
                    continue;
                KeyWriter left = new(), right = new();
                index.Layout.EncodeOne(k, before, slot.Arena.Published.Pointers, left);
                index.Layout.EncodeOne(k, after, source.Kind == VectorKind.Dictionary ? source.Dictionary!.ArenaPointers : source.ArenaPointers, right);
                if (!left.Key.SequenceEqual(right.Key))
                    return true;
            }
        }
        return false;
    }
}
