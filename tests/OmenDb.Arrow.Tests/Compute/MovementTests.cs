using OmenDb.Arrow.Compute;

namespace OmenDb.Arrow.Tests.Compute;

public unsafe class MovementTests
{
    [Fact]
    public void Take_flatten_and_slice_keep_every_row() => Generated.ForAllSeeds(random =>
    {
        foreach (var type in Generated.AllTypes)
        {
            var length = random.Pick(Generated.Lengths);
            using var source = Generated.Vector(random, type, length);
            using var result = new Vector();
            Flatten.Into(source, length, result);
            Assert.Equal(VectorKind.Flat, result.Kind);
            for (var row = 0; row < length; row++)
                Generated.AssertSameRow(source, row, result, row);
            if (length == 0)
                continue;
            var indices = new int[random.Next(1, 200)];
            for (var i = 0; i < indices.Length; i++)
                indices[i] = random.Next(length);
            fixed (int* p = indices)
            {
                Gather.Take(source, p, indices.Length, result);
                for (var i = 0; i < indices.Length; i++)
                    Generated.AssertSameRow(source, indices[i], result, i);
                for (var i = 0; i < indices.Length; i++)
                    indices[i] = random.Next(4) == 0 ? -1 : indices[i];
                Gather.TakeOrNull(source, p, indices.Length, result);
                for (var i = 0; i < indices.Length; i++)
                {
                    if (indices[i] < 0)
                        Assert.False(result.IsValid(i));
                    else
                        Generated.AssertSameRow(source, indices[i], result, i);
                }
            }
            var start = random.Next(length);
            var count = random.Next(length - start + 1);
            Gather.Slice(source, start, count, result);
            Assert.Equal(count, result.Length);
            for (var i = 0; i < count; i++)
                Generated.AssertSameRow(source, start + i, result, i);
        }
    });

    [Fact]
    public void Selections_compact_batches() => Generated.ForAllSeeds(random =>
    {
        var length = random.Pick(Generated.Lengths);
        using var batch = new Batch([.. Generated.AllTypes.Select(type => Generated.Vector(random, type, length))], length);
        using var mask = Generated.Mask(random, length);
        using var selection = new Selection(2048);
        Bits.Copy((ulong*)mask.Pointer, selection.Mask, length);
        selection.Count = Bits.PopCount(selection.Mask, length);
        selection.IsSparse = false;
        batch.Selection = selection;
        using var result = new Batch(batch.Columns.Length);
        Gather.Compact(batch, result);
        Assert.Equal(selection.Count, result.Length);
        var rows = Enumerable.Range(0, length).Where(row => Bits.Get((ulong*)mask.Pointer, row)).ToArray();
        for (var column = 0; column < batch.Columns.Length; column++)
        {
            for (var i = 0; i < rows.Length; i++)
                Generated.AssertSameRow(batch.Columns[column], rows[i], result.Columns[column], i);
        }
    });

    [Fact]
    public void Selections_narrow_in_both_forms() => Generated.ForAllSeeds(random =>
    {
        var rows = random.Pick(Generated.Lengths);
        using var selection = new Selection(2048);
        selection.SetAll(rows);
        var expected = Enumerable.Range(0, rows).ToArray();
        for (var round = 0; round < 5; round++)
        {
            using var mask = Generated.Mask(random, rows);
            selection.And((ulong*)mask.Pointer, rows);
            expected = [.. expected.Where(row => Bits.Get((ulong*)mask.Pointer, row))];
            Assert.Equal(expected.Length, selection.Count);
            Assert.Equal(expected, selection.FillIndices(rows).ToArray());
        }
        var words = selection.FillMask(rows);
        Assert.False(selection.IsSparse);
        Assert.Equal(expected, Enumerable.Range(0, rows).Where(row => Bits.Get(words, row)));
    });

