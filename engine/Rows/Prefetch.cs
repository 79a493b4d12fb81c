using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace OmenDb.Engine.Rows;

/// <summary>Asks for a cache line before it is needed; nothing happens where the machine has no such instruction.</summary>
internal static unsafe class Prefetch
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(void* address)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(address);
    }
}
