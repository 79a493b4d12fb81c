using System.Numerics;
using OmenDb.Arrow.Compute;

namespace OmenDb.Arrow.Tests.Compute;

public unsafe class AggregateTests
{
    [Fact]
    public void Sums_counts_and_extremes_agree_with_a_plain_loop() => Generated.ForAllSeeds(random =>
    {
        foreach (var type in Generated.ScalarTypes)
        {
            var length = random.Pick(Generated.Lengths);
            using var vector = Generated.Vector(random, type, length);
            using var buffer = Generated.Mask(random, length);
            var mask = random.Next(2) == 0 ? null : (ulong*)buffer.Pointer;
            var rows = Enumerable.Range(0, length).Where(row => vector.IsValid(row) && (mask == null || Bits.Get(mask, row))).ToArray();
            Assert.Equal(rows.Length, Aggregate.Count(vector, length, mask));
            foreach (var greatest in new[] { true, false })
            {
                var best = Aggregate.ExtremeRow(vector, length, mask, greatest);
                Assert.Equal(rows.Length == 0, best < 0);
                foreach (var row in rows)
                    Assert.True(RowCompare.Values(vector, best, vector, row) is var order && (greatest ? order >= 0 : order <= 0));
            }
            if (type.Physical is PhysicalType.Float64)
            {
                Assert.Equal(rows.Length > 0, Aggregate.TryMinMax(vector, length, mask, out double least, out double greatestFloat));
                if (rows.Length > 0)
                {
                    Assert.Equal(vector.Get<double>(Aggregate.ExtremeRow(vector, length, mask, false)), least);
                    Assert.Equal(vector.Get<double>(Aggregate.ExtremeRow(vector, length, mask, true)), greatestFloat);
                }
                double sum = 0;
                Assert.Equal(rows.Length, Aggregate.SumFloats(vector, length, mask, ref sum));
                Assert.Equal(rows.Sum(row => vector.Get<double>(row)), sum); // halves: exact in any order
            }
            if (type.Physical is PhysicalType.Float32)
            {
                double sum = 0;
                Assert.Equal(rows.Length, Aggregate.SumFloats(vector, length, mask, ref sum));
                Assert.Equal(rows.Sum(row => (double)vector.Get<float>(row)), sum);
            }
            if (type.Physical is PhysicalType.Int8 or PhysicalType.Int16 or PhysicalType.Int32 or PhysicalType.Int64 or PhysicalType.Int128)
            {
                var exact = rows.Aggregate(BigInteger.Zero, (total, row) => total + Generated.Integer(vector, row)!.Value);
                Int128 sum = 0;
                var overflow = false;
                Assert.Equal(rows.Length, Aggregate.SumIntegers(vector, length, mask, ref sum, ref overflow));
                if (exact >= Int128.MinValue && exact <= Int128.MaxValue && type.Physical != PhysicalType.Int128)
                    Assert.False(overflow);
                if (!overflow)
                    Assert.Equal(exact, sum);
                if (type.Physical == PhysicalType.Int128)
                    continue;
                Assert.Equal(rows.Length > 0, Aggregate.TryMinMax(vector, length, mask, out long min, out long max));
                if (rows.Length > 0)
                {
                    Assert.Equal(rows.Min(row => Generated.Integer(vector, row)!.Value), min);
                    Assert.Equal(rows.Max(row => Generated.Integer(vector, row)!.Value), max);
                }
            }
        }
    });

    [Fact]
    public void Long_sums_do_not_wrap()
    {
        using var vector = new Vector();
        vector.ResetFlat(ArrowType.Int64, 1000);
        vector.ValuesAs<long>().Fill(long.MinValue);
        Int128 sum = 0;
        var overflow = false;
        Aggregate.SumIntegers(vector, 1000, null, ref sum, ref overflow);
        Assert.Equal((Int128)long.MinValue * 1000, sum);
        Assert.False(overflow);
    }
}
