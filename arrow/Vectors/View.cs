using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OmenDb.Arrow;

/// <summary>One value of a Utf8View or BinaryView column: 16 bytes, strings of up to 12 bytes inline.</summary>
/// <remarks>
/// Arrow columnar format, "Variable-size Binary View Layout":
/// <code>
/// short  | length int32 | data, 12 bytes, zero-padded            |
/// long   | length int32 | first 4 bytes | buffer int32 | offset int32 |
/// </code>
/// Short views are zero-padded, so two short views are equal when their 16 bytes are.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public readonly struct View(ulong low, ulong high) : IEquatable<View>
{
    public const int MaxInlineLength = 12;

    /// <summary>Length in the low half, the first four bytes in the high half.</summary>
    public readonly ulong Low = low;

    /// <summary>Bytes 4 to 11 of a short string; buffer index (low half) and offset (high half) of a long one.</summary>
    public readonly ulong High = high;

    /// <summary>Bytes.</summary>
    public int Length => (int)(uint)Low;

    public bool IsInline => (uint)Low <= MaxInlineLength;

    public int BufferIndex => (int)(uint)High;

    public int Offset => (int)(uint)(High >> 32);

    /// <summary>The same long string, its bytes at another place.</summary>
    public static View Long(int length, uint prefix, int bufferIndex, int offset) =>
        new((uint)length | (ulong)prefix << 32, (uint)bufferIndex | (ulong)(uint)offset << 32);

    /// <param name="bytes">At most 12 bytes.</param>
    public static View Inline(ReadOnlySpan<byte> bytes)
    {
        Span<byte> view = stackalloc byte[16];
        view.Clear();
        MemoryMarshal.Write(view, bytes.Length);
        bytes.CopyTo(view[4..]);
        return MemoryMarshal.Read<View>(view);
    }

    /// <summary>The bytes of this value, which stands in an array of views and so has a fixed address.</summary>
    /// <param name="view">Pointer to the view itself: short strings are read from it.</param>
    /// <param name="buffers">Base addresses of the column's data buffers, by buffer index.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe ReadOnlySpan<byte> Bytes(View* view, byte** buffers) =>
        view->IsInline
            ? new ReadOnlySpan<byte>((byte*)view + 4, view->Length)
            : new ReadOnlySpan<byte>(buffers[view->BufferIndex] + (uint)view->Offset, view->Length);

    public bool Equals(View other) => Low == other.Low && High == other.High;

    public override bool Equals(object? obj) => obj is View other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Low, High);

    public static bool operator ==(View left, View right) => left.Equals(right);

    public static bool operator !=(View left, View right) => !left.Equals(right);
}
