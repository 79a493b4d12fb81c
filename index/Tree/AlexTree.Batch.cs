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
        var hits = 0;
        var slot = Epoch.Enter();
        for (var start = 0; start < count; start += BatchWidth)
        {
            var width = Math.Min(BatchWidth, count - start);
            for (var i = 0; i < width; i++)
            {
                leaves[i] = Descend(source.Get(start + i), 0);
                Prefetch(leaves[i]);
            }
            for (var i = 0; i < width; i++)
            {
                if (!LeafView<TKey>.TryOpen(leaves[i], out var view, out _))
                    continue; // found obsolete again below
                view.Prefetch(source.Get(start + i));
            }
            for (var i = 0; i < width; i++)
            {
                var key = source.Get(start + i);
                bool hit;
                ulong row;
                if (LeafView<TKey>.TryOpen(leaves[i], out var view, out var version)
                    && FindInLeaf(view, key, out row) is var answer and not Answer.Unknown && LeafLatch.Validate(leaves[i], version))
                    hit = answer == Answer.Found;
                else
                    hit = FindFirst(key, out row);
                rowIds[start + i] = row;
                found[start + i] = hit;
                hits += hit ? 1 : 0;
            }
        }
        slot.Exit();
        return hits;
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