    [Fact]
    public void A_growing_column_keeps_copies() => Generated.ForAllSeeds(random =>
    {
        foreach (var type in Generated.AllTypes)
        {
            using var appender = new ColumnAppender(type);
            using var expected = new Vector();
            var writer = new VectorWriter(type, expected, 4000);
            for (var round = 0; round < 4; round++)
            {
                var length = random.Pick([1, 63, 64, 65, 130]);
                var source = Generated.Vector(random, type, length);
                switch (random.Next(3))
                {
                    case 0:
                        var start = random.Next(length);
                        var count = random.Next(length - start + 1);
                        appender.Append(source, start, count);
                        for (var i = 0; i < count; i++)
                            writer.AppendFrom(source, start + i);
                        break;
                    case 1:
                        var rows = new int[70];
                        for (var i = 0; i < 70; i++)
                            rows[i] = random.Next(-1, length);
                        fixed (int* p = rows)
                            appender.AppendRows(source, p, 70);
                        foreach (var row in rows)
                        {
                            if (row < 0)
                                writer.AppendNull();
                            else
                                writer.AppendFrom(source, row);
                        }
                        break;
                    default:
                        appender.AppendNulls(5);
                        for (var i = 0; i < 5; i++)
                            writer.AppendNull();
                        break;
                }
                source.Dispose(); // nothing may point into it any more
            }
            Assert.Equal(writer.Count, appender.Count);
            for (var row = 0; row < appender.Count; row++)
                Generated.AssertSameRow(expected, row, appender.Column, row);
        }
    });

    [Fact]
    public void Merge_takes_each_row_from_its_branch() => Generated.ForAllSeeds(random =>
    {
        foreach (var type in Generated.AllTypes)
        {
            var length = random.Pick(Generated.Lengths);
            using var first = Generated.Vector(random, type, length);
            using var second = Generated.Vector(random, type, length);
            using var mask = Generated.Mask(random, length);
            using var result = new Vector();
            Merge.Begin(type, length, result);
            Merge.ByMask(first, (ulong*)mask.Pointer, length, result);
            var rest = Enumerable.Range(0, length).Where(row => !Bits.Get((ulong*)mask.Pointer, row)).ToArray();
            using var compacted = new Vector();
            fixed (int* p = rest)
            {
                Gather.Take(second, p, rest.Length, compacted);
                Merge.Scatter(compacted, p, rest.Length, result);
            }
            Merge.End(length, result);
            for (var row = 0; row < length; row++)
                Generated.AssertSameRow(Bits.Get((ulong*)mask.Pointer, row) ? first : second, row, result, row);
        }
    });

    [Fact]
    public void Equal_rows_hash_equally_in_every_kind_and_width() => Generated.ForAllSeeds(random =>
    {
        foreach (var type in Generated.AllTypes)
        {
            using var left = Generated.Vector(random, type, 130);
            using var right = Generated.Vector(random, type, 130);
            var a = new ulong[130];
            var b = new ulong[130];
            fixed (ulong* ap = a, bp = b)
            {
                Hash.Rows(left, 130, ap);
                Hash.Rows(right, 130, bp);
            }
            for (var i = 0; i < 130; i++)
            {
                for (var j = 0; j < 130; j++)
                {
                    if (RowCompare.NotDistinct(left, i, right, j))
                        Assert.Equal(a[i], b[j]);
                }
            }
            Assert.True(a.Distinct().Count() <= 130);
        }
        using var small = Generated.Vector(random, ArrowType.Int16, 100);
        using var wide = new Vector();
        var narrowHashes = new ulong[100];
        var wideHashes = new ulong[100];
        foreach (var type in new[] { ArrowType.Int32, ArrowType.Int64, ArrowType.Decimal128(38, 0) })
        {
            Cast.Evaluate(small, type, 100, wide);
            fixed (ulong* n = narrowHashes, w = wideHashes)
            {
                Hash.Rows(small, 100, n);
                Hash.Rows(wide, 100, w);
            }
            Assert.Equal(narrowHashes, wideHashes);
        }
    }, 20);

    [Fact]
    public void Hashes_of_consecutive_numbers_spread_over_low_and_high_bits()
    {
        var low = new HashSet<ulong>();
        var high = new HashSet<ulong>();
        for (long i = 0; i < 65_536; i++)
        {
            low.Add(Hash.Of(i) & 0xFFFF);
            high.Add(Hash.Of(i) >> 48);
        }
        // A random function leaves 1/e of the slots empty.
        Assert.InRange(low.Count, 40_500, 42_500);
        Assert.InRange(high.Count, 40_500, 42_500);
    }
}
