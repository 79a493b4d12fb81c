using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace OmenDb.Tools.Bench.Index.Baselines;

/// <summary>The tree to beat: a B+tree for one thread with 64-key nodes in native memory on huge pages and vectorised search.</summary>
/// <remarks>
/// <code>
///  node (1,152 bytes, aligned to a cache line)
///    0 count, level (0: leaf), next leaf, previous leaf
///   64 key x 64            ascending; unused ones are the greatest number, so that searches need no count
///  576 leaf: value x 64    inner: child x 64; child i holds keys from key i on, and key 0 of the leftmost node is 0
/// </code>
/// Unlike the index under test it has no latches, no versions, no duplicates, and gives no memory of half-empty leaves back:
/// all that speaks for it.
/// </remarks>
internal sealed unsafe class NativeBTree : IDisposable
{
    private const int Fanout = NodeSearch.Keys;
    private const int NodeBytes = 64 + 2 * Fanout * sizeof(ulong) + 64;
    private const int BatchWidth = 16;
    private const int MaxLevels = 16;

    private readonly HugeArena _arena = new(NodeBytes);
    private Node* _root;

    private struct Node
    {
        public int Count;
        public int Level;
        public Node* Next;
        public Node* Previous;
    }

    public NativeBTree() => _root = NewNode(0);

    public long Count { get; private set; }

    public int Height => _root->Level + 1;

    public long UsedBytes => _arena.UsedBytes;

    public long NodeCount => _arena.UsedBytes / NodeBytes;

