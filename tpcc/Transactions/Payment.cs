using OmenDb.Workload.Sql;

namespace OmenDb.Tpcc.Transactions;

/// <summary>What the terminal shows after a payment.</summary>
/// <param name="CustomerData">The first 200 characters of c_data for bad credit; else empty.</param>
public sealed record PaymentResult(int Customer, string WarehouseName, string DistrictName, string Credit, long BalanceCents, string CustomerData);

/// <summary>Clause 2.5: a customer pays. One round trip, or two where the customer is known by name.</summary>
/// <remarks>The warehouse's row, for which all payments of a warehouse wait, is changed last: it is locked for the commit alone.</remarks>
public static class Payment
{
    private static readonly SqlStatement PayCustomer = new(
        """
        UPDATE customer SET c_balance = c_balance - $4, c_ytd_payment = c_ytd_payment + $4, c_payment_cnt = c_payment_cnt + 1,
            c_data = CASE WHEN c_credit = 'BC' THEN left($5 || c_data, 500) ELSE c_data END
        WHERE c_w_id = $1 AND c_d_id = $2 AND c_id = $3
        RETURNING c_first, c_middle, c_last, c_street_1, c_street_2, c_city, c_state, c_zip, c_phone, c_since, c_credit, c_credit_lim, c_discount, c_balance,
            CASE WHEN c_credit = 'BC' THEN left(c_data, 200) ELSE '' END
        """,
        [SqlField.Int, SqlField.Int, SqlField.Int, SqlField.Money, SqlField.Text],
        [
            SqlField.Text, SqlField.Text, SqlField.Text, SqlField.Text, SqlField.Text, SqlField.Text, SqlField.Text, SqlField.Text, SqlField.Text,
            SqlField.Timestamp, SqlField.Text, SqlField.Money, SqlField.Numeric(4), SqlField.Money, SqlField.Text,
        ]);

    private static readonly SqlStatement PayDistrict = new(
        """
        UPDATE district SET d_ytd = d_ytd + $3 WHERE d_w_id = $1 AND d_id = $2
        RETURNING d_name, d_street_1, d_street_2, d_city, d_state, d_zip
        """,
        [SqlField.Int, SqlField.Int, SqlField.Money],
        [SqlField.Text, SqlField.Text, SqlField.Text, SqlField.Text, SqlField.Text, SqlField.Text]);

    /// <remarks>Names of warehouses and districts never change, so that the row can be made before they are locked.</remarks>
    private static readonly SqlStatement AddHistory = new(
        """
        INSERT INTO history (h_c_id, h_c_d_id, h_c_w_id, h_d_id, h_w_id, h_date, h_amount, h_data)
        SELECT $1, $2, $3, $4, $5, $6, $7, w_name || '    ' || d_name FROM warehouse, district WHERE w_id = $5 AND d_w_id = $5 AND d_id = $4
        """,
        [SqlField.Int, SqlField.Int, SqlField.Int, SqlField.Int, SqlField.Int, SqlField.Timestamp, SqlField.Money], []);

    private static readonly SqlStatement PayWarehouse = new(
        "UPDATE warehouse SET w_ytd = w_ytd + $2 WHERE w_id = $1 RETURNING w_name, w_street_1, w_street_2, w_city, w_state, w_zip",
        [SqlField.Int, SqlField.Money], [SqlField.Text, SqlField.Text, SqlField.Text, SqlField.Text, SqlField.Text, SqlField.Text]);

    public static PaymentResult Run(TpccSession session, PaymentInput input)
    {
        var customer = input.Customer;
        var isByName = customer == 0;
        if (isByName)
        {
            var find = session.Batch("payment by name", 0, _ => [session.Begin, CustomerByName.Statement]);
            find[1].Int(input.CustomerWarehouse).Int(input.CustomerDistrict).Text(input.LastName);
            find.Execute();
            var found = find.Rows(1);
            customer = found.Int(CustomerByName.MiddleRow(found, input.LastName), 0);
        }
        var pay = session.Batch("payment", isByName ? 0 : 1, beginsHere =>
            [.. Enumerable.Repeat(session.Begin, beginsHere), PayCustomer, PayDistrict, AddHistory, PayWarehouse, .. session.Commit()]);
        var at = isByName ? 0 : 1;
        pay[at].Int(input.CustomerWarehouse).Int(input.CustomerDistrict).Int(customer).Numeric(input.Amount)
            .Text($"| {customer} {input.CustomerDistrict} {input.CustomerWarehouse} {input.District} {input.Warehouse} {input.Amount / 100}.{input.Amount % 100:00} ");
        pay[at + 1].Int(input.Warehouse).Int(input.District).Numeric(input.Amount);
        pay[at + 2].Int(customer).Int(input.CustomerDistrict).Int(input.CustomerWarehouse).Int(input.District).Int(input.Warehouse).Timestamp(input.Date).Numeric(input.Amount);
        pay[at + 3].Int(input.Warehouse).Numeric(input.Amount);
        session.ExecuteAndCommit(pay);
        var (paid, district, warehouse) = (pay.Rows(at), pay.Rows(at + 1), pay.Rows(at + 3));
        if (paid.Count != 1 || district.Count != 1 || warehouse.Count != 1 || pay.Rows(at + 2).Affected != 1)
            throw new TpccDataException($"customer {customer} of district {input.CustomerDistrict} of warehouse {input.CustomerWarehouse}, or the paid district or warehouse, is missing");
        return new PaymentResult(customer, warehouse.Text(0, 0), district.Text(0, 0), paid.Text(0, 10), paid.Number(0, 13), paid.Text(0, 14));
    }
}
