using OmenDb.Arrow.Compute;

namespace OmenDb.Arrow;

/// <summary>Which rows of a batch count: mask words while many do, an index list when few do.</summary>
/// <remarks>Rows are ascending in both forms. Scratch memory: reused by its owner, valid as long as the batch is.</remarks>
public sealed unsafe class Selection : IDisposable
{
    /// <summary>Index lists pay when fewer than one row in this many is left (measured: masks win above about 5%).</summary>
    private const int SparseBelow = 20;

    private readonly NativeBuffer _maskBuffer;
    private NativeBuffer? _indexBuffer;

    /// <param name="capacity">The most rows that a batch can have.</param>
    public Selection(int capacity)
    {
        Capacity = capacity;
        _maskBuffer = NativeBuffer.Allocate(Math.Max(64, (capacity + 63) / 64 * 8L));
        Mask = (ulong*)_maskBuffer.Pointer;
    }

    public int Capacity { get; }

    /// <summary>Selected rows.</summary>
    public int Count;

    /// <summary>True: <see cref="Indices"/> holds the rows; false: <see cref="Mask"/> does.</summary>
    public bool IsSparse;

    /// <summary>⌈rows/64⌉ words, bit i mod 64 of word i/64 is row i; bits past the batch's rows are 0. Meaningless when sparse.</summary>
    public ulong* Mask { get; }

    /// <summary><see cref="Count"/> ascending row numbers; allocated when first asked for. Meaningless unless sparse or after <see cref="FillIndices"/>.</summary>
    public int* Indices
    {
        get
        {
            _indexBuffer ??= NativeBuffer.Allocate(Math.Max(64, Capacity * 4L), zeroed: false);
            return (int*)_indexBuffer.Pointer;
        }
    }

    /// <summary>Makes <see cref="Indices"/> hold the selected rows, whatever the form. The form does not change.</summary>
    public ReadOnlySpan<int> FillIndices(int rowCount)
    {
        var target = Indices;
        if (IsSparse)
            return new ReadOnlySpan<int>(target, Count);
        var written = Bits.ToIndices(Mask, rowCount, target);
        return new ReadOnlySpan<int>(target, written);
    }

    public void SetAll(int rowCount)
    {
        IsSparse = false;
        Count = rowCount;
        var words = rowCount >> 6;
        new Span<ulong>(Mask, words).Fill(ulong.MaxValue);
        if ((rowCount & 63) != 0)
            Mask[words] = (1UL << (rowCount & 63)) - 1;
    }

    /// <summary>Takes over a mask with zeros past the last row, which may be <see cref="Mask"/> itself; sparse when few rows are left.</summary>
    public void SetMask(ulong* mask, int rowCount)
    {
        if (mask != Mask)
            Bits.Copy(mask, Mask, rowCount);
        IsSparse = false;
        Count = Bits.PopCount(Mask, rowCount);
        if (Count * SparseBelow < rowCount)
        {
            FillIndices(rowCount);
            IsSparse = true;
        }
    }

    /// <summary>Keeps those selected rows whose bit in <paramref name="mask"/> is set, in either form.</summary>
    public void And(ulong* mask, int rowCount)
    {
        if (!IsSparse)
        {
            Bits.And(Mask, mask, Mask, rowCount);
            SetMask(Mask, rowCount);
            return;
        }
        var kept = 0;
        var rows = Indices;
        for (var i = 0; i < Count; i++)
        {
            rows[kept] = rows[i];
            kept += Bits.Get(mask, rows[i]) ? 1 : 0;
        }
        Count = kept;
    }

    /// <summary>Makes <see cref="Mask"/> hold the selected rows, whatever the form; the form becomes dense.</summary>
    public ulong* FillMask(int rowCount)
    {
        if (IsSparse)
            Bits.FromIndices(Indices, Count, Mask, rowCount);
        IsSparse = false;
        return Mask;
    }

    public void Dispose()
    {
        _maskBuffer.Release();
        _indexBuffer?.Release();
    }
}
