using System.Globalization;
using OmenDb.Workload.Sql;

namespace OmenDb.Tpcc.Checks;

/// <summary>What must be true of the tables (clause 3.3.2). The query counts the violations.</summary>
/// <param name="Number">As in the specification, 1 to 12.</param>
public sealed record ConsistencyCondition(int Number, string Title, string Query);

/// <param name="Violations">0: the condition holds.</param>
public sealed record ConditionResult(ConsistencyCondition Condition, long Violations);

/// <summary>The twelve conditions as SQL that every system runs. All count 0 after the load and at any later moment, in any snapshot.</summary>
public static class ConsistencyConditions
{
    private const string DeliveredAmounts =
        """
        SELECT o_w_id, o_d_id, o_c_id, sum(ol_amount) AS delivered
        FROM orders JOIN order_line ON ol_w_id = o_w_id AND ol_d_id = o_d_id AND ol_o_id = o_id
        WHERE ol_delivery_d IS NOT NULL
        GROUP BY o_w_id, o_d_id, o_c_id
        """;

    public static readonly IReadOnlyList<ConsistencyCondition> All =
    [
        new(1, "w_ytd is the sum of its districts' d_ytd",
            """
            SELECT count(*) FROM warehouse
            LEFT JOIN (SELECT d_w_id, sum(d_ytd) AS ytd FROM district GROUP BY d_w_id) d ON d_w_id = w_id
            WHERE ytd IS NULL OR w_ytd <> ytd
            """),
        new(2, "d_next_o_id - 1 is the newest order and, where there are new orders, the newest of them",
            """
            SELECT count(*) FROM district
            LEFT JOIN (SELECT o_w_id, o_d_id, max(o_id) AS newest FROM orders GROUP BY o_w_id, o_d_id) o ON o_w_id = d_w_id AND o_d_id = d_id
            LEFT JOIN (SELECT no_w_id, no_d_id, max(no_o_id) AS newest_new FROM new_order GROUP BY no_w_id, no_d_id) n ON no_w_id = d_w_id AND no_d_id = d_id
            WHERE newest IS NULL OR d_next_o_id - 1 <> newest OR (newest_new IS NOT NULL AND newest_new <> newest)
            """),
        new(3, "the numbers of new orders have no gap",
            """
            SELECT count(*) FROM (SELECT no_w_id, no_d_id, max(no_o_id) - min(no_o_id) + 1 AS span, count(*) AS there FROM new_order GROUP BY no_w_id, no_d_id) n
            WHERE span <> there
            """),
        new(4, "a district has as many lines as its orders say",
            """
            SELECT count(*) FROM (SELECT o_w_id, o_d_id, sum(o_ol_cnt) AS said FROM orders GROUP BY o_w_id, o_d_id) o
            FULL JOIN (SELECT ol_w_id, ol_d_id, count(*) AS there FROM order_line GROUP BY ol_w_id, ol_d_id) l ON ol_w_id = o_w_id AND ol_d_id = o_d_id
            WHERE said IS NULL OR there IS NULL OR said <> there
            """),
        new(5, "an order has no carrier exactly when it is new",
            """
            SELECT count(*) FROM orders LEFT JOIN new_order ON no_w_id = o_w_id AND no_d_id = o_d_id AND no_o_id = o_id
            WHERE (o_carrier_id IS NULL) <> (no_o_id IS NOT NULL)
            """),
        new(6, "an order has as many lines as it says",
            """
            SELECT count(*) FROM orders
            FULL JOIN (SELECT ol_w_id, ol_d_id, ol_o_id, count(*) AS there FROM order_line GROUP BY ol_w_id, ol_d_id, ol_o_id) l
                ON ol_w_id = o_w_id AND ol_d_id = o_d_id AND ol_o_id = o_id
            WHERE o_id IS NULL OR there IS NULL OR o_ol_cnt <> there
            """),
        new(7, "a line is delivered exactly when its order has a carrier",
            """
            SELECT count(*) FROM order_line JOIN orders ON o_w_id = ol_w_id AND o_d_id = ol_d_id AND o_id = ol_o_id
            WHERE (ol_delivery_d IS NULL) <> (o_carrier_id IS NULL)
            """),
        new(8, "w_ytd is the sum of its payments",
            """
            SELECT count(*) FROM warehouse LEFT JOIN (SELECT h_w_id, sum(h_amount) AS paid FROM history GROUP BY h_w_id) h ON h_w_id = w_id
            WHERE paid IS NULL OR w_ytd <> paid
            """),
        new(9, "d_ytd is the sum of its payments",
            """
            SELECT count(*) FROM district LEFT JOIN (SELECT h_w_id, h_d_id, sum(h_amount) AS paid FROM history GROUP BY h_w_id, h_d_id) h
                ON h_w_id = d_w_id AND h_d_id = d_id
            WHERE paid IS NULL OR d_ytd <> paid
            """),
        new(10, "c_balance is what was delivered less what was paid",
            $"""
            SELECT count(*) FROM customer
            LEFT JOIN ({DeliveredAmounts}) o ON o_w_id = c_w_id AND o_d_id = c_d_id AND o_c_id = c_id
            LEFT JOIN (SELECT h_c_w_id, h_c_d_id, h_c_id, sum(h_amount) AS paid FROM history GROUP BY h_c_w_id, h_c_d_id, h_c_id) h
                ON h_c_w_id = c_w_id AND h_c_d_id = c_d_id AND h_c_id = c_id
            WHERE c_balance <> coalesce(delivered, 0) - coalesce(paid, 0)
            """),
        // The specification states it for the initial population (2,100 in each district); deliveries counted in, it holds always.
        new(11, "orders that are not new: those of the load and the deliveries since",
            """
            SELECT count(*) FROM (SELECT c_w_id, c_d_id, count(*) - count(*) * 3 / 10 + sum(c_delivery_cnt) AS expected FROM customer GROUP BY c_w_id, c_d_id) c
            LEFT JOIN (SELECT o_w_id, o_d_id, count(*) AS all_orders FROM orders GROUP BY o_w_id, o_d_id) o ON o_w_id = c_w_id AND o_d_id = c_d_id
            LEFT JOIN (SELECT no_w_id, no_d_id, count(*) AS new_orders FROM new_order GROUP BY no_w_id, no_d_id) n ON no_w_id = c_w_id AND no_d_id = c_d_id
            WHERE coalesce(all_orders, 0) - coalesce(new_orders, 0) <> expected
            """),
        new(12, "c_balance and c_ytd_payment together are what was delivered",
            $"""
            SELECT count(*) FROM customer LEFT JOIN ({DeliveredAmounts}) o ON o_w_id = c_w_id AND o_d_id = c_d_id AND o_c_id = c_id
            WHERE c_balance + c_ytd_payment <> coalesce(delivered, 0)
            """),
    ];

    /// <summary>Checks all conditions in one snapshot.</summary>
    public static IReadOnlyList<ConditionResult> Check(WorkloadSystem system, Action<ConditionResult>? each = null, CancellationToken cancellation = default)
    {
        using var connection = system.Open();
        connection.Execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        var results = new List<ConditionResult>();
        foreach (var condition in All)
        {
            cancellation.ThrowIfCancellationRequested();
            var result = new ConditionResult(condition, long.Parse(connection.Query(condition.Query)[0][0]!, CultureInfo.InvariantCulture));
            results.Add(result);
            each?.Invoke(result);
        }
        connection.Execute("COMMIT");
        return results;
    }
}
