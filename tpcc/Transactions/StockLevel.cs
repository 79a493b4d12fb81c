using OmenDb.Workload.Sql;

namespace OmenDb.Tpcc.Transactions;

/// <summary>Clause 2.8: how many items of the last 20 orders of a district are low in stock. Two round trips.</summary>
public static class StockLevel
{
    private const int Orders = 20;

    private static readonly SqlStatement NextOrder = new(
        "SELECT d_next_o_id FROM district WHERE d_w_id = $1 AND d_id = $2", [SqlField.Int, SqlField.Int], [SqlField.Int]);

    private static readonly SqlStatement Low = new(
        """
        SELECT count(DISTINCT s_i_id) FROM order_line JOIN stock ON s_w_id = $1 AND s_i_id = ol_i_id
        WHERE ol_w_id = $1 AND ol_d_id = $2 AND ol_o_id >= $3 AND ol_o_id < $4 AND s_quantity < $5
        """,
        [SqlField.Int, SqlField.Int, SqlField.Int, SqlField.Int, SqlField.Int], [SqlField.BigInt]);

    /// <returns>The number of items.</returns>
    public static long Run(TpccSession session, StockLevelInput input)
    {
        var next = session.Batch("stock-level", 0, _ => [TpccSession.BeginRead, NextOrder]);
        next[1].Int(input.Warehouse).Int(input.District);
        next.Execute();
        if (next.Rows(1).Count != 1)
            throw new TpccDataException($"district {input.District} of warehouse {input.Warehouse} is missing");
        var end = next.Rows(1).Int(0, 0);
        var low = session.Batch("stock-level count", 0, _ => [Low, SqlStatement.Commit]);
        low[0].Int(input.Warehouse).Int(input.District).Int(end - Orders).Int(end).Int(input.Threshold);
        low.Execute();
        return low.Rows(0).Number(0, 0);
    }
}
