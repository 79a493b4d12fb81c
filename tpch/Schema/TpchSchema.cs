using static OmenDb.Tpch.Schema.TpchColumnKind;

namespace OmenDb.Tpch.Schema;

/// <summary>The schema of the TPC-H specification, clause 1.4.</summary>
/// <remarks>
/// Order keys are sparse (8 of every 32 values are used), so they pass 2^31 at scale factor 358: they are bigint at every
/// scale, so that one schema serves all. The other keys stay below 2^31 up to the largest scale factor of the generator.
/// </remarks>
public static class TpchSchema
{
    /// <summary>All tables, referenced ones before the tables that refer to them; indexed by <see cref="TpchTable"/>.</summary>
    public static IReadOnlyList<TpchTableDefinition> Tables { get; } =
    [
        new(TpchTable.Region, "region",
            [
                new("r_regionkey", Integer),
                new("r_name", FixedChar, 25),
                new("r_comment", VarChar, 152),
            ],
            ["r_regionkey"],
            []),
        new(TpchTable.Nation, "nation",
            [
                new("n_nationkey", Integer),
                new("n_name", FixedChar, 25),
                new("n_regionkey", Integer),
                new("n_comment", VarChar, 152),
            ],
            ["n_nationkey"],
            [new(TpchTable.Nation, ["n_regionkey"], TpchTable.Region, ["r_regionkey"])]),
        new(TpchTable.Supplier, "supplier",
            [
                new("s_suppkey", Integer),
                new("s_name", FixedChar, 25),
                new("s_address", VarChar, 40),
                new("s_nationkey", Integer),
                new("s_phone", FixedChar, 15),
                new("s_acctbal", Numeric),
                new("s_comment", VarChar, 101),
            ],
            ["s_suppkey"],
            [new(TpchTable.Supplier, ["s_nationkey"], TpchTable.Nation, ["n_nationkey"])]),
        new(TpchTable.Customer, "customer",
            [
                new("c_custkey", Integer),
                new("c_name", VarChar, 25),
                new("c_address", VarChar, 40),
                new("c_nationkey", Integer),
                new("c_phone", FixedChar, 15),
                new("c_acctbal", Numeric),
                new("c_mktsegment", FixedChar, 10),
                new("c_comment", VarChar, 117),
            ],
            ["c_custkey"],
            [new(TpchTable.Customer, ["c_nationkey"], TpchTable.Nation, ["n_nationkey"])]),
        new(TpchTable.Part, "part",
            [
                new("p_partkey", Integer),
                new("p_name", VarChar, 55),
                new("p_mfgr", FixedChar, 25),
                new("p_brand", FixedChar, 10),
                new("p_type", VarChar, 25),
                new("p_size", Integer),
                new("p_container", FixedChar, 10),
                new("p_retailprice", Numeric),
                new("p_comment", VarChar, 23),
            ],
            ["p_partkey"],
            []),
        new(TpchTable.PartSupp, "partsupp",
            [
                new("ps_partkey", Integer),
                new("ps_suppkey", Integer),
                new("ps_availqty", Integer),
                new("ps_supplycost", Numeric),
                new("ps_comment", VarChar, 199),
            ],
            ["ps_partkey", "ps_suppkey"],
            [
                new(TpchTable.PartSupp, ["ps_partkey"], TpchTable.Part, ["p_partkey"]),
                new(TpchTable.PartSupp, ["ps_suppkey"], TpchTable.Supplier, ["s_suppkey"]),
            ]),
        new(TpchTable.Orders, "orders",
            [
                new("o_orderkey", BigInt),
                new("o_custkey", Integer),
                new("o_orderstatus", FixedChar, 1),
                new("o_totalprice", Numeric),
                new("o_orderdate", Date),
                new("o_orderpriority", FixedChar, 15),
                new("o_clerk", FixedChar, 15),
                new("o_shippriority", Integer),
                new("o_comment", VarChar, 79),
            ],
            ["o_orderkey"],
            [new(TpchTable.Orders, ["o_custkey"], TpchTable.Customer, ["c_custkey"])]),
        new(TpchTable.LineItem, "lineitem",
            [
                new("l_orderkey", BigInt),
                new("l_partkey", Integer),
                new("l_suppkey", Integer),
                new("l_linenumber", Integer),
                new("l_quantity", Numeric),
                new("l_extendedprice", Numeric),
                new("l_discount", Numeric),
                new("l_tax", Numeric),
                new("l_returnflag", FixedChar, 1),
                new("l_linestatus", FixedChar, 1),
                new("l_shipdate", Date),
                new("l_commitdate", Date),
                new("l_receiptdate", Date),
                new("l_shipinstruct", FixedChar, 25),
                new("l_shipmode", FixedChar, 10),
                new("l_comment", VarChar, 44),
            ],
            ["l_orderkey", "l_linenumber"],
            [
                new(TpchTable.LineItem, ["l_orderkey"], TpchTable.Orders, ["o_orderkey"]),
                new(TpchTable.LineItem, ["l_partkey", "l_suppkey"], TpchTable.PartSupp, ["ps_partkey", "ps_suppkey"]),
            ]),
    ];

    public static TpchTableDefinition Of(TpchTable table) => Tables[(int)table];

    /// <summary>The SQL name, also the base name of the .tbl file.</summary>
    public static string NameOf(TpchTable table) => Of(table).Name;
}
