namespace OmenDb.Storage.Indexes;

/// <summary>Sorts keys with their rows on several threads: pieces first, then pairs of pieces are merged.</summary>
internal static class KeySort
{
    /// <summary>Pieces below this are not worth a thread.</summary>
    private const int LeastPiece = 1 << 16;

    /// <summary>Ascending by key; rows of equal keys in any order.</summary>
    public static void Sort(ref ulong[] keys, ref ulong[] rows, int parallelism)
    {
        if (IsSorted(keys))
            return; // keys that were given out in order: the common case of primary keys
        var pieces = Math.Min(parallelism, keys.Length / LeastPiece);
        if (pieces < 2)
        {
            Array.Sort(keys, rows);
            return;
        }
        var bounds = new int[pieces + 1];
        for (var i = 1; i <= pieces; i++)
            bounds[i] = (int)((long)keys.Length * i / pieces);
        var (from, fromRows) = (keys, rows);
        Parallel.For(0, pieces, i => Array.Sort(from, fromRows, bounds[i], bounds[i + 1] - bounds[i]));
        var (to, toRows) = (new ulong[keys.Length], new ulong[keys.Length]);
        while (bounds.Length > 2)
        {
            var (source, sourceRows, target, targetRows, old) = (from, fromRows, to, toRows, bounds);
            Parallel.For(0, old.Length / 2, pair =>
            {
                var first = pair * 2;
                var end = Math.Min(first + 2, old.Length - 1);
                Merge(source, sourceRows, old[first], old[Math.Min(first + 1, old.Length - 1)], old[end], target, targetRows);
            });
            bounds = [.. old.Where((_, i) => i % 2 == 0 && i < old.Length - 1), old[^1]];
            (from, fromRows, to, toRows) = (to, toRows, from, fromRows);
        }
        (keys, rows) = (from, fromRows);
    }

    private static bool IsSorted(ulong[] keys)
    {
        for (var i = 1; i < keys.Length; i++)
        {
            if (keys[i] < keys[i - 1])
                return false;
        }
        return true;
    }

    private static void Merge(ulong[] source, ulong[] sourceRows, int first, int middle, int end, ulong[] target, ulong[] targetRows)
    {
        int left = first, right = middle;
        for (var at = first; at < end; at++)
        {
            var from = right >= end || (left < middle && source[left] <= source[right]) ? left++ : right++;
            target[at] = source[from];
            targetRows[at] = sourceRows[from];
        }
    }
}
