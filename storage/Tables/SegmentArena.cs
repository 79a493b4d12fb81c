using OmenDb.Arrow;

namespace OmenDb.Storage.Tables;

/// <summary>The bytes of a segment's long strings. Append only; what stands there is never rewritten.</summary>
/// <remarks>Readers use <see cref="Published"/>, whose table of base addresses never moves: adding a block publishes a new
/// table and keeps the old ones until the segment goes, since borrowed vectors point at them (a handful per segment: blocks
/// grow from 4 KiB to 4 MiB).</remarks>
internal sealed unsafe class SegmentArena : IDisposable
{
    private const long FirstBlockBytes = 4 << 10;
    private const long MaxBlockBytes = 4 << 20;

    private readonly Lock _lock = new();
    private readonly List<ViewArena> _retired = [];
    private ViewArena _published = new();
    private NativeBuffer? _block;
    private int _blockIndex = -1;
    private long _used;

    /// <summary>All blocks there are; a view written before this was read resolves in it.</summary>
    public ViewArena Published => Volatile.Read(ref _published);

    /// <summary>Bytes appended since the segment began.</summary>
    public long AppendedBytes { get; private set; }

    public Writer BeginWrite() => new(this);

    /// <summary>Appends under the arena's lock until disposed.</summary>
    public readonly ref struct Writer
    {
        private readonly SegmentArena _arena;

        internal Writer(SegmentArena arena)
        {
            _arena = arena;
            arena._lock.Enter();
        }

        public View Append(ReadOnlySpan<byte> bytes)
        {
            if (bytes.Length <= View.MaxInlineLength)
                return View.Inline(bytes);
            var target = _arena.Reserve(bytes.Length, out var index, out var offset);
            bytes.CopyTo(new Span<byte>(target, bytes.Length));
            return View.Long(bytes.Length, *(uint*)target, index, offset);
        }

        public void Dispose() => _arena._lock.Exit();
    }

    private byte* Reserve(int length, out int index, out int offset)
    {
        if (_block is null || _used + length > _block.Length)
        {
            var size = _block is null ? FirstBlockBytes : Math.Min(MaxBlockBytes, _block.Length * 4);
            var block = NativeBuffer.Allocate(Math.Max(size, length), zeroed: false);
            var next = new ViewArena();
            next.AddShared(_published);
            _blockIndex = next.AddTaken(block);
            _retired.Add(_published);
            Volatile.Write(ref _published, next); // before any view that needs it can be read
            _block = block;
            _used = 0;
        }
        index = _blockIndex;
        offset = (int)_used;
        var target = _block.Pointer + _used;
        _used += length;
        AppendedBytes += length;
        return target;
    }

    public void Dispose()
    {
        _published.Dispose();
        foreach (var arena in _retired)
            arena.Dispose();
        _retired.Clear();
    }
}
