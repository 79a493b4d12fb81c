using System.Runtime.CompilerServices;

namespace OmenDb.Arrow;

/// <summary>The data buffers behind a column of views, and the way to append to them.</summary>
/// <remarks>Holds one reference to each buffer. The table of base addresses is native memory so that kernels index it without
/// touching managed objects. Appending is for one thread; bytes once appended never move and are never rewritten.
/// Reset keeps the first block that the arena itself allocated, so that scratch arenas do not allocate per batch.</remarks>
public sealed unsafe class ViewArena : IDisposable
{
    private const int FirstBlockBytes = 4 << 10;
    private const int MaxBlockBytes = 1 << 20;

    private readonly List<NativeBuffer> _buffers = [];
    private readonly List<long> _usedIn = []; // of all buffers but the current
    private byte** _pointers;
    private int _capacity;
    private int _current = -1; // index of the block that appends go to; -1: none
    private long _used;        // bytes used in it

    public IReadOnlyList<NativeBuffer> Buffers => _buffers;

    /// <summary>Base addresses by buffer index; valid until the next Add or Append.</summary>
    public byte** Pointers => _pointers;

    /// <summary>Bytes used in the block that appends go to; for writers that checkpoint or measure.</summary>
    public long UsedInCurrent => _used;

    /// <summary>Bytes of buffer <paramref name="index"/> that strings may lie in.</summary>
    public long UsedIn(int index) => index == _current ? _used : _usedIn[index];

    /// <summary>Takes over one reference to <paramref name="buffer"/>.</summary>
    /// <returns>Its index.</returns>
    public int AddTaken(NativeBuffer buffer)
    {
        if (_buffers.Count == _capacity)
        {
            var capacity = Math.Max(4, _capacity * 2);
            var table = (byte**)NativeMemoryBlocks.Allocate(capacity * sizeof(byte*), zeroed: true);
            if (_pointers != null)
            {
                Unsafe.CopyBlock(table, _pointers, (uint)(_capacity * sizeof(byte*)));
                NativeMemoryBlocks.Free((byte*)_pointers, _capacity * sizeof(byte*));
            }
            _pointers = table;
            _capacity = capacity;
        }
        _pointers[_buffers.Count] = buffer.Pointer;
        _buffers.Add(buffer);
        _usedIn.Add(buffer.Length);
        return _buffers.Count - 1;
    }

    /// <summary>Adds all buffers of another arena, each retained once more.</summary>
    /// <returns>What must be added to the other arena's buffer indexes.</returns>
    public int AddShared(ViewArena other)
    {
        var first = _buffers.Count;
        foreach (var buffer in other._buffers)
            AddTaken(buffer.Retain());
        return first;
    }

    /// <summary>Copies <paramref name="bytes"/> in and returns the view of the copy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public View Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= View.MaxInlineLength)
            return View.Inline(bytes);
        var target = Reserve(bytes.Length, out var buffer, out var offset);
        bytes.CopyTo(new Span<byte>(target, bytes.Length));
        return View.Long(bytes.Length, *(uint*)target, buffer, offset);
    }

    /// <summary>Room for a long string that the caller fills at once.</summary>
    public byte* Reserve(int length, out int bufferIndex, out int offset)
    {
        if (_current < 0 || _used + length > _buffers[_current].Length)
        {
            if (_current >= 0)
                _usedIn[_current] = _used;
            var size = _current < 0 ? FirstBlockBytes : Math.Min(MaxBlockBytes, _buffers[_current].Length * 4);
            _current = AddTaken(NativeBuffer.Allocate(Math.Max(size, length), zeroed: false));
            _used = 0;
        }
        bufferIndex = _current;
        offset = (int)_used;
        var target = _pointers[_current] + _used;
        _used += length;
        return target;
    }

    /// <summary>Forgets all content; views into this arena become invalid.</summary>
    public void Reset()
    {
        NativeBuffer? keep = null;
        for (var i = 0; i < _buffers.Count; i++)
        {
            if (i == _current && _buffers[i].ReferenceCount == 1)
                keep = _buffers[i];
            else
                _buffers[i].Release();
        }
        _buffers.Clear();
        _usedIn.Clear();
        _current = -1;
        _used = 0;
        if (keep is not null)
            _current = AddTaken(keep);
    }

    public void Dispose()
    {
        foreach (var buffer in _buffers)
            buffer.Release();
        _buffers.Clear();
        _usedIn.Clear();
        if (_pointers != null)
            NativeMemoryBlocks.Free((byte*)_pointers, _capacity * sizeof(byte*));
        _pointers = null;
        _capacity = 0;
        _current = -1;
    }
}
