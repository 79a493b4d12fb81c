using OmenDb.Arrow;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Indexes;

/// <summary>Rows of one or more ranges of an index that a snapshot sees, in the index's order or its reverse.</summary>
/// <remarks>Every row returned is visible and has, in the version that is seen, the key under which it was found: so no row comes
/// twice and no further check of the key is needed. For one thread; the snapshot outlives it. Dispose it.</remarks>
public sealed class IndexCursor : IDisposable
{
    /// <summary>So many entries are read first: most look-ups want no more.</summary>
    private const int FirstRead = 8;

    private readonly TableIndex _index;
    private readonly Snapshot _snapshot;
    private readonly IndexRange[] _ranges;
    private readonly bool _backward;
    private readonly bool[] _seen = new bool[KeyBatch.Capacity];
    private readonly KeyBatch _values;
    private KeyBatch? _nullRows;
    private KeyBatch _batch; // one of the two
    private int _next;
    private int _wanted = FirstRead;
    private int _range = -1;
    private int _part; // of a range in the fixed form: values and nulls, in their order
    private EntryReader? _reader;
    private long _removals; // counted before the last batch was read
    private bool _nulls;
    private bool _disposed;

    internal IndexCursor(TableIndex index, Snapshot snapshot, IndexRange[] ranges, bool backward)
    {
        _index = index;
        _snapshot = snapshot;
        _ranges = ranges;
        _backward = backward;
        _part = 2;
        _values = _batch = new KeyBatch(index.Layout.IsFixed);
        index.Table.Retain();
        index.Retain();
    }

    /// <summary>Entries looked at so far, for EXPLAIN ANALYZE.</summary>
    public long EntriesRead { get; private set; }

    /// <summary>Of the rows that agree in so many leading key columns only the first one is given out; 0: all rows are.</summary>
    public int SkipColumns { get; init; }

    /// <summary>Fills in the rows that follow.</summary>
    /// <returns>How many; fewer than there is room for only at the end.</returns>
    public int Next(Span<RowId> rows) => Next(rows, [], []);

    /// <summary>The same with values of key columns, out of the keys.</summary>
    /// <param name="rows">Room for row ids.</param>
    /// <param name="columns">Positions in the key; each must be readable from keys.</param>
    /// <param name="targets">One per column, with room for as many values as there may be rows.</param>
    public int Next(Span<RowId> rows, ReadOnlySpan<int> columns, VectorWriter[] targets)
    {
        var count = 0;
        while (count < rows.Length)
        {
            if (_next >= _batch.Count && !Refill())
                break;
            if (!_seen[_next])
            {
                _next++;
                continue;
            }
            rows[count++] = new RowId(_batch.Rows[_next]);
            for (var i = 0; i < targets.Length; i++)
            {
                if (_nulls)
                    targets[i].AppendNull();
                else
                    _index.Layout.Decode(columns[i], _batch.Key(_next), targets[i]);
            }
            if (SkipColumns > 0)
                SkipEqual();
            else
                _next++;
        }
        return count;
    }

    private bool Refill()
    {
        _next = 0;
        while (true)
        {
            // Readers run ahead: entries of this batch may have been read together with the last one, and been removed since.
            var removals = _removals;
            _removals = _index.Removals;
            if (_reader is null)
            {
                removals = _removals;
                if (!OpenNext())
                    return false;
            }
            if (!_reader!.Read(_batch, _wanted))
            {
                _reader = null;
                continue;
            }
            _wanted = Math.Min(_wanted * 4, KeyBatch.Capacity);
            EntriesRead += _batch.Count;
            _index.Sees(_snapshot, _batch, _nulls, removals, _seen);
            return true;
        }
    }

    /// <summary>Goes on behind all keys that begin as the current one does.</summary>
    private void SkipEqual()
    {
        if (_nulls)
        {
            EndPart();
            return;
        }
        var layout = _index.Layout;
        var key = _batch.Key(_next);
        var prefix = (layout.IsFixed ? key : key[..layout.EndOf(key, SkipColumns)]).ToArray();
        while (_next < _batch.Count && _batch.Key(_next).StartsWith(prefix))
            _next++;
        if (_next < _batch.Count)
            return; // the next one was read already
        var range = _ranges[_backward ? _ranges.Length - 1 - _range : _range];
        if (_backward)
            _reader = _index.Keys.Read(range.Low, prefix, backward: true);
        else if (KeyLayout.Successor(prefix) is { } after && (range.High is null || after.AsSpan().SequenceCompareTo(range.High) < 0))
            _reader = _index.Keys.Read(after, range.High, backward: false);
        else
            EndPart();
        _wanted = FirstRead;
    }

    private void EndPart()
    {
        _reader = null;
        _batch.Clear();
        _next = 0;
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
                _batch = _nullRows ??= new KeyBatch(isFixed: true);
                return true;
            }
            if (range.OnlyNulls)
                continue;
            _reader = _index.Keys.Read(range.Low, range.High, _backward);
            _batch = _values;
            return true;
        }
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _reader = null;
        _index.Release();
        _index.Table.Release();
    }
}
