using OmenDb.Index.Keys;
using OmenDb.Index.Memory;
using OmenDb.Index.Tree;

namespace OmenDb.Index;

/// <summary>Ordered index over normalised byte keys, compared as unsigned bytes (a prefix before what it begins); entries are pairs
/// (key, row id), ordered by both.</summary>
/// <remarks>For composite, text, uuid and wide decimal keys. Copies the keys. Otherwise as <see cref="AlexIndex"/>.</remarks>
public sealed unsafe class AlexByteIndex : IAlexIndex
{
    private readonly AlexTree<BytesKey> _tree;

    public AlexByteIndex(AlexOptions? options = null) => _tree = new AlexTree<BytesKey>(options);

    public long Count => _tree.Count;

    /// <inheritdoc cref="AlexIndex.Insert"/>
    public bool Insert(ReadOnlySpan<byte> key, ulong rowId)
    {
        fixed (byte* bytes = key)
            return _tree.Insert(new BytesKey(bytes, key.Length), rowId);
    }

    /// <inheritdoc cref="AlexIndex.Remove"/>
    public bool Remove(ReadOnlySpan<byte> key, ulong rowId)
    {
        fixed (byte* bytes = key)
            return _tree.Remove(new BytesKey(bytes, key.Length), rowId);
    }

    /// <inheritdoc cref="AlexIndex.InsertUnique"/>
    public InsertOutcome InsertUnique<TCheck>(ReadOnlySpan<byte> key, ulong rowId, ref TCheck check) where TCheck : IUniqueCheck
    {
        fixed (byte* bytes = key)
            return _tree.InsertUnique(new BytesKey(bytes, key.Length), rowId, ref check);
    }

    /// <inheritdoc cref="AlexIndex.RemoveIf"/>
    public bool RemoveIf<TCheck>(ReadOnlySpan<byte> key, ulong rowId, ref TCheck check) where TCheck : IRemovalCheck
    {
        fixed (byte* bytes = key)
            return _tree.RemoveIf(new BytesKey(bytes, key.Length), rowId, ref check);
    }

    /// <summary>The key's entry with the lowest row id.</summary>
    public bool TryGetFirst(ReadOnlySpan<byte> key, out ulong rowId)
    {
        fixed (byte* bytes = key)
            return _tree.TryGetFirst(new BytesKey(bytes, key.Length), out rowId);
    }

    /// <summary>The same, with an account of the search for EXPLAIN ANALYZE.</summary>
    public bool TryGetFirst(ReadOnlySpan<byte> key, out ulong rowId, out LookupTrace trace)
    {
        fixed (byte* bytes = key)
            return _tree.TryGetFirst(new BytesKey(bytes, key.Length), out rowId, out trace);
    }

    /// <inheritdoc cref="AlexIndex.Trace"/>
    public LookupTrace Trace(ReadOnlySpan<byte> key)
    {
        fixed (byte* bytes = key)
            return _tree.Trace(new BytesKey(bytes, key.Length), 0);
    }

    /// <inheritdoc cref="AlexIndex.GetAll"/>
    public int GetAll(ReadOnlySpan<byte> key, ref RowIdList rows)
    {
        fixed (byte* bytes = key)
            return _tree.GetAll(new BytesKey(bytes, key.Length), ref rows);
    }

    /// <inheritdoc cref="AlexIndex.GetBatch"/>
    /// <param name="keyBytes">The keys, one behind the other.</param>
    /// <param name="keyEnds">Key i ends before keyEnds[i]; the first begins at 0.</param>
    /// <param name="rowIds">As long as <paramref name="keyEnds"/>; undefined where nothing was found.</param>
    /// <param name="found">As long as <paramref name="keyEnds"/>.</param>
    public int GetBatch(ReadOnlySpan<byte> keyBytes, ReadOnlySpan<int> keyEnds, Span<ulong> rowIds, Span<bool> found)
    {
        CheckEnds(keyBytes.Length, keyEnds);
        ArgumentOutOfRangeException.ThrowIfLessThan(rowIds.Length, keyEnds.Length, nameof(rowIds));
        ArgumentOutOfRangeException.ThrowIfLessThan(found.Length, keyEnds.Length, nameof(found));
        fixed (byte* bytes = keyBytes)
        {
            var source = new Source(bytes, keyEnds);
            return _tree.GetFirstBatch(ref source, keyEnds.Length, rowIds, found);
        }
    }

