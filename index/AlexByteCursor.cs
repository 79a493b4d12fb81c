using OmenDb.Index.Keys;
using OmenDb.Index.Memory;
using OmenDb.Index.Tree;

namespace OmenDb.Index;

/// <summary>A position in an <see cref="AlexByteIndex"/>; behaves as <see cref="AlexCursor"/>. Its buffers are its own, not pooled:
/// a copy of the struct that is disposed too must never hand the same array to two owners.</summary>
public unsafe struct AlexByteCursor : IDisposable
{
    private const int Ahead = 16;

    private readonly AlexTree<BytesKey> _tree;
    private readonly bool _atLowerEdge;
    private byte[] _bytes; // the current key, then those read ahead
    private int _keyLength;
    private int[] _ends; // where the keys read ahead end in _bytes
    private ulong[] _rows;
    private int _keyStart;
    private int _next;
    private int _filled;
    private int _direction;
    private bool _onEntry;
    private bool _atEnd;

    internal AlexByteCursor(AlexTree<BytesKey> tree, ReadOnlySpan<byte> key, ulong rowId, bool atEnd = false)
    {
        _tree = tree;
        _atLowerEdge = rowId == 0;
        _bytes = new byte[Math.Max(key.Length, 256)];
        key.CopyTo(_bytes);
        _keyLength = key.Length;
        _ends = [];
        _rows = [];
        RowId = rowId;
        _atEnd = atEnd;
    }

    /// <summary>Key of the current entry, the bound before the first move; valid until the next move.</summary>
    public readonly ReadOnlySpan<byte> Key => _bytes.AsSpan(_keyStart, _keyLength);

    public ulong RowId { get; private set; }

    public bool MoveNext() => Move(1);

    public bool MovePrevious() => Move(-1);

    /// <summary>Row ids of the entries that follow, ascending, while their keys are below (or equal, if asked) the upper bound.</summary>
    /// <returns>How many; fewer than the span holds only when the range ends.</returns>
    public int NextBatch(ReadOnlySpan<byte> upperBound, bool includeUpper, Span<ulong> rowIds)
    {
        var count = 0;
        while (count < rowIds.Length && PeekNext(out var key))
        {
            var order = key.SequenceCompareTo(upperBound);
            if (order > 0 || (order == 0 && !includeUpper))
                break;
            Move(1);
            rowIds[count++] = RowId;
        }
        return count;
    }

    public void Dispose()
    {
        _bytes = [];
        _filled = _next = 0;
    }

    private bool PeekNext(out ReadOnlySpan<byte> key)
    {
        key = default;
        if ((_direction != 1 || _next == _filled) && !Refill(1))
            return false;
        var start = _next == 0 ? _keyStart + _keyLength : _ends[_next - 1];
        key = _bytes.AsSpan(start, _ends[_next] - start);
        return true;
    }

    private bool Move(int direction)
    {
        if ((_direction != direction || _next == _filled) && !Refill(direction))
            return false;
        var start = _next == 0 ? _keyStart + _keyLength : _ends[_next - 1];
        _keyStart = start;
        _keyLength = _ends[_next] - start;
        RowId = _rows[_next++];
        _onEntry = true;
        return true;
    }

    /// <summary>Reads ahead: the current key moves to the front of the buffer, the keys behind it follow.</summary>
    private bool Refill(int direction)
    {
        ObjectDisposedException.ThrowIf(_bytes.Length == 0, typeof(AlexByteCursor));
        if (_ends.Length == 0)
        {
            _ends = new int[Ahead];
            _rows = new ulong[Ahead];
        }
        _bytes.AsSpan(_keyStart, _keyLength).CopyTo(_bytes);
        _keyStart = 0;
        _direction = direction;
        _next = 0;
        _filled = 0;
        var wanted = _onEntry ? Ahead : 2;
        Span<ulong> stored = stackalloc ulong[Ahead];
        var slot = Epoch.Enter();
        int count;
        if (_atEnd && !_onEntry)
        {
            // No byte string is above all others: the end is sought by position.
            count = direction < 0 && _tree.TryReadEnd(last: true, out stored[0], out _rows[0]) ? 1 : 0;
        }
        else
        {
            fixed (byte* bytes = _bytes)
            {
                var key = new BytesKey(bytes, _keyLength);
                count = direction > 0
                    ? _tree.ReadForward(key, RowId, after: _onEntry || !_atLowerEdge, stored[..wanted], _rows.AsSpan(0, wanted))
                    : _tree.ReadBackward(key, RowId, before: _onEntry || _atLowerEdge, stored[..wanted], _rows.AsSpan(0, wanted));
            }
        }
        var end = _keyLength;
        for (var i = 0; i < count; i++)
        {
            var key = BytesKey.Load(stored[i]).Span;
            if (end + key.Length > _bytes.Length)
            {
                var larger = new byte[Math.Max(end + key.Length, 2 * _bytes.Length)];
                _bytes.AsSpan(0, end).CopyTo(larger);
                _bytes = larger;
            }
            key.CopyTo(_bytes.AsSpan(end));
            end += key.Length;
            _ends[i] = end;
        }
        slot.Exit();
        _filled = count;
        return count > 0;
    }
}
