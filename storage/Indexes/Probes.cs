using OmenDb.Index;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Indexes;

/// <summary>Runs under an index node's latch: does another row hold the key in its newest version, or might it after a rollback?</summary>
internal struct UniqueProbe(TableIndex index, byte[] key, RowId row, Transaction transaction) : IUniqueCheck
{
    /// <summary>How the conflict looks, when there is one.</summary>
    public WriteResult Result { get; private set; } = WriteResult.Ok;

    public bool Conflicts(ulong existingRowId)
    {
        if (existingRowId == row.Value)
            return false;
        Result = index.Judge(new RowId(existingRowId), key, transaction);
        return !Result.IsOk;
    }
}

/// <summary>The same for an eight-byte key, which becomes bytes only when there is an entry to compare.</summary>
internal struct FixedUniqueProbe(TableIndex index, ulong key, RowId row, Transaction transaction) : IUniqueCheck
{
    public WriteResult Result { get; private set; } = WriteResult.Ok;

    public bool Conflicts(ulong existingRowId)
    {
        if (existingRowId == row.Value)
            return false;
        var bytes = new byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes, key);
        Result = index.Judge(new RowId(existingRowId), bytes, transaction);
        return !Result.IsOk;
    }
}

/// <summary>Runs under an index node's latch: does no version of the row that anybody may still see carry the key?</summary>
internal struct RemovalProbe(TableIndex index, byte[] key, ulong horizon) : IRemovalCheck
{
    /// <summary>What was found; Gone when there was no such entry.</summary>
    public StaleOutcome Outcome { get; private set; }

    public bool MayRemove(ulong rowId) => (Outcome = index.Carries(new RowId(rowId), key, horizon)) == StaleOutcome.Gone;
}

/// <summary>What became of an entry that no new version needs.</summary>
internal enum StaleOutcome : byte
{
    /// <summary>It is removed, or was before.</summary>
    Gone,
    /// <summary>The newest version has the key again, and stays.</summary>
    CarriedNow,
    /// <summary>An older version that somebody may see has it, or a running transaction has given it to the row again.</summary>
    CarriedBefore,
}

/// <summary>A unique key that a row of the current statement had in common with another when it was written.</summary>
internal readonly record struct DeferredKey(TableIndex Index, byte[] Key, RowId Row);

/// <summary>An index entry that only old snapshots need.</summary>
internal readonly record struct StaleKey(TableIndex Index, byte[] Key, RowId Row);
