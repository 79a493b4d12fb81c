using OmenDb.Arrow.Compute;

namespace OmenDb.Arrow.Tests.Compute;

public unsafe class CompareTests
{
    [Fact]
    public void Every_operator_agrees_with_its_scalar_twin_on_all_types_and_kinds() => Generated.ForAllSeeds(random =>
    {
        foreach (var type in Generated.ScalarTypes)
        {
            var length = random.Pick(Generated.Lengths);
            using var left = Generated.Vector(random, type, length);
            using var right = Generated.Vector(random, type, length);
            using var mask = NativeBuffer.Allocate(Math.Max(8, Bits.WordsFor(length) * 8));
            using var result = new Vector();
            foreach (var op in Enum.GetValues<CompareOp>())
            {
                Compare.Mask(op, left, right, length, (ulong*)mask.Pointer);
                Compare.Evaluate(op, left, right, length, result);
                for (var row = 0; row < length; row++)
                {
                    var expected = Expected(op, left, right, row);
                    Assert.True(expected == true == Bits.Get((ulong*)mask.Pointer, row),
                        $"{type.Id} {left.Kind} {op} {right.Kind} row {row} of {length}");
                    Assert.Equal(expected, result.IsValid(row) ? result.GetBool(row) : null);
                }
                Assert.Equal(Bits.PopCount((ulong*)mask.Pointer, Bits.WordsFor(length) * 64), Bits.PopCount((ulong*)mask.Pointer, length));
            }
        }
    });

    private static bool? Expected(CompareOp op, Vector left, Vector right, int row)
    {
        if (op is CompareOp.Distinct or CompareOp.NotDistinct)
            return RowCompare.NotDistinct(left, row, right, row) == (op == CompareOp.NotDistinct);
        return left.IsValid(row) && right.IsValid(row) ? op.Holds(RowCompare.Values(left, row, right, row)) : null;
    }

    [Fact]
    public void The_same_dictionary_on_both_sides() => Generated.ForAllSeeds(random =>
    {
        using var left = Generated.Vector(random, ArrowType.Utf8View, 300, VectorKind.Dictionary);
        using var right = new Vector();
        var rows = new int[300];
        for (var i = 0; i < 300; i++)
            rows[i] = random.Next(300);
        fixed (int* r = rows)
            Gather.Take(left, r, 300, right);
        var mask = stackalloc ulong[5];
        foreach (var op in new[] { CompareOp.Equal, CompareOp.NotEqual, CompareOp.Less })
        {
            Compare.Mask(op, left, right, 300, mask);
            for (var row = 0; row < 300; row++)
                Assert.Equal(Expected(op, left, right, row) == true, Bits.Get(mask, row));
        }
    });

    [Theory]
    [InlineData(1, 0, 0L, 0, 30, 0L, 0)] // a month is 30 days
    [InlineData(0, 1, 0L, 0, 0, 86_400_000_000L, 0)]
    [InlineData(0, 1, -1L, 0, 1, 0L, -1)]
    [InlineData(int.MaxValue, int.MaxValue, long.MaxValue, int.MaxValue, int.MaxValue, long.MaxValue - 1, 1)]
    [InlineData(0, 0, -1L, 0, 0, 0L, -1)]
    [InlineData(-1, 30, 0L, 0, 0, 0L, 0)]
    public void Intervals_compare_by_length(int m1, int d1, long u1, int m2, int d2, long u2, int sign)
    {
        Assert.Equal(sign, IntervalOrder.Compare(Generated.Interval(m1, d1, u1), Generated.Interval(m2, d2, u2)));
        Assert.Equal(-sign, IntervalOrder.Compare(Generated.Interval(m2, d2, u2), Generated.Interval(m1, d1, u1)));
    }

    [Fact]
    public void Floats_put_NaN_last_and_equal_to_itself()
    {
        using var left = new Vector();
        using var right = new Vector();
        double[] values = [double.NegativeInfinity, -1, -0.0, 0.0, 1, double.PositiveInfinity, double.NaN];
        var a = new VectorWriter(ArrowType.Float64, left, 49);
        var b = new VectorWriter(ArrowType.Float64, right, 49);
        foreach (var x in values)
        {
            foreach (var y in values)
            {
                a.Append(x);
                b.Append(y);
            }
        }
        ulong mask;
        Compare.Mask(CompareOp.Less, left, right, 49, &mask);
        for (var i = 0; i < 49; i++)
        {
            var (x, y) = (i / 7, i % 7);
            var zero = x is 2 or 3 && y is 2 or 3;
            Assert.Equal(x < y && !zero, Bits.Get(&mask, i));
        }
    }

    [Fact]
    public void Pairs_of_rows() => Generated.ForAllSeeds(random =>
    {
        var mask = stackalloc ulong[3];
        foreach (var type in Generated.AllTypes)
        {
            using var left = Generated.Vector(random, type, 70);
            using var right = Generated.Vector(random, type, 40);
            var l = new int[130];
            var r = new int[130];
            for (var i = 0; i < 130; i++)
                (l[i], r[i]) = (random.Next(70), random.Next(40));
            fixed (int* lp = l, rp = r)
            {
                foreach (var nullsEqual in new[] { true, false })
                {
                    Bits.Fill(mask, 130, true);
                    RowCompare.AndEqualPairs(left, lp, right, rp, 130, nullsEqual, mask);
                    for (var i = 0; i < 130; i++)
                    {
                        var expected = RowCompare.NotDistinct(left, l[i], right, r[i]) && (nullsEqual || left.IsValid(l[i]));
                        Assert.Equal(expected, Bits.Get(mask, i));
                    }
                }
            }
        }
    }, 30);
}
