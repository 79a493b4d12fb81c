using OmenDb.Workload;
using OmenDb.Ycsb.Choice;

namespace OmenDb.Ycsb.Tests;

public sealed class ChoiceTests
{
    private const int Draws = 200_000;

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(3_000_000)]
    public void Zeta_is_the_sum_of_its_definition(long n)
    {
        var sum = 0.0;
        for (var i = n; i > 0; i--)
            sum += Math.Pow(i, -0.99);
        Assert.Equal(sum, Zipfian.Zeta(n, 0.99), 1e-9 * sum);
    }

    [Fact]
    public void A_grown_zipfian_draws_as_a_new_one()
    {
        var grown = new Zipfian(500);
        grown.Grow(900);
        grown.Grow(1000);
        var (first, second) = (new WorkloadRandom(1), new WorkloadRandom(1));
        var fresh = new Zipfian(1000);
        for (var i = 0; i < 1000; i++)
            Assert.Equal(fresh.Next(first), grown.Next(second));
    }

    [Fact]
    public void The_first_numbers_of_a_zipfian_have_their_shares()
    {
        // The generator is exact for the first two numbers and approximates the others (Gray et al., section 3): their cumulated shares within 2% of all draws.
        var zipfian = new Zipfian(1000);
        var random = new WorkloadRandom(3);
        var counts = new int[1000];
        for (var i = 0; i < Draws; i++)
            counts[zipfian.Next(random)]++;
        var zeta = Zipfian.Zeta(1000, 0.99);
        for (var i = 0; i < 2; i++)
        {
            var expected = Draws * Math.Pow(i + 1, -0.99) / zeta;
            Assert.InRange(counts[i], expected - 5 * Math.Sqrt(expected), expected + 5 * Math.Sqrt(expected));
        }
        var (seen, due) = (0.0, 0.0);
        for (var i = 0; i < 1000; i++)
        {
            seen += counts[i];
            due += Draws * Math.Pow(i + 1, -0.99) / zeta;
            Assert.InRange(seen - due, -0.02 * Draws, 0.02 * Draws);
        }
    }

    [Fact]
    public void Scrambled_zipfian_is_the_hash_of_a_zipfian()
    {
        // The popular items of ten billion, hashed onto 100 records: each record's share is the sum of those of its items. The first 10,000 items carry 37% of the
        // mass; the rest is spread evenly. Chi-square over 100 cells with that expectation, and a margin for the evenness.
        const long Items = 10_000_000_000;
        var zeta = Zipfian.Zeta(Items, 0.99);
        var expected = new double[100];
        var mass = 0.0;
        for (var i = 0; i < 10_000; i++)
        {
            var share = Math.Pow(i + 1, -0.99) / zeta;
            expected[Fnv.Hash(i) % 100] += share;
            mass += share;
        }
        var chooser = new ScrambledZipfianChooser();
        var random = new WorkloadRandom(4);
        var counts = new int[100];
        for (var i = 0; i < Draws; i++)
            counts[chooser.Next(random, 100)]++;
        for (var i = 0; i < 100; i++)
        {
            var due = Draws * (expected[i] + (1 - mass) / 100);
            Assert.InRange(counts[i], due * 0.9 - 5 * Math.Sqrt(due), due * 1.1 + 5 * Math.Sqrt(due));
        }
        Assert.True(counts.Max() > 3 * counts.Average());
    }

    [Fact]
    public void Latest_prefers_the_newest_and_follows_growth()
    {
        var chooser = new LatestChooser(100);
        var random = new WorkloadRandom(5);
        for (var count = 100; count <= 1000; count += 100)
        {
            var newest = 0;
            for (var i = 0; i < 10_000; i++)
            {
                var record = chooser.Next(random, count);
                Assert.InRange(record, 0, count - 1);
                newest += record == count - 1 ? 1 : 0;
            }
            var expected = 10_000 / Zipfian.Zeta(count, 0.99);
            Assert.InRange(newest, expected - 5 * Math.Sqrt(expected), expected + 5 * Math.Sqrt(expected));
        }
    }

    [Fact]
    public void Uniform_is_uniform()
    {
        var counts = new int[100];
        var random = new WorkloadRandom(6);
        var chooser = new UniformChooser();
        for (var i = 0; i < Draws; i++)
            counts[chooser.Next(random, 100)]++;
        // 99 degrees of freedom: five deviations.
        Assert.InRange(counts.Sum(count => Math.Pow(count - Draws / 100.0, 2) / (Draws / 100.0)), 0, 99 + 5 * Math.Sqrt(198));
    }

    [Fact]
    public void A_fifth_of_the_records_is_hot()
    {
        var random = new WorkloadRandom(7);
        var chooser = new HotspotChooser();
        var hot = Enumerable.Range(0, Draws).Count(_ => chooser.Next(random, 1000) < 200);
        Assert.InRange(hot, Draws * 0.8 - 5 * Math.Sqrt(Draws * 0.16), Draws * 0.8 + 5 * Math.Sqrt(Draws * 0.16));
        Assert.Equal(0, chooser.Next(random, 1));
    }

    [Fact]
    public void Only_records_without_a_gap_before_them_are_there()
    {
        var counter = new InsertCounter(10);
        Assert.Equal((10, 11, 12), (counter.Take(), counter.Take(), counter.Take()));
        counter.Acknowledge(12);
        counter.Acknowledge(11);
        Assert.Equal(10, counter.Count);
        counter.Acknowledge(10);
        Assert.Equal(13, counter.Count);
    }

    [Fact]
    public void Keys_are_hashed_or_ascend()
    {
        Assert.Equal("user00000000000000000042", new YcsbTable(100, HashedOrder: false).KeyOf(42));
        var keys = Enumerable.Range(0, 10_000).Select(i => new YcsbTable(100).KeyOf(i)).ToArray();
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.NotEqual(keys, keys.Order(StringComparer.Ordinal));
        Assert.All(keys, key => Assert.Equal(24, key.Length));
    }
}
