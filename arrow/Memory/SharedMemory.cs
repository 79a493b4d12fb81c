using System.Diagnostics;

namespace OmenDb.Arrow;

/// <summary>Memory with several owners that goes with the last of them: for what vectors in flight point into beside single buffers.</summary>
/// <remarks>Made with one reference; every <see cref="Retain"/> ends in one <see cref="Release"/>. Counting is thread-safe.</remarks>
public abstract class SharedMemory : IDisposable
{
    private int _references = 1;

    public void Retain()
    {
        var references = Interlocked.Increment(ref _references);
        Debug.Assert(references > 1, "released memory was retained");
    }

    public void Release()
    {
        var references = Interlocked.Decrement(ref _references);
        Debug.Assert(references >= 0, "memory was released once too often");
        if (references == 0)
            FreeMemory();
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    /// <summary>Called once, by whoever gave up the last reference.</summary>
    protected abstract void FreeMemory();
}
