using System.Text;
using OmenDb.Storage.Simulation;
using OmenDb.Storage.Statistics;
using OmenDb.Storage.Tables;

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

    [Fact]
    public void Statistics_survive_a_crash_before_any_checkpoint()
    {
        var files = new SimulatedFileSystem(1);
        var engine = StorageEngine.Open(files, "/data", new StorageOptions { CheckpointLogBytes = 0 });
        var table = Rows.Create(engine);
        Fill(engine, table, 200);
        using (var snapshot = engine.Transactions.OpenSnapshot())
            engine.Analyze(table, table.Modifications, snapshot);
        var before = table.Statistics!;
        Fill(engine, table, 30); // its commit flushes the analysis too
        engine = StorageEngine.Open(files.Crash(), "/data", new StorageOptions { CheckpointLogBytes = 0 });
        table = Rows.Find(engine);
        Assert.Equal(before.RowCount, table.Statistics!.RowCount);
        Assert.Equal(before.Columns[0].Max, table.Statistics.Columns[0].Max);
        Assert.True(before.Columns[0].Histogram.SequenceEqual(table.Statistics.Columns[0].Histogram));
        engine.Dispose();
    }

    [Fact]
    public void Statistics_survive_a_restart_with_what_has_changed_since()
    {
        var files = new SimulatedFileSystem(1);
        var engine = StorageEngine.Open(files, "/data", new StorageOptions { CheckpointLogBytes = 0 });
        var table = Rows.Create(engine);
        Fill(engine, table, 200);
        using (var snapshot = engine.Transactions.OpenSnapshot())
            table.Analyze(snapshot);
        var before = table.Statistics!;
        Fill(engine, table, 30);
        engine.Checkpoint();
        Assert.Equal(0, engine.Checkpoint()!.FilesWritten);
        Fill(engine, table, 40); // in the log only
        files = files.Crash();
        engine = StorageEngine.Open(files, "/data", new StorageOptions { CheckpointLogBytes = 0 });
        table = Rows.Find(engine);
        Assert.Equal(200, table.Statistics!.RowCount);
        Assert.Equal(before.Columns.Length, table.Statistics.Columns.Length);
        foreach (var (then, now) in before.Columns.Zip(table.Statistics.Columns))
        {
            Assert.Equal((then.NullFraction, then.DistinctCount, then.AverageWidth), (now.NullFraction, now.DistinctCount, now.AverageWidth));
            Assert.Equal((then.Min, then.Max), (now.Min, now.Max));
            Assert.True(then.MostCommon.SequenceEqual(now.MostCommon));
            Assert.True(then.Histogram.SequenceEqual(now.Histogram));
            Assert.Equal(then.Max?.Image, now.Max?.Image);
        }
        Assert.Equal(70, table.Modifications - table.Statistics.ModificationsAt);
        Assert.False(table.NeedsAnalyze);
        Fill(engine, table, 1);
        Assert.True(table.NeedsAnalyze); // 50 rows and a tenth of 200
        engine.Dispose();
    }

    [Fact]
    public void Tables_are_analysed_in_the_background_once_their_changes_have_committed()
    {
        using var engine = StorageEngine.Open(new SimulatedFileSystem(1), "/data", new StorageOptions { AutoAnalyzeInterval = TimeSpan.FromMilliseconds(1) });
        var table = Rows.Create(engine);
        var open = engine.Begin();
        Rows.Append(table, open, [.. Enumerable.Range(0, 100).Select(i => ((long?)i, (string?)"x", (int?)i))]);
        Assert.False(table.NeedsAnalyze); // nobody sees those rows yet
        engine.Commit(open);
        SpinWait.SpinUntil(() => table.Statistics is { RowCount: 100 });
        Fill(engine, table, 1000); // tenfold growth does not wait
        SpinWait.SpinUntil(() => table.Statistics is { RowCount: 1100 });
    }

    private static void Fill(StorageEngine engine, Table table, int rows)
    {
        var transaction = engine.Begin();
        Rows.Append(table, transaction, [.. Enumerable.Range(0, rows).Select(i => ((long?)i, i % 3 == 0 ? null : $"name {i % 7}", (int?)(i % 5)))]);
        engine.Commit(transaction);
    }
}
