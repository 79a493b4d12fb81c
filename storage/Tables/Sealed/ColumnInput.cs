using System.Numerics;
using OmenDb.Arrow;

namespace OmenDb.Storage.Tables.Sealed;

/// <summary>The values of one column of one vector, flat, with the rows that count.</summary>
internal unsafe ref struct ColumnInput
{
    /// <summary>Flat; of <see cref="Rows"/> values.</summary>
    public byte* Values;

    /// <summary>Null: no row is null.</summary>
    public ulong* Validity;

    /// <summary>Bit = 1: the row lives and is not null; zeros past the last row. Null: all rows are so.</summary>
    public ulong* Live;

    public int Rows;

    /// <summary>Rows that live and are not null.</summary>
    public int LiveCount;

    /// <summary>Rows that live and are null.</summary>
    public int NullCount;

    /// <summary>Views: base addresses of the buffers that they point into.</summary>
    public byte** Pointers;

    public readonly bool Counts(int row) => Live == null || (Live[row >> 6] >> (row & 63) & 1) != 0;
}

/// <summary>Opens the columns of the copied vectors one after the other; the memory of one is used again for the next.</summary>
internal sealed unsafe class ColumnInputs(VectorCopy?[] vectors) : IDisposable
{
    private const int Words = RowId.VectorRows / 64;

    private readonly NativeBuffer _values = NativeBuffer.Allocate(RowId.VectorRows * 16L, zeroed: false);
    private readonly NativeBuffer _live = NativeBuffer.Allocate(Words * 8L, zeroed: false);
    private NativeBuffer? _validity;

    public VectorCopy?[] Vectors => vectors;

    /// <returns>False: the column has no memory there, or the vector is left alone.</returns>
    public bool TryOpen(int vector, int column, out ColumnInput input)
    {
        input = default;
        if (vectors[vector] is not { } copy || copy.Source(column) is not { Exists: true } source)
            return false;
        _validity?.Release();
        _validity = null;
        input.Rows = copy.Rows;
        input.Pointers = copy.Arena.Published.Pointers;
        if (source.Sealed is { } narrow)
        {
            narrow.Decode(vector, copy.Rows, _values.Pointer);
            _validity = narrow.CopyValidity(vector, copy.Rows, copy.Rows);
            input.Values = _values.Pointer;
            input.Pointers = narrow.StringPointers;
            input.Validity = _validity is null ? null : (ulong*)_validity.Pointer;
        }
        else
        {
            input.Values = source.Values!.Pointer;
            input.Validity = source.Validity is null ? null : (ulong*)source.Validity.Pointer;
        }
        CountRows(copy, ref input);
        return true;
    }

    private void CountRows(VectorCopy copy, ref ColumnInput input)
    {
        input.LiveCount = copy.Rows;
        if (copy.Dead is null && input.Validity == null)
            return;
        var live = (ulong*)_live.Pointer;
        input.LiveCount = 0;
        var words = (copy.Rows + 63) / 64;
        for (var w = 0; w < words; w++)
        {
            var inWord = copy.Rows - w * 64;
            var rows = inWord >= 64 ? ulong.MaxValue : (1UL << inWord) - 1;
            if (copy.Dead is { } dead)
                rows &= ~dead[w];
            var valid = input.Validity == null ? rows : rows & input.Validity[w];
            live[w] = valid;
            input.LiveCount += BitOperations.PopCount(valid);
            input.NullCount += BitOperations.PopCount(rows & ~valid);
        }
        if (input.LiveCount < copy.Rows)
            input.Live = live;
    }

    public void Dispose()
    {
        _values.Release();
        _live.Release();
        _validity?.Release();
    }
}
