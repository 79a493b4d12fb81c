using OmenDb.Tools.Bench.Index.Baselines;

namespace OmenDb.Bench.Tests;

/// <summary>The baseline of the index benchmark must be right before it may be fast.</summary>
public class NativeBTreeTests
{
    [Theory]
    [InlineData(1, 100_000, 1_000_000)]
    [InlineData(2, 50_000, 60_000)]
    [InlineData(3, 2_000, 1_500)]
    public void Agrees_with_a_sorted_dictionary(int seed, int operations, int domain)
    {
        var random = new Random(seed);
        var reference = new SortedDictionary<ulong, ulong>();
        using var tree = new NativeBTree();
        for (var i = 0; i < operations; i++)
        {
            var key = (ulong)random.Next(domain);
            if (random.Next(10) < (i < operations / 2 ? 8 : 3))
                Assert.Equal(reference.TryAdd(key, (ulong)i), tree.Insert(key, (ulong)i));
            else
                Assert.Equal(reference.Remove(key), tree.Remove(key));
        }
        AssertSame(reference, tree, domain);
        foreach (var key in reference.Keys.ToArray())
            Assert.True(tree.Remove(key));
        Assert.Equal(0, tree.Count);
        Assert.True(tree.Insert(5, 6) && tree.TryGet(5, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(300_000)]
    public void Bulk_load_and_ascending_inserts_agree(int count)
    {
        var keys = Enumerable.Range(0, count).Select(i => (ulong)i * 3 + 1).ToArray();
        var values = keys.Select(key => key * 7).ToArray();
        var reference = new SortedDictionary<ulong, ulong>(keys.ToDictionary(key => key, key => key * 7));
        using var loaded = new NativeBTree();
        loaded.BulkLoad(keys, values);
        using var appended = new NativeBTree();
        foreach (var key in keys)
            Assert.True(appended.Insert(key, key * 7));
        AssertSame(reference, loaded, 3 * count);
        AssertSame(reference, appended, 3 * count);
        Assert.True(loaded.Insert(0, 9) && loaded.TryGet(0, out var value) && value == 9);
    }

    private static void AssertSame(SortedDictionary<ulong, ulong> reference, NativeBTree tree, int domain)
    {
        Assert.Equal(reference.Count, tree.Count);
        var keys = new ulong[reference.Count + 1];
        var values = new ulong[reference.Count + 1];
        Assert.Equal(reference.Count, tree.Scan(0, keys, values));
        Assert.Equal(reference, keys.Zip(values, KeyValuePair.Create).Take(reference.Count));
        var probes = Enumerable.Range(0, 1000).Select(i => (ulong)((long)i * Math.Max(domain, 1) / 1000)).ToArray();
        var found = new ulong[probes.Length];
        Assert.Equal(probes.Count(reference.ContainsKey), tree.GetBatch(probes, found));
        for (var i = 0; i < probes.Length; i++)
        {
            Assert.Equal(reference.TryGetValue(probes[i], out var expected), tree.TryGet(probes[i], out var value));
            Assert.Equal((expected, expected), (value, found[i]));
        }
    }
}
