using System.Runtime.InteropServices;

namespace OmenDb.Arrow;

/// <summary>One value of a List column: a range of the child vector.</summary>
/// <param name="Offset">The first element.</param>
/// <param name="Packed">Low half the number of elements, high half the <see cref="ListShape"/>: 0 for the usual list of one dimension.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct ListSlot(long Offset, long Packed)
{
    public ListSlot(long offset, long length, uint shape) : this(offset, (long)shape << 32 | (uint)length)
    {
    }

    public long Length => (uint)Packed;

    public uint Shape => (uint)(Packed >>> 32);

    /// <summary>The same list with its elements at another place.</summary>
    public ListSlot At(long offset) => this with { Offset = offset };
}
