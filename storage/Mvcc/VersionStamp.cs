using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Mvcc;

/// <summary>Who wrote a version and when it became visible: one object per transaction, shared by all its versions.</summary>
/// <remarks>Committing is therefore one store for any number of rows, and no reader can see half a commit. The value is the
/// transaction's id (high bit set) until then, and stays the id for ever when the transaction is rolled back: its versions
/// are unlinked, and a reader that still holds one must go on not seeing it.</remarks>
internal sealed class VersionStamp(ulong transactionId, Transaction owner)
{
    private ulong _value = transactionId;

    /// <summary>Transaction id, or commit timestamp.</summary>
    public ulong Value => Volatile.Read(ref _value);

    /// <summary>The transaction, for those who wait for it; null once committed, so that versions keep no transaction alive.</summary>
    public Transaction? Owner => Volatile.Read(ref _owner);

    private Transaction? _owner = owner;

    /// <summary>Called under the order of commits, before the timestamp becomes readable by new snapshots.</summary>
    public void Commit(ulong timestamp)
    {
        Volatile.Write(ref _value, timestamp);
        Volatile.Write(ref _owner, null); // after the value: who finds no owner finds the commit
    }

    public bool IsCommitted => (Value & Timestamp.TransactionBit) == 0;
}
