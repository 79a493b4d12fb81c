namespace OmenDb.Storage.Locks;

public enum LockKind : byte
{
    /// <summary>A: OID; B: OID of the database.</summary>
    Relation = 1,
    /// <summary>A: storage id of the table; B: row id.</summary>
    Row = 2,
    /// <summary>A: the key; B: OID of the database times four, plus 1 for one bigint key and 2 for two integer keys.</summary>
    Advisory = 3,
    /// <summary>A: number of the transaction. Never in the table: whoever waits for a row that was written waits for its writer.</summary>
    Transaction = 4,
}

/// <summary>What a lock is on.</summary>
public readonly record struct LockTag(LockKind Kind, long A, long B)
{
    public static LockTag Relation(int oid, int database) => new(LockKind.Relation, oid, database);

    public static LockTag Row(long storageId, RowId row) => new(LockKind.Row, storageId, (long)row.Value);

    /// <param name="key">One bigint key, or two integers: the first in the high half.</param>
    /// <param name="isPair">Two integers: another key space.</param>
    /// <param name="database">OID.</param>
    public static LockTag Advisory(long key, bool isPair, int database) => new(LockKind.Advisory, key, (long)database * 4 + (isPair ? 2 : 1));

    internal int Hash => HashCode.Combine((int)Kind, A, B);
}
