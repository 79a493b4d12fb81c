using OmenDb.Tpcc.Generation;
using OmenDb.Tpcc.Running;
using OmenDb.Tpcc.Transactions;
using OmenDb.Workload;

namespace OmenDb.Tpcc.Tests;

public sealed class GenerationTests
{
    [Theory]
    [InlineData(0, "BARBARBAR")]
    [InlineData(371, "PRICALLYOUGHT")]
    [InlineData(999, "EINGEINGEING")]
    public void Last_names_are_made_of_syllables(int number, string name) => Assert.Equal(name, TpccText.LastName(number));

    [Fact]
    public void Nurand_is_the_distribution_of_its_definition()
    {
        // Exact probabilities by enumeration of both draws, against 200,000 values: chi-square over 1,000 cells.
        var constants = NonUniform.ForLoad(3);
        var probabilities = new double[1000];
        for (var a = 0; a <= NonUniform.LastNameA; a++)
        {
            for (var b = 0; b < 1000; b++)
                probabilities[((a | b) + constants.LastNameC) % 1000] += 1.0 / 256 / 1000;
        }
        var random = new WorkloadRandom(11);
        var counts = new int[1000];
        const int Draws = 200_000;
        for (var i = 0; i < Draws; i++)
            counts[constants.LastName(random, 1000)]++;
        var chiSquare = 0.0;
        var cells = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            if (probabilities[i] == 0)
            {
                Assert.Equal(0, counts[i]);
                continue;
            }
            cells++;
            chiSquare += Math.Pow(counts[i] - Draws * probabilities[i], 2) / (Draws * probabilities[i]);
        }
        // Mean cells - 1, deviation the root of twice that: five deviations.
        Assert.InRange(chiSquare, 0, cells - 1 + 5 * Math.Sqrt(2.0 * (cells - 1)));
    }

    [Fact]
    public void Nurand_stays_in_its_range()
    {
        var constants = NonUniform.ForLoad(5);
        var random = new WorkloadRandom(1);
        for (var i = 0; i < 10_000; i++)
        {
            Assert.InRange(constants.Customer(random, 3000), 1, 3000);
            Assert.InRange(constants.Item(random, 100_000), 1, 100_000);
            Assert.InRange(constants.Customer(random, 30), 1, 30);
        }
    }

    [Fact]
    public void The_constants_of_a_run_keep_the_distance_that_the_specification_asks_for()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var load = NonUniform.ForLoad(seed);
            var distance = Math.Abs(NonUniform.ForRun(load, seed + 1000).LastNameC - load.LastNameC);
            Assert.InRange(distance, 65, 119);
            Assert.NotEqual(96, distance);
            Assert.NotEqual(112, distance);
        }
    }

    [Fact]
    public void Random_numbers_are_uniform_and_streams_differ()
    {
        var random = new WorkloadRandom(9, 4);
        var counts = new int[64];
        for (var i = 0; i < 64_000; i++)
            counts[random.Next(0, 63)]++;
        // 63 degrees of freedom: five deviations above the mean.
        Assert.InRange(counts.Sum(count => Math.Pow(count - 1000, 2) / 1000), 0, 63 + 5 * Math.Sqrt(126));
        Assert.NotEqual(new WorkloadRandom(9, 5).NextBits(), new WorkloadRandom(9, 4).NextBits());
        Assert.Equal(new WorkloadRandom(9, 4).NextBits(), new WorkloadRandom(9, 4).NextBits());
        var permutation = random.Permutation(100);
        Assert.Equal(Enumerable.Range(1, 100), permutation.Order());
        Assert.NotEqual(Enumerable.Range(1, 100), permutation);
    }

    [Fact]
    public void A_deck_holds_the_mix_exactly()
    {
        var deck = new CardDeck(new WorkloadRandom(2));
        for (var round = 0; round < 5; round++)
        {
            var drawn = Enumerable.Range(0, 100).Select(_ => deck.Draw()).CountBy(kind => kind).ToDictionary();
            Assert.Equal([45, 43, 4, 4, 4], Enumerable.Range(0, 5).Select(kind => drawn[(TransactionKind)kind]));
        }
    }

    [Fact]
    public void Inputs_have_the_shares_of_the_specification()
    {
        var scale = new TpccScale(5);
        var inputs = new TpccInputs(scale, NonUniform.ForLoad(1), new WorkloadRandom(6), 3, 4);
        const int Draws = 20_000;
        int rolledBack = 0, items = 0, remoteItems = 0, remotePayments = 0, byName = 0;
        for (var i = 0; i < Draws; i++)
        {
            var order = inputs.NewOrder(DateTime.UnixEpoch);
            Assert.Equal(3, order.Warehouse);
            Assert.InRange(order.Items.Count, 5, 15);
            Assert.Equal(order.MustRollBack, order.Items[^1].Item > scale.Items);
            Assert.All(order.Items.SkipLast(1), item => Assert.InRange(item.Item, 1, scale.Items));
            rolledBack += order.MustRollBack ? 1 : 0;
            items += order.Items.Count;
            remoteItems += order.Items.Count(item => item.SupplyWarehouse != 3);
            var payment = inputs.Payment(DateTime.UnixEpoch);
            Assert.InRange(payment.Amount, 100, 500_000);
            remotePayments += payment.CustomerWarehouse != 3 ? 1 : 0;
            byName += payment.Customer == 0 ? 1 : 0;
        }
        InShare(rolledBack, Draws, 0.01);
        InShare(remoteItems, items, 0.01);
        InShare(remotePayments, Draws, 0.15);
        InShare(byName, Draws, 0.60);
        Assert.InRange((double)items / Draws, 9.8, 10.2);
        var level = inputs.StockLevel();
        Assert.Equal((3, 4), (level.Warehouse, level.District));
        Assert.InRange(level.Threshold, 10, 20);
    }

    /// <summary>Within five deviations of a binomial.</summary>
    private static void InShare(int count, int of, double share)
    {
        var deviation = 5 * Math.Sqrt(of * share * (1 - share));
        Assert.InRange(count, of * share - deviation, of * share + deviation);
    }
}
