using System.Runtime.InteropServices;

namespace OmenDb.Arrow;

/// <summary>Small aligned blocks that a thread has freed and will want again: short statements allocate some dozens of them, and the C library
/// searches for each (its per-thread cache leaves aligned requests out).</summary>
/// <remarks>One per thread, and gone with it. Blocks may be freed by another thread than the one that allocated them. The next block's address
/// stands in a free block's first bytes.</remarks>
internal sealed unsafe class SmallBlocks
{
    /// <summary>Bytes; larger blocks are not kept.</summary>
    public const int Largest = 1024;

    private const int Step = NativeMemoryBlocks.Alignment;

    /// <summary>Per size: at most 140 KB in all.</summary>
    private const int MostKept = 16;

    [ThreadStatic]
    private static SmallBlocks? _ofThread;

    private readonly nint[] _first = new nint[Largest / Step];
    private readonly byte[] _count = new byte[Largest / Step];

    public static bool Serves(long sizeBytes) => sizeBytes <= Largest;

    /// <param name="sizeBytes">1 to <see cref="Largest"/>.</param>
    public static byte* Allocate(long sizeBytes)
    {
        var kept = _ofThread ??= new SmallBlocks();
        var place = Place(sizeBytes);
        var block = (byte*)kept._first[place];
        if (block == null)
            return (byte*)NativeMemory.AlignedAlloc((nuint)(place + 1) * Step, Step);
        kept._first[place] = *(nint*)block;
        kept._count[place]--;
        return block;
    }

    public static void Free(byte* block, long sizeBytes)
    {
        var kept = _ofThread ??= new SmallBlocks();
        var place = Place(sizeBytes);
        if (kept._count[place] == MostKept)
        {
            NativeMemory.AlignedFree(block);
            return;
        }
        *(nint*)block = kept._first[place];
        kept._first[place] = (nint)block;
        kept._count[place]++;
    }

    private static int Place(long sizeBytes) => (int)((Math.Max(sizeBytes, 1) - 1) / Step);

    /// <summary>The thread is gone.</summary>
    ~SmallBlocks()
    {
        foreach (var first in _first)
        {
            for (var block = (byte*)first; block != null;)
            {
                var next = *(byte**)block;
                NativeMemory.AlignedFree(block);
                block = next;
            }
        }
    }
}