    /// <summary>Fills an empty tree; nodes are full.</summary>
    public void BulkLoad(ReadOnlySpan<ulong> sortedKeys, ReadOnlySpan<ulong> values)
    {
        if (Count != 0)
            throw new InvalidOperationException("bulk load needs an empty tree");
        if (sortedKeys.IsEmpty)
            return;
        _arena.Free((byte*)_root);
        var level = new List<(ulong First, nint Node)>();
        Node* previous = null;
        for (var start = 0; start < sortedKeys.Length; start += Fanout)
        {
            var count = Math.Min(Fanout, sortedKeys.Length - start);
            var leaf = NewNode(0);
            sortedKeys.Slice(start, count).CopyTo(new Span<ulong>(Keys(leaf), Fanout));
            values.Slice(start, count).CopyTo(new Span<ulong>(Values(leaf), Fanout));
            leaf->Count = count;
            leaf->Previous = previous;
            if (previous != null)
                previous->Next = leaf;
            previous = leaf;
            level.Add((sortedKeys[start], (nint)leaf));
        }
        for (var height = 1; level.Count > 1; height++)
        {
            var above = new List<(ulong, nint)>(level.Count / Fanout + 1);
            for (var start = 0; start < level.Count; start += Fanout)
            {
                var inner = NewNode(height);
                inner->Count = Math.Min(Fanout, level.Count - start);
                for (var i = 0; i < inner->Count; i++)
                {
                    Keys(inner)[i] = start + i == 0 ? 0 : level[start + i].First;
                    Values(inner)[i] = (ulong)level[start + i].Node;
                }
                above.Add((level[start].First, (nint)inner));
            }
            level = above;
        }
        _root = (Node*)level[0].Node;
        Count = sortedKeys.Length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(ulong key, out ulong value)
    {
        var node = _root;
        while (node->Level > 0)
            node = Child(node, key);
        var at = NodeSearch.CountBelowWide(Keys(node), key);
        if (at < node->Count && Keys(node)[at] == key)
        {
            value = Values(node)[at];
            return true;
        }
        value = 0;
        return false;
    }

    /// <summary>Look-ups side by side: every level of all of a group, then the next, with the lines that the search begins with fetched ahead.</summary>
    public int GetBatch(ReadOnlySpan<ulong> keys, Span<ulong> values)
    {
        var nodes = stackalloc Node*[BatchWidth];
        var found = 0;
        for (var start = 0; start < keys.Length; start += BatchWidth)
        {
            var width = Math.Min(BatchWidth, keys.Length - start);
            for (var i = 0; i < width; i++)
                nodes[i] = _root;
            for (var level = _root->Level; level > 0; level--)
            {
                for (var i = 0; i < width; i++)
                {
                    nodes[i] = Child(nodes[i], keys[start + i]);
                    PrefetchKeys(nodes[i]);
                }
            }
            for (var i = 0; i < width; i++)
            {
                var at = NodeSearch.CountBelow(Keys(nodes[i]), keys[start + i]);
                var hit = at < nodes[i]->Count && Keys(nodes[i])[at] == keys[start + i];
                values[start + i] = hit ? Values(nodes[i])[at] : 0;
                found += hit ? 1 : 0;
            }
        }
        return found;
    }

    /// <returns>False when the key is there already.</returns>
    public bool Insert(ulong key, ulong value)
    {
        var path = stackalloc Node*[MaxLevels];
        var slots = stackalloc int[MaxLevels];
        var node = _root;
        while (node->Level > 0)
        {
            var slot = NodeSearch.CountNotAbove(Keys(node), key) - 1;
            path[node->Level] = node;
            slots[node->Level] = slot;
            node = (Node*)Values(node)[slot];
        }
        var at = NodeSearch.CountBelowWide(Keys(node), key);
        if (at < node->Count && Keys(node)[at] == key)
            return false;
        Count++;
        while (true)
        {
            if (node->Count < Fanout)
            {
                InsertAt(node, at, key, value);
                return true;
            }
            // Full. Appends leave the left node full, everything else halves it.
            var right = NewNode(node->Level);
            var kept = at == Fanout && node->Next == null ? Fanout : Fanout / 2;
            right->Count = Fanout - kept;
            Move(node, kept, right, 0, right->Count);
            new Span<ulong>(Keys(node) + kept, Fanout - kept).Fill(ulong.MaxValue);
            node->Count = kept;
            right->Next = node->Next; // inner nodes are linked too: it tells the last one of a level
            right->Previous = node;
            if (right->Next != null)
                right->Next->Previous = right;
            node->Next = right;
            if (at > kept || kept == Fanout)
                InsertAt(right, at - kept, key, value);
            else
                InsertAt(node, at, key, value);
            var level = node->Level + 1;
            if (node == _root)
            {
                var root = NewNode(level);
                Keys(root)[0] = 0; // the leftmost child takes everything below
                Values(root)[0] = (ulong)node;
                root->Count = 1;
                _root = root;
                path[level] = root;
                slots[level] = 0;
            }
            key = Keys(right)[0];
            value = (ulong)right;
            node = path[level];
            at = slots[level] + 1;
        }
    }

    public bool Remove(ulong key)
    {
        var path = stackalloc Node*[MaxLevels];
        var slots = stackalloc int[MaxLevels];
        var node = _root;
        while (node->Level > 0)
        {
            var slot = NodeSearch.CountNotAbove(Keys(node), key) - 1;
            path[node->Level] = node;
            slots[node->Level] = slot;
            node = (Node*)Values(node)[slot];
        }
        var at = NodeSearch.CountBelowWide(Keys(node), key);
        if (at >= node->Count || Keys(node)[at] != key)
            return false;
        Count--;
        while (true)
        {
            var first = Keys(node)[0];
            Move(node, at + 1, node, at, node->Count - at - 1);
            Keys(node)[--node->Count] = ulong.MaxValue;
            if (node->Level > 0 && node->Count > 0)
                Keys(node)[0] = first; // the bound of an inner node stays
            if (node->Count > 0 || node == _root)
                return true;
            if (node->Previous != null)
                node->Previous->Next = node->Next;
            if (node->Next != null)
                node->Next->Previous = node->Previous;
            var level = node->Level + 1;
            _arena.Free((byte*)node);
            node = path[level];
            at = slots[level];
            if (node == _root && node->Count == 1)
            {
                // Its only child went: begin again with an empty leaf.
                _arena.Free((byte*)node);
                _root = NewNode(0);
                return true;
            }
        }
    }

    /// <summary>Copies entries from the lower bound on, ascending.</summary>
    /// <returns>How many: fewer than asked only at the end.</returns>
    public int Scan(ulong lowerBound, Span<ulong> keys, Span<ulong> values)
    {
        var node = _root;
        while (node->Level > 0)
            node = Child(node, lowerBound);
        var at = NodeSearch.CountBelowWide(Keys(node), lowerBound);
        var filled = 0;
        while (node != null && filled < keys.Length)
        {
            var count = Math.Min(node->Count - at, keys.Length - filled);
            if (count > 0)
            {
                new ReadOnlySpan<ulong>(Keys(node) + at, count).CopyTo(keys[filled..]);
                new ReadOnlySpan<ulong>(Values(node) + at, count).CopyTo(values[filled..]);
                filled += count;
            }
            node = node->Next;
            at = 0;
        }
        return filled;
    }

    public void Dispose() => _arena.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong* Keys(Node* node) => (ulong*)((byte*)node + 64);

    /// <summary>Values of a leaf, children of an inner node.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong* Values(Node* node) => Keys(node) + Fanout;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Node* Child(Node* node, ulong key)
    {
        // Never below the first key: every node's first key is a bound of the node itself.
        return (Node*)Values(node)[NodeSearch.CountNotAbove(Keys(node), key) - 1];
    }

    private static void PrefetchKeys(Node* node)
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch0(node); // its level and count
        for (var line = 1; line <= Fanout / 8; line++)
            Sse.Prefetch0((byte*)node + 64 * line);
    }

    private static void InsertAt(Node* node, int at, ulong key, ulong value)
    {
        Move(node, at, node, at + 1, node->Count - at);
        Keys(node)[at] = key;
        Values(node)[at] = value;
        node->Count++;
    }

    private static void Move(Node* from, int fromAt, Node* to, int toAt, int count)
    {
        if (count <= 0)
            return;
        new ReadOnlySpan<ulong>(Keys(from) + fromAt, count).CopyTo(new Span<ulong>(Keys(to) + toAt, count));
        new ReadOnlySpan<ulong>(Values(from) + fromAt, count).CopyTo(new Span<ulong>(Values(to) + toAt, count));
    }

    private Node* NewNode(int level)
    {
        var node = (Node*)_arena.Allocate();
        *node = default;
        node->Level = level;
        new Span<ulong>(Keys(node), Fanout).Fill(ulong.MaxValue);
        return node;
    }
}
