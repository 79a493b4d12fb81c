using static OmenDb.Tpch.Queries.AnswerColumnKind;

namespace OmenDb.Tpch.Queries;

/// <summary>The 22 queries of the TPC-H specification.</summary>
public static class TpchQueries
{
    public static IReadOnlyList<TpchQuery> All { get; } =
    [
        new(1, "Pricing Summary Report", ["90"],
            [
                new("l_returnflag", Padded), new("l_linestatus", Padded), new("sum_qty", Exact), new("sum_base_price", Exact),
                new("sum_disc_price", Exact), new("sum_charge", Exact), new("avg_qty", Approximate),
                new("avg_price", Approximate), new("avg_disc", Approximate), new("count_order", Exact),
            ],
            [0, 1]),
        new(2, "Minimum Cost Supplier", ["15", "BRASS", "EUROPE"],
            [
                new("s_acctbal", Exact), new("s_name", Padded), new("n_name", Padded), new("p_partkey", Exact),
                new("p_mfgr", Padded), new("s_address", Text), new("s_phone", Padded), new("s_comment", Text),
            ],
            [0, 2, 1, 3]),
        new(3, "Shipping Priority", ["BUILDING", "1995-03-15"],
            [new("l_orderkey", Exact), new("revenue", Exact), new("o_orderdate", Text), new("o_shippriority", Exact)],
            [1, 2]),
        new(4, "Order Priority Checking", ["1993-07-01"],
            [new("o_orderpriority", Padded), new("order_count", Exact)],
            [0]),
        new(5, "Local Supplier Volume", ["ASIA", "1994-01-01"],
            [new("n_name", Padded), new("revenue", Exact)],
            [1]),
        new(6, "Forecasting Revenue Change", ["1994-01-01", ".06", "24"],
            [new("revenue", Exact)],
            []),
        new(7, "Volume Shipping", ["FRANCE", "GERMANY"],
            [new("supp_nation", Padded), new("cust_nation", Padded), new("l_year", Exact), new("revenue", Exact)],
            [0, 1, 2]),
        new(8, "National Market Share", ["BRAZIL", "AMERICA", "ECONOMY ANODIZED STEEL"],
            [new("o_year", Exact), new("mkt_share", Approximate)],
            [0]),
        new(9, "Product Type Profit Measure", ["green"],
            [new("nation", Padded), new("o_year", Exact), new("sum_profit", Exact)],
            [0, 1]),
        new(10, "Returned Item Reporting", ["1993-10-01"],
            [
                new("c_custkey", Exact), new("c_name", Text), new("revenue", Exact), new("c_acctbal", Exact),
                new("n_name", Padded), new("c_address", Text), new("c_phone", Padded), new("c_comment", Text),
            ],
            [2]),
        new(11, "Important Stock Identification", ["GERMANY", "0.0001000000"],
            [new("ps_partkey", Exact), new("value", Exact)],
            [1]),
        new(12, "Shipping Modes and Order Priority", ["MAIL", "SHIP", "1994-01-01"],
            [new("l_shipmode", Padded), new("high_line_count", Exact), new("low_line_count", Exact)],
            [0]),
        new(13, "Customer Distribution", ["special", "requests"],
            [new("c_count", Exact), new("custdist", Exact)],
            [1, 0]),
        new(14, "Promotion Effect", ["1995-09-01"],
            [new("promo_revenue", Approximate)],
            []),
        new(15, "Top Supplier", ["1996-01-01"],
            [
                new("s_suppkey", Exact), new("s_name", Padded), new("s_address", Text), new("s_phone", Padded),
                new("total_revenue", Exact),
            ],
            [0]),
        new(16, "Parts/Supplier Relationship", ["Brand#45", "MEDIUM POLISHED", "49", "14", "23", "45", "19", "3", "36", "9"],
            [new("p_brand", Padded), new("p_type", Text), new("p_size", Exact), new("supplier_cnt", Exact)],
            [3, 0, 1, 2]),
        new(17, "Small-Quantity-Order Revenue", ["Brand#23", "MED BOX"],
            [new("avg_yearly", Approximate)],
            []),
        new(18, "Large Volume Customer", ["300"],
            [
                new("c_name", Text), new("c_custkey", Exact), new("o_orderkey", Exact), new("o_orderdate", Text),
                new("o_totalprice", Exact), new("sum", Exact),
            ],
            [4, 3]),
        new(19, "Discounted Revenue", ["Brand#12", "Brand#23", "Brand#34", "1", "10", "20"],
            [new("revenue", Exact)],
            []),
        new(20, "Potential Part Promotion", ["forest", "1994-01-01", "CANADA"],
            [new("s_name", Padded), new("s_address", Text)],
            [0]),
        new(21, "Suppliers Who Kept Orders Waiting", ["SAUDI ARABIA"],
            [new("s_name", Padded), new("numwait", Exact)],
            [1, 0]),
        new(22, "Global Sales Opportunity", ["13", "31", "23", "29", "30", "18", "17"],
            [new("cntrycode", Text), new("numcust", Exact), new("totacctbal", Exact)],
            [0]),
    ];

    /// <param name="number">1 .. 22.</param>
    public static TpchQuery Get(int number)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, All.Count);
        return All[number - 1];
    }
}
