using OmenDb.Tpcc.Checks;

namespace OmenDb.Tpcc.Tests;

/// <summary>Every condition sees the damage that it is there for.</summary>
public sealed class ConditionTests(SharedDatabase shared) : IClassFixture<SharedDatabase>
{
    [Theory]
    [InlineData(1, "UPDATE district SET d_ytd = d_ytd + 0.01 WHERE d_id = 3")]
    [InlineData(2, "UPDATE district SET d_next_o_id = d_next_o_id + 1 WHERE d_id = 10")]
    [InlineData(2, "DELETE FROM new_order WHERE no_d_id = 2 AND no_o_id = (SELECT max(no_o_id) FROM new_order WHERE no_d_id = 2)")]
    [InlineData(3, "DELETE FROM new_order WHERE no_d_id = 1 AND no_o_id = (SELECT min(no_o_id) + 1 FROM new_order WHERE no_d_id = 1)")]
    [InlineData(4, "DELETE FROM order_line WHERE ol_d_id = 5 AND ol_o_id = 7 AND ol_number = 2")]
    [InlineData(5, "UPDATE orders SET o_carrier_id = NULL WHERE o_d_id = 1 AND o_id = 1")]
    [InlineData(5, "DELETE FROM new_order WHERE no_d_id = 1 AND no_o_id = (SELECT min(no_o_id) FROM new_order WHERE no_d_id = 1)")]
    [InlineData(6, "UPDATE orders SET o_ol_cnt = o_ol_cnt + CASE WHEN o_id = 4 THEN 1 ELSE -1 END WHERE o_d_id = 9 AND o_id IN (4, 5)")]
    [InlineData(7, "UPDATE order_line SET ol_delivery_d = NULL WHERE ol_d_id = 1 AND ol_o_id = 1 AND ol_number = 1")]
    [InlineData(8, "UPDATE warehouse SET w_ytd = w_ytd - 1")]
    [InlineData(9, "UPDATE district SET d_ytd = d_ytd + CASE WHEN d_id = 1 THEN 5 ELSE -5 END WHERE d_id IN (1, 2)")]
    [InlineData(10, "UPDATE customer SET c_balance = c_balance - 0.01 WHERE c_d_id = 1 AND c_id = 1")]
    [InlineData(11, "UPDATE customer SET c_delivery_cnt = 1 WHERE c_d_id = 1 AND c_id = 1")]
    [InlineData(12, "UPDATE customer SET c_ytd_payment = c_ytd_payment + 1 WHERE c_d_id = 4 AND c_id = 2")]
    public void Planted_damage_is_found(int number, string damage)
    {
        using var connection = shared.Small.System.Open();
        connection.Execute("BEGIN");
        connection.Execute(damage);
        var violations = connection.Query(ConsistencyConditions.All.Single(condition => condition.Number == number).Query)[0][0];
        connection.Execute("ROLLBACK");
        Assert.NotEqual("0", violations);
        Assert.Equal("0", connection.Query(ConsistencyConditions.All.Single(condition => condition.Number == number).Query)[0][0]);
    }

    [Fact]
    public void There_are_twelve() => Assert.Equal(Enumerable.Range(1, 12), ConsistencyConditions.All.Select(condition => condition.Number));
}
