using OmenDb.Index.Nodes;

namespace OmenDb.Index.Tree;

/// <summary>The inner nodes from the root to a leaf, with the slot taken in each.</summary>
internal unsafe struct NodePath
{
    /// <summary>Far above what <see cref="AlexOptions.MaxModelDepth"/> and the fanout of sorted nodes allow.</summary>
    public const int MaxDepth = 48;

    private fixed long _nodes[MaxDepth];
    private fixed int _slots[MaxDepth];

    public int Depth;
    public Node* Leaf;

    public readonly Node* NodeAt(int level) => (Node*)_nodes[level];

    public readonly int SlotAt(int level) => _slots[level];

    public void Push(Node* node, int slot)
    {
        if (Depth == MaxDepth)
            throw new InvalidOperationException("index deeper than its bound");
        _nodes[Depth] = (long)node;
        _slots[Depth++] = slot;
    }

    public void SetSlot(int level, int slot) => _slots[level] = slot;
}
