using OmenDb.Index;

namespace OmenDb.Tools.Bench.Index;

/// <summary>One of the compared structures. Calls are made for many keys at a time, so that the call itself does not count.</summary>
internal abstract class IndexStore : IDisposable
{
    public abstract string Name { get; }

    /// <summary>Null: the structure has no such operation.</summary>
    public virtual bool HasBatchedLookups => false;

    public virtual bool HasScans => true;

    /// <summary>Loads by several threads, from sorted and from unsorted entries.</summary>
    public virtual bool HasParallelLoad => false;

    /// <summary>Look-ups outside a transaction, for systems that have transactions.</summary>
    public virtual bool HasAutocommit => false;

    /// <summary>Rivals that take minutes for more keys are left out of larger runs.</summary>
    public virtual int MaxKeys => int.MaxValue;

    public abstract void BulkLoad(ulong[] sortedKeys, ulong[] rows);

    public virtual void BulkLoadParallel(ulong[] sortedKeys, ulong[] rows, int threads) => throw new InvalidOperationException();

    /// <summary>Sorts what it is given.</summary>
    public virtual void BulkLoadUnsorted(ulong[] keys, ulong[] rows, int threads) => throw new InvalidOperationException();

    public abstract void Insert(ReadOnlySpan<ulong> keys, ReadOnlySpan<ulong> rows);

    /// <returns>How many were found.</returns>
    public abstract int Lookup(ReadOnlySpan<ulong> keys);

    public virtual int LookupBatched(ReadOnlySpan<ulong> keys) => throw new InvalidOperationException();

    public virtual int LookupAutocommit(ReadOnlySpan<ulong> keys) => throw new InvalidOperationException();

    /// <summary>From each start the next entries, ascending, with keys and row ids.</summary>
    /// <returns>How many rows were read.</returns>
    public virtual long Scan(ReadOnlySpan<ulong> starts, int length) => throw new InvalidOperationException();

    /// <returns>How many were there.</returns>
    public abstract int Remove(ReadOnlySpan<ulong> keys, ReadOnlySpan<ulong> rows);

    /// <summary>Memory in use, in bytes.</summary>
    public abstract long UsedBytes { get; }

    /// <summary>Memory taken from the system, in bytes.</summary>
    public virtual long ReservedBytes => UsedBytes;

    public virtual int? Height => null;

    public virtual long? NodeCount => null;

    public virtual AlexStatistics? Statistics => null;

    public abstract void Dispose();

    public static IndexStore Create(StoreKind kind) => kind switch
    {
        StoreKind.Alex => new AlexStore(),
        StoreKind.BTree => new BTreeStore(),
        StoreKind.SortedDictionary => new SortedDictionaryStore(),
        StoreKind.Sqlite => new SqliteStore(),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
