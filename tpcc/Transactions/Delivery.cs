using OmenDb.Workload.Sql;

namespace OmenDb.Tpcc.Transactions;

/// <param name="Delivered">Districts with an order to deliver: 10, unless one had none.</param>
public sealed record DeliveryResult(int Delivered);

/// <summary>Clause 2.7: the oldest new order of each of the ten districts is delivered. Three round trips.</summary>
public static class Delivery
{
    /// <summary>Another delivery of the same warehouse may take the order for which this one waits; the next one is then asked for, so often at most.</summary>
    private const int MostRepeats = 3;

    private static readonly SqlStatement Oldest = new(
        "SELECT no_o_id FROM new_order WHERE no_w_id = $1 AND no_d_id = $2 ORDER BY no_o_id LIMIT 1 FOR UPDATE", [SqlField.Int, SqlField.Int], [SqlField.Int]);

    private static readonly SqlStatement Remove = new(
        "DELETE FROM new_order WHERE no_w_id = $1 AND no_d_id = $2 AND no_o_id = $3", [SqlField.Int, SqlField.Int, SqlField.Int], []);

    private static readonly SqlStatement SetCarrier = new(
        "UPDATE orders SET o_carrier_id = $4 WHERE o_w_id = $1 AND o_d_id = $2 AND o_id = $3 RETURNING o_c_id",
        [SqlField.Int, SqlField.Int, SqlField.Int, SqlField.Int], [SqlField.Int]);

    private static readonly SqlStatement SetDelivered = new(
        "UPDATE order_line SET ol_delivery_d = $4 WHERE ol_w_id = $1 AND ol_d_id = $2 AND ol_o_id = $3",
        [SqlField.Int, SqlField.Int, SqlField.Int, SqlField.Timestamp], []);

    private static readonly SqlStatement Amount = new(
        "SELECT sum(ol_amount) FROM order_line WHERE ol_w_id = $1 AND ol_d_id = $2 AND ol_o_id = $3", [SqlField.Int, SqlField.Int, SqlField.Int], [SqlField.Money]);

    private static readonly SqlStatement Charge = new(
        "UPDATE customer SET c_balance = c_balance + $4, c_delivery_cnt = c_delivery_cnt + 1 WHERE c_w_id = $1 AND c_d_id = $2 AND c_id = $3",
        [SqlField.Int, SqlField.Int, SqlField.Int, SqlField.Money], []);

    private const int Steps = 4;

    public static DeliveryResult Run(TpccSession session, DeliveryInput input)
    {
        var orders = new int[TpccScale.DistrictsPerWarehouse]; // 0: none
        var find = session.Batch("delivery find", 0, _ => [session.Begin, .. Enumerable.Repeat(Oldest, TpccScale.DistrictsPerWarehouse)]);
        for (var i = 0; i < orders.Length; i++)
            find[1 + i].Int(input.Warehouse).Int(i + 1);
        find.Execute();
        for (var i = 0; i < orders.Length; i++)
            orders[i] = find.Rows(1 + i).Count > 0 ? find.Rows(1 + i).Int(0, 0) : FindAgain(session, input.Warehouse, i + 1);

        var delivered = orders.Count(order => order > 0);
        if (delivered == 0)
        {
            session.Connection.Rollback();
            return new DeliveryResult(0);
        }
        var change = session.Batch("delivery change", delivered, n => Enumerable.Repeat<SqlStatement[]>([Remove, SetCarrier, SetDelivered, Amount], n).SelectMany(s => s));
        var at = 0;
        for (var i = 0; i < orders.Length; i++)
        {
            if (orders[i] == 0)
                continue;
            change[at].Int(input.Warehouse).Int(i + 1).Int(orders[i]);
            change[at + 1].Int(input.Warehouse).Int(i + 1).Int(orders[i]).Int(input.Carrier);
            change[at + 2].Int(input.Warehouse).Int(i + 1).Int(orders[i]).Timestamp(input.Date);
            change[at + 3].Int(input.Warehouse).Int(i + 1).Int(orders[i]);
            at += Steps;
        }
        change.Execute();
        var charge = session.Batch("delivery charge", delivered, n => [.. Enumerable.Repeat(Charge, n), .. session.Commit()]);
        at = 0;
        for (var i = 0; i < orders.Length; i++)
        {
            if (orders[i] == 0)
                continue;
            if (change.Rows(at * Steps).Affected != 1 || change.Rows(at * Steps + 1).Count != 1)
                throw new TpccDataException($"order {orders[i]} of district {i + 1} of warehouse {input.Warehouse} is missing, or was delivered by another");
            charge[at].Int(input.Warehouse).Int(i + 1).Int(change.Rows(at * Steps + 1).Int(0, 0)).Numeric(change.Rows(at * Steps + 3).Number(0, 0));
            at++;
        }
        session.ExecuteAndCommit(charge);
        return new DeliveryResult(delivered);
    }

    private static int FindAgain(TpccSession session, int warehouse, int district)
    {
        var find = session.Batch("delivery find again", 0, _ => [Oldest]);
        for (var i = 0; i < MostRepeats; i++)
        {
            find[0].Int(warehouse).Int(district);
            find.Execute();
            if (find.Rows(0).Count > 0)
                return find.Rows(0).Int(0, 0);
        }
        return 0;
    }
}
