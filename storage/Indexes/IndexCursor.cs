using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;

namespace OmenDb.Storage.Indexes;

/// <summary>Rows of one or more ranges of an index that a snapshot sees, in the index's order or its reverse.</summary>
/// <remarks>Every row returned is visible and has, in the version that is seen, the key under which it was found: so no row comes
/// twice and no further check of the key is needed. For one thread; the snapshot outlives it. Dispose it.</remarks>
public sealed class IndexCursor : IDisposable
{
    private readonly TableIndex _index;
    private readonly Snapshot _snapshot;
    private readonly IndexRange[] _ranges;
    private readonly bool _backward;
    private int _range = -1;
    private int _part; // of a range in the fixed form: values and nulls, in their order
    private EntryReader? _reader;
    private bool _nulls;
    private bool _disposed;

    internal IndexCursor(TableIndex index, Snapshot snapshot, IndexRange[] ranges, bool backward)
    {
        _index = index;
        _snapshot = snapshot;
        _ranges = ranges;
        _backward = backward;
        _part = 2;
        index.Table.Retain();
    }

    /// <summary>Entries looked at so far, for EXPLAIN ANALYZE.</summary>
    public long EntriesRead { get; private set; }

    /// <summary>Fills in the rows that follow.</summary>
    /// <returns>How many; fewer than there is room for only at the end.</returns>
    public int Next(Span<RowId> rows)
    {
        var count = 0;
        while (count < rows.Length)
        {
            if (_reader is null && !OpenNext())
                break;
            if (!_reader!.Move())
            {
                _reader = null;
                continue;
            }
            EntriesRead++;
            var row = _reader.Row;
            if (_index.Sees(_snapshot, row, _nulls ? default : _reader.Key))
                rows[count++] = row;
        }
        return count;
    }

    private bool OpenNext()
    {
        while (true)
        {
            if (_part >= 2)
            {
                if (++_range >= _ranges.Length)
                    return false;
                _part = 0;
            }
            var range = _ranges[_backward ? _ranges.Length - 1 - _range : _range];
            var part = _part++;
            if (range.IsEmpty)
                continue;
            var nullsComeFirst = _index.Layout.IsFixed && _index.Layout.Key(0).NullsFirst != _backward;
            _nulls = nullsComeFirst == (part == 0);
            if (_nulls)
            {
                if (!_index.Layout.IsFixed || !range.HasNulls || _index.Nulls is not { } nulls)
                    continue;
                _reader = nulls.Read([], null, _backward);
                return true;
            }
            if (range.OnlyNulls)
                continue;
            _reader = _index.Keys.Read(range.Low, range.High, _backward);
            return true;
        }
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _reader = null;
        _index.Table.Release();
    }
}
