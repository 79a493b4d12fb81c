using System.Numerics;
using System.Runtime.InteropServices;

namespace OmenDb.Index.Memory;

/// <summary>Memory of one index outside the GC heap: size-classed blocks cut from chunks that grow from 16 KiB to 2 MiB; from the size
/// of a few chunks on, larger blocks come from chunks of their own.</summary>
/// <remarks>Full-size chunks are 2 MiB aligned and advised for huge pages. Blocks of 64 bytes or more are 64-byte aligned, smaller ones
/// 16-byte aligned. A freed block goes to the free list of its class or back to its <see cref="PageChunk"/>; all memory goes back on
/// <see cref="Dispose"/>. Thread-safe.</remarks>
internal sealed unsafe class NativePool : IDisposable
{
    public const long HugePageBytes = 2L << 20;
    private const long FirstChunkBytes = 16L << 10;
    private const long DirectBytes = 1L << 20;
    private const long PagedBytes = 2L << 10;
    private const int SmallLimit = 1024;
    private const int MadviseHugePage = 14;

    private readonly Lock _lock = new();
    private readonly List<nint> _chunks = [];
    private readonly Dictionary<nint, long> _direct = [];
    private readonly Dictionary<nint, PageChunk> _pagedByAddress = [];
    private readonly List<PageChunk> _paged = [];
    private int _pagedCursor; // where the last block was found
    private readonly nint[] _free = new nint[64 + 1 + 8 * 24];
    private byte* _next;
    private byte* _end;
    private long _reservedBytes;
    private long _usedBytes;
    private bool _disposed;

    /// <summary>Bytes taken from the system.</summary>
    public long ReservedBytes => Interlocked.Read(ref _reservedBytes);

    /// <summary>Bytes handed out and not yet freed, rounded as they were handed out.</summary>
    public long UsedBytes => Interlocked.Read(ref _usedBytes);

    /// <summary>An uninitialised block of at least <paramref name="sizeBytes"/> bytes, to be given back with the same size.</summary>
    public byte* Allocate(long sizeBytes)
    {
        var (index, rounded) = Classify(sizeBytes);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (rounded is >= PagedBytes and < DirectBytes && _free[index] == 0 && _reservedBytes >= HugePageBytes)
            {
                var units = UnitsOf(sizeBytes);
                _usedBytes += (long)units * PageChunk.UnitBytes;
                return AllocatePaged(units);
            }
            _usedBytes += rounded;
            if (rounded >= DirectBytes)
            {
                var block = AllocateAligned(rounded);
                _direct.Add((nint)block, rounded);
                return block;
            }
            var head = _free[index];
            if (head != 0)
            {
                _free[index] = *(nint*)head;
                return (byte*)head;
            }
            return Cut(rounded);
        }
    }

    public void Free(void* block, long sizeBytes)
    {
        var (index, rounded) = Classify(sizeBytes);
        lock (_lock)
        {
            if (_disposed)
                return;
            if (rounded is >= PagedBytes and < DirectBytes
                && _pagedByAddress.TryGetValue((nint)block & -(nint)HugePageBytes, out var chunk))
            {
                var units = UnitsOf(sizeBytes);
                _usedBytes -= (long)units * PageChunk.UnitBytes;
                FreePaged(chunk, (nint)block, units);
                return;
            }
            _usedBytes -= rounded;
            if (rounded >= DirectBytes)
            {
                _direct.Remove((nint)block);
                _reservedBytes -= rounded;
                NativeMemory.AlignedFree(block);
                return;
            }
            *(nint*)block = _free[index];
            _free[index] = (nint)block;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
            foreach (var chunk in _chunks)
                NativeMemory.AlignedFree((void*)chunk);
            foreach (var block in _direct.Keys)
                NativeMemory.AlignedFree((void*)block);
            foreach (var chunk in _paged)
                NativeMemory.AlignedFree((void*)chunk.Address);
            _chunks.Clear();
            _paged.Clear();
            _pagedByAddress.Clear();
            _direct.Clear();
            _reservedBytes = 0;
            _usedBytes = 0;
        }
    }

    private byte* AllocatePaged(int units)
    {
        for (var i = 0; i < _paged.Count; i++)
        {
            var at = _pagedCursor + i;
            at = at < _paged.Count ? at : at - _paged.Count;
            if (_paged[at].TryAllocate(units) is var block && block != 0)
            {
                _pagedCursor = at;
                return (byte*)block;
            }
        }
        var fresh = new PageChunk((nint)AllocateAligned(HugePageBytes));
        _pagedCursor = _paged.Count;
        _paged.Add(fresh);
        _pagedByAddress.Add(fresh.Address, fresh);
        return (byte*)fresh.TryAllocate(units);
    }

    private void FreePaged(PageChunk chunk, nint block, int units)
    {
        chunk.Free(block, units);
        // One empty chunk is kept for what comes next.
        if (chunk.FreeUnits < PageChunk.Units || !_paged.Exists(other => other != chunk && other.FreeUnits == PageChunk.Units))
            return;
        _paged.Remove(chunk);
        _pagedByAddress.Remove(chunk.Address);
        _pagedCursor = 0;
        _reservedBytes -= HugePageBytes;
        NativeMemory.AlignedFree((void*)chunk.Address);
    }

    private static int UnitsOf(long sizeBytes) => (int)((sizeBytes + PageChunk.UnitBytes - 1) / PageChunk.UnitBytes);

    private byte* Cut(long rounded)
    {
        var alignment = rounded >= 64 ? 64 : 16;
        var start = (byte*)(((nint)_next + alignment - 1) & -(nint)alignment);
        if (_next == null || start + rounded > _end)
        {
            // Small indexes stay small: each chunk is as large as all before it, up to one huge page.
            var chunkBytes = Math.Clamp(_reservedBytes, FirstChunkBytes, HugePageBytes);
            chunkBytes = Math.Max((long)BitOperations.RoundUpToPowerOf2((ulong)chunkBytes), (long)BitOperations.RoundUpToPowerOf2((ulong)rounded));
            start = AllocateAligned(chunkBytes);
            _chunks.Add((nint)start);
            _end = start + chunkBytes;
        }
        _next = start + rounded;
        return start;
    }

    private byte* AllocateAligned(long sizeBytes)
    {
        var huge = sizeBytes >= HugePageBytes;
        var block = (byte*)NativeMemory.AlignedAlloc((nuint)sizeBytes, huge ? (nuint)HugePageBytes : 64);
        // Advice only: a kernel without transparent huge pages answers an error and small pages serve as well.
        if (huge && OperatingSystem.IsLinux())
            _ = Madvise(block, (nuint)sizeBytes, MadviseHugePage);
        _reservedBytes += sizeBytes;
        return block;
    }

    /// <summary>Multiples of 16 up to 1 KiB, then eight classes per doubling, each a multiple of 64 bytes.</summary>
    private static (int Index, long Rounded) Classify(long sizeBytes)
    {
        if (sizeBytes <= SmallLimit)
        {
            var units = (int)((Math.Max(sizeBytes, 1) + 15) >> 4);
            if (units > 4)
                units = (units + 3) & ~3; // from 64 bytes on whole cache lines
            return (units, (long)units << 4);
        }
        var shift = BitOperations.Log2((ulong)(sizeBytes - 1)) - 3;
        var steps = ((sizeBytes - 1) >> shift) + 1; // 9 to 16 steps of 2^shift bytes
        return (64 + (shift - 7) * 8 + (int)(steps - 8), steps << shift);
    }

    [DllImport("libc", EntryPoint = "madvise")]
    private static extern int Madvise(void* address, nuint length, int advice);
}
