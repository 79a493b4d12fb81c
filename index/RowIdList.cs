using System.Buffers;

namespace OmenDb.Index;

/// <summary>Row ids gathered by look-ups: begins in the caller's memory, goes on in a pooled array.</summary>
/// <param name="initial">May be empty or on the stack.</param>
public ref struct RowIdList(Span<ulong> initial)
{
    private Span<ulong> _rows = initial;
    private ulong[]? _rented;

    public int Count { get; private set; }

    public readonly ReadOnlySpan<ulong> Span => _rows[..Count];

    public readonly ulong this[int index] => Span[index];

    public void Add(ulong rowId)
    {
        if (Count == _rows.Length)
            Reserve(1);
        _rows[Count++] = rowId;
    }

    public void AddRange(ReadOnlySpan<ulong> rowIds)
    {
        Reserve(rowIds.Length);
        rowIds.CopyTo(_rows[Count..]);
        Count += rowIds.Length;
    }

    public void Clear() => Count = 0;

    /// <summary>Forgets what was added last.</summary>
    internal void Truncate(int count) => Count = count;

    public void Dispose()
    {
        if (_rented is not null)
            ArrayPool<ulong>.Shared.Return(_rented);
        _rented = null;
        _rows = default;
        Count = 0;
    }

    private void Reserve(int more)
    {
        if (Count + more <= _rows.Length)
            return;
        var larger = ArrayPool<ulong>.Shared.Rent(Math.Max(Count + more, Math.Max(16, 2 * _rows.Length)));
        Span.CopyTo(larger);
        if (_rented is not null)
            ArrayPool<ulong>.Shared.Return(_rented);
        _rented = larger;
        _rows = larger;
    }
}
