using OmenDb.Arrow;

namespace OmenDb.Storage.Tables;

/// <summary>The bytes of a segment's long strings, those of sealed columns apart. What a view that somebody can reach points at is never rewritten; the places of strings that nobody
/// can reach any more are used again.</summary>
/// <remarks>
/// <para>Readers use <see cref="Published"/>, whose table of base addresses never moves: adding a block publishes a new table and keeps the old ones
/// until the arena goes, since borrowed vectors point at them (a handful per segment: blocks grow from 4 KiB to 4 MiB).</para>
/// <para>Sealed columns have their strings with them. When all columns of strings of a vector have been sealed, the vector moves to a new arena, and the
/// old one goes with its last reader: so it is retained by each vector that points into it, and by each reader's column.</para></remarks>
internal sealed unsafe class SegmentArena : SharedMemory
{
    private const long FirstBlockBytes = 4 << 10;
    private const long MaxBlockBytes = 4 << 20;

    /// <summary>Places are multiples of this, so that a string's length tells the size of its place.</summary>
    private const int PlaceBytes = 8;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, Stack<(int Block, int Offset)>> _free = []; // by size of the place
    private readonly List<ViewArena> _retired = [];
    private ViewArena _published = new();
    private NativeBuffer? _block;
    private int _blockIndex = -1;
    private long _used;

    /// <summary>All blocks there are; a view written before this was read resolves in it.</summary>
    public ViewArena Published => Volatile.Read(ref _published);

    /// <summary>Bytes in places that are in use.</summary>
    public long UsedBytes { get; private set; }

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

    /// <summary>Gives back the place of a string that no version, and no reader of one, can reach. Each place has one view only: the same value in two rows
    /// stands twice.</summary>
    public void Free(View view)
    {
        if (view.IsInline)
            return;
        var size = SizeOf(view.Length);
        lock (_lock)
        {
            if (!_free.TryGetValue(size, out var places))
                _free.Add(size, places = new());
            places.Push((view.BufferIndex, view.Offset));
            UsedBytes -= size;
        }
    }

    private static int SizeOf(int length) => (length + (PlaceBytes - 1)) & ~(PlaceBytes - 1);

    private byte* Reserve(int length, out int index, out int offset)
    {
        length = SizeOf(length);
        UsedBytes += length;
        if (_free.TryGetValue(length, out var places) && places.TryPop(out var place))
        {
            (index, offset) = place;
            return _published.Pointers[index] + offset;
        }
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
        return target;
    }

    protected override void FreeMemory()
    {
        _published.Dispose();
        foreach (var arena in _retired)
            arena.Dispose();
        _retired.Clear();
    }
}
