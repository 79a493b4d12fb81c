using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Types;

namespace OmenDb.Storage.Transactions;

// SERIALIZABLE: see CommitHistory.
public sealed partial class TransactionManager
{
    private readonly CommitHistory _history = new();

    /// <summary>The snapshot of a transaction that will have to prove that nothing it reads has changed.</summary>
    internal Snapshot OpenWatched(Transaction transaction)
    {
        lock (_order)
        {
            var snapshot = OpenSnapshot(transaction, 0);
            var isFirst = !_history.IsWatched;
            _history.Watch(snapshot.ReadValue);
            if (isFirst)
            {
                // What has its place already but is not visible yet comes after the snapshot.
                foreach (var pending in _pending)
                    _history.Add(pending);
            }
            return snapshot;
        }
    }

    /// <returns>Null: the other one has ended, and its snapshot may be gone.</returns>
    internal Snapshot? TryAdopt(Transaction transaction, Transaction other, Snapshot snapshot)
    {
        lock (_order)
        {
            var mine = OpenSnapshotAt(snapshot, transaction, 0);
            // Ends of transactions close their snapshots after their state says so.
            if (other.State != TransactionState.Active || snapshot.IsClosed)
            {
                mine.Dispose();
                return null;
            }
            if (transaction.Isolation == IsolationLevel.Serializable && !transaction.IsReadOnly)
                _history.Watch(mine.ReadValue); // the other one watches already
            return mine;
        }
    }

    internal void Unwatch(Snapshot snapshot)
    {
        lock (_order)
            _history.Unwatch(snapshot.ReadValue);
    }

    /// <summary>Looks at everything that is visible by now, without holding anybody up.</summary>
    /// <exception cref="SqlException">40001.</exception>
    internal void CheckReads(Transaction transaction, Snapshot before)
    {
        using var now = OpenSnapshot();
        Dictionary<Table, List<RowId>> rows;
        lock (_order)
            rows = Changed(transaction);
        if (CommitHistory.IsStale(transaction.Reads, rows, before, now))
            throw NotSerializable();
        foreach (var read in transaction.Reads)
            read.CheckedUpTo = now.ReadValue;
    }

    /// <summary>Under the order of commits, right before the transaction gets its place: the rest.</summary>
    /// <exception cref="SqlException">40001.</exception>
    private void CheckReadsInOrder(Transaction transaction, Snapshot before)
    {
        var rows = Changed(transaction);
        if (rows.Count == 0)
            return;
        using var now = OpenSnapshot().WithOrdered();
        if (CommitHistory.IsStale(transaction.Reads, rows, before, now))
            throw NotSerializable();
    }

    private Dictionary<Table, List<RowId>> Changed(Transaction transaction)
    {
        var tables = new HashSet<Table>();
        var after = ulong.MaxValue;
        foreach (var read in transaction.Reads)
        {
            tables.Add(read.Table);
            after = Math.Min(after, read.CheckedUpTo);
        }
        return _history.ChangedRows(tables, after);
    }

    private static SqlException NotSerializable() =>
        new(SqlState.SerializationFailure, "could not serialize access due to read/write dependencies among transactions")
        {
            Detail = "Reason code: rows that were read have been changed by other transactions.",
            Hint = "The transaction might succeed if retried.",
        };
}
