using OmenDb.Engine.Execution;
using OmenDb.Types;
using ExecutionContext = OmenDb.Engine.Execution.ExecutionContext;

namespace OmenDb.Engine.Tests;

public sealed class AccessPathTests
{
    private static readonly object?[][] Rows = [.. Enumerable.Range(0, 500).Select(i => new object?[] { i * 7 % 500, i % 10, i % 13 == 0 ? null : i % 13, $"row {i}" })];

    private static (TestDatabase Database, IndexedSource Source) Make()
    {
        var database = new TestDatabase();
        var source = database.AddIndexed("t", [("id", SqlType.Int4), ("g", SqlType.Int4), ("h", SqlType.Int4), ("c", SqlType.Text)], [[0], [1, 2]], 500, Rows);
        return (database, source);
    }

    [Theory]
    [InlineData("select c from t where id = 77", "Index Cond: (id = 77)")]
    [InlineData("select c from t where id in (3, 77, 3, 499)", "Index Scan using t_0")]
    [InlineData("select c from t where id between 10 and 20 and g <> 3", "Filter: (g <> 3)")]
    [InlineData("select c, h from t where g = 4 and h = 5", "Index Scan using t_1")]
    [InlineData("select id from t where g = 4 order by h desc limit 3", "Index Scan Backward using t_1")]
    [InlineData("select id from t where g = 4 order by h desc nulls last limit 3", "Sort")]
    [InlineData("select count(*) from t where h = 5", "Seq Scan on t")]
    public void Plans_use_indexes_and_give_the_same_rows(string sql, string expected)
    {
        var (database, source) = Make();
        Assert.Contains(database.Prepare(sql).Explain(), line => line.Contains(expected, StringComparison.Ordinal));
        var plain = new TestDatabase().Add("t", [("id", SqlType.Int4), ("g", SqlType.Int4), ("h", SqlType.Int4), ("c", SqlType.Text)], Rows);
        foreach (var mode in TestDatabase.Modes)
        {
            var rows = database.Query(sql, mode);
            if (sql.Contains("order by", StringComparison.Ordinal))
                Assert.Equal(3, rows.Count); // ties may come in any order
            else
                Assert.Equal(plain.Query(sql, mode).Order(StringComparer.Ordinal), rows.Order(StringComparer.Ordinal));
        }
        Assert.Equal(expected != "Seq Scan on t", source.Opened > 0);
    }

    [Theory]
    [InlineData("select l.k, t.c from l join t on t.id = l.k and t.g <> 2")]
    [InlineData("select l.k, t.c from l left join t on t.id = l.k and t.g <> 2")]
    [InlineData("select l.k, t.c from t join l on t.id = l.k where t.g < 8")]
    public void Small_inputs_look_their_matches_up(string sql)
    {
        (string, SqlType)[] columns = [("id", SqlType.Int4), ("g", SqlType.Int4), ("h", SqlType.Int4), ("c", SqlType.Text)];
        object?[][] small = [[7], [14], [14], [null], [1000], [0]];
        var database = new TestDatabase().Add("l", [("k", SqlType.Int4)], small);
        database.AddIndexed("t", columns, [[0], [1, 2]], 1_000_000, Rows);
        var plain = new TestDatabase().Add("l", [("k", SqlType.Int4)], small).Add("t", columns, Rows);
        Assert.Contains(database.Prepare(sql).Explain(), line => line.Contains("Index Nested Loop", StringComparison.Ordinal));
        foreach (var mode in TestDatabase.Modes)
            Assert.Equal(plain.Query(sql, mode).Order(StringComparer.Ordinal), database.Query(sql, mode).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_prepared_plan_serves_many_parameters()
    {
        var (database, _) = Make();
        var plan = database.Prepare("select c from t where id = $1::int4");
        using var parameters = new ParameterSet([SqlType.Int4]);
        foreach (var (id, expected) in new[] { (7, "row 1"), (14, "row 2"), (0, "row 0") })
        {
            parameters.Set(0, id);
            using var context = new ExecutionContext { Parameters = parameters };
            using var cursor = plan.Execute(context);
            Assert.Equal([expected], TestDatabase.Read(cursor));
        }
    }

    [Fact]
    public void Cancellation_ends_a_query_with_57014()
    {
        var database = new TestDatabase();
        using var cancellation = new CancellationTokenSource();
        using var context = new ExecutionContext { Cancellation = cancellation.Token };
        using var cursor = database.Prepare("select * from generate_series(1, 1000000000) g").Execute(context);
        Assert.True(cursor.NextBatch(out _));
        cancellation.Cancel();
        var plan = database.Prepare("select count(*) from generate_series(1, 10) a, generate_series(1, 10) b");
        using var second = plan.Execute(context);
        Assert.Equal("57014", Assert.Throws<SqlException>(() => second.NextBatch(out _)).SqlState);
    }

    [Fact]
    public void A_query_over_its_memory_limit_gets_53200_and_gives_everything_back()
    {
        var process = new MemoryAccountant();
        var database = new TestDatabase();
        using (var context = new ExecutionContext { Memory = new QueryMemory(process, 1 << 20) })
        {
            using var cursor = database.Prepare("select g, count(*) from generate_series(1, 1000000) g group by g").Execute(context);
            var error = Assert.Throws<SqlException>(() => cursor.NextBatch(out _));
            Assert.Equal(("53200", "out of memory"), (error.SqlState, error.Message));
            Assert.NotNull(error.Detail);
        }
        Assert.Equal(0, process.UsedBytes);
    }

    [Fact]
    public void Explain_analyze_counts_rows()
    {
        var database = new TestDatabase().Add("t", [("a", SqlType.Int4)], [1], [2], [3]);
        using var context = new ExecutionContext { Instrument = true };
        using var cursor = database.Prepare("select a from t where a > 1 order by a").Execute(context);
        Assert.Equal(["2", "3"], TestDatabase.Read(cursor));
        var text = string.Join("\n", cursor.ExplainAnalyze());
        Assert.Contains("Seq Scan on t", text, StringComparison.Ordinal);
        Assert.Contains("Filter: (a > 1)", text, StringComparison.Ordinal);
        Assert.Contains("rows=2", text, StringComparison.Ordinal);
        using var json = System.Text.Json.JsonDocument.Parse(cursor.ExplainAnalyzeAsJson());
        Assert.Equal(2, json.RootElement[0].GetProperty("Plan").GetProperty("Actual Rows").GetInt64());
    }
}
