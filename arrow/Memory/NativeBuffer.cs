using System.Diagnostics;

namespace OmenDb.Arrow;

/// <summary>The one owner of column memory: native, 64-byte aligned, counted by reference.</summary>
/// <remarks>Made with one reference. Whoever keeps a buffer past the call that handed it over calls <see cref="Retain"/>;
/// every reference ends in one <see cref="Release"/> (or Dispose). The memory goes with the last. There is no finalizer:
/// Debug builds report what leaks. Reference counting is thread-safe, the content is not.</remarks>
public sealed unsafe class NativeBuffer : IDisposable
{
    private readonly NativeBuffer? _parent;
    private int _references = 1;

    private NativeBuffer(byte* pointer, long length, NativeBuffer? parent)
    {
        Pointer = pointer;
        Length = length;
        _parent = parent;
    }

    /// <summary>64-byte aligned, except for slices.</summary>
    public byte* Pointer { get; private set; }

    /// <summary>Bytes.</summary>
    public long Length { get; }

    /// <summary>How many owners there are now. More than one: somebody has borrowed it, so it may not be written.</summary>
    public int ReferenceCount => Volatile.Read(ref _references);

    public Span<byte> Span => new(Pointer, checked((int)Length));

    public static NativeBuffer Allocate(long sizeBytes, bool zeroed = true) =>
        new(NativeMemoryBlocks.Allocate(sizeBytes, zeroed), sizeBytes, null);

    public static NativeBuffer CopyOf(ReadOnlySpan<byte> bytes)
    {
        var buffer = Allocate(bytes.Length, zeroed: false);
        bytes.CopyTo(buffer.Span);
        return buffer;
    }

    /// <summary>A window on this buffer that keeps it alive.</summary>
    public NativeBuffer Slice(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, Length);
        return new NativeBuffer(Pointer + offset, length, Retain());
    }

    public Span<T> AsSpan<T>() where T : unmanaged => new(Pointer, checked((int)(Length / sizeof(T))));

    /// <returns>This buffer, for chaining.</returns>
    public NativeBuffer Retain()
    {
        var references = Interlocked.Increment(ref _references);
        Debug.Assert(references > 1, "a released buffer was retained");
        return this;
    }

    public void Release()
    {
        var references = Interlocked.Decrement(ref _references);
        Debug.Assert(references >= 0, "a buffer was released once too often");
        if (references != 0)
            return;
        if (_parent is null)
            NativeMemoryBlocks.Free(Pointer, Length);
        else
            _parent.Release();
        Pointer = null;
    }

    public void Dispose() => Release();
}
