using System.Numerics;
using OmenDb.Index.Keys;
using OmenDb.Index.Memory;
using OmenDb.Index.Nodes;

namespace OmenDb.Index.Tests;

/// <summary>Every vectorised kernel against plain loops. <c>DOTNET_EnableAVX512=0</c> and <c>DOTNET_EnableHWIntrinsic=0</c> run the narrower and
/// the portable paths of the same kernels through the same tests.</summary>
public unsafe class KernelTests
{
    private const int Rounds = 1000;

    [Fact]
    public void Lower_bounds_of_8_byte_numbers_agree() => LowerBounds(16, value => value << 40);

    [Fact]
    public void Lower_bounds_of_4_byte_numbers_agree() => LowerBounds(32, value => (uint)value << 20);

    [Fact]
    public void Counts_of_separators_agree()
    {
        var random = new Random(12);
        for (var round = 0; round < Rounds; round++)
        {
            var count = random.Next(300);
            var (values, target) = Sorted(random, count + 8, value => value << (round % 2 * 50)); // 8 readable numbers behind
            fixed (ulong* start = values)
                Assert.Equal(SlotSearch.CountBelowScalar(start, count, target), SlotSearch.CountBelow(start, count, target));
        }
    }

    [Fact]
    public void Counts_in_windows_and_blocks_of_8_byte_numbers_agree() => Counts(16, value => value << 40);

    [Fact]
    public void Counts_in_windows_and_blocks_of_4_byte_numbers_agree() => Counts(32, value => (uint)value << 20);

    [Fact]
    public void Samples_of_8_byte_numbers_find_the_block() => Samples(16, value => value << 40, ulong.MaxValue);

    [Fact]
    public void Samples_of_4_byte_numbers_find_the_block() => Samples(32, value => (uint)value << 20, uint.MaxValue);

    /// <summary>Eight predictions at a time are those of the look-up that will follow them.</summary>
    [Fact]
    public void Predictions_agree()
    {
        if (!System.Runtime.Intrinsics.X86.Avx512DQ.IsSupported)
            return; // no such kernel
        var random = new Random(13);
        for (var round = 0; round < Rounds; round++)
        {
            var (keys, _) = Sorted(random, 1 + random.Next(200), value => value << (round % 4 * 18));
            var leaf = new Node
            {
                Capacity = 64 * (1 + random.Next(8)),
                Base = keys[random.Next(keys.Length)],
                Slope = random.NextDouble() / Math.Max(1, keys[^1] - keys[0]) * 1000,
                Intercept = random.Next(-200, 200),
                LensKind = LensKind.Key,
            };
            var (vector, plain) = (new int[keys.Length], new int[keys.Length]);
            fixed (ulong* from = keys)
            fixed (int* one = vector, other = plain)
            {
                SlotPlacement<FixedKey>.PredictPlain(&leaf, from, keys.Length, one);
                SlotPlacement<FixedKey>.PredictEach(new LeafView<FixedKey>(&leaf), from, from, keys.Length, leaf.Lens, other, null);
            }
            Assert.Equal(plain, vector);
        }
    }

    /// <summary>What is laid into slots, moved about in them and copied out again, in every form of slots and layout, against a sorted set.</summary>
    /// <param name="keySpread">Bits that keys are shifted by: decides how wide slots are.</param>
    /// <param name="rowSpread">The same of row ids.</param>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(40, 0)]
    [InlineData(40, 40)]
    public void Slots_hold_what_was_laid_into_them(int keySpread, int rowSpread)
    {
        var random = new Random(14 + keySpread + rowSpread);
        var options = new AlexOptions();
        for (var round = 0; round < Rounds / 10; round++)
        {
            using var pool = new NativePool();
            var retired = new RetireList(pool);
            // Every third time clusters, which no line fits.
            var reference = new SortedDictionary<ulong, ulong>();
            while (reference.Count < 700)
                reference[NextKey()] = (ulong)random.Next() << rowSpread;
            var layout = round % 2 == 0 ? LeafLayout.Gapped : LeafLayout.Append;
            var leaf = Create(reference, layout, pool);
            Assert.Equal(keySpread == 0 ? LeafFormat.Narrow : rowSpread == 0 ? LeafFormat.NarrowRows : LeafFormat.Wide, leaf->Format);
            Check(leaf, reference);
            for (var change = 0; change < 300; change++)
            {
                var key = NextKey();
                if (random.Next(3) == 0)
                    key = reference.Keys.ElementAt(random.Next(reference.Count));
                if (reference.Remove(key, out var row))
                {
                    Assert.True(LeafWriter<FixedKey>.Remove(leaf, new FixedKey(key), row, retired));
                    continue;
                }
                row = (ulong)random.Next() << rowSpread;
                if (LeafWriter<FixedKey>.Insert(leaf, new FixedKey(key), row, options, pool) == LeafInsert.Inserted)
                    reference[key] = row;
            }
            Check(leaf, reference);

            ulong NextKey() => (round % 3 == 0 ? (ulong)random.Next(5) * 100_000_000 + (ulong)random.Next(1000) : (ulong)random.Next(500_000_000)) << keySpread;
        }

        static Node* Create(SortedDictionary<ulong, ulong> entries, LeafLayout layout, NativePool pool)
        {
            fixed (ulong* keys = entries.Keys.ToArray(), rows = entries.Values.ToArray())
                return LeafBuilder<FixedKey>.Create(keys, rows, entries.Count, 1024, layout, pool, runs: false);
        }

        static void Check(Node* leaf, SortedDictionary<ulong, ulong> reference)
        {
            var view = new LeafView<FixedKey>(leaf);
            var (keys, rows) = (new ulong[leaf->Count], new ulong[leaf->Count]);
            fixed (ulong* toKeys = keys, toRows = rows)
                Assert.Equal(reference.Count, view.Compact(toKeys, toRows, leaf->Count));
            Assert.Equal(reference.Keys, keys);
            Assert.Equal(reference.Values, rows);
            var slots = Enumerable.Range(0, view.Capacity).Select(slot => new LeafView<FixedKey>(leaf).Key(slot)).ToArray();
            foreach (var probe in keys.Concat(keys.Select(key => key + 1)))
            {
                var expected = Array.FindIndex(slots, key => key >= probe);
                Assert.Equal(expected < 0 ? view.Capacity : expected, view.LowerBound(new FixedKey(probe), 0));
            }
        }
    }

