using System.Runtime.Intrinsics.X86;
using OmenDb.Index.Keys;
using OmenDb.Index.Memory;
using OmenDb.Index.Nodes;

namespace OmenDb.Index.Tree;

internal sealed unsafe partial class AlexTree<TKey>
{
    /// <summary>Look-ups whose cache misses overlap.</summary>
    private const int BatchWidth = 16;

    /// <summary>First row id of each key.</summary>
    /// <remarks>Per group of keys, one short loop per dependent cache miss: leaf heads, then predicted slots, then the searches.</remarks>
    /// <returns>How many keys were found.</returns>
    public int GetFirstBatch<TSource>(ref TSource source, int count, Span<ulong> rowIds, Span<bool> found)
        where TSource : struct, IKeySource<TKey>, allows ref struct
    {
        var leaves = stackalloc Node*[BatchWidth];
        var versions = stackalloc ulong[BatchWidth];
        var hits = 0;
        var slot = Epoch.Enter();
        for (var start = 0; start < count; start += BatchWidth)
        {
            var width = Math.Min(BatchWidth, count - start);
            FetchLeaves(ref source, start, width, leaves, versions);
            for (var i = 0; i < width; i++)
            {
                var key = source.Get(start + i);
                if (!TryProbe(leaves[i], versions[i], key, out var row, out var hit))
                    hit = FindFirst(key, out row); // a writer was there, or the answer is in the next leaf
                rowIds[start + i] = row;
                found[start + i] = hit;
                hits += hit ? 1 : 0;
            }
        }
        slot.Exit();
        return hits;
    }

    /// <summary>All row ids of each key, key by key.</summary>
    /// <param name="source">The keys.</param>
    /// <param name="rows">Receives the row ids.</param>
    /// <param name="ends">One per key: its rows end before this place of <paramref name="rows"/>.</param>
    public void GetAllBatch<TSource>(ref TSource source, ref RowIdList rows, Span<int> ends)
        where TSource : struct, IKeySource<TKey>, allows ref struct
    {
        var leaves = stackalloc Node*[BatchWidth];
        var versions = stackalloc ulong[BatchWidth];
        var slot = Epoch.Enter();
        try
        {
            for (var start = 0; start < ends.Length; start += BatchWidth)
            {
                var width = Math.Min(BatchWidth, ends.Length - start);
                FetchLeaves(ref source, start, width, leaves, versions);
                for (var i = 0; i < width; i++)
                {
                    var key = source.Get(start + i);
                    var before = rows.Count;
                    if (!LeafLatch.Validate(leaves[i], versions[i]) || !TryCollect(leaves[i], versions[i], key, ref rows))
                    {
                        rows.Truncate(before);
                        GetAll(key, ref rows);
                    }
                    ends[start + i] = rows.Count;
                }
            }
        }
        finally
        {
            slot.Exit();
        }
    }

    /// <summary>Finds the leaves of a group of keys, opens them, and fetches what the searches in them begin with.</summary>
    private void FetchLeaves<TSource>(ref TSource source, int start, int width, Node** leaves, ulong* versions)
        where TSource : struct, IKeySource<TKey>, allows ref struct
    {
        for (var i = 0; i < width; i++)
        {
            leaves[i] = Descend(source.Get(start + i), 0);
            Prefetch(leaves[i]);
        }
        for (var i = 0; i < width; i++)
        {
            // A leaf that is obsolete or being written is looked for again: its version will not hold.
            versions[i] = Volatile.Read(ref leaves[i]->Version);
            var view = new LeafView<TKey>(leaves[i]);
            if ((versions[i] & (Node.Latched | Node.Obsolete)) == 0 && LeafLatch.Validate(leaves[i], versions[i]))
                view.Prefetch(source.Get(start + i));
        }
    }

    /// <returns>False when the leaf must be looked for again, or the next one must be asked.</returns>
    private static bool TryProbe(Node* leaf, ulong version, in TKey key, out ulong rowId, out bool found)
    {
        found = false;
        rowId = 0;
        if ((version & (Node.Latched | Node.Obsolete)) != 0)
            return false;
        Answer answer;
        if (!TKey.HasHeads)
        {
            answer = ProbePlain(leaf, version, key, TKey.Plain(key), out rowId);
        }
        else
        {
            var view = new LeafView<TKey>(leaf);
            if (!LeafLatch.Validate(leaf, version))
                return false;
            answer = FindInLeaf(view, key, out rowId);
        }
        found = answer == Answer.Found;
        return answer != Answer.Unknown && LeafLatch.Validate(leaf, version);
    }

    /// <summary>Appends the rows of a key that lie in one leaf, if they all do.</summary>
    private static bool TryCollect(Node* leaf, ulong version, in TKey key, ref RowIdList rows)
    {
        if ((version & (Node.Latched | Node.Obsolete)) != 0)
            return false;
        var view = new LeafView<TKey>(leaf);
        if (!LeafLatch.Validate(leaf, version))
            return false;
        var at = view.NextOccupied(view.LowerBound(key, 0));
        for (; (uint)at < (uint)view.Capacity; at = view.NextOccupied(at + 1))
        {
            if (TKey.CompareStored(view.Key(at), key) != 0)
                return LeafLatch.Validate(leaf, version);
            rows.Add(view.Row(at));
        }
        return false; // the key may go on in the next leaf
    }

    private static void Prefetch(void* address)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(address);
    }
}

/// <summary>The keys of a batched look-up.</summary>
internal interface IKeySource<TKey> where TKey : unmanaged, IIndexKey<TKey>
{
    TKey Get(int index);
}
