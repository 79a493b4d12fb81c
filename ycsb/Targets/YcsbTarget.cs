namespace OmenDb.Ycsb.Targets;

/// <summary>A system that holds the table. Clients belong to one thread each.</summary>
public abstract class YcsbTarget : IDisposable
{
    public abstract string Description { get; }

    /// <summary>The number of records; -1: no table, or one with other columns.</summary>
    public abstract long CountRecords(YcsbTable table);

    public abstract void CreateTable(YcsbTable table);

    /// <summary>Appends records, in batches of the system's own, until disposed; only a completed loader leaves them there.</summary>
    public abstract YcsbLoadSession OpenLoad(YcsbTable table);

    /// <summary>How many threads may load at a time.</summary>
    public virtual int MostLoaders => int.MaxValue;

    /// <summary>Keys and statistics after the load.</summary>
    public abstract void FinishLoad(YcsbTable table);

    public abstract YcsbClient OpenClient(YcsbTable table);

    public abstract void Dispose();
}

public abstract class YcsbLoadSession : IDisposable
{
    /// <param name="fields">UTF-8; read before the call returns.</param>
    public abstract void Add(string key, IReadOnlyList<ReadOnlyMemory<byte>> fields);

    public abstract void Complete();

    public abstract void Dispose();
}

/// <summary>The operations; each is a transaction of its own. What is read is taken out of the system as text, and its length returned.</summary>
public abstract class YcsbClient : IDisposable
{
    /// <returns>Characters of all fields; -1: no such record.</returns>
    public abstract long Read(string key);

    /// <returns>False: no such record.</returns>
    public abstract bool Update(string key, int field, string value);

    public abstract void Insert(string key, string[] values);

    /// <summary>Records in the order of their keys from <paramref name="key"/> on.</summary>
    /// <returns>Their number.</returns>
    public abstract int Scan(string key, int count);

    /// <summary>Reads a record and changes one field of it in one transaction.</summary>
    /// <returns>False: no such record.</returns>
    public abstract bool ReadModifyWrite(string key, int field, string value);

    /// <summary>After an error that ended the transaction.</summary>
    public abstract void Rollback();

    public abstract void Dispose();
}
