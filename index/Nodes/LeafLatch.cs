using System.Runtime.CompilerServices;

namespace OmenDb.Index.Nodes;

/// <summary>The version word of a leaf: latch for writers, optimistic check for readers.</summary>
internal static unsafe class LeafLatch
{
    /// <returns>False when the leaf is obsolete.</returns>
    public static bool TryAcquire(Node* leaf)
    {
        SpinWait spin = default;
        while (true)
        {
            var version = Volatile.Read(ref leaf->Version);
            if ((version & Node.Obsolete) != 0)
                return false;
            if ((version & (Node.Latched | Node.Frozen)) == 0
                && Interlocked.CompareExchange(ref leaf->Version, version | Node.Latched, version) == version)
                return true;
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>Latches the leaf if it still has this version, which was free: then all that was read of it holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryAcquire(Node* leaf, ulong version) =>
        Interlocked.CompareExchange(ref leaf->Version, version | Node.Latched, version) == version;

    /// <summary>Ends a change; readers that overlapped it start again.</summary>
    public static void Release(Node* leaf) => Volatile.Write(ref leaf->Version, (leaf->Version & ~(Node.Latched | Node.Frozen)) + Node.Step);

    /// <summary>Ends a latch under which nothing changed since <see cref="TryAcquire(Node*)"/>.</summary>
    public static void ReleaseUnchanged(Node* leaf) => Volatile.Write(ref leaf->Version, leaf->Version & ~(Node.Latched | Node.Frozen));

    /// <summary>Lets readers in again while the replacement is built; nothing may have changed since <see cref="TryAcquire(Node*)"/>.</summary>
    public static void Freeze(Node* leaf) => Volatile.Write(ref leaf->Version, (leaf->Version & ~Node.Latched) | Node.Frozen);

    /// <summary>From frozen back to latched, to put the replacement in place.</summary>
    public static void Thaw(Node* leaf)
    {
        Volatile.Write(ref leaf->Version, (leaf->Version & ~Node.Frozen) | Node.Latched);
        // The stores that follow must not become visible before the latch.
        Interlocked.MemoryBarrier();
    }

    /// <summary>Ends the life of a leaf whose replacement is published.</summary>
    public static void Retire(Node* leaf) =>
        Volatile.Write(ref leaf->Version, ((leaf->Version & ~(Node.Latched | Node.Frozen)) | Node.Obsolete) + Node.Step);

    /// <summary>Waits while a writer is inside.</summary>
    /// <returns>False when the leaf is obsolete.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool BeginRead(Node* leaf, out ulong version)
    {
        version = Volatile.Read(ref leaf->Version);
        return (version & (Node.Latched | Node.Obsolete)) == 0 || BeginReadSlow(leaf, out version);
    }

    /// <summary>Whether everything read since <see cref="BeginRead"/> belongs together. Freezing changes nothing that is read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Validate(Node* leaf, ulong version)
    {
        Volatile.ReadBarrier();
        return ((Volatile.Read(ref leaf->Version) ^ version) & ~Node.Frozen) == 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool BeginReadSlow(Node* leaf, out ulong version)
    {
        SpinWait spin = default;
        while (true)
        {
            version = Volatile.Read(ref leaf->Version);
            if ((version & Node.Obsolete) != 0)
                return false;
            if ((version & Node.Latched) == 0)
                return true;
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }
}