    [Fact]
    public void Runs_are_written_out_as_they_were_read()
    {
        var random = new Random(15);
        var runs = stackalloc Run[RunLeaf.MaxRuns];
        for (var round = 0; round < Rounds; round++)
        {
            var count = 16 + random.Next(100);
            var (keys, rows) = (new ulong[count], new ulong[count]);
            var (keyStep, rowStep) = ((ulong)random.Next(1, 1000), (ulong)random.Next(1, 9));
            for (var i = 1; i < count; i++)
            {
                var jump = random.Next(30) == 0 ? 77u : 0;
                (keys[i], rows[i]) = (keys[i - 1] + keyStep + jump, rows[i - 1] + rowStep);
            }
            var (toKeys, toRows) = (new ulong[count], new ulong[count]);
            fixed (ulong* k = keys, r = rows, tk = toKeys, tr = toRows)
            {
                var used = Run.Encode(k, r, count, runs, RunLeaf.MaxRuns);
                Assert.True(used > 0);
                var from = random.Next(count);
                Assert.Equal(count - from, RunLeaf.CopyForward(runs, used, count, from, tk, tr, count));
                Assert.Equal(keys[from..], toKeys[..(count - from)]);
                Assert.Equal(rows[from..], toRows[..(count - from)]);
            }
        }
    }

    private static (T[] Values, T Target) Sorted<T>(Random random, int count, Func<ulong, T> spread)
    {
        var values = new T[count];
        for (var i = 0; i < count; i++)
            values[i] = spread((ulong)random.NextInt64(0, 1000));
        Array.Sort(values);
        return (values, spread((ulong)random.NextInt64(0, 1010)));
    }

    private static void LowerBounds<T>(int least, Func<ulong, T> spread) where T : unmanaged, IBinaryInteger<T>
    {
        var random = new Random(11);
        for (var round = 0; round < Rounds; round++)
        {
            var (values, target) = Sorted(random, least + random.Next(400), spread);
            var expected = values.Count(value => value < target);
            for (var guess = 0; guess < values.Length; guess += 1 + random.Next(20))
            {
                NoSteps steps = default;
                fixed (T* start = values)
                {
                    Assert.Equal(expected, SlotSearch.LowerBound(start, values.Length, target, guess, ref steps));
                    Assert.Equal(expected, SlotSearch.LowerBoundScalar(start, values.Length, target, guess, ref steps));
                }
            }
        }
    }

    private static void Counts<T>(int window, Func<ulong, T> spread) where T : unmanaged, IBinaryInteger<T>
    {
        var random = new Random(16);
        for (var round = 0; round < Rounds; round++)
        {
            var (values, target) = Sorted(random, window, spread);
            fixed (T* start = values)
            {
                Assert.Equal(SlotSearch.CountBelowScalar(start, window, target), SlotSearch.CountInWindow(start, target));
                Assert.Equal(SlotSearch.CountBelowScalar(start, SlotSearch.SampledSlots, target), SlotSearch.CountInBlock(start, target));
            }
        }
    }

    private static void Samples<T>(int window, Func<ulong, T> spread, T filler) where T : unmanaged, IBinaryInteger<T>
    {
        var random = new Random(17);
        for (var round = 0; round < Rounds; round++)
        {
            var blocks = 4 * (1 + random.Next(160));
            var (values, target) = Sorted(random, blocks, spread);
            T[] samples = [.. values, .. Enumerable.Repeat(filler, Math.Max(0, window - blocks))];
            var slots = blocks * SlotSearch.SampledSlots;
            var expected = values.Count(value => value < target);
            fixed (T* start = samples)
            {
                for (var guess = 0; guess < slots; guess += 1 + random.Next(slots))
                    Assert.Equal(expected, SlotSearch.CountSamples(start, slots, target, guess));
            }
        }
    }
}
