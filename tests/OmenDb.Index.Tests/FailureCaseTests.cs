namespace OmenDb.Index.Tests;

/// <summary>Inputs that are known to break or slow down learned indexes.</summary>
public class FailureCaseTests
{
    private static readonly ulong[] OneKey = [5];

    [Fact]
    public void Two_million_sequential_keys()
    {
        using var index = new AlexIndex();
        for (ulong i = 0; i < 2_000_000; i++)
            Assert.True(index.Insert(i, i + 7));
        for (ulong i = 0; i < 2_000_000; i += 13)
        {
            Assert.True(index.TryGetFirst(i, out var row));
            Assert.Equal(i + 7, row);
        }
        Assert.False(index.TryGetFirst(2_000_000, out _));
        var statistics = index.GetStatistics();
        Assert.Equal(2_000_000, statistics.Entries);
        Assert.True(statistics.Height <= 3, $"height {statistics.Height}");
        Assert.True(statistics.LeafSlots < 2_100_000, "appends leave no gaps");
    }

    [Theory]
    [MemberData(nameof(Distributions))]
    public void Depth_stays_bounded(string name, Func<int, ulong> key)
    {
        const int Count = 50_000;
        using var index = new AlexIndex(new AlexOptions { MaxLeafSlots = 512 });
        var reference = new SortedSet<(ulong, ulong)>();
        for (var i = 0; i < Count; i++)
        {
            reference.Add((key(i), (ulong)i));
            Assert.True(index.Insert(key(i), (ulong)i), name);
        }
        var cursor = index.Seek(0);
        foreach (var entry in reference)
        {
            Assert.True(cursor.MoveNext(), name);
            Assert.Equal(entry, (cursor.Key, cursor.RowId));
        }
        Assert.False(cursor.MoveNext());
        Assert.InRange(index.GetStatistics().Height, 2, 8);
        using var loaded = new AlexIndex(new AlexOptions { MaxLeafSlots = 512 });
        loaded.BulkLoad(reference.Select(e => e.Item1).ToArray(), reference.Select(e => e.Item2).ToArray());
        Assert.InRange(loaded.GetStatistics().Height, 2, 8);
        for (var i = 0; i < Count; i++)
            Assert.True(loaded.TryGetFirst(key(i), out _) && index.TryGetFirst(key(i), out _), name);
        for (var i = 0; i < Count; i++)
            Assert.True(index.Remove(key(i), (ulong)i), name);
        Assert.Equal(0, index.Count);
        Assert.Equal(1, index.GetStatistics().Height);
    }

    public static TheoryData<string, Func<int, ulong>> Distributions => new()
    {
        { "ascending", i => (ulong)i },
        { "descending", i => 1_000_000 - (ulong)i },
        { "one far outlier", i => i == 5 ? ulong.MaxValue - 5 : (ulong)(i * 7919L % 100_003) },
        { "exponential", i => (ulong)Math.Pow(2, i * 7919L % 100_003 / 100_003.0 * 63) },
        { "dense clusters", i => (ulong)(i % 10) * 1_000_000_000_000_007 + (ulong)(i * 7919L % 100_003) },
        { "hot spot", i => i < 1000 ? (ulong)i << 40 : (500UL << 40) + (ulong)(i * 7919L % 100_003) },
        { "above 2^53, one apart", i => (1UL << 62) + (ulong)(i * 7919L % 100_003) },
        { "top of the range", i => ulong.MaxValue - (ulong)(i * 7919L % 100_003) },
        { "three keys", i => (ulong)(i % 3) },
        { "one key", _ => 42 },
        { "ascending, ever closer", i => ulong.MaxValue - (ulong)(1e18 / (i + 1)) },
        { "ascending, ever farther", i => (ulong)i * (ulong)i * (ulong)i },
        { "zigzag", i => i % 2 == 0 ? (ulong)i : 10_000_000 - (ulong)i },
    };

    /// <summary>Row ids too far apart for short slots, and a second key beside a single one: both want another leaf at once.</summary>
    [Theory]
    [InlineData(2, 1253376)]
    [InlineData(920, 1253376)]
    [InlineData(5000, ulong.MaxValue - 1)]
    public void A_second_entry_that_fits_neither_the_slots_nor_the_lens(ulong key, ulong row)
    {
        foreach (var create in IndexModel.All)
        {
            using var index = create(Small.Options());
            index.Insert(920, 1480UL << 30);
            index.Insert(key, row);
            index.AssertSameAs(new SortedSet<(ulong, ulong)> { (920, 1480UL << 30), (key, row) });
        }
    }

