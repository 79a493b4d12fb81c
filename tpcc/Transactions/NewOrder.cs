using OmenDb.Workload.Sql;

namespace OmenDb.Tpcc.Transactions;

/// <summary>What the terminal shows after a new order. Amounts in units of 10^-4 where rates are in them, else in cents.</summary>
/// <param name="OrderId">Of the order, also of one that was rolled back.</param>
public sealed record NewOrderResult(bool RolledBack, int OrderId, string CustomerLast, string CustomerCredit, long TotalCents);

/// <summary>Clause 2.4: a customer orders 5 to 15 items. Two round trips.</summary>
/// <remarks>
/// Stock is changed where it is read: the new quantity follows from the old one alone (clause 2.4.2.2). Rows of stock are locked in the order of their keys,
/// so that two orders never wait for each other; the lines keep the order in which they were entered.
/// </remarks>
public static class NewOrder
{
    private static readonly SqlStatement GetWarehouse = new("SELECT w_tax FROM warehouse WHERE w_id = $1", [SqlField.Int], [SqlField.Numeric(4)]);

    private static readonly SqlStatement NextOrder = new(
        "UPDATE district SET d_next_o_id = d_next_o_id + 1 WHERE d_w_id = $1 AND d_id = $2 RETURNING d_next_o_id - 1, d_tax",
        [SqlField.Int, SqlField.Int], [SqlField.Int, SqlField.Numeric(4)]);

    private static readonly SqlStatement GetCustomer = new(
        "SELECT c_discount, c_last, c_credit FROM customer WHERE c_w_id = $1 AND c_d_id = $2 AND c_id = $3",
        [SqlField.Int, SqlField.Int, SqlField.Int], [SqlField.Numeric(4), SqlField.Text, SqlField.Text]);

    private static readonly SqlStatement GetItem = new(
        "SELECT i_price, i_name, i_data FROM item WHERE i_id = $1", [SqlField.Int], [SqlField.Money, SqlField.Text, SqlField.Text]);

    /// <summary>Per district: s_dist_xx is a column of its own.</summary>
    private static readonly SqlStatement[] TakeStock = [.. Enumerable.Range(1, TpccScale.DistrictsPerWarehouse).Select(district => new SqlStatement(
        $"""
        UPDATE stock SET s_quantity = CASE WHEN s_quantity >= $3 + 10 THEN s_quantity - $3 ELSE s_quantity - $3 + 91 END,
            s_ytd = s_ytd + $3, s_order_cnt = s_order_cnt + 1, s_remote_cnt = s_remote_cnt + $4
        WHERE s_w_id = $1 AND s_i_id = $2 RETURNING s_quantity, s_dist_{district:00}, s_data
        """,
        [SqlField.Int, SqlField.Int, SqlField.Int, SqlField.Int], [SqlField.Int, SqlField.Text, SqlField.Text]))];

