using System.Buffers.Binary;
using OmenDb.Index;

namespace OmenDb.Storage.Indexes;

/// <summary>Eight-byte keys in the learned index.</summary>
internal sealed class FixedKeys : OrderedKeys
{
    private readonly AlexIndex _index = new();

    public override long Count => _index.Count;

    public override AlexStatistics GetStatistics() => _index.GetStatistics();

    public override LookupTrace Trace(ReadOnlySpan<byte> key) => _index.Trace(Number(key));

    public AlexIndex Index => _index;

    public override bool Insert(ReadOnlySpan<byte> key, RowId row) => _index.Insert(Number(key), row.Value);

    public override bool Remove(ReadOnlySpan<byte> key, RowId row) => _index.Remove(Number(key), row.Value);

    public override InsertOutcome InsertUnique(ReadOnlySpan<byte> key, RowId row, ref UniqueProbe probe) =>
        _index.InsertUnique(Number(key), row.Value, ref probe);

    public override bool RemoveIf(ReadOnlySpan<byte> key, RowId row, ref RemovalProbe probe) => _index.RemoveIf(Number(key), row.Value, ref probe);

    public override bool TryGetFirst(ReadOnlySpan<byte> key, out RowId row)
    {
        var found = _index.TryGetFirst(Number(key), out var id);
        row = new RowId(id);
        return found;
    }

    public override void GetAll(ReadOnlySpan<byte> key, List<RowId> rows)
    {
        var number = Number(key);
        var cursor = _index.Seek(number);
        while (cursor.MoveNext() && cursor.Key == number)
            rows.Add(new RowId(cursor.RowId));
    }

    public override EntryReader Read(byte[] low, byte[]? high, bool backward)
    {
        var from = Number(low);
        var end = high is null ? UInt128.One << 64 : Number(high);
        return new Reader(backward ? end == 0 ? _index.Seek(0) : _index.SeekLast((ulong)(end - 1)) : _index.Seek(from), from, end, backward);
    }

    public override void BulkLoad(ReadOnlySpan<byte> keys, ReadOnlySpan<int> ends, ReadOnlySpan<ulong> rows)
    {
        var numbers = new ulong[ends.Length];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = BinaryPrimitives.ReadUInt64BigEndian(keys[(i * 8)..]);
        _index.BulkLoad(numbers, rows, Environment.ProcessorCount);
    }

    public override void Dispose() => _index.Dispose();

    /// <summary>Bounds may be shorter than eight bytes: zeros follow.</summary>
    private static ulong Number(ReadOnlySpan<byte> key)
    {
        if (key.Length == 8)
            return BinaryPrimitives.ReadUInt64BigEndian(key);
        Span<byte> padded = stackalloc byte[8];
        padded.Clear();
        key.CopyTo(padded);
        return BinaryPrimitives.ReadUInt64BigEndian(padded);
    }

    private sealed class Reader(AlexCursor cursor, ulong low, UInt128 high, bool backward) : EntryReader
    {
        private AlexCursor _cursor = cursor;
        private bool _ended = high <= low;

        public override bool Read(KeyBatch batch, int wanted)
        {
            batch.Clear();
            if (_ended)
                return false;
            var keys = batch.Numbers.AsSpan(0, wanted);
            var count = backward ? _cursor.PreviousBatch(keys, batch.Rows) : _cursor.NextBatch(keys, batch.Rows);
            _ended = count < wanted;
            // Keys come in order: what lies behind the bound is cut off at the end.
            while (count > 0 && (backward ? keys[count - 1] < low : keys[count - 1] >= high))
            {
                count--;
                _ended = true;
            }
            batch.Count = count;
            return count > 0;
        }
    }
}

/// <summary>Keys of any length in the learned index.</summary>
internal sealed class ByteKeys : OrderedKeys
{
    private readonly AlexByteIndex _index = new();

    public override long Count => _index.Count;

    public override AlexStatistics GetStatistics() => _index.GetStatistics();

    public override LookupTrace Trace(ReadOnlySpan<byte> key) => _index.Trace(key);

    public override bool Insert(ReadOnlySpan<byte> key, RowId row) => _index.Insert(key, row.Value);

    public override bool Remove(ReadOnlySpan<byte> key, RowId row) => _index.Remove(key, row.Value);

    public override InsertOutcome InsertUnique(ReadOnlySpan<byte> key, RowId row, ref UniqueProbe probe) =>
        _index.InsertUnique(key, row.Value, ref probe);

    public override bool RemoveIf(ReadOnlySpan<byte> key, RowId row, ref RemovalProbe probe) => _index.RemoveIf(key, row.Value, ref probe);

    public override bool TryGetFirst(ReadOnlySpan<byte> key, out RowId row)
    {
        var found = _index.TryGetFirst(key, out var id);
        row = new RowId(id);
        return found;
    }

    public override void GetAll(ReadOnlySpan<byte> key, List<RowId> rows)
    {
        var cursor = _index.Seek(key);
        while (cursor.MoveNext() && cursor.Key.SequenceEqual(key))
            rows.Add(new RowId(cursor.RowId));
    }

    public override EntryReader Read(byte[] low, byte[]? high, bool backward)
    {
        var cursor = !backward ? _index.Seek(low) : high is null ? _index.SeekEnd() : _index.SeekLast(high);
        return new Reader(cursor, low, high, backward);
    }

    public override void BulkLoad(ReadOnlySpan<byte> keys, ReadOnlySpan<int> ends, ReadOnlySpan<ulong> rows) => _index.BulkLoad(keys, ends, rows);

    public override void Dispose() => _index.Dispose();

    private sealed class Reader(AlexByteCursor cursor, byte[] low, byte[]? high, bool backward) : EntryReader
    {
        private AlexByteCursor _cursor = cursor;
        private bool _ended;

        public override bool Read(KeyBatch batch, int wanted)
        {
            batch.Clear();
            while (!_ended && batch.Count < wanted)
            {
                if (Move())
                    batch.Add(_cursor.Key, _cursor.RowId);
                else
                    _ended = true;
            }
            return batch.Count > 0;
        }

        private bool Move()
        {
            if (!backward)
                return _cursor.MoveNext() && (high is null || _cursor.Key.SequenceCompareTo(high) < 0);
            while (_cursor.MovePrevious())
            {
                if (high is not null && _cursor.Key.SequenceCompareTo(high) >= 0)
                    continue; // SeekLast stands behind the bound itself
                return _cursor.Key.SequenceCompareTo(low) >= 0;
            }
            return false;
        }
    }
}
