using OmenDb.Arrow;

namespace OmenDb.Storage.Tables.Sealed;

/// <summary>The bytes of one sealed column's long strings, one after the other.</summary>
internal sealed unsafe class StringBlocks(long expectedBytes) : IDisposable
{
    /// <summary>Offsets in views have 31 bits.</summary>
    private const long MaxBlockBytes = 1L << 30;

    private readonly List<NativeBuffer> _blocks = [];
    private long _used;

    public long Bytes { get; private set; }

    /// <summary>The view of the same string, here.</summary>
    public View Append(View* view, byte** pointers)
    {
        if (view->IsInline)
            return *view;
        var bytes = View.Bytes(view, pointers);
        if (_blocks.Count == 0 || _used + bytes.Length > _blocks[^1].Length)
        {
            _blocks.Add(NativeBuffer.Allocate(Math.Max(bytes.Length, Math.Min(MaxBlockBytes, expectedBytes - Bytes)), zeroed: false));
            _used = 0;
        }
        bytes.CopyTo(new Span<byte>(_blocks[^1].Pointer + _used, bytes.Length));
        var result = View.Long(bytes.Length, (uint)(view->Low >> 32), _blocks.Count - 1, (int)_used);
        _used += bytes.Length;
        Bytes += bytes.Length;
        return result;
    }

    /// <summary>The blocks; nothing is left here.</summary>
    public IReadOnlyList<NativeBuffer> Take()
    {
        NativeBuffer[] blocks = [.. _blocks];
        _blocks.Clear();
        return blocks;
    }

    public void Dispose() => _blocks.ForEach(block => block.Release());
}
