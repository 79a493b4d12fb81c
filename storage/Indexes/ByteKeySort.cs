using System.Buffers.Binary;

namespace OmenDb.Storage.Indexes;

/// <summary>Sorts normalised keys of any length: as numbers, by the eight bytes after what all of them begin with; only keys that agree in
/// these are compared byte by byte.</summary>
internal static class ByteKeySort
{
    /// <summary>The positions of keys in ascending order, equal keys in the order of their rows.</summary>
    public static int[] Order(List<(byte[] Key, bool HasNull)> keys, ulong[] rows, int parallelism)
    {
        var common = CommonPrefix(keys);
        var heads = new ulong[keys.Count];
        var positions = new ulong[keys.Count];
        for (var i = 0; i < heads.Length; i++)
        {
            heads[i] = Head(keys[i].Key.AsSpan(common));
            positions[i] = (ulong)i;
        }
        KeySort.Sort(ref heads, ref positions, parallelism);
        var order = Array.ConvertAll(positions, position => (int)position);
        var byKey = Comparer<int>.Create((a, b) =>
        {
            var compared = keys[a].Key.AsSpan(common).SequenceCompareTo(keys[b].Key.AsSpan(common));
            return compared != 0 ? compared : rows[a].CompareTo(rows[b]);
        });
        for (var start = 0; start < order.Length;)
        {
            var end = start + 1;
            while (end < order.Length && heads[end] == heads[start])
                end++;
            if (end - start > 1)
                Array.Sort(order, start, end - start, byKey);
            start = end;
        }
        return order;
    }

    private static int CommonPrefix(List<(byte[] Key, bool HasNull)> keys)
    {
        if (keys.Count == 0)
            return 0;
        var common = keys[0].Key.AsSpan();
        foreach (var (key, _) in keys)
            common = common[..common.CommonPrefixLength(key)];
        return common.Length;
    }

    /// <summary>Zeros stand for what a short key lacks: it then comes out equal to, never above, a longer one that it begins.</summary>
    private static ulong Head(ReadOnlySpan<byte> rest)
    {
        if (rest.Length >= 8)
            return BinaryPrimitives.ReadUInt64BigEndian(rest);
        Span<byte> padded = stackalloc byte[8];
        padded.Clear();
        rest.CopyTo(padded);
        return BinaryPrimitives.ReadUInt64BigEndian(padded);
    }
}