    private static readonly SqlStatement InsertOrder = new(
        "INSERT INTO orders (o_id, o_d_id, o_w_id, o_c_id, o_entry_d, o_ol_cnt, o_all_local) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [SqlField.Int, SqlField.Int, SqlField.Int, SqlField.Int, SqlField.Timestamp, SqlField.Int, SqlField.Int], []);

    private static readonly SqlStatement InsertNewOrder = new(
        "INSERT INTO new_order (no_o_id, no_d_id, no_w_id) VALUES ($1, $2, $3)", [SqlField.Int, SqlField.Int, SqlField.Int], []);

    private static readonly SqlStatement InsertLine = new(
        """
        INSERT INTO order_line (ol_o_id, ol_d_id, ol_w_id, ol_number, ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_dist_info)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        [
            SqlField.Int, SqlField.Int, SqlField.Int, SqlField.Int, SqlField.Int, SqlField.Int, SqlField.Int, SqlField.Money, SqlField.Text,
        ], []);

    /// <returns>A result that says so when the order had to be rolled back for an unused item.</returns>
    public static NewOrderResult Run(TpccSession session, NewOrderInput input)
    {
        var count = input.Items.Count;
        var (first, second) = (input.District - 1, 4 + count); // where items end and stock begins
        var read = session.Batch("new-order read " + input.District, count, n =>
            [session.Begin, GetWarehouse, NextOrder, GetCustomer, .. Enumerable.Repeat(GetItem, n), .. Enumerable.Repeat(TakeStock[first], n)]);
        read[1].Int(input.Warehouse);
        read[2].Int(input.Warehouse).Int(input.District);
        read[3].Int(input.Warehouse).Int(input.District).Int(input.Customer);
        Span<int> order = stackalloc int[count];
        SortByStock(input.Items, order);
        Span<int> stockOf = stackalloc int[count];
        for (var i = 0; i < count; i++)
        {
            read[4 + i].Int(input.Items[i].Item);
            var item = input.Items[order[i]];
            stockOf[order[i]] = second + i;
            read[second + i].Int(item.SupplyWarehouse).Int(item.Item).Int(item.Quantity).Int(item.SupplyWarehouse == input.Warehouse ? 0 : 1);
        }
        read.Execute();

        var (warehouse, district, customer) = (read.Rows(1), read.Rows(2), read.Rows(3));
        if (warehouse.Count != 1 || district.Count != 1 || customer.Count != 1)
            throw new TpccDataException($"warehouse {input.Warehouse}, district {input.District} or customer {input.Customer} is missing");
        var orderId = district.Int(0, 0);
        for (var i = 0; i < count; i++)
        {
            if (read.Rows(4 + i).Count == 1)
                continue;
            if (!input.MustRollBack || i != count - 1)
                throw new TpccDataException($"item {input.Items[i].Item} is missing");
            session.Connection.Rollback();
            return new NewOrderResult(true, orderId, customer.Text(0, 1), customer.Text(0, 2), 0);
        }

        var write = session.Batch("new-order write", count, n => [InsertOrder, InsertNewOrder, .. Enumerable.Repeat(InsertLine, n), .. session.Commit()]);
        var isLocal = input.Items.All(item => item.SupplyWarehouse == input.Warehouse);
        write[0].Int(orderId).Int(input.District).Int(input.Warehouse).Int(input.Customer).Timestamp(input.Entry).Int(count).Int(isLocal ? 1 : 0);
        write[1].Int(orderId).Int(input.District).Int(input.Warehouse);
        var total = 0L;
        for (var i = 0; i < count; i++)
        {
            var item = input.Items[i];
            var stock = read.Rows(stockOf[i]);
            if (stock.Count != 1)
                throw new TpccDataException($"stock of item {item.Item} in warehouse {item.SupplyWarehouse} is missing");
            var amount = item.Quantity * read.Rows(4 + i).Number(0, 0);
            total += amount;
            write[2 + i].Int(orderId).Int(input.District).Int(input.Warehouse).Int(i + 1).Int(item.Item).Int(item.SupplyWarehouse).Int(item.Quantity)
                .Numeric(amount).Text(stock.Text(0, 1));
        }
        session.ExecuteAndCommit(write);
        // Discount and taxes are in ten thousandths.
        var rates = (10_000 - customer.Number(0, 0)) * (10_000 + warehouse.Number(0, 0) + district.Number(0, 1));
        return new NewOrderResult(false, orderId, customer.Text(0, 1), customer.Text(0, 2), (long)((Int128)total * rates / 100_000_000));
    }

    /// <summary>Insertion sort: at most 15.</summary>
    private static void SortByStock(IReadOnlyList<OrderedItem> items, Span<int> order)
    {
        for (var i = 0; i < order.Length; i++)
        {
            var at = i;
            while (at > 0 && Key(items[order[at - 1]]) > Key(items[i]))
            {
                order[at] = order[at - 1];
                at--;
            }
            order[at] = i;
        }
    }

    private static long Key(OrderedItem item) => (long)item.SupplyWarehouse << 32 | (uint)item.Item;
}
