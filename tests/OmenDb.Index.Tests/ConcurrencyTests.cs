namespace OmenDb.Index.Tests;

public class ConcurrencyTests
{
    private const int Writers = 2;
    private const ulong StableStep = 97;

    /// <summary>Writers on interleaved keys, a scanner in both directions and a prober; small nodes, so that divisions and merges
    /// happen all the time. Rows of stable keys must be seen by every scan and look-up.</summary>
    [Theory]
    [InlineData(0, true, 40_000)]
    [InlineData(1, true, 20_000)]
    [InlineData(2, true, 10_000)]
    [InlineData(0, false, 60_000)]
    public async Task Readers_and_writers_agree_with_a_reference(int form, bool small, int operations)
    {
        using var index = IndexModel.All.ElementAt(form)(small ? Small.Options() : null);
        const ulong Domain = 20_000;
        var stable = new List<(ulong Key, ulong Row)>();
        for (ulong key = 0; key < Domain; key += StableStep)
        {
            stable.Add((key, 1_000_000));
            Assert.True(index.Insert(key, 1_000_000));
        }
        var references = new SortedSet<(ulong, ulong)>[Writers];
        var running = Writers;
        var tasks = new List<Task>();
        for (var writer = 0; writer < Writers; writer++)
        {
            var id = (ulong)writer;
            tasks.Add(Task.Factory.StartNew(() =>
            {
                try
                {
                    references[id] = Write(index, id, operations * PropertyTests.Stress, Domain);
                }
                finally
                {
                    Interlocked.Decrement(ref running);
                }
            }, TaskCreationOptions.LongRunning));
        }
        tasks.Add(Task.Factory.StartNew(() =>
        {
            do
                Scan(index, stable);
            while (Volatile.Read(ref running) > 0);
        }, TaskCreationOptions.LongRunning));
        tasks.Add(Task.Factory.StartNew(() =>
        {
            var random = new Random(9);
            do
            {
                var key = (ulong)random.Next((int)(Domain / StableStep)) * StableStep;
                Assert.Contains(1_000_000UL, index.GetAll(key));
                Assert.True(index.TryGetFirst(key, out _));
                Assert.False(index.TryGetFirst(Domain * 3 + key, out _));
            }
            while (Volatile.Read(ref running) > 0);
        }, TaskCreationOptions.LongRunning));
        await Task.WhenAll(tasks);
        var all = new SortedSet<(ulong, ulong)>(stable);
        foreach (var reference in references)
            all.UnionWith(reference);
        index.AssertSameAs(all);
    }

    /// <summary>One writer appends consecutive entries, another cuts holes into what is there and fills them again: runs grow, fall
    /// apart, become slots and join, while readers must see every entry that stays.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Runs_change_under_readers(bool small)
    {
        using var index = new AlexIndex(small ? Small.Options() : null);
        var count = (small ? 30_000UL : 200_000UL) * (ulong)PropertyTests.Stress;
        ulong appended = 0;
        Parallel.Invoke(
            () =>
            {
                for (ulong i = 0; i < count; i++)
                {
                    Assert.True(index.Insert(i, i + 100));
                    Volatile.Write(ref appended, i + 1);
                }
            },
            () =>
            {
                var random = new Random(5);
                while (Volatile.Read(ref appended) is var end && end < count)
                {
                    // Odd keys come and go, even ones stay.
                    var key = (ulong)random.NextInt64((long)Math.Max(end / 2, 1)) * 2 + 1;
                    if (key < end && index.Remove(key, key + 100))
                        Assert.True(index.Insert(key, key + 100));
                }
            },
            () =>
            {
                var random = new Random(6);
                var rows = new ulong[64];
                var found = new bool[64];
                var keys = new ulong[64];
                while (Volatile.Read(ref appended) is var end && end < count)
                {
                    if (end < 2)
                        continue;
                    for (var i = 0; i < keys.Length; i++)
                        keys[i] = (ulong)random.NextInt64((long)(end / 2)) * 2;
                    Assert.Equal(keys.Length, index.GetBatch(keys, rows, found));
                    for (var i = 0; i < keys.Length; i++)
                        Assert.True(rows[i] == keys[i] + 100 && index.TryGetFirst(keys[i], out var row) && row == keys[i] + 100);
                    var list = new RowIdList([]);
                    var ends = new int[keys.Length];
                    index.GetAllBatch(keys, ref list, ends);
                    Assert.Equal(rows, list.Span.ToArray());
                    list.Dispose();
                    var cursor = index.Seek(keys[0]);
                    var before = keys[0];
                    for (var i = 0; i < 500 && cursor.MoveNext(); i++)
                    {
                        Assert.True(cursor.RowId == cursor.Key + 100 && (i == 0 ? cursor.Key == before : cursor.Key > before && cursor.Key <= before + 2));
                        before = cursor.Key;
                    }
                }
            });
        Assert.Equal((long)count, index.Count);
        Assert.Equal((long)count, index.GetStatistics().Entries);
    }

    /// <summary>Two threads insert the same keys as unique: exactly one wins each.</summary>
    [Fact]
    public void Unique_inserts_of_one_key_exclude_each_other()
    {
        using var index = new AlexIndex(Small.Options());
        const int Keys = 20_000;
        var wins = new int[2];
        Parallel.For(0, 2, thread =>
        {
            var check = default(AlwaysConflicts);
            for (var key = 0; key < Keys; key++)
            {
                if (index.InsertUnique((ulong)key * 31 % Keys, (ulong)(thread * Keys + key), ref check).Kind == InsertOutcomeKind.Inserted)
                    wins[thread]++;
            }
        });
        Assert.Equal(Keys, wins[0] + wins[1]);
        Assert.Equal(Keys, index.Count);
    }

    private struct AlwaysConflicts : IUniqueCheck
    {
        public readonly bool Conflicts(ulong existingRowId) => true;
    }

    private static SortedSet<(ulong, ulong)> Write(IndexModel index, ulong id, int operations, ulong domain)
    {
        var reference = new SortedSet<(ulong, ulong)>();
        var random = new Random((int)id + 1);
        for (var i = 0; i < operations; i++)
        {
            // Phases of growing and shrinking; a hot spot now and then; row ids tell the writers apart.
            var growing = i / 5000 % 2 == 0;
            var key = random.Next(4) == 0 ? (ulong)random.Next(50) : (ulong)random.Next((int)domain);
            var entry = (key, id + (Writers * (ulong)random.Next(20)));
            if (random.Next(10) < (growing ? 8 : 2))
                Assert.Equal(reference.Add(entry), index.Insert(entry.key, entry.Item2));
            else
                Assert.Equal(reference.Remove(entry), index.Remove(entry.key, entry.Item2));
        }
        return reference;
    }

    private static void Scan(IndexModel index, List<(ulong Key, ulong Row)> stable)
    {
        foreach (var forward in new[] { true, false })
        {
            var entries = forward ? index.ReadForward(0, int.MaxValue) : index.ReadBackward(ulong.MaxValue, int.MaxValue);
            if (!forward)
                entries.Reverse();
            for (var i = 1; i < entries.Count; i++)
                Assert.True(entries[i - 1].CompareTo(entries[i]) < 0, "a scan is strictly ordered");
            Assert.Equal(stable, entries.Where(e => e.Row == 1_000_000));
        }
    }
}
