using OmenDb.Workload.Sql;

namespace OmenDb.Tpcc.Transactions;

/// <param name="OrderId">The customer's newest order.</param>
public sealed record OrderStatusResult(int Customer, long BalanceCents, int OrderId, int LineCount);

/// <summary>Clause 2.6: where a customer's newest order is. Two round trips, or three where the customer is known by name.</summary>
public static class OrderStatus
{
    private static readonly SqlStatement ById = new(
        "SELECT c_balance, c_first, c_middle, c_last FROM customer WHERE c_w_id = $1 AND c_d_id = $2 AND c_id = $3",
        [SqlField.Int, SqlField.Int, SqlField.Int], [SqlField.Money, SqlField.Text, SqlField.Text, SqlField.Text]);

    private static readonly SqlStatement NewestOrder = new(
        """
        SELECT o_id, o_entry_d, o_carrier_id FROM orders WHERE o_w_id = $1 AND o_d_id = $2 AND o_c_id = $3 ORDER BY o_id DESC LIMIT 1
        """,
        [SqlField.Int, SqlField.Int, SqlField.Int], [SqlField.Int, SqlField.Timestamp, SqlField.Int]);

    private static readonly SqlStatement Lines = new(
        """
        SELECT ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_delivery_d FROM order_line WHERE ol_w_id = $1 AND ol_d_id = $2 AND ol_o_id = $3
        """,
        [SqlField.Int, SqlField.Int, SqlField.Int], [SqlField.Int, SqlField.Int, SqlField.Int, SqlField.Money, SqlField.Timestamp]);

    public static OrderStatusResult Run(TpccSession session, OrderStatusInput input)
    {
        var customer = input.Customer;
        long balance;
        SqlRows order;
        if (customer == 0)
        {
            var find = session.Batch("order-status by name", 0, _ => [TpccSession.BeginRead, CustomerByName.Statement]);
            find[1].Int(input.Warehouse).Int(input.District).Text(input.LastName);
            find.Execute();
            var found = find.Rows(1);
            var middle = CustomerByName.MiddleRow(found, input.LastName);
            (customer, balance) = (found.Int(middle, 0), found.Number(middle, 3));
            var newest = session.Batch("order-status order", 0, _ => [NewestOrder]);
            newest[0].Int(input.Warehouse).Int(input.District).Int(customer);
            newest.Execute();
            order = newest.Rows(0);
        }
        else
        {
            var find = session.Batch("order-status", 0, _ => [TpccSession.BeginRead, ById, NewestOrder]);
            find[1].Int(input.Warehouse).Int(input.District).Int(customer);
            find[2].Int(input.Warehouse).Int(input.District).Int(customer);
            find.Execute();
            if (find.Rows(1).Count != 1)
                throw new TpccDataException($"customer {customer} is missing");
            balance = find.Rows(1).Number(0, 0);
            order = find.Rows(2);
        }
        if (order.Count != 1)
            throw new TpccDataException($"customer {customer} has no order");
        var orderId = order.Int(0, 0);
        var lines = session.Batch("order-status lines", 0, _ => [Lines, SqlStatement.Commit]);
        lines[0].Int(input.Warehouse).Int(input.District).Int(orderId);
        lines.Execute();
        return new OrderStatusResult(customer, balance, orderId, lines.Rows(0).Count);
    }
}
