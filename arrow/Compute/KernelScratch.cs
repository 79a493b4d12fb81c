namespace OmenDb.Arrow.Compute;

/// <summary>Per-thread memory of kernels that need room for one call: bitmaps of dictionaries, flattened operands.</summary>
/// <remarks>Rented by slot, valid until the same slot is asked for again on the same thread. Threads end without telling us,
/// so this is one of the few places with a finalizer: it gives the native memory of ended threads back.</remarks>
internal sealed unsafe class KernelScratch
{
    public const int LeftOperand = 0;
    public const int RightOperand = 1;
    public const int CastOperand = 2;
    private const int VectorSlots = 4;

    public const int DictionaryMask = 0;
    public const int DictionaryTable = 1;
    public const int RowMask = 2;
    public const int RowValidity = 3;
    public const int SortBuffer = 4;
    public const int DictionaryHashes = 5;
    public const int RowHashes = 6;
    private const int MemorySlots = 7;

    [ThreadStatic]
    private static KernelScratch? _current;

    private readonly Vector?[] _vectors = new Vector?[VectorSlots];
    private readonly NativeBuffer?[] _memory = new NativeBuffer?[MemorySlots];

    private KernelScratch()
    {
    }

    ~KernelScratch()
    {
        foreach (var vector in _vectors)
            vector?.Dispose();
        foreach (var buffer in _memory)
            buffer?.Release();
    }

    private static KernelScratch Current => _current ??= new KernelScratch();

    public static Vector Vector(int slot) => Current._vectors[slot] ??= new Vector();

    /// <summary>At least <paramref name="bytes"/> bytes of undefined content, 64-byte aligned.</summary>
    public static byte* Memory(int slot, long bytes)
    {
        ref var buffer = ref Current._memory[slot];
        if (buffer is null || buffer.Length < bytes)
        {
            buffer?.Release();
            buffer = NativeBuffer.Allocate(Math.Max(4096, (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)bytes)), zeroed: false);
        }
        return buffer.Pointer;
    }

    public static ulong* Mask(int slot, int rows) => (ulong*)Memory(slot, Math.Max(1, Bits.WordsFor(rows)) * 8L);
}
