using System.Text;
using OmenDb.Storage.Statistics;

namespace OmenDb.Storage.Tests.Tables;

public class StatisticsTests
{
    [Fact]
    public void Analyze_counts_nulls_distinct_values_and_finds_common_ones()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var loader = engine.Begin();
        for (var b = 0; b < 20; b++)
        {
            var first = b * 1000;
            using var batch = Rows.Batch([.. Enumerable.Range(first, 1000).Select(i =>
                ((long?)i, i % 4 == 0 ? null : i % 2 == 0 ? "common" : $"name {i}", (int?)(i % 250)))]);
            Assert.True(table.Append(loader, batch, default).IsOk);
        }
        engine.Commit(loader);
        Assert.True(table.NeedsAnalyze);
        using var snapshot = engine.Transactions.OpenSnapshot();
        var statistics = table.Analyze(snapshot);
        Assert.False(table.NeedsAnalyze);
        Assert.Equal(20_000, statistics.RowCount);
        var (id, name, score) = (statistics.Columns[0], statistics.Columns[1], statistics.Columns[2]);
        Assert.InRange(id.DistinctCount, 18_000, 20_000);
        Assert.InRange(score.DistinctCount, 230, 270);
        Assert.Equal(0.25, name.NullFraction);
        Assert.Equal("common", Encoding.UTF8.GetString(name.MostCommon[0].Value.Image));
        Assert.InRange(name.MostCommon[0].Fraction, 0.24, 0.26);
        Assert.Equal(19_999, BitConverter.ToInt64(id.Max!.Image));
        Assert.Equal(101, id.Histogram.Length);
        Assert.InRange(BitConverter.ToInt64(id.Histogram[50].Image), 9_500, 10_500);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(1_000)]
    [InlineData(100_000)]
    public void The_sketch_is_within_six_percent(int count)
    {
        var left = new DistinctSketch();
        var right = new DistinctSketch();
        for (var i = 0; i < count; i++)
            (i % 2 == 0 ? left : right).Add(DistinctSketch.Mix((ulong)i));
        left.Merge(right);
        Assert.InRange(left.Estimate(), count * 0.94, count * 1.06);
    }
}
