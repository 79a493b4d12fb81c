using System.Runtime.InteropServices;

namespace OmenDb.Tools.Bench.Index.Baselines;

/// <summary>Equal blocks cut from 2 MiB chunks that are advised for huge pages, with a free list; not for two threads.</summary>
internal sealed unsafe partial class HugeArena(int blockBytes) : IDisposable
{
    private const long ChunkBytes = 2L << 20;
    private const int MadviseHugePage = 14;

    private readonly List<nint> _chunks = [];
    private byte* _next;
    private byte* _end;
    private nint _free;

    /// <summary>Blocks in use, in bytes.</summary>
    public long UsedBytes { get; private set; }

    public byte* Allocate()
    {
        UsedBytes += blockBytes;
        if (_free != 0)
        {
            var block = (byte*)_free;
            _free = *(nint*)block;
            return block;
        }
        if (_next + blockBytes > _end || _next == null)
        {
            _next = (byte*)NativeMemory.AlignedAlloc((nuint)ChunkBytes, (nuint)ChunkBytes);
            _end = _next + ChunkBytes;
            _chunks.Add((nint)_next);
            if (OperatingSystem.IsLinux())
                _ = Madvise(_next, (nuint)ChunkBytes, MadviseHugePage); // advice only
        }
        var result = _next;
        _next += blockBytes;
        return result;
    }

    public void Free(byte* block)
    {
        UsedBytes -= blockBytes;
        *(nint*)block = _free;
        _free = (nint)block;
    }

    public void Dispose()
    {
        foreach (var chunk in _chunks)
            NativeMemory.AlignedFree((void*)chunk);
        _chunks.Clear();
        _next = _end = null;
        _free = 0;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Madvise(void* address, nuint length, int advice);
}