    /// <inheritdoc cref="AlexIndex.GetAllBatch"/>
    /// <param name="keyBytes">The keys, one behind the other.</param>
    /// <param name="keyEnds">Key i ends before keyEnds[i]; the first begins at 0.</param>
    /// <param name="rows">Receives the row ids, key by key.</param>
    /// <param name="ends">As long as <paramref name="keyEnds"/>: rows of key i end before ends[i].</param>
    public void GetAllBatch(ReadOnlySpan<byte> keyBytes, ReadOnlySpan<int> keyEnds, ref RowIdList rows, Span<int> ends)
    {
        CheckEnds(keyBytes.Length, keyEnds);
        ArgumentOutOfRangeException.ThrowIfLessThan(ends.Length, keyEnds.Length, nameof(ends));
        fixed (byte* bytes = keyBytes)
        {
            var source = new Source(bytes, keyEnds);
            _tree.GetAllBatch(ref source, ref rows, ends[..keyEnds.Length]);
        }
    }

    /// <summary>A cursor before the first entry whose key is at least <paramref name="lowerBound"/>.</summary>
    public AlexByteCursor Seek(ReadOnlySpan<byte> lowerBound) => new(_tree, lowerBound, 0);

    /// <summary>A cursor behind the last entry whose key is at most <paramref name="upperBound"/>.</summary>
    public AlexByteCursor SeekLast(ReadOnlySpan<byte> upperBound) => new(_tree, upperBound, ulong.MaxValue);

    /// <summary>A cursor behind the last entry of all.</summary>
    public AlexByteCursor SeekEnd() => new(_tree, [], 0, atEnd: true);

    /// <summary>Fills a new index.</summary>
    /// <param name="sortedKeyBytes">The keys, one behind the other, strictly ascending together with the row ids.</param>
    /// <param name="keyEnds">Key i ends before keyEnds[i]; the first begins at 0.</param>
    /// <param name="rowIds">As long as <paramref name="keyEnds"/>.</param>
    /// <exception cref="InvalidOperationException">Entries were inserted before.</exception>
    /// <exception cref="ArgumentException">Lengths differ, or the pairs are not strictly ascending.</exception>
    public void BulkLoad(ReadOnlySpan<byte> sortedKeyBytes, ReadOnlySpan<int> keyEnds, ReadOnlySpan<ulong> rowIds)
    {
        CheckEnds(sortedKeyBytes.Length, keyEnds);
        if (keyEnds.Length != rowIds.Length)
            throw new ArgumentException("keys and row ids differ in length", nameof(rowIds));
        fixed (byte* bytes = sortedKeyBytes)
        fixed (ulong* rows = rowIds)
        {
            var source = new Source(bytes, keyEnds);
            for (var i = 1; i < keyEnds.Length; i++)
            {
                var order = source.Get(i - 1).Span.SequenceCompareTo(source.Get(i).Span);
                if (order > 0 || (order == 0 && rowIds[i] <= rowIds[i - 1]))
                    throw new ArgumentException($"entry {i} is not above the one before it", nameof(sortedKeyBytes));
            }
            if (_tree.Count != 0)
                throw new InvalidOperationException("bulk load needs an index into which nothing was ever inserted");
            var stored = new ulong[keyEnds.Length];
            for (var i = 0; i < stored.Length; i++)
                stored[i] = _tree.Own(source.Get(i));
            fixed (ulong* keys = stored)
                _tree.BulkLoad(keys, rows, stored.Length);
        }
    }

    public AlexStatistics GetStatistics() => _tree.GetStatistics();

    public void Dispose() => _tree.Dispose();

    private static void CheckEnds(int byteCount, ReadOnlySpan<int> keyEnds)
    {
        var last = 0;
        foreach (var end in keyEnds)
        {
            if (end < last || end > byteCount)
                throw new ArgumentException("key ends must ascend within the bytes", nameof(keyEnds));
            last = end;
        }
    }

    private readonly ref struct Source(byte* bytes, ReadOnlySpan<int> ends) : IKeySource<BytesKey>
    {
        private readonly byte* _bytes = bytes;
        private readonly ReadOnlySpan<int> _ends = ends;

        public BytesKey Get(int index)
        {
            var start = index == 0 ? 0 : _ends[index - 1];
            return new BytesKey(_bytes + start, _ends[index] - start);
        }
    }
}
