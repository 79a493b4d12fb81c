using System.Diagnostics;

namespace OmenDb.Arrow;

/// <summary>Memory with several owners that goes with the last of them: for what vectors in flight point into beside single buffers.</summary>
/// <remarks>Made with one reference; every <see cref="Retain"/> ends in one <see cref="Release"/>. Counting is thread-safe.</remarks>
public abstract class SharedMemory : IDisposable
{
    private int _references = 1;

    /// <summary>How many owners there are now.</summary>
    public int ReferenceCount => Volatile.Read(ref _references);

    public void Retain()
    {
        var references = Interlocked.Increment(ref _references);
        Debug.Assert(references > 1, "released memory was retained");
    }

    /// <summary>One more owner, unless the memory has gone.</summary>
    public bool TryRetain()
    {
        var references = Volatile.Read(ref _references);
        while (references > 0)
        {
            var seen = Interlocked.CompareExchange(ref _references, references + 1, references);
            if (seen == references)
                return true;
            references = seen;
        }
        return false;
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
