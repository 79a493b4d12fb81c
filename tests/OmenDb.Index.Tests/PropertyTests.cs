using FsCheck;
using FsCheck.Fluent;

namespace OmenDb.Index.Tests;

/// <summary>Random histories against a sorted set; a failure prints the seed and the shrunk history.</summary>
public class PropertyTests
{
    /// <summary>OMENDB_INDEX_STRESS=n: n times as many histories, and longer runs of the concurrency tests.</summary>
    internal static readonly int Stress = int.TryParse(Environment.GetEnvironmentVariable("OMENDB_INDEX_STRESS"), out var factor) ? factor : 1;

    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(30 * Stress).WithEndSize(100);

    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 4)]
    [InlineData(2, 4)]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    public void RandomHistories(int form, int modelDepth) =>
        Check.One(Runs, Prop.ForAll(Histories(), history => Replay(form, Small.Options(modelDepth), history)));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void RandomHistoriesWithDefaultSizes(int form) =>
        Check.One(Runs, Prop.ForAll(Histories(), history => Replay(form, null, history)));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void BulkLoadThenHistory(int form) =>
        Check.One(Runs, Prop.ForAll(Histories(), Histories(), (load, history) =>
        {
            var reference = new SortedSet<(ulong, ulong)>(load.SelectMany(Expand).Select(o => (o.Key, o.Row)));
            using var index = IndexModel.All.ElementAt(form)(Small.Options());
            index.BulkLoad([.. reference]);
            index.AssertSameAs(reference);
            Replay(index, reference, history);
        }));

    /// <summary>One step: what to do, to how many keys, where from, how far apart.</summary>
    public readonly record struct Step(byte Kind, byte Spread, ushort Place, byte Many);

    private static Arbitrary<Step[]> Histories()
    {
        var step =
            from kind in Gen.Choose(0, 255)
            from spread in Gen.Choose(0, 255)
            from place in Gen.Choose(0, 65535)
            from many in Gen.Choose(0, 255)
            select new Step((byte)kind, (byte)spread, (ushort)place, (byte)many);
        return Arb.From(step.ArrayOf(), Shrink);

        static IEnumerable<Step[]> Shrink(Step[] steps)
        {
            for (var part = steps.Length / 2; part >= 1; part /= 2)
            {
                for (var i = 0; i + part <= steps.Length; i += part)
                    yield return [.. steps[..i], .. steps[(i + part)..]];
            }
        }
    }

    private static IEnumerable<(ulong Key, ulong Row)> Expand(Step step)
    {
        // Dense, sparse, huge, exponential, one key with many rows, descending.
        var place = (ulong)step.Place;
        for (ulong i = 0; i < (ulong)step.Many / 4 + 1; i++)
        {
            yield return (step.Spread % 10) switch
            {
                0 => (place + i, i),
                1 => (place * 1_000_003 + i * 77, place),
                2 => ((1UL << 63) + place + i, 5),
                3 => (1UL << (int)(i & 63), place),
                4 => (place % 3, place * 64 + i),
                5 => (place - Math.Min(place, i), i),
                6 => (ulong.MaxValue - (place % 9), i * place),
                // Runs: consecutive, with strides, and rows beyond 32 bits that break into them.
                7 => (place / 64 + i, place / 64 + i),
                8 => (place / 16 * 10 + i * 10, place / 16 + i),
                _ => (place / 16 * 10 + i * 10, (place << 30) + i),
            };
        }
    }

    private static void Replay(int form, AlexOptions? options, Step[] history)
    {
        using var index = IndexModel.All.ElementAt(form)(options);
        Replay(index, [], history);
    }

    private static void Replay(IndexModel index, SortedSet<(ulong Key, ulong Row)> reference, Step[] history)
    {
        foreach (var step in history)
        {
            foreach (var (key, row) in Expand(step).ToArray())
            {
                if (step.Kind < 150)
                    Assert.Equal(reference.Add((key, row)), index.Insert(key, row));
                else if (step.Kind < 250)
                    Assert.Equal(reference.Remove((key, row)), index.Remove(key, row));
                else
                    CheckAround(index, reference, key);
            }
        }
        index.AssertSameAs(reference);
        foreach (var (key, _) in reference)
            Assert.True(index.TryGetFirst(key, out _));
    }

    private static void CheckAround(IndexModel index, SortedSet<(ulong Key, ulong Row)> reference, ulong key)
    {
        var same = reference.GetViewBetween((key, 0), (key, ulong.MaxValue)).Select(e => e.Row).ToArray();
        Assert.Equal(same, index.GetAll(key));
        Assert.Equal(same.Length > 0, index.TryGetFirst(key, out var first));
        if (same.Length > 0)
            Assert.Equal(same[0], first);
        Assert.Equal(reference.GetViewBetween((key, 0), (ulong.MaxValue, ulong.MaxValue)).Take(40), index.ReadForward(key, 40));
        if (key != ulong.MaxValue)
            Assert.Equal(reference.GetViewBetween((0, 0), (key, ulong.MaxValue)).Reverse().Take(40), index.ReadBackward(key, 40));
    }
}
