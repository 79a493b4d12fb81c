using System.Collections.Concurrent;
using System.Globalization;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>Snapshots that transactions have offered to others (pg_export_snapshot), until they end.</summary>
internal sealed class SharedSnapshots
{
    private readonly ConcurrentDictionary<string, Offer> _offers = new();

    private sealed record Offer(Transaction Transaction, Snapshot Snapshot);

    /// <summary>Offers what a transaction sees now. The snapshot stays open until <see cref="Withdraw"/>.</summary>
    /// <returns>What to name it by.</returns>
    public string Export(Transaction transaction, int backendId, ref int count)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{backendId:X8}-{transaction.Number:X8}-{++count}");
        _offers[id] = new Offer(transaction, transaction.BeginStatement());
        return id;
    }

    public void Withdraw(Transaction transaction)
    {
        foreach (var (id, offer) in _offers)
        {
            if (offer.Transaction == transaction && _offers.TryRemove(id, out _))
                offer.Snapshot.Dispose();
        }
    }

    /// <summary>A transaction that has not read anything gets an offered snapshot.</summary>
    /// <exception cref="SqlException">22023, 0A000, 25001, 25006.</exception>
    public void Import(Transaction transaction, string id)
    {
        if (transaction.HasSnapshot)
            throw new SqlException(SqlState.ActiveSqlTransaction, "SET TRANSACTION SNAPSHOT must be called before any query");
        if (transaction.Isolation == IsolationLevel.ReadCommitted)
        {
            throw new SqlException(SqlState.FeatureNotSupported,
                "a snapshot-importing transaction must have isolation level SERIALIZABLE or REPEATABLE READ");
        }
        if (!_offers.TryGetValue(id, out var offer))
            throw new SqlException(SqlState.InvalidParameterValue, $"invalid snapshot identifier: \"{id}\"");
        if (transaction.Isolation == IsolationLevel.Serializable)
        {
            if (offer.Transaction.Isolation != IsolationLevel.Serializable)
                throw new SqlException(SqlState.FeatureNotSupported, "a serializable transaction cannot import a snapshot from a non-serializable transaction");
            if (offer.Transaction.IsReadOnly && !transaction.IsReadOnly)
            {
                throw new SqlException(SqlState.FeatureNotSupported,
                    "a non-read-only serializable transaction cannot import a snapshot from a read-only transaction");
            }
        }
        if (!transaction.TryAdopt(offer.Transaction, offer.Snapshot))
            throw new SqlException(SqlState.InvalidParameterValue, $"invalid snapshot identifier: \"{id}\"") { Detail = "The transaction that exported it has ended." };
    }
}
