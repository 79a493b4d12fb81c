using OmenDb.Arrow.Compute;
using OmenDb.Storage.Statistics;

namespace OmenDb.Storage.Tables.Sealed;

/// <summary>The distinct fixed-width values of a column, as long as they are few enough for codes of two bytes and pay.</summary>
internal sealed unsafe class DistinctValues<T> where T : unmanaged, IEquatable<T>
{
    /// <summary>After so many rows it is clear whether values repeat.</summary>
    public const int ProbeRows = 16_384;

    public const int MaxEntries = 65_536;

    private readonly Dictionary<T, int> _ids = [];
    private ushort[] _idOfRow = []; // of the vectors so far, which come in their order
    private ushort[] _codeOfId = [];
    private T[] _sorted = [];
    private long _seen;

    public int Count => _ids.Count;

    public ReadOnlySpan<ushort> CodeOfId => _codeOfId;

    public ReadOnlySpan<ushort> Ids(int vector) => _idOfRow.AsSpan(vector * RowId.VectorRows, RowId.VectorRows);

    /// <returns>False: there are too many.</returns>
    public bool Add(int vector, in ColumnInput input)
    {
        if (_idOfRow.Length < (vector + 1) * RowId.VectorRows)
            Array.Resize(ref _idOfRow, Math.Min(RowId.SegmentRows, Math.Max(_idOfRow.Length * 2, (vector + 1) * RowId.VectorRows)));
        var ids = _idOfRow.AsSpan(vector * RowId.VectorRows, RowId.VectorRows);
        var values = (T*)input.Values;
        for (var row = 0; row < input.Rows; row++)
        {
            if (!input.Counts(row))
                continue;
            ref var id = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_ids, values[row], out var exists);
            if (!exists)
            {
                if (_ids.Count > MaxEntries)
                    return false;
                id = _ids.Count - 1;
            }
            ids[row] = (ushort)id;
        }
        _seen += input.LiveCount;
        return _seen < ProbeRows || _ids.Count <= _seen * 3 / 4;
    }

    /// <summary>Gives codes in the order of the values.</summary>
    public void Sort(Comparison<T> order)
    {
        _sorted = [.. _ids.Keys];
        Array.Sort(_sorted, order);
        _codeOfId = new ushort[_sorted.Length];
        for (var code = 0; code < _sorted.Length; code++)
            _codeOfId[_ids[_sorted[code]]] = (ushort)code;
    }

    /// <summary>Entries in the order of their codes.</summary>
    public ReadOnlySpan<T> Sorted => _sorted;

    /// <summary>Least and greatest code of the rows that count.</summary>
    public (int Min, int Max) CodeBounds(int vector, in ColumnInput input)
    {
        int min = int.MaxValue, max = -1;
        var ids = Ids(vector);
        for (var row = 0; row < input.Rows; row++)
        {
            if (!input.Counts(row))
                continue;
            int code = _codeOfId[ids[row]];
            min = Math.Min(min, code);
            max = Math.Max(max, code);
        }
        return (min, max);
    }
}

/// <summary>Counts distinct values of a segment's column, about.</summary>
internal sealed class DistinctEstimate
{
    private readonly DistinctSketch _sketch = new();

    public void Add(long value) => _sketch.Add(DistinctSketch.Mix(Hash.Of(value)));

    public void Add(ulong hash) => _sketch.Add(DistinctSketch.Mix(hash));

    public int Result(int atMost) => (int)Math.Min(atMost, _sketch.Estimate());
}
