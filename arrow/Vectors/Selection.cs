using System.Numerics;

namespace OmenDb.Arrow;

/// <summary>Which rows of a batch count: mask words while many do, an index list when few do.</summary>
/// <remarks>Rows are ascending in both forms. Scratch memory: reused by its owner, valid as long as the batch is.</remarks>
public sealed unsafe class Selection : IDisposable
{
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
        var written = 0;
        for (var word = 0; word < (rowCount + 63) >> 6; word++)
        {
            for (var bits = Mask[word]; bits != 0; bits &= bits - 1)
                target[written++] = (word << 6) + BitOperations.TrailingZeroCount(bits);
        }
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

    public void Dispose()
    {
        _maskBuffer.Release();
        _indexBuffer?.Release();
    }
}
