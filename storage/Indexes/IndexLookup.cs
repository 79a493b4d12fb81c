using System.Buffers.Binary;
using OmenDb.Arrow;
using OmenDb.Index;
using OmenDb.Storage.Mvcc;

namespace OmenDb.Storage.Indexes;

/// <summary>Looks many keys up in one index: the rows that a snapshot sees, with the place of the key that found them. For one thread.</summary>
/// <remarks>Whole keys of the fixed form in a unique index go in batches, so that cache misses overlap.</remarks>
public sealed class IndexLookup : IDisposable
{
    private const int BatchKeys = 128;

    private readonly TableIndex _index;
    private readonly Snapshot _snapshot;
    private readonly int _columns;
    private readonly KeyWriter _writer = new();
    private readonly ulong[] _numbers;
    private readonly ulong[] _found;
    private readonly bool[] _isFound;
    private readonly int[] _places;
    private readonly List<RowId> _rows = []; // of the key before _next that did not fit
    private int _taken;
    private LookupTraceTotals _traces;

    /// <param name="index">Where.</param>
    /// <param name="snapshot">Must outlive this.</param>
    /// <param name="columns">Leading key columns that are given.</param>
    public IndexLookup(TableIndex index, Snapshot snapshot, int columns)
    {
        _index = index;
        _snapshot = snapshot;
        _columns = columns;
        var batched = index.Layout.IsFixed && index.Definition.IsUnique;
        _numbers = batched ? new ulong[BatchKeys] : [];
        _found = batched ? new ulong[BatchKeys] : [];
        _isFound = batched ? new bool[BatchKeys] : [];
        _places = batched ? new int[BatchKeys] : [];
        index.Table.Retain();
        index.Retain();
    }

    /// <summary>Each look-up is traced, by a second one: for EXPLAIN ANALYZE.</summary>
    public bool Traced { get; init; }

    public LookupTraceTotals Traces => _traces;

    /// <summary>Finds the rows of some keys, as far as there is room.</summary>
    /// <param name="values">One vector per key column.</param>
    /// <param name="rows">Which rows of the vectors; a null finds nothing.</param>
    /// <param name="next">The first of them that has not been looked up; moves on. At its end everything has been given out when fewer than there was room for came.</param>
    /// <param name="ids">Room for row ids.</param>
    /// <param name="pairs">Receives, for each id, the row of the vectors.</param>
    /// <returns>How many were found.</returns>
    public int Find(ReadOnlySpan<Vector> values, ReadOnlySpan<int> rows, ref int next, Span<RowId> ids, Span<int> pairs)
    {
        var count = 0;
        while (count < ids.Length)
        {
            if (_taken < _rows.Count)
            {
                ids[count] = _rows[_taken++];
                pairs[count++] = rows[next - 1];
                continue;
            }
            if (next >= rows.Length)
                break;
            if (_numbers.Length > 0 && ids.Length - count >= 8)
            {
                count += FindBatch(values, rows, ref next, ids[count..], pairs[count..]);
                continue;
            }
            FindOne(values, rows[next++]);
        }
        return count;
    }

    private int FindBatch(ReadOnlySpan<Vector> values, ReadOnlySpan<int> rows, ref int next, Span<RowId> ids, Span<int> pairs)
    {
        var keys = 0;
        var removals = _index.Removals;
        while (keys < BatchKeys && keys < ids.Length && next < rows.Length)
        {
            var row = rows[next++];
            if (!Encode(values, row))
                continue;
            _numbers[keys] = BinaryPrimitives.ReadUInt64BigEndian(_writer.Key);
            _places[keys++] = row;
        }
        ((FixedKeys)_index.Keys).Index.GetBatch(_numbers.AsSpan(0, keys), _found, _isFound);
        var count = 0;
        for (var i = 0; i < keys; i++)
        {
            if (!_isFound[i])
                continue;
            BinaryPrimitives.WriteUInt64BigEndian(_writer.Key8(), _numbers[i]);
            var row = new RowId(_found[i]);
            if (!_index.Sees(_snapshot, row, _writer.Key, removals) && !SeesAnother(out row))
                continue;
            ids[count] = row;
            pairs[count++] = _places[i];
        }
        return count;
    }

    /// <summary>The key's other entries: left by older versions, or entered by rows that came after.</summary>
    private bool SeesAnother(out RowId row)
    {
        var removals = _index.Removals;
        var all = new List<RowId>();
        _index.Keys.GetAll(_writer.Key, all);
        foreach (var candidate in all)
        {
            row = candidate;
            if (_index.Sees(_snapshot, candidate, _writer.Key, removals))
                return true;
        }
        row = RowId.None;
        return false;
    }

    private void FindOne(ReadOnlySpan<Vector> values, int row)
    {
        _rows.Clear();
        _taken = 0;
        if (!Encode(values, row))
            return;
        if (_columns < _index.Layout.ColumnCount)
        {
            using var cursor = _index.OpenCursor(_snapshot, [IndexRange.Equal(_index, values, row)]);
            Span<RowId> some = stackalloc RowId[64];
            for (var read = cursor.Next(some); read > 0; read = cursor.Next(some))
                _rows.AddRange(some[..read]);
            return;
        }
        var removals = _index.Removals;
        _index.Keys.GetAll(_writer.Key, _rows);
        var kept = 0;
        for (var i = 0; i < _rows.Count; i++)
        {
            if (_index.Sees(_snapshot, _rows[i], _writer.Key, removals))
                _rows[kept++] = _rows[i];
        }
        _rows.RemoveRange(kept, _rows.Count - kept);
    }

    private unsafe bool Encode(ReadOnlySpan<Vector> values, int row)
    {
        _writer.Clear();
        for (var i = 0; i < values.Length; i++)
        {
            var cell = KeyCell.FromVector(values[i], row);
            if (!cell.IsValid)
                return false;
            var arena = values[i].Kind == VectorKind.Dictionary ? values[i].Dictionary!.ArenaPointers : values[i].ArenaPointers;
            _index.Layout.EncodeOne(i, values[i].Physical, cell, arena, _writer);
        }
        if (Traced)
            _traces.Add(_index.Keys.Trace(_writer.Key));
        return true;
    }

    public void Dispose()
    {
        _index.Release();
        _index.Table.Release();
    }
}
