using System.Text;
using OmenDb.Tpch.Generation;
using OmenDb.Tpch.Generation.Chunks;
using OmenDb.Tpch.Generation.Columns;
using OmenDb.Tpch.Generation.Randomness;
using OmenDb.Tpch.Schema;

namespace OmenDb.Tpch.Tests;

public sealed class GeneratorTests
{
    public static TheoryData<TpchTable> Tables => new(Enum.GetValues<TpchTable>());

    /// <summary>Units generated in ranges of any size, in any order, are the units of the whole.</summary>
    [Theory]
    [MemberData(nameof(Tables))]
    public void A_range_does_not_depend_on_what_was_generated_before(TpchTable table)
    {
        var generator = new TpchGenerator(0.001);
        var whole = generator.CreateChunk(table);
        var units = (int)generator.UnitCount(table);
        generator.Fill(whole, 0, units);
        var expected = Text(whole);

        var random = new Random(20);
        var pieces = new SortedDictionary<int, string>();
        var sizes = new List<(int First, int Count)>();
        for (var first = 0; first < units;)
        {
            var count = Math.Min(random.Next(1, 50), units - first);
            sizes.Add((first, count));
            first += count;
        }
        var chunk = generator.CreateChunk(table, 64);
        foreach (var (first, count) in sizes.OrderBy(_ => random.Next()))
        {
            generator.Fill(chunk, first, count);
            pieces.Add(first, Text(chunk));
        }
        Assert.Equal(expected, string.Concat(pieces.Values));
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public void Workers_together_make_each_unit_once(TpchTable table)
    {
        var generator = new TpchGenerator(0.001);
        var pieces = new SortedDictionary<long, string>();
        generator.ForEachChunk(
            table,
            workers: 4,
            chunk =>
            {
                var text = Text(chunk);
                lock (pieces)
                    pieces.Add(chunk.FirstUnit, text);
            },
            unitsPerChunk: 37);
        Assert.Equal(string.Concat(generator.Chunks(table).Select(Text)), string.Concat(pieces.Values));
    }

    [Fact]
    public void A_failing_consumer_ends_all_workers_with_its_error()
    {
        var generator = new TpchGenerator(0.01);
        var error = Assert.Throws<IOException>(
            () => generator.ForEachChunk(TpchTable.Orders, 3, _ => throw new IOException("no room"), unitsPerChunk: 100));
        Assert.Equal("no room", error.Message);
        using var cancelled = new CancellationTokenSource();
        var chunks = 0;
        Assert.ThrowsAny<OperationCanceledException>(
            () => generator.ForEachChunk(TpchTable.Orders, 1, CancelAfterThree, unitsPerChunk: 100, cancelled.Token));
        Assert.Equal(3, chunks);

        void CancelAfterThree(TpchChunk chunk)
        {
            if (++chunks == 3)
                cancelled.Cancel();
        }
    }

    [Fact]
    public void Columns_give_the_values_of_the_text()
    {
        var generator = new TpchGenerator(0.01);
        var lines = (LineItemChunk)generator.CreateChunk(TpchTable.LineItem, 10);
        generator.Fill(lines, 0, 10);
        // 1|1552|93|1|17|24710.35|0.04|0.02|N|O|1996-03-13|1996-02-12|1996-03-22|DELIVER IN PERSON|TRUCK|egular courts above the|
        Assert.Equal(1, lines.OrderKey.Values[0]);
        Assert.Equal(1552, lines.PartKey.Values[0]);
        Assert.Equal(93, lines.SupplierKey.Values[0]);
        Assert.Equal(1700, lines.Quantity.Values[0]);
        Assert.Equal(2471035, lines.ExtendedPrice.Values[0]);
        Assert.Equal(4, lines.Discount.Values[0]);
        Assert.Equal(new DateOnly(1996, 3, 13).DayNumber - new DateOnly(1970, 1, 1).DayNumber, lines.ShipDate.Values[0]);
        Assert.Equal("DELIVER IN PERSON", Encoding.UTF8.GetString(lines.ShipInstruct[0]));
        Assert.Equal("egular courts above the", Encoding.UTF8.GetString(lines.Comment[0]));
        Assert.Equal(lines.RowCount, lines.Comment.Count);
        Assert.Equal(lines.RowCount + 1, lines.Comment.Offsets.Length);
        Assert.Equal(lines.Comment.Bytes.Length, lines.Comment.Offsets[^1]);
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public void Columns_match_the_schema(TpchTable table)
    {
        var columns = new TpchGenerator(0.001).CreateChunk(table, 1).Columns;
        var definitions = TpchSchema.Of(table).Columns;
        Assert.Equal(definitions, columns.Select(column => column.Definition));
        foreach (var column in columns)
        {
            var expected = column.Definition.Kind switch
            {
                TpchColumnKind.Integer => typeof(IntegerColumn),
                TpchColumnKind.BigInt => typeof(BigIntColumn),
                TpchColumnKind.Numeric => typeof(DecimalColumn),
                TpchColumnKind.Date => typeof(DateColumn),
                _ => typeof(TextColumn),
            };
            Assert.Equal(expected, column.GetType());
        }
    }

    [Fact]
    public void Streams_jump_to_where_steps_lead()
    {
        var seed = new ColumnSeed(209208115, 7);
        var state = (long)seed.Value;
        for (var i = 0; i < 7 * 1000; i++)
            state = RandomStream.Next(state);
        Assert.Equal(state, new RandomStream(seed, 1000).State);
        var stream = new RandomStream(seed, 999);
        stream.NextRow();
        Assert.Equal(state, stream.State);
        // Park and Miller's test value
        Assert.Equal(1043618065, Enumerable.Range(0, 10_000).Aggregate(1L, (value, _) => RandomStream.Next(value)));
    }

    [Fact]
    public void Text_pool_checkpoints_follow_from_the_start_of_the_text()
    {
        var checkpoints = TextPoolCheckpoints.All;
        Assert.Equal(new TextPoolCheckpoint(0, ColumnSeed.TextPool.Value), checkpoints[0]);
        var text = new byte[checkpoints[2].Offset];
        Assert.Equal(checkpoints[1], TextPool.Fill(text, 0, TextPool.SizeBytes / 48, checkpoints[0].State));
        Assert.Equal(checkpoints[2], TextPool.Fill(text, 0, text.Length, checkpoints[0].State));
        Assert.True(TextPool.Get().Slice(0, text.Length).SequenceEqual(text));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.0005)]
    [InlineData(1.5)]
    [InlineData(10_001)]
    [InlineData(double.NaN)]
    public void Other_scale_factors_are_refused(double factor) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new TpchScale(factor));

    [Fact]
    public void Ranges_outside_the_table_are_refused()
    {
        var generator = new TpchGenerator(0.001);
        var chunk = generator.CreateChunk(TpchTable.Supplier);
        Assert.Throws<ArgumentOutOfRangeException>(() => generator.Fill(chunk, 1, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => generator.Fill(chunk, -1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => generator.Fill(chunk, 0, 11));
    }

    [Fact]
    public void A_failing_writer_ends_all_workers_with_its_error()
    {
        var generator = new TpchGenerator(0.1);
        var error = Assert.Throws<IOException>(
            () => TblWriter.WriteTable(generator, TpchTable.Orders, new FullDisk(), trailingSeparator: false, workers: 4));
        Assert.Equal("disk full", error.Message);
    }

    private static string Text(TpchChunk chunk)
    {
        byte[] buffer = [];
        var length = TblWriter.Format(chunk, trailingSeparator: true, ref buffer);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private sealed class FullDisk : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("disk full");
    }
}
