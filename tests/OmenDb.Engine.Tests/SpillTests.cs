using OmenDb.Engine.Execution;

namespace OmenDb.Engine.Tests;

/// <summary>What goes through temporary files against what stays in memory.</summary>
public sealed class SpillTests
{
    private static readonly TestDatabase Database = new();

    private const string Numbers = "(select g as k from generate_series(1, 30000) g) s";

    [Theory]
    [InlineData("select k % 1009, count(*), sum(k), avg(k), min(k), max(k * 0.5) from S group by 1")]
    [InlineData("select 'the key with number ' || k % 1009, nullif(k % 3, 0), count(*), sum(k) from S group by 1, 2")]
    [InlineData("select k % 1009, count(distinct k % 13), sum(distinct k % 7), count(*) from S group by 1")]
    [InlineData("select k % 101, string_agg(distinct (k % 5)::text, ',' order by (k % 5)::text), count(*) from S group by 1")]
    [InlineData("select k % 101, k % 5, count(*), variance(k::float8), bool_or(k > 29000) from S group by rollup (1, 2)")]
    [InlineData("select distinct k % 1009, (k % 3)::numeric(20, 2), interval '1 day' * (k % 2) from S")]
    [InlineData("select k % 101, min((k % 17)::text), array_agg(k % 3 order by k) from S where k < 2000 group by 1")]
    public void Groups_are_the_same(string sql) => Check(sql, isOrdered: false);

    [Theory]
    [InlineData("select k from S order by k % 7 desc, k")]
    [InlineData("select nullif(k % 11, 3) as x, 'a text that is long enough ' || k % 100 as y, k from S order by x desc nulls last, y desc, k")]
    [InlineData("select k * 1.5, k % 2 = 0, k from S order by k % 13, -k limit 5000 offset 100")]
    [InlineData("select k from S order by k % 100, k desc limit 20")]
    public void Rows_come_in_the_same_order(string sql) => Check(sql, isOrdered: true);

    private static void Check(string sql, bool isOrdered)
    {
        sql = sql.Replace("from S", "from " + Numbers, StringComparison.Ordinal);
        var expected = Database.Query(sql, ExecutionSettings.Default with { MaxParallelism = 1 });
        foreach (var settings in (ExecutionSettings[])[ExecutionSettings.Default with { ForceSpill = true, MaxParallelism = 1 },
            ExecutionSettings.Default with { ForceSpill = true, BatchCapacity = 256, MaxParallelism = 4 }])
        {
            using var context = TestDatabase.SpillingContext(settings);
            using var cursor = Database.Prepare(sql).Execute(context);
            var actual = TestDatabase.Read(cursor);
            if (!isOrdered)
            {
                expected.Sort(StringComparer.Ordinal);
                actual.Sort(StringComparer.Ordinal);
            }
            Assert.Equal(expected, actual);
        }
    }

    [Fact]
    public void An_aggregation_over_its_limit_spills_and_stays_below()
    {
        const int Limit = 24 << 20;
        using var context = TestDatabase.SpillingContext(ExecutionSettings.Default with { MaxParallelism = 1, QueryMemoryLimitBytes = Limit });
        using var cursor = Database.Prepare("select count(*), sum(n), sum(x) from (select g % 400000 as x, count(*) as n from generate_series(1, 800000) g group by 1) s")
            .Execute(context);
        Assert.Equal(["400000|800000|79999800000"], TestDatabase.Read(cursor));
        Assert.InRange(context.Memory.PeakBytes, 1, Limit);
    }

    [Fact]
    public void A_sort_over_its_limit_spills_and_stays_below()
    {
        const int Limit = 24 << 20;
        using var context = TestDatabase.SpillingContext(ExecutionSettings.Default with { MaxParallelism = 1, QueryMemoryLimitBytes = Limit });
        using var cursor = Database.Prepare("select g::bigint * 7919 % 700001 as k from generate_series(1, 700000) g order by k").Execute(context);
        var next = 1L;
        while (cursor.NextBatch(out var batch))
        {
            for (var row = 0; row < batch.Length; row++)
                Assert.Equal(next++, batch.Columns[0].Get<long>(row));
        }
        Assert.Equal(700_001, next);
        Assert.InRange(context.Memory.PeakBytes, 1, Limit);
    }
}
