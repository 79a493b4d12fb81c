using OmenDb.Workload.Sql;

namespace OmenDb.Tpcc.Transactions;

/// <summary>Of all customers of a district with a last name, in the order of their first names, the one in the middle: position n/2 rounded up
/// (clauses 2.5.2.2 and 2.6.2.2).</summary>
internal static class CustomerByName
{
    public static readonly SqlStatement Statement = new(
        """
        SELECT c_id, c_first, c_middle, c_balance FROM customer WHERE c_w_id = $1 AND c_d_id = $2 AND c_last = $3 ORDER BY c_first
        """,
        [SqlField.Int, SqlField.Int, SqlField.Text], [SqlField.Int, SqlField.Text, SqlField.Text, SqlField.Money]);

    /// <exception cref="TpccDataException">Nobody has the name.</exception>
    public static int MiddleRow(SqlRows rows, string name) =>
        rows.Count > 0 ? (rows.Count + 1) / 2 - 1 : throw new TpccDataException($"no customer is called {name}");
}
