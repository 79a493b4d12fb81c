using OmenDb.Tpcc.Checks;
using OmenDb.Tpcc.Generation;
using OmenDb.Tpcc.Loading;

namespace OmenDb.Tpcc.Tests;

public sealed class LoadTests
{
    [Fact]
    public void The_initial_population_has_its_sizes_and_meets_all_conditions()
    {
        using var database = new SmallDatabase(2, foreignKeys: true, withCh: true);
        var scale = database.Scale;
        var options = new TpccLoadOptions(2, WithCh: true);
        foreach (var (table, rows) in new TpccLoader(database.System, new TpccGenerator(scale, SmallDatabase.Seed)).Estimate(options))
        {
            var found = database.Number($"SELECT count(*) FROM {table}");
            if (table == "order_line") // 5 to 15 lines of each order: the deviation of the sum is 3.2 times the root of the number of orders
                Assert.InRange(found, rows - 5 * 3.2 * Math.Sqrt(rows / 10.0), rows + 5 * 3.2 * Math.Sqrt(rows / 10.0));
            else
                Assert.Equal(rows, found);
        }
        Assert.All(ConsistencyConditions.Check(database.System), result => Assert.True(result.Violations == 0, $"condition {result.Condition.Number}: {result.Condition.Title}"));
        Assert.Equal(2, TpccLoader.WarehousesIn(database.System));
    }

    [Fact]
    public void Loads_of_one_seed_are_equal_however_many_workers_there_are()
    {
        using var first = new SmallDatabase();
        var sums = Sums(first);
        new TpccLoader(first.System, new TpccGenerator(first.Scale, SmallDatabase.Seed)).Load(new TpccLoadOptions(1));
        Assert.Equal(sums, Sums(first));
        new TpccLoader(first.System, new TpccGenerator(first.Scale, SmallDatabase.Seed + 1)).Load(new TpccLoadOptions(1));
        Assert.NotEqual(sums, Sums(first));
    }

    [Fact]
    public void Customers_of_the_initial_orders_are_permuted()
    {
        using var database = new SmallDatabase();
        // Each customer of a district has one order, and not in their own order.
        Assert.Equal(0, database.Number("SELECT count(*) FROM (SELECT o_d_id, o_c_id FROM orders GROUP BY o_d_id, o_c_id HAVING count(*) <> 1) twice"));
        Assert.Equal(10 * database.Scale.CustomersPerDistrict, database.Number("SELECT count(*) FROM orders"));
        Assert.InRange(database.Number("SELECT count(*) FROM orders WHERE o_id = o_c_id"), 0, 40);
    }

    [Fact]
    public void A_tenth_of_the_data_is_original_and_a_tenth_of_the_credit_is_bad()
    {
        using var database = new SmallDatabase(scale: TpccScale.Small(1, items: 2000, customers: 100));
        // Binomial, n = 2000 and 1000, p = 0.1: five deviations.
        Assert.InRange(database.Number("SELECT count(*) FROM item WHERE i_data LIKE '%ORIGINAL%'"), 200 - 67, 200 + 67);
        Assert.InRange(database.Number("SELECT count(*) FROM stock WHERE s_data LIKE '%ORIGINAL%'"), 200 - 67, 200 + 67);
        Assert.InRange(database.Number("SELECT count(*) FROM customer WHERE c_credit = 'BC'"), 100 - 48, 100 + 48);
        Assert.Equal(0, database.Number("SELECT count(*) FROM item WHERE length(i_data) NOT BETWEEN 26 AND 50"));
    }

    private static IReadOnlyList<string?> Sums(SmallDatabase database) => database.System.Query(
        """
        SELECT (SELECT sum(i_price) FROM item), (SELECT sum(s_quantity) FROM stock), (SELECT count(DISTINCT c_first) FROM customer), (SELECT sum(ol_amount) FROM order_line),
               (SELECT sum(o_c_id * o_id) FROM orders), (SELECT max(c_data) FROM customer), (SELECT min(h_data) FROM history)
        """)[0];
}
