using System.Runtime.InteropServices;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;

namespace OmenDb.Storage.Tables.Sealed;

/// <summary>The distinct strings of a segment's column, as long as they are few enough for codes of two bytes and repeat.</summary>
/// <remarks>An entry is a view whose upper half is the address of a long string: vectors may have different arenas. What it points to is kept alive
/// by the vectors' copies.</remarks>
internal sealed unsafe class DistinctStrings
{
    private ushort[] _idOfRow = []; // of the vectors so far, which come in their order
    private readonly DistinctEstimate _estimate = new();
    private View[] _entries = new View[256];
    private ulong[] _hashes = new ulong[256];
    private int[] _slots = new int[1024]; // entry + 1; 0: free
    private ushort[] _codeOfId = [];
    private int[] _sorted = [];
    private long _seen;

    public int Count { get; private set; }

    /// <summary>All rows have entries.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>Of all entries that no view holds in itself.</summary>
    public long LongBytes { get; private set; }

    public ReadOnlySpan<ushort> CodeOfId => _codeOfId;

    public ReadOnlySpan<ushort> Ids(int vector) => _idOfRow.AsSpan(vector * RowId.VectorRows, RowId.VectorRows);

    public int DistinctCount(int rows) => IsComplete ? Count : _estimate.Result(rows);

    public void Add(int vector, in ColumnInput input)
    {
        var views = (View*)input.Values;
        if (_idOfRow.Length < (vector + 1) * RowId.VectorRows)
            Array.Resize(ref _idOfRow, Math.Min(RowId.SegmentRows, Math.Max(_idOfRow.Length * 2, (vector + 1) * RowId.VectorRows)));
        var ids = _idOfRow.AsSpan(vector * RowId.VectorRows, RowId.VectorRows);
        for (var row = 0; row < input.Rows; row++)
        {
            if (!input.Counts(row))
                continue;
            var view = views + row;
            var hash = view->IsInline ? Hash.Of(view, input.Pointers) : Hash.Of(View.Bytes(view, input.Pointers)) ^ (uint)view->Length;
            _estimate.Add(hash);
            if (IsComplete)
                ids[row] = (ushort)Find(view, input.Pointers, hash);
        }
        _seen += input.LiveCount;
        IsComplete &= _seen < DistinctValues<long>.ProbeRows || Count <= _seen * 3 / 4;
    }

    private int Find(View* view, byte** pointers, ulong hash)
    {
        var entry = view->IsInline ? *view : new View(view->Low, (ulong)(pointers[view->BufferIndex] + (uint)view->Offset));
        var mask = _slots.Length - 1;
        for (var slot = (int)(hash >> 20) & mask; ; slot = (slot + 1) & mask)
        {
            var found = _slots[slot] - 1;
            if (found < 0)
                return Insert(entry, hash, slot);
            if (_hashes[found] == hash && Equal(_entries[found], entry))
                return found;
        }
    }

    private int Insert(View entry, ulong hash, int slot)
    {
        if (Count == DistinctValues<long>.MaxEntries)
        {
            IsComplete = false;
            return 0;
        }
        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, Count * 2);
            Array.Resize(ref _hashes, Count * 2);
        }
        _entries[Count] = entry;
        _hashes[Count] = hash;
        _slots[slot] = ++Count;
        if (!entry.IsInline)
            LongBytes += entry.Length;
        if (Count * 2 > _slots.Length)
            Grow();
        return Count - 1;
    }

    private void Grow()
    {
        _slots = new int[_slots.Length * 4];
        var mask = _slots.Length - 1;
        for (var i = 0; i < Count; i++)
        {
            var slot = (int)(_hashes[i] >> 20) & mask;
            while (_slots[slot] != 0)
                slot = (slot + 1) & mask;
            _slots[slot] = i + 1;
        }
    }

    private static bool Equal(View left, View right) =>
        left.Low == right.Low && (left.IsInline ? left.High == right.High : Bytes(left).SequenceEqual(Bytes(right)));

    /// <summary>Of a long entry.</summary>
    private static ReadOnlySpan<byte> Bytes(View entry) => new((byte*)entry.High, entry.Length);

    /// <summary>Gives codes in the order of the strings' bytes.</summary>
    public void Sort()
    {
        _sorted = new int[Count];
        for (var i = 0; i < _sorted.Length; i++)
            _sorted[i] = i;
        Array.Sort(_sorted, Compare);
        _codeOfId = new ushort[Count];
        for (var code = 0; code < _sorted.Length; code++)
            _codeOfId[_sorted[code]] = (ushort)code;
    }

    private int Compare(int left, int right)
    {
        ref var a = ref _entries[left];
        ref var b = ref _entries[right];
        var prefix = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((uint)(a.Low >> 32))
            .CompareTo(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((uint)(b.Low >> 32)));
        return prefix != 0 ? prefix : BytesOf(ref a).SequenceCompareTo(BytesOf(ref b));
    }

    private static ReadOnlySpan<byte> BytesOf(ref View entry) =>
        entry.IsInline ? MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref entry, 1)).Slice(4, entry.Length) : Bytes(entry);

    /// <summary>Writes the entries in the order of their codes.</summary>
    public void WriteSorted(View* target, StringBlocks strings)
    {
        var pointers = stackalloc byte*[1];
        for (var code = 0; code < _sorted.Length; code++)
        {
            var entry = _entries[_sorted[code]];
            if (entry.IsInline)
            {
                target[code] = entry;
                continue;
            }
            pointers[0] = (byte*)entry.High;
            var view = View.Long(entry.Length, (uint)(entry.Low >> 32), 0, 0);
            target[code] = strings.Append(&view, pointers);
        }
    }

    /// <summary>All rows that count have the same string.</summary>
    public bool IsOne(int vector, in ColumnInput input)
    {
        var ids = Ids(vector);
        var first = -1;
        for (var row = 0; row < input.Rows; row++)
        {
            if (!input.Counts(row))
                continue;
            if (first >= 0 && ids[row] != first)
                return false;
            first = ids[row];
        }
        return true;
    }
}
