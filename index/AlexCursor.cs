using System.Runtime.CompilerServices;
using OmenDb.Index.Keys;
using OmenDb.Index.Memory;
using OmenDb.Index.Tree;

namespace OmenDb.Index;

/// <summary>A position in an <see cref="AlexIndex"/> that moves both ways and outlives changes: it remembers an entry, not a place.</summary>
/// <remarks>
/// Holds no lock and no memory of the index between calls. It runs up to 16 entries ahead: of those it may still show one that was
/// removed in the meantime, or miss one that was inserted. A move that answers false leaves the cursor where it is.
/// A mutable struct: keep it in a field or local that is not read-only, and copy it only on purpose. Not for two threads at once.
/// </remarks>
public unsafe struct AlexCursor
{
    private const int Ahead = 16;

    private readonly AlexTree<FixedKey> _tree;
    private Buffer _keys;
    private Buffer _rows;
    private int _next;
    private int _filled;
    private int _direction; // of the buffered entries: 1, -1, or 0 when there are none
    private bool _onEntry;

    internal AlexCursor(AlexTree<FixedKey> tree, ulong key, ulong rowId)
    {
        Unsafe.SkipInit(out this); // the buffers need no zeros: _filled says what counts
        _tree = tree;
        Key = key;
        RowId = rowId;
        _atLowerEdge = rowId == 0;
        _next = _filled = _direction = 0;
        _onEntry = false;
    }

    private readonly bool _atLowerEdge;

    /// <summary>Key of the current entry; the bound before the first move.</summary>
    public ulong Key { get; private set; }

    public ulong RowId { get; private set; }

    public bool MoveNext() => Move(1);

    public bool MovePrevious() => Move(-1);

    /// <summary>The entries that follow, ascending; the cursor comes to stand on the last of them.</summary>
    /// <returns>How many; fewer than the spans hold only at the end of the index.</returns>
    public int NextBatch(Span<ulong> keys, Span<ulong> rowIds) => Batch(keys, rowIds, 1);

    /// <summary>The entries before, descending; otherwise as <see cref="NextBatch"/>.</summary>
    public int PreviousBatch(Span<ulong> keys, Span<ulong> rowIds) => Batch(keys, rowIds, -1);

    private bool Move(int direction)
    {
        if (_direction != direction || _next == _filled)
        {
            _direction = direction;
            _next = 0;
            // The first entry alone costs as much as a look-up; whoever goes on gets more at a time.
            var wanted = _onEntry ? Ahead : 2;
            _filled = Read(((Span<ulong>)_keys)[..wanted], ((Span<ulong>)_rows)[..wanted], direction);
            if (_filled == 0)
                return false;
        }
        Key = _keys[_next];
        RowId = _rows[_next++];
        _onEntry = true;
        return true;
    }

    private int Batch(Span<ulong> keys, Span<ulong> rowIds, int direction)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rowIds.Length, keys.Length, nameof(rowIds));
        if (keys.IsEmpty)
            return 0;
        _next = _filled = 0; // what was read ahead is read again, fresher
        var count = Read(keys, rowIds[..keys.Length], direction);
        if (count > 0)
        {
            Key = keys[count - 1];
            RowId = rowIds[count - 1];
            _onEntry = true;
        }
        return count;
    }

    private readonly int Read(Span<ulong> keys, Span<ulong> rows, int direction)
    {
        var slot = Epoch.Enter();
        // Before the first move the bound itself belongs to one side: behind Seek's bound, before SeekLast's.
        var count = direction > 0
            ? _tree.ReadForward(new FixedKey(Key), RowId, after: _onEntry || !_atLowerEdge, keys, rows)
            : _tree.ReadBackward(new FixedKey(Key), RowId, before: _onEntry || _atLowerEdge, keys, rows);
        slot.Exit();
        return count;
    }

    [InlineArray(Ahead)]
    private struct Buffer
    {
        private ulong _first;
    }
}