    [Fact]
    public void Insert_delete_insert_in_an_empty_tree()
    {
        using var index = new AlexIndex();
        Assert.False(index.TryGetFirst(5, out _));
        Assert.False(index.Remove(5, 5));
        Assert.False(index.Seek(0).MoveNext());
        Assert.False(index.SeekLast(ulong.MaxValue).MovePrevious());
        Assert.False(index.TryGetMin(out _, out _));
        for (var round = 0; round < 3; round++)
        {
            Assert.True(index.Insert(5, 5));
            Assert.False(index.Insert(5, 5));
            Assert.True(index.Remove(5, 5));
            Assert.False(index.TryGetFirst(5, out _));
        }
        using var loaded = new AlexIndex();
        loaded.BulkLoad([], []);
        Assert.True(loaded.Insert(1, 1));
        Assert.Throws<InvalidOperationException>(() => loaded.BulkLoad(OneKey, OneKey));
    }

    [Fact]
    public void Bulk_load_rejects_disorder()
    {
        using var index = new AlexIndex();
        Assert.Throws<ArgumentException>(() => index.BulkLoad([2, 1], [0, 0]));
        Assert.Throws<ArgumentException>(() => index.BulkLoad([1, 1], [3, 3]));
        Assert.Throws<ArgumentException>(() => index.BulkLoad([1], [3, 3]));
    }

    [Theory]
    [InlineData(1, 100_000, 0)]
    [InlineData(2, 1_000_000, 1)]
    [InlineData(4, 1_000_000, 2)]
    [InlineData(3, 700_000, 3)]
    [InlineData(2, 700_000, 4)]
    public void Parallel_loads_agree_with_the_reference(int threads, int count, int shape)
    {
        var random = new Random(count + shape);
        var entries = new HashSet<(ulong Key, ulong Row)>();
        while (entries.Count < count)
        {
            var i = (ulong)entries.Count;
            entries.Add(shape switch
            {
                0 => ((ulong)random.NextInt64(), i),
                1 => ((ulong)Math.Exp(random.NextDouble() * 43), i),
                2 => ((ulong)random.Next(3), (ulong)random.NextInt64()),
                3 => (i * 3, i),
                _ => (i < 10 ? ulong.MaxValue - i : (ulong)random.Next(1000), i),
            });
        }
        var keys = entries.Select(e => e.Key).ToArray();
        var rows = entries.Select(e => e.Row).ToArray();
        using var index = new AlexIndex();
        index.BulkLoadUnsorted(keys, rows, threads);
        var expected = entries.ToArray();
        Array.Sort(expected);
        Assert.Equal(count, index.GetStatistics().Entries);
        var cursor = index.Seek(0);
        foreach (var entry in expected)
            Assert.True(cursor.MoveNext() && entry == (cursor.Key, cursor.RowId));
        Assert.False(cursor.MoveNext());
        for (var i = 0; i < 10_000; i++)
        {
            var (key, row) = expected[random.Next(count)];
            Assert.True(index.TryGetFirst(key, out var first) && first <= row);
        }
        Assert.Throws<ArgumentException>(() => Load([5, 7, 5], [1, 1, 1]));

        static void Load(ulong[] keys, ulong[] rows)
        {
            using var twice = new AlexIndex();
            twice.BulkLoadUnsorted(keys, rows);
        }
    }

    [Fact]
    public void Random_keys_take_at_most_twenty_bytes_each()
    {
        var random = new Random(8);
        using var index = new AlexIndex();
        for (ulong i = 0; i < 600_000; i++)
            index.Insert((ulong)random.NextInt64(), i);
        Assert.InRange(index.GetStatistics().BytesPerEntry, 12, 21.5);
        for (var i = 0; i < 600_000; i++)
        {
            // The same keys in the same order again.
            if (i == 0)
                random = new Random(8);
            Assert.True(index.Remove((ulong)random.NextInt64(), (ulong)i));
        }
        var statistics = index.GetStatistics();
        Assert.Equal((0, 1), (statistics.Entries, statistics.Height));
        Assert.True(statistics.UsedBytes < 5L << 20, $"{statistics.UsedBytes} bytes are left");
    }

    [Fact]
    public void Batches_find_what_single_look_ups_find()
    {
        var random = new Random(3);
        using var index = new AlexIndex(Small.Options());
        for (var i = 0; i < 20_000; i++)
            index.Insert((ulong)random.Next(30_000), (ulong)i);
        var keys = Enumerable.Range(0, 1003).Select(_ => (ulong)random.Next(32_000)).ToArray();
        var rows = new ulong[keys.Length];
        var found = new bool[keys.Length];
        var ends = new int[keys.Length];
        var hits = index.GetBatch(keys, rows, found);
        Assert.Equal(found.Count(f => f), hits);
        var list = new RowIdList([]);
        index.GetAllBatch(keys, ref list, ends);
        for (var i = 0; i < keys.Length; i++)
        {
            Assert.Equal(index.TryGetFirst(keys[i], out var row, out var trace), found[i]);
            Assert.True(trace.InnerLevels > 0 && trace.SearchSteps > 0);
            var start = i == 0 ? 0 : ends[i - 1];
            Assert.Equal(found[i], ends[i] > start);
            if (found[i])
                Assert.Equal((row, row), (rows[i], list[start]));
        }
        list.Dispose();
    }
}
