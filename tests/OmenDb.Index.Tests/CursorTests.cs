namespace OmenDb.Index.Tests;

public class CursorTests
{
    [Fact]
    public void Turns_around_and_keeps_its_place()
    {
        using var index = new AlexIndex(Small.Options());
        for (ulong i = 0; i < 1000; i++)
            index.Insert(i * 2, i);
        var cursor = index.Seek(501);
        Assert.True(cursor.MoveNext());
        Assert.Equal(502UL, cursor.Key);
        Assert.True(cursor.MoveNext());
        Assert.Equal(504UL, cursor.Key);
        Assert.True(cursor.MovePrevious());
        Assert.Equal(502UL, cursor.Key);
        Assert.True(cursor.MovePrevious());
        Assert.Equal(500UL, cursor.Key);
        Assert.Equal(250UL, cursor.RowId);
        var back = index.SeekLast(501);
        Assert.True(back.MovePrevious());
        Assert.Equal(500UL, back.Key);
        Assert.True(back.MoveNext());
        Assert.Equal(502UL, back.Key);
    }

    [Fact]
    public void Goes_on_while_the_index_changes_under_it()
    {
        using var index = new AlexIndex(Small.Options());
        for (ulong i = 0; i < 2000; i++)
            index.Insert(i * 10, i);
        var cursor = index.Seek(0);
        var seen = new List<ulong>();
        while (cursor.MoveNext())
        {
            if (cursor.Key % 10 != 0)
                continue;
            seen.Add(cursor.Key);
            // Removing what was read and inserting around it divides and merges the leaves the cursor stands on.
            Assert.True(index.Remove(cursor.Key, cursor.RowId));
            index.Insert(cursor.Key + 1, 1);
        }
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => (ulong)i * 10), seen);
    }

    [Fact]
    public void Batches_cover_everything_both_ways()
    {
        using var index = new AlexIndex(Small.Options());
        for (ulong i = 0; i < 5000; i++)
            index.Insert(i * i, i);
        var keys = new ulong[333];
        var rows = new ulong[333];
        var cursor = index.Seek(0);
        ulong next = 0;
        for (int count; (count = cursor.NextBatch(keys, rows)) > 0;)
        {
            for (var i = 0; i < count; i++, next++)
                Assert.Equal((next * next, next), (keys[i], rows[i]));
        }
        Assert.Equal(5000UL, next);
        for (int count; (count = cursor.PreviousBatch(keys, rows)) > 0;)
        {
            for (var i = 0; i < count; i++)
                Assert.Equal(--next - 1, rows[i]);
        }
        Assert.Equal(1UL, next);
        Assert.True(index.TryGetMin(out var min, out _));
        Assert.True(index.TryGetMax(out var max, out _));
        Assert.Equal((0UL, 4999UL * 4999), (min, max));
    }

    [Fact]
    public void Byte_cursor_reads_a_range_of_row_ids()
    {
        using var index = new AlexByteIndex(Small.Options());
        for (var i = 0; i < 3000; i++)
            index.Insert(System.Text.Encoding.ASCII.GetBytes($"key-{i:D5}"), (ulong)i);
        using var cursor = index.Seek("key-00100"u8);
        var rows = new ulong[64];
        var all = new List<ulong>();
        for (int count; (count = cursor.NextBatch("key-00300"u8, false, rows)) > 0;)
            all.AddRange(rows[..count]);
        Assert.Equal(Enumerable.Range(100, 200).Select(i => (ulong)i), all);
        using var end = index.SeekEnd();
        Assert.False(end.MoveNext());
        Assert.True(end.MovePrevious());
        Assert.Equal("key-02999"u8.ToArray(), end.Key.ToArray());
        Assert.True(end.MovePrevious());
        Assert.Equal(2998UL, end.RowId);
    }
}
