using OmenDb.Tpcc.Checks;
using OmenDb.Tpcc.Generation;
using OmenDb.Tpcc.Transactions;
using OmenDb.Workload.Sql;

namespace OmenDb.Tpcc.Tests;

/// <summary>What each transaction changes and shows.</summary>
public sealed class TransactionTests : IDisposable
{
    private static readonly DateTime Now = new(2026, 2, 3, 4, 5, 6, DateTimeKind.Unspecified);

    private readonly SmallDatabase _database = new(2);
    private readonly TpccSession _session;

    public TransactionTests() => _session = new TpccSession(_database.System.Open());

    public void Dispose()
    {
        _session.Dispose();
        _database.Dispose();
    }

    [Fact]
    public void A_new_order_takes_a_number_and_stock_and_adds_its_lines()
    {
        OrderedItem[] items = [new(17, 1, 3), new(5, 2, 10), new(17, 1, 1), new(9, 1, 7), new(120, 1, 2)];
        var before = Stock(1, 17);
        var result = NewOrder.Run(_session, new NewOrderInput(1, 4, 2, items, false, Now));
        Assert.False(result.RolledBack);
        Assert.Equal(_database.Scale.CustomersPerDistrict + 1, result.OrderId);
        Assert.Equal(_database.Scale.CustomersPerDistrict + 2, Number("SELECT d_next_o_id FROM district WHERE d_w_id = 1 AND d_id = 4"));
        Assert.Equal(5, Number($"SELECT count(*) FROM order_line WHERE ol_w_id = 1 AND ol_d_id = 4 AND ol_o_id = {result.OrderId}"));
        Assert.Equal(1, Number($"SELECT count(*) FROM new_order WHERE no_w_id = 1 AND no_d_id = 4 AND no_o_id = {result.OrderId}"));
        Assert.Equal(0, Number($"SELECT o_all_local FROM orders WHERE o_w_id = 1 AND o_d_id = 4 AND o_id = {result.OrderId}"));
        // Two lines of one item: 3 and then 1.
        Assert.Equal(Less(Less(before.Quantity, 3), 1), Stock(1, 17).Quantity);
        Assert.Equal((4, 2, 0), (Stock(1, 17).Ytd, Stock(1, 17).Orders, Stock(1, 17).Remote));
        Assert.Equal((10, 1, 1), (Stock(2, 5).Ytd, Stock(2, 5).Orders, Stock(2, 5).Remote));
        Assert.Equal(0, Number(
            $"SELECT count(*) FROM order_line JOIN item ON i_id = ol_i_id JOIN stock ON s_i_id = ol_i_id AND s_w_id = ol_supply_w_id WHERE ol_w_id = 1 AND ol_d_id = 4 AND ol_o_id = {result.OrderId} AND (ol_amount <> ol_quantity * i_price OR ol_dist_info <> s_dist_04)"));
        var total = _database.System.Query(
            $"""
            SELECT trunc(sum(ol_amount) * (1 - c_discount) * (1 + w_tax + d_tax) * 100)::bigint FROM order_line, warehouse, district, customer
            WHERE ol_w_id = 1 AND ol_d_id = 4 AND ol_o_id = {result.OrderId} AND w_id = 1 AND d_w_id = 1 AND d_id = 4 AND c_w_id = 1 AND c_d_id = 4 AND c_id = 2
            GROUP BY c_discount, w_tax, d_tax
            """)[0][0];
        Assert.Equal(total, result.TotalCents.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Hold();
    }

    [Fact]
    public void An_unused_item_rolls_the_order_back()
    {
        OrderedItem[] items = [new(17, 1, 3), new(5, 1, 10), new(9, 1, 7), new(3, 1, 7), new(_database.Scale.Items + 1, 1, 1)];
        var before = Stock(1, 17);
        var result = NewOrder.Run(_session, new NewOrderInput(1, 4, 2, items, true, Now));
        Assert.True(result.RolledBack);
        Assert.Equal(before, Stock(1, 17));
        Assert.Equal(_database.Scale.CustomersPerDistrict + 1, Number("SELECT d_next_o_id FROM district WHERE d_w_id = 1 AND d_id = 4"));
        Hold();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_payment_changes_customer_district_and_warehouse(bool byName)
    {
        // The customer with the name BARBARBAR in the middle, by first names.
        var ids = _database.System.Query("SELECT c_id FROM customer WHERE c_w_id = 2 AND c_d_id = 3 AND c_last = 'BARBARBAR' ORDER BY c_first");
        var expected = int.Parse(ids[(ids.Count + 1) / 2 - 1][0]!, System.Globalization.CultureInfo.InvariantCulture);
        _database.System.Execute($"UPDATE customer SET c_credit = 'BC' WHERE c_w_id = 2 AND c_d_id = 3 AND c_id = {expected}");
        var result = Payment.Run(_session, new PaymentInput(1, 5, 2, 3, byName ? 0 : expected, byName ? TpccText.LastName(0) : "", 123_45, Now));
        Assert.Equal(expected, result.Customer);
        Assert.Equal(-133_45, result.BalanceCents);
        Assert.StartsWith($"| {expected} 3 2 5 1 123.45 ", result.CustomerData, StringComparison.Ordinal);
        Assert.Equal(200, result.CustomerData.Length);
        Assert.Equal(1, Number($"SELECT count(*) FROM customer WHERE c_w_id = 2 AND c_d_id = 3 AND c_id = {expected} AND c_payment_cnt = 2 AND c_ytd_payment = 133.45 AND length(c_data) <= 500"));
        Assert.Equal(1, Number("SELECT count(*) FROM history WHERE h_amount = 123.45 AND h_data = (SELECT w_name FROM warehouse WHERE w_id = 1) || '    ' || (SELECT d_name FROM district WHERE d_w_id = 1 AND d_id = 5)"));
        Hold();
    }

    [Fact]
    public void The_status_of_an_order_is_that_of_the_newest()
    {
        var placed = NewOrder.Run(_session, new NewOrderInput(1, 1, 3, [new(1, 1, 1), new(2, 1, 1), new(3, 1, 1), new(4, 1, 1), new(5, 1, 1), new(6, 1, 1)], false, Now));
        var status = OrderStatus.Run(_session, new OrderStatusInput(1, 1, 3, ""));
        Assert.Equal((3, placed.OrderId, 6, -1000L), (status.Customer, status.OrderId, status.LineCount, status.BalanceCents));
        var byName = OrderStatus.Run(_session, new OrderStatusInput(1, 1, 0, TpccText.LastName(1)));
        Assert.InRange(byName.LineCount, 5, 15);
    }

    [Fact]
    public void A_delivery_takes_the_oldest_order_of_each_district()
    {
        var scale = _database.Scale;
        var oldest = scale.CustomersPerDistrict - scale.UndeliveredPerDistrict + 1;
        Assert.Equal(10, Delivery.Run(_session, new DeliveryInput(1, 7, Now)).Delivered);
        Assert.Equal(10, Number($"SELECT count(*) FROM orders WHERE o_w_id = 1 AND o_id = {oldest} AND o_carrier_id = 7"));
        Assert.Equal(10, Number("SELECT count(*) FROM customer WHERE c_w_id = 1 AND c_delivery_cnt = 1"));
        Assert.Equal(0, Number($"SELECT count(*) FROM new_order WHERE no_w_id = 1 AND no_o_id = {oldest}"));
        Hold();
        for (var i = 1; i < scale.UndeliveredPerDistrict; i++)
            Delivery.Run(_session, new DeliveryInput(1, 7, Now));
        Assert.Equal(0, Delivery.Run(_session, new DeliveryInput(1, 7, Now)).Delivered);
        Hold();
    }

    [Fact]
    public void The_stock_level_counts_items_once()
    {
        var scale = _database.Scale;
        var expected = Number(
            $"SELECT count(DISTINCT ol_i_id) FROM order_line, stock WHERE ol_w_id = 2 AND ol_d_id = 3 AND ol_o_id > {scale.CustomersPerDistrict - 20} AND s_w_id = 2 AND s_i_id = ol_i_id AND s_quantity < 40");
        Assert.NotEqual(0, expected);
        Assert.Equal(expected, StockLevel.Run(_session, new StockLevelInput(2, 3, 40)));
    }

    private long Number(string sql) => _database.Number(sql);

    private (long Quantity, long Ytd, long Orders, long Remote) Stock(int warehouse, int item)
    {
        var row = _database.System.Query($"SELECT s_quantity, s_ytd, s_order_cnt, s_remote_cnt FROM stock WHERE s_w_id = {warehouse} AND s_i_id = {item}")[0];
        return (Long(row[0]), Long(row[1]), Long(row[2]), Long(row[3]));
    }

    private static long Long(string? text) => long.Parse(text!, System.Globalization.CultureInfo.InvariantCulture);

    private static long Less(long quantity, int ordered) => quantity >= ordered + 10 ? quantity - ordered : quantity - ordered + 91;

    private void Hold() => Assert.All(ConsistencyConditions.Check(_database.System), result => Assert.True(result.Violations == 0, result.Condition.Title));
}
