using System.Runtime.CompilerServices;

namespace OmenDb.Index.Memory;

/// <summary>Epoch-based reclamation: what a reader may still see is not freed before it has left.</summary>
/// <remarks>
/// A reader publishes the epoch in which it entered with a plain store and no fence; the reclaimer pays instead, with a process-wide
/// barrier between "unlinked" and "looked at the readers":
/// <code>
///   reader                         reclaimer
///   pinned = E                     unlink node; retire it with tag E
///   p = link                       E = E + 1
///                                  process-wide barrier
///   *p                             free tags below every pinned epoch
/// </code>
/// Either the reader's store is visible to the scan, or its load of the link comes after the barrier and finds the node unlinked.
/// </remarks>
internal static class Epoch
{
    [ThreadStatic]
    private static EpochSlot? _mine;

    private static readonly Lock RegistryLock = new();
    private static readonly List<WeakReference<EpochSlot>> Registry = [];
    private static long _current = 1;
    private static int _nextId;

    /// <summary>The epoch that newly retired memory is tagged with.</summary>
    public static long Current => Volatile.Read(ref _current);

    /// <summary>Pins the calling thread; nests. Pair with <see cref="EpochSlot.Exit"/> on the same thread.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static EpochSlot Enter()
    {
        var slot = _mine ?? Register();
        if (slot.Depth++ == 0)
            Volatile.Write(ref slot.Pinned, Volatile.Read(ref _current));
        return slot;
    }

    /// <summary>Starts a new epoch and returns the oldest one that a thread still stands in: memory with a lower tag is free.</summary>
    public static long Advance()
    {
        var oldest = Interlocked.Increment(ref _current);
        Interlocked.MemoryBarrierProcessWide();
        lock (RegistryLock)
        {
            for (var i = Registry.Count - 1; i >= 0; i--)
            {
                if (!Registry[i].TryGetTarget(out var slot))
                {
                    Registry.RemoveAt(i); // its thread is gone, and was not pinned when it went
                    continue;
                }
                var pinned = Volatile.Read(ref slot.Pinned);
                if (pinned != 0 && pinned < oldest)
                    oldest = pinned;
            }
        }
        return oldest;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static EpochSlot Register()
    {
        var slot = new EpochSlot(Interlocked.Increment(ref _nextId));
        lock (RegistryLock)
            Registry.Add(new WeakReference<EpochSlot>(slot));
        _mine = slot;
        return slot;
    }
}

/// <summary>One thread's place in <see cref="Epoch"/>; written by its thread only.</summary>
internal sealed class EpochSlot(int id)
{
#pragma warning disable CS0169, CA1823, IDE0051 // padding: two threads' slots must not share a cache line
    private readonly long _pad0, _pad1, _pad2, _pad3, _pad4, _pad5, _pad6, _pad7;
#pragma warning restore CS0169, CA1823, IDE0051
    /// <summary>0 while outside.</summary>
    internal long Pinned;
    internal int Depth;
    internal readonly int Id = id;

    public void Exit()
    {
        if (--Depth == 0)
            Volatile.Write(ref Pinned, 0);
    }
}

/// <summary>Unlinked blocks of one index that wait for their readers to leave.</summary>
internal sealed unsafe class RetireList(NativePool pool)
{
    private const int SweepBlocks = 256;
    private const long LeastSweepBytes = 512L << 10;
    private const long MostSweepBytes = 4L << 20;

    private readonly Lock _lock = new();
    private readonly Queue<(nint Block, long SizeBytes, long Tag)> _waiting = new();
    private long _waitingBytes;
    private int _sweepAtBlocks = SweepBlocks;
    private long _sweepAtBytes = LeastSweepBytes;

    /// <summary>Frees the block once no thread pinned now can hold it. Call after unlinking it.</summary>
    public void Add(void* block, long sizeBytes)
    {
        if (block == null)
            return;
        lock (_lock)
        {
            _waiting.Enqueue(((nint)block, sizeBytes, Epoch.Current));
            _waitingBytes += sizeBytes;
            if (_waiting.Count < _sweepAtBlocks && _waitingBytes < _sweepAtBytes)
                return;
            var oldest = Epoch.Advance();
            while (_waiting.TryPeek(out var head) && head.Tag < oldest)
            {
                _waiting.Dequeue();
                _waitingBytes -= head.SizeBytes;
                pool.Free((void*)head.Block, head.SizeBytes);
            }
            // A long-pinned reader must not make every later call pay for a sweep that frees nothing.
            _sweepAtBlocks = _waiting.Count + SweepBlocks;
            // What waits stays small beside what is in use.
            _sweepAtBytes = _waitingBytes + Math.Clamp(pool.UsedBytes / 64, LeastSweepBytes, MostSweepBytes);
        }
    }
}
