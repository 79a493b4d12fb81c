using OmenDb.Engine.Execution;

namespace OmenDb.Engine.Tests;

/// <summary>What several workers aggregate and merge by partitions, or build for a join, against what one worker does alone.</summary>
public sealed class ParallelBreakerTests
{
    /// <summary>Groups of a first aggregation are read by all workers.</summary>
    private const string Numbers = "(select g as k from generate_series(1, 150000) g group by g)";

    private static readonly TestDatabase Database = new();

    [Theory]
    [InlineData("select k % 30011, count(*), sum(k), avg(k), min(k), max(k) from S group by 1")]
    [InlineData("select k / 4, count(*), sum(k * 1.25) from S group by 1")]
    [InlineData("select (k % 20011)::bigint, variance(k), bool_and(k > 7), min(k::text), max(k * 0.5) from S group by 1")]
    [InlineData("select 'the key with number ' || k % 20011, count(*), sum(k) from S group by 1")]
    [InlineData("select nullif(k % 20011, 5), k % 3, count(*) from S group by 1, 2")]
    [InlineData("select k % 10007, count(distinct k % 13), sum(distinct k % 7), count(*) from S group by 1")]
    [InlineData("select k % 10007, array_agg(k order by k desc), string_agg(distinct (k % 5)::text, ',' order by (k % 5)::text) from S group by 1")]
    [InlineData("select k % 10007, k % 5, count(*) filter (where k > 100) from S group by rollup (1, 2)")]
    [InlineData("select count(*), sum(n), max(n) from (select distinct k % 40009 as n from S) d")]
    [InlineData("select k % 3, count(distinct k), sum(distinct k % 1000) from S group by 1")]
    [InlineData("select count(*), sum(a.k), sum(b.k) from (select k, k * 7 % 100003 as x from S) a join (select k, k * 5 % 90001 as y from S) b on x = y")]
    [InlineData("select count(*), sum(a.k), sum(b.k) from S a left join (select k::bigint * 100000 as k from S where k % 2 = 0) b on a.k::bigint * 100000 = b.k")]
    [InlineData("select count(*), sum(a.k), min(b.t) from (select k, k::text as t from S) a join (select k::text as t from S) b on a.t = b.t")]
    public void Many_workers_make_the_same_rows(string sql)
    {
        sql = System.Text.RegularExpressions.Regex.Replace(sql, @"from S\b( \w\b)?", m => "from " + Numbers + (m.Groups[1].Length > 0 ? m.Groups[1].Value : " s"));
        var expected = Database.Query(sql, ExecutionSettings.Default with { MaxParallelism = 1 });
        expected.Sort(StringComparer.Ordinal);
        foreach (var settings in (ExecutionSettings[])[ExecutionSettings.Default with { MaxParallelism = 4 }, ExecutionSettings.Default with { MaxParallelism = 4, BatchCapacity = 64 }])
        {
            var actual = Database.Query(sql, settings);
            actual.Sort(StringComparer.Ordinal);
            Assert.Equal(expected, actual);
        }
    }
}
