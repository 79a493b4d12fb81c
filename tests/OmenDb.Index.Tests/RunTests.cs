namespace OmenDb.Index.Tests;

/// <summary>Leaves that store runs of consecutive keys and row ids.</summary>
public class RunTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1000, 1)]
    [InlineData(0, 1)]
    [InlineData(3, -1)]
    [InlineData(7, 5)]
    public void Constant_steps_cost_next_to_nothing(int stride, int rowStep)
    {
        const int Count = 200_000;
        var keys = Enumerable.Range(0, Count).Select(i => 5000 + (ulong)i * (ulong)stride).ToArray();
        var rows = Enumerable.Range(0, Count).Select(i => (ulong)(10_000_000 + (long)i * rowStep)).ToArray();
        using var loaded = new AlexIndex();
        loaded.BulkLoad(keys, rows);
        using var appended = new AlexIndex();
        for (var i = 0; i < Count; i++)
            Assert.True(appended.Insert(keys[i], rows[i]));
        foreach (var index in new[] { loaded, appended })
        {
            var statistics = index.GetStatistics();
            Assert.Equal((Count, Count), (statistics.Entries, statistics.RunEntries));
            Assert.True(statistics.BytesPerEntry < 1.5, $"{statistics.BytesPerEntry} bytes per entry");
            var forward = index.Seek(0);
            var backward = index.SeekLast(ulong.MaxValue);
            for (var i = 0; i < Count; i++)
            {
                Assert.True(forward.MoveNext() && backward.MovePrevious());
                Assert.Equal((keys[i], rows[i]), (forward.Key, forward.RowId));
                Assert.Equal((keys[^(i + 1)], rows[^(i + 1)]), (backward.Key, backward.RowId));
            }
            Assert.False(forward.MoveNext() || backward.MovePrevious());
            Assert.True(index.Trace(keys[Count / 2]) is { RunLeaf: true, Error: 0 });
        }
    }

    [Fact]
    public void Row_ids_jump_at_segment_borders()
    {
        // As a table gives them out when two writers fill segments of 131,072 rows in turn.
        const int Segment = 131_072;
        using var index = new AlexIndex();
        for (var i = 0; i < 4 * Segment; i++)
            Assert.True(index.Insert((ulong)i, (ulong)(i / Segment * 2 * Segment + i % Segment)));
        var statistics = index.GetStatistics();
        Assert.Equal(4 * Segment, statistics.RunEntries);
        Assert.InRange(statistics.Runs, statistics.RunLeaves, statistics.RunLeaves + 4);
        for (var i = 0; i < 4 * Segment; i += 1001)
            Assert.True(index.TryGetFirst((ulong)i, out var row) && row == (ulong)(i / Segment * 2 * Segment + i % Segment));
    }

    /// <summary>Holes, doubles and strangers in the middle of runs: in order, in reverse and at random, then everything goes.</summary>
    [Theory]
    [InlineData(1, 8192)]
    [InlineData(2, 8192)]
    [InlineData(3, 256)]
    [InlineData(4, 64)]
    public void Changes_in_the_middle_of_runs(int seed, int leafSlots)
    {
        const int Count = 30_000;
        var random = new Random(seed);
        using var index = new AlexIndex(new AlexOptions { MaxLeafSlots = leafSlots, MaxModelFanout = 1 << 12 });
        var reference = new SortedSet<(ulong Key, ulong Row)>();
        for (ulong i = 0; i < Count; i++)
        {
            reference.Add((i * 2, i));
            Assert.True(index.Insert(i * 2, i));
        }
        for (var i = 0; i < Count; i++)
        {
            var key = (ulong)random.Next(2 * Count);
            var row = random.Next(3) == 0 ? (ulong)random.Next() << 8 : key / 2;
            if (random.Next(2) == 0)
                Assert.Equal(reference.Add((key, row)), index.Insert(key, row));
            else
                Assert.Equal(reference.Remove((key, row)), index.Remove(key, row));
            if (i % 5000 == 0)
                AssertSame(reference, index);
        }
        AssertSame(reference, index);
        foreach (var (key, row) in reference.ToArray())
            Assert.True(index.Remove(key, row));
        Assert.Equal(0, index.Count);
        Assert.False(index.Seek(0).MoveNext());
    }

    [Fact]
    public void Holes_that_are_filled_again_join_their_runs()
    {
        using var index = new AlexIndex();
        for (ulong i = 0; i < 1000; i++)
            index.Insert(i, i);
        foreach (var order in new[] { Enumerable.Range(1, 20), Enumerable.Range(1, 20).Reverse() })
        {
            foreach (var i in order)
                Assert.True(index.Remove((ulong)i * 40, (ulong)i * 40));
            Assert.Equal(21, index.GetStatistics().Runs);
            foreach (var i in order)
                Assert.True(index.Insert((ulong)i * 40, (ulong)i * 40));
            Assert.Equal(1, index.GetStatistics().Runs);
        }
    }

    private static void AssertSame(SortedSet<(ulong Key, ulong Row)> reference, AlexIndex index)
    {
        var forward = index.Seek(0);
        foreach (var entry in reference)
            Assert.True(forward.MoveNext() && entry == (forward.Key, forward.RowId));
        Assert.False(forward.MoveNext());
        var backward = index.SeekLast(ulong.MaxValue);
        foreach (var entry in reference.Reverse())
            Assert.True(backward.MovePrevious() && entry == (backward.Key, backward.RowId));
        Assert.False(backward.MovePrevious());
        Assert.Equal(reference.Count, index.GetStatistics().Entries);
    }
}
