using OmenDb.Index.Memory;
using OmenDb.Index.Nodes;

namespace OmenDb.Index.Tree;

internal sealed unsafe partial class AlexTree<TKey>
{
    /// <summary>Joins a thin leaf with a neighbour under the same parent, where both together fit well; else makes its block smaller.</summary>
    private void Merge(in TKey key, ulong rowId)
    {
        Node* thin;
        lock (_structure)
        {
            Descend(key, rowId, out var path);
            thin = path.Leaf;
            if (path.Depth > 0 && thin->WantsMerge && (TryMerge(path, right: true) || TryMerge(path, right: false)))
                return;
        }
        Contract(thin);
    }

    private bool TryMerge(NodePath path, bool right)
    {
        var parent = path.NodeAt(path.Depth - 1);
        var children = Children(parent);
        var slot = path.SlotAt(path.Depth - 1);
        var step = right ? 1 : -1;
        var other = slot;
        while (other >= 0 && other < parent->Capacity && children[other] == path.Leaf)
            other += step;
        if (other < 0 || other >= parent->Capacity)
            return false;
        if (children[other]->Kind != NodeKind.Leaf)
            return TryDropEmpty(path, parent, other);
        var lower = right ? path.Leaf : children[other];
        var upper = right ? children[other] : path.Leaf;
        // Both alive: only the holder of the structure lock ends leaves.
        if (!LeafLatch.TryAcquire(lower))
            return false;
        if (!LeafLatch.TryAcquire(upper))
        {
            LeafLatch.ReleaseUnchanged(lower);
            return false;
        }
        var count = lower->Count + upper->Count;
        if (count > _options.MaxLeafSlots / 4)
        {
            LeafLatch.ReleaseUnchanged(upper);
            LeafLatch.ReleaseUnchanged(lower);
            return false;
        }
        LeafLatch.Freeze(lower);
        LeafLatch.Freeze(upper);
        Node* merged;
        using (var buffer = new EntryBuffer(count))
        {
            var first = new LeafView<TKey>(lower).Compact(buffer.Keys, buffer.Rows, lower->Count);
            new LeafView<TKey>(upper).Compact(buffer.Keys + first, buffer.Rows + first, upper->Count);
            merged = MakeLeaf(buffer.Keys, buffer.Rows, count, LeafLayout.Gapped);
        }
        PublishMerged(path, parent, other, merged);
        RetireLeaf(lower);
        RetireLeaf(upper);
        Interlocked.Increment(ref _merges);
        return true;
    }

    /// <summary>Leaves the range of an empty leaf to the inner node beside it: that node's outermost leaf takes whatever lies beyond its
    /// own entries, since all routing clamps.</summary>
    private bool TryDropEmpty(in NodePath path, Node* parent, int other)
    {
        var leaf = path.Leaf;
        if (!LeafLatch.TryAcquire(leaf))
            return false;
        if (leaf->Count != 0)
        {
            LeafLatch.ReleaseUnchanged(leaf);
            return false;
        }
        PublishMerged(path, parent, other, Children(parent)[other]);
        RetireLeaf(leaf);
        Interlocked.Increment(ref _merges);
        return true;
    }

    /// <summary>Puts one node where the path's leaf and the child beside it are.</summary>
    private void PublishMerged(in NodePath path, Node* parent, int other, Node* merged)
    {
        var slot = path.SlotAt(path.Depth - 1);
        if (parent->Kind == NodeKind.SortedInner)
        {
            RemoveSeparator(path, parent, Math.Min(slot, other), merged);
        }
        else if (parent->ChildCount == 2)
        {
            ReplaceChild(path, path.Depth - 1, parent, merged);
            TKey.RetireLens(parent->Lens, _retired);
            _retired.Add(parent, Node.ModelBytes(parent->Capacity));
        }
        else
        {
            var children = Children(parent);
            var beside = children[other];
            for (var i = 0; i < parent->Capacity; i++)
            {
                if (children[i] == path.Leaf || children[i] == beside)
                    WriteChild(children, i, merged);
            }
            parent->ChildCount--;
        }
    }

    /// <summary>Replaces children i and i + 1 of a sorted node by one.</summary>
    private void RemoveSeparator(in NodePath path, Node* parent, int index, Node* merged)
    {
        var fresh = merged;
        if (parent->Capacity > 2)
        {
            fresh = AllocateSorted(parent->Capacity - 1);
            for (int i = 0, j = 0; i < parent->Capacity; i++)
            {
                if (i != index + 1)
                    Node.SortedChildren(fresh)[j++] = i == index ? merged : Node.SortedChildren(parent)[i];
            }
            for (int i = 0, j = 0; i < parent->Capacity - 1; i++)
            {
                if (i == index)
                    continue;
                Node.SeparatorKeys(fresh)[j] = Node.SeparatorKeys(parent)[i];
                Node.SeparatorRows(fresh)[j++] = Node.SeparatorRows(parent)[i];
            }
            FinishSorted(fresh);
        }
        ReplaceChild(path, path.Depth - 1, parent, fresh);
        TKey.RetireStored(Node.SeparatorKeys(parent)[index], _retired);
        _retired.Add(parent, Node.SortedBytes(parent->Capacity));
    }
}
