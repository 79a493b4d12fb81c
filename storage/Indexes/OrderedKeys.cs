using OmenDb.Index;

namespace OmenDb.Storage.Indexes;

/// <summary>What a table's index needs of the ordered structure below it. Keys are normalised bytes; eight-byte keys are
/// big-endian numbers.</summary>
internal abstract class OrderedKeys : IDisposable
{
    /// <returns>False: the very entry was there.</returns>
    public abstract bool Insert(ReadOnlySpan<byte> key, RowId row);

    public abstract bool Remove(ReadOnlySpan<byte> key, RowId row);

    public abstract InsertOutcome InsertUnique(ReadOnlySpan<byte> key, RowId row, ref UniqueProbe probe);

    public abstract bool RemoveIf(ReadOnlySpan<byte> key, RowId row, ref RemovalProbe probe);

    /// <summary>The key's entry with the lowest row id.</summary>
    public abstract bool TryGetFirst(ReadOnlySpan<byte> key, out RowId row);

    /// <summary>All rows of one key, ascending.</summary>
    public abstract void GetAll(ReadOnlySpan<byte> key, List<RowId> rows);

    /// <summary>Entries in [low, high) in ascending order, or in descending order from the end; a null high has no end.</summary>
    public abstract EntryReader Read(byte[] low, byte[]? high, bool backward);

    /// <summary>Fills an empty index.</summary>
    /// <param name="keys">The keys one behind the other, ascending together with the rows.</param>
    /// <param name="ends">Where each ends.</param>
    /// <param name="rows">As long as the ends.</param>
    public abstract void BulkLoad(ReadOnlySpan<byte> keys, ReadOnlySpan<int> ends, ReadOnlySpan<ulong> rows);

    public abstract long Count { get; }

    /// <summary>How a look-up of a key, or of the place where it would stand, goes.</summary>
    public abstract OmenDb.Index.LookupTrace Trace(ReadOnlySpan<byte> key);

    /// <summary>A walk over all nodes.</summary>
    public abstract OmenDb.Index.AlexStatistics GetStatistics();

    public abstract void Dispose();
}

/// <summary>Entries of a range, some at a time. Tolerates changes meanwhile: never an entry twice, none missed that stays.</summary>
internal abstract class EntryReader
{
    /// <summary>Replaces the batch's entries by those that follow.</summary>
    /// <param name="batch">Of this index's form.</param>
    /// <param name="wanted">At most; up to <see cref="KeyBatch.Capacity"/>.</param>
    /// <returns>False: there are none any more.</returns>
    public abstract bool Read(KeyBatch batch, int wanted);
}
