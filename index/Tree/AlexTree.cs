using System.Runtime.CompilerServices;
using OmenDb.Index.Keys;
using OmenDb.Index.Memory;
using OmenDb.Index.Nodes;

namespace OmenDb.Index.Tree;

/// <summary>The tree under both public indexes, after Ding et al., "ALEX: An Updatable Adaptive Learned Index" (SIGMOD 2020).</summary>
/// <remarks>
/// Entries are ordered by (key, row id), so duplicates are spread over as many leaves as they need. Readers take no locks: they stand in
/// an <see cref="Epoch"/>, walk atomically changed child pointers, and validate the leaf's version after reading. Writers latch one leaf.
/// Dividing and merging leaves goes through <see cref="_structure"/>, held by one thread at a time, while readers go on.
/// </remarks>
internal sealed unsafe partial class AlexTree<TKey> : IDisposable where TKey : unmanaged, IIndexKey<TKey>
{
    /// <summary>Counters that belong to one thread each: the first so many threads of the process count without a locked instruction.</summary>
    private const int OwnCounters = 32;

    /// <summary>Counters that all later threads share.</summary>
    private const int SharedCounters = 8;

    private readonly AlexOptions _options;
    private readonly NativePool _pool = new();
    private readonly RetireList _retired;
    private readonly Lock _structure = new();
    private readonly long[] _counts = new long[(OwnCounters + SharedCounters) * 8]; // a cache line each
    private nint _root;
    private bool _disposed;

    public AlexTree(AlexOptions? options)
    {
        _options = options ?? new AlexOptions();
        _options.Check();
        _retired = new RetireList(_pool);
        _root = (nint)LeafBuilder<TKey>.Create(null, null, 0, 64, LeafLayout.Gapped, _pool);
    }

    public long Count
    {
        get
        {
            long sum = 0;
            for (var i = 0; i < _counts.Length; i += 8)
                sum += Interlocked.Read(ref _counts[i]);
            return sum;
        }
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _pool.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddToCount(EpochSlot slot, long difference)
    {
        if (slot.Id < OwnCounters)
            Volatile.Write(ref _counts[slot.Id * 8], _counts[slot.Id * 8] + difference);
        else
            Interlocked.Add(ref _counts[(OwnCounters + slot.Id % SharedCounters) * 8], difference);
    }

    private Node* Root
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (Node*)Volatile.Read(ref _root);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Node* ReadChild(Node** children, int index) => (Node*)Volatile.Read(ref *(nint*)(children + index));

    private static void WriteChild(Node** children, int index, Node* child) => Volatile.Write(ref *(nint*)(children + index), (nint)child);

    /// <summary>Slot of the child that covers (key, row id).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Route(Node* inner, in TKey key, ulong rowId, out Node** children)
    {
        if (inner->Kind == NodeKind.ModelInner)
        {
            children = Node.ModelChildren(inner);
            return Node.ModelSlot(TKey.Head(key, rowId, inner->Lens), inner->Base, inner->Slope, inner->Capacity);
        }
        children = Node.SortedChildren(inner);
        return RouteSorted(inner, key, rowId);
    }

    /// <summary>Number of separators that are not above (key, row id); a separator is a lower bound of the child to its right.</summary>
    private static int RouteSorted(Node* inner, in TKey key, ulong rowId)
    {
        var keys = Node.SeparatorKeys(inner);
        int low = 0, high = inner->Capacity - 1;
        if (!TKey.HasHeads)
        {
            var probe = TKey.Plain(key);
            low = CountSeparators(inner, probe);
            if (!IsSeparator(inner, low, probe))
                return low;
        }
        var rows = Node.SeparatorRows(inner);
        while (low < high)
        {
            var middle = (low + high) >> 1;
            var order = TKey.CompareStored(keys[middle], key);
            if (order < 0 || (order == 0 && rows[middle] <= rowId))
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    /// <summary>Separators of 8-byte keys that are below a key: two steps without branches, each over two cache lines.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CountSeparators(Node* inner, ulong probe)
    {
        var keys = Node.SeparatorKeys(inner);
        var blocks = Node.SeparatorRoom(inner->Capacity) / Node.SampleBlock;
        if (blocks > Node.SampleBlock)
            return SlotSearch.CountBelow(keys, inner->Capacity - 1, probe);
        var block = Math.Min(SlotSearch.CountInWindow(Node.SeparatorSamples(inner), probe), blocks - 1) * Node.SampleBlock;
        return block + SlotSearch.CountInWindow(keys + block, probe);
    }

    /// <summary>Whether the separator that decides has the very key: then its row id decides.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsSeparator(Node* inner, int index, ulong probe) =>
        index < inner->Capacity - 1 && Node.SeparatorKeys(inner)[index] == probe;

    /// <summary>Fills the samples of a sorted node of 8-byte keys whose separators are there.</summary>
    private static void FinishSorted(Node* node)
    {
        if (TKey.HasHeads)
            return;
        var keys = Node.SeparatorKeys(node);
        var room = Node.SeparatorRoom(node->Capacity);
        for (var i = node->Capacity - 1; i < room; i++)
            keys[i] = ulong.MaxValue;
        for (var i = 0; i < Node.SampleBlock; i++)
            Node.SeparatorSamples(node)[i] = (i + 1) * Node.SampleBlock <= room ? keys[(i + 1) * Node.SampleBlock - 1] : ulong.MaxValue;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Node* Descend(in TKey key, ulong rowId)
    {
        var node = Root;
        while (node->Kind != NodeKind.Leaf)
        {
            var slot = Route(node, key, rowId, out var children);
            node = ReadChild(children, slot);
        }
        return node;
    }

    private void Descend(in TKey key, ulong rowId, out NodePath path)
    {
        Unsafe.SkipInit(out path); // 600 bytes of which few are used
        path.Depth = 0;
        var node = Root;
        while (node->Kind != NodeKind.Leaf)
        {
            var slot = Route(node, key, rowId, out var children);
            path.Push(node, slot);
            node = ReadChild(children, slot);
        }
        path.Leaf = node;
    }

    private static Node** Children(Node* inner) =>
        inner->Kind == NodeKind.ModelInner ? Node.ModelChildren(inner) : Node.SortedChildren(inner);

    /// <summary>Moves the path to the neighbouring leaf.</summary>
    /// <returns>False at the end of the index.</returns>
    private static bool MoveToNeighbour(ref NodePath path, bool forward)
    {
        var child = path.Leaf;
        while (path.Depth > 0)
        {
            var level = path.Depth - 1;
            var inner = path.NodeAt(level);
            var children = Children(inner);
            var slot = path.SlotAt(level);
            var step = forward ? 1 : -1;
            // Neighbouring slots of a model node may share the child: a leaf that takes appends holds all slots to the right of its own.
            var edge = forward ? inner->Capacity - 1 : 0;
            if (ReadChild(children, edge) == child)
            {
                slot = edge + step;
            }
            else
            {
                do
                    slot += step;
                while (slot >= 0 && slot < inner->Capacity && ReadChild(children, slot) == child); // the edge may have changed meanwhile
            }
            if (slot < 0 || slot >= inner->Capacity)
            {
                path.Depth--;
                child = inner;
                continue;
            }
            path.SetSlot(level, slot);
            child = ReadChild(children, slot);
            while (child->Kind != NodeKind.Leaf)
            {
                slot = forward ? 0 : child->Capacity - 1;
                path.Push(child, slot);
                child = ReadChild(Children(child), slot);
            }
            path.Leaf = child;
            return true;
        }
        return false;
    }
}
