using OmenDb.Workload.Sql;

namespace OmenDb.Tpcc.Schema;

/// <summary>The nine tables of TPC-C (clause 1.3), and the three that CH-benCHmark adds.</summary>
/// <remarks>Identifiers are int, amounts numeric with the digits that the specification asks for.</remarks>
public static class TpccSchema
{
    public static readonly TpccTable Warehouse = new("warehouse",
    [
        Int("w_id"), Text("w_name", "varchar(10)"), Text("w_street_1", "varchar(20)"), Text("w_street_2", "varchar(20)"), Text("w_city", "varchar(20)"),
        Text("w_state", "char(2)"), Text("w_zip", "char(9)"), Numeric("w_tax", 4, 4), Numeric("w_ytd", 12, 2),
    ], ["w_id"], []);

    public static readonly TpccTable District = new("district",
    [
        Int("d_id"), Int("d_w_id"), Text("d_name", "varchar(10)"), Text("d_street_1", "varchar(20)"), Text("d_street_2", "varchar(20)"),
        Text("d_city", "varchar(20)"), Text("d_state", "char(2)"), Text("d_zip", "char(9)"), Numeric("d_tax", 4, 4), Numeric("d_ytd", 12, 2), Int("d_next_o_id"),
    ], ["d_w_id", "d_id"], [new(["d_w_id"], "warehouse", ["w_id"])]);

    public static readonly TpccTable Customer = new("customer",
    [
        Int("c_id"), Int("c_d_id"), Int("c_w_id"), Text("c_first", "varchar(16)"), Text("c_middle", "char(2)"), Text("c_last", "varchar(16)"),
        Text("c_street_1", "varchar(20)"), Text("c_street_2", "varchar(20)"), Text("c_city", "varchar(20)"), Text("c_state", "char(2)"), Text("c_zip", "char(9)"),
        Text("c_phone", "char(16)"), Time("c_since"), Text("c_credit", "char(2)"), Numeric("c_credit_lim", 12, 2), Numeric("c_discount", 4, 4),
        Numeric("c_balance", 12, 2), Numeric("c_ytd_payment", 12, 2), Int("c_payment_cnt"), Int("c_delivery_cnt"), Text("c_data", "varchar(500)"),
    ], ["c_w_id", "c_d_id", "c_id"], [new(["c_w_id", "c_d_id"], "district", ["d_w_id", "d_id"])]);

    public static readonly TpccTable History = new("history",
    [
        Int("h_c_id"), Int("h_c_d_id"), Int("h_c_w_id"), Int("h_d_id"), Int("h_w_id"), Time("h_date"), Numeric("h_amount", 6, 2), Text("h_data", "varchar(24)"),
    ], [],
    [
        new(["h_c_w_id", "h_c_d_id", "h_c_id"], "customer", ["c_w_id", "c_d_id", "c_id"]), new(["h_w_id", "h_d_id"], "district", ["d_w_id", "d_id"]),
    ]);

    public static readonly TpccTable NewOrder = new("new_order", [Int("no_o_id"), Int("no_d_id"), Int("no_w_id")], ["no_w_id", "no_d_id", "no_o_id"],
        [new(["no_w_id", "no_d_id", "no_o_id"], "orders", ["o_w_id", "o_d_id", "o_id"])]);

    public static readonly TpccTable Orders = new("orders",
    [
        Int("o_id"), Int("o_d_id"), Int("o_w_id"), Int("o_c_id"), Time("o_entry_d"), Int("o_carrier_id"), Int("o_ol_cnt"), Int("o_all_local"),
    ], ["o_w_id", "o_d_id", "o_id"], [new(["o_w_id", "o_d_id", "o_c_id"], "customer", ["c_w_id", "c_d_id", "c_id"])]);

    public static readonly TpccTable OrderLine = new("order_line",
    [
        Int("ol_o_id"), Int("ol_d_id"), Int("ol_w_id"), Int("ol_number"), Int("ol_i_id"), Int("ol_supply_w_id"), Time("ol_delivery_d"), Int("ol_quantity"),
        Numeric("ol_amount", 6, 2), Text("ol_dist_info", "char(24)"),
    ], ["ol_w_id", "ol_d_id", "ol_o_id", "ol_number"],
    [
        new(["ol_w_id", "ol_d_id", "ol_o_id"], "orders", ["o_w_id", "o_d_id", "o_id"]), new(["ol_supply_w_id", "ol_i_id"], "stock", ["s_w_id", "s_i_id"]),
    ]);

    public static readonly TpccTable Item = new("item",
        [Int("i_id"), Int("i_im_id"), Text("i_name", "varchar(24)"), Numeric("i_price", 5, 2), Text("i_data", "varchar(50)")], ["i_id"], []);

    public static readonly TpccTable Stock = new("stock",
    [
        Int("s_i_id"), Int("s_w_id"), Int("s_quantity"), .. Enumerable.Range(1, 10).Select(i => Text($"s_dist_{i:00}", "char(24)")),
        Int("s_ytd"), Int("s_order_cnt"), Int("s_remote_cnt"), Text("s_data", "varchar(50)"),
    ], ["s_w_id", "s_i_id"], [new(["s_w_id"], "warehouse", ["w_id"]), new(["s_i_id"], "item", ["i_id"])]);

    public static readonly TpccTable Region = new("region", [Int("r_regionkey"), Text("r_name", "char(55)"), Text("r_comment", "varchar(152)")], ["r_regionkey"], []);

    public static readonly TpccTable Nation = new("nation",
        [Int("n_nationkey"), Text("n_name", "char(25)"), Int("n_regionkey"), Text("n_comment", "varchar(152)")], ["n_nationkey"],
        [new(["n_regionkey"], "region", ["r_regionkey"])]);

    public static readonly TpccTable Supplier = new("supplier",
    [
        Int("su_suppkey"), Text("su_name", "char(25)"), Text("su_address", "varchar(40)"), Int("su_nationkey"), Text("su_phone", "char(15)"),
        Numeric("su_acctbal", 12, 2), Text("su_comment", "varchar(101)"),
    ], ["su_suppkey"], [new(["su_nationkey"], "nation", ["n_nationkey"])]);

    /// <summary>In an order in which foreign keys find their targets.</summary>
    public static readonly IReadOnlyList<TpccTable> Tables = [Warehouse, District, Customer, History, Orders, NewOrder, Item, Stock, OrderLine];

    /// <summary>What CH-benCHmark adds.</summary>
    public static readonly IReadOnlyList<TpccTable> ChTables = [Region, Nation, Supplier];

    /// <summary>Customers by last name in the order of first names (clauses 2.5.2.2, 2.6.2.2); a customer's newest order (clause 2.6.2.2).</summary>
    public static readonly IReadOnlyList<string> Indexes =
    [
        "CREATE INDEX customer_name ON customer (c_w_id, c_d_id, c_last, c_first)",
        "CREATE INDEX orders_customer ON orders (o_w_id, o_d_id, o_c_id, o_id)",
    ];

    private static TpccColumn Int(string name) => new(name, "int", SqlField.Int);

    private static TpccColumn Text(string name, string type) => new(name, type, SqlField.Text);

    private static TpccColumn Numeric(string name, int precision, int scale) => new(name, $"numeric({precision},{scale})", SqlField.Numeric(scale));

    private static TpccColumn Time(string name) => new(name, "timestamp", SqlField.Timestamp);
}
