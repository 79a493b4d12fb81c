using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Operators.Joins;
using ExecutionContext = OmenDb.Engine.Execution.ExecutionContext;

namespace OmenDb.Engine.Tests;

public class RuntimeFilterTests
{
    /// <summary>What is in the filter always passes; of strangers none do where it is exact, and few where it is a Bloom filter.</summary>
    [Theory]
    [InlineData(PhysicalType.Int16, 1, false)]
    [InlineData(PhysicalType.Int32, 1, false)]
    [InlineData(PhysicalType.Int64, 1, false)]
    [InlineData(PhysicalType.Int32, 50_021, true)]
    [InlineData(PhysicalType.Int64, 1_000_000_007, true)]
    public void Filters_let_their_values_through(PhysicalType type, long step, bool isBloom)
    {
        foreach (var seed in Enumerable.Range(1, 20))
        {
            var random = new Random(seed);
            var domain = Enumerable.Range(-2_000, 4_000).Select(i => i * step).ToArray();
            var values = Enumerable.Range(0, random.Next(1, 3000)).Select(_ => random.Next(10) == 0 ? null : (long?)domain[random.Next(domain.Length)]).ToArray();
            var probes = Enumerable.Range(0, 2048 - random.Next(100)).Select(_ => random.Next(10) == 0 ? null : (long?)domain[random.Next(domain.Length)]).ToArray();
            using var context = new ExecutionContext();
            using var filter = new RuntimeFilter(context);
            using var keys = Flat(type, values);
            using var column = Flat(type, probes);
            filter.Build(keys, values.Length);
            var inside = values.Where(v => v is not null).ToHashSet();
            Assert.Equal(inside.Count == 0, filter.IsEmpty);
            var strangers = 0;
            foreach (var density in (double[])[1, 0.5, 0.05])
            {
                using var selection = new Selection(2048);
                var wanted = probes.Select(_ => random.NextDouble() < density).ToArray();
                var passed = Restrict(filter, column, wanted, selection);
                for (var row = 0; row < probes.Length; row++)
                {
                    if (!wanted[row] || probes[row] is null)
                        Assert.False(passed[row], $"seed {seed}, row {row}");
                    else if (inside.Contains(probes[row]))
                        Assert.True(passed[row], $"seed {seed}, row {row}");
                    else if (passed[row])
                        strangers++;
                }
            }
            Assert.InRange(strangers, 0, isBloom ? 300 : 0);
        }
    }

    [Fact]
    public void A_filter_of_nulls_or_nothing_lets_nothing_through()
    {
        foreach (var values in (long?[][])[[], [null, null]])
        {
            using var context = new ExecutionContext();
            using var filter = new RuntimeFilter(context);
            using var keys = Flat(PhysicalType.Int32, values);
            using var column = Flat(PhysicalType.Int32, [1, 2, null]);
            using var selection = new Selection(2048);
            filter.Build(keys, values.Length);
            Assert.True(filter.IsEmpty);
            Assert.DoesNotContain(true, Restrict(filter, column, [true, true, true], selection));
        }
    }

    private static unsafe bool[] Restrict(RuntimeFilter filter, Vector column, bool[] wanted, Selection selection)
    {
        Bits.Fill(selection.Mask, wanted.Length, false);
        for (var row = 0; row < wanted.Length; row++)
        {
            if (wanted[row])
                Bits.Set(selection.Mask, row);
        }
        filter.Restrict(column, wanted.Length, selection.Mask);
        return [.. wanted.Select((_, row) => Bits.Get(selection.Mask, row))];
    }

    private static unsafe Vector Flat(PhysicalType type, long?[] values)
    {
        var vector = new Vector();
        vector.ResetFlat(type switch { PhysicalType.Int16 => ArrowType.Int16, PhysicalType.Int32 => ArrowType.Int32, _ => ArrowType.Int64 }, values.Length);
        for (var row = 0; row < values.Length; row++)
        {
            switch (type)
            {
                case PhysicalType.Int16: ((short*)vector.Values)[row] = (short)(values[row] ?? 7); break;
                case PhysicalType.Int32: ((int*)vector.Values)[row] = (int)(values[row] ?? 7); break;
                default: ((long*)vector.Values)[row] = values[row] ?? 7; break;
            }
        }
        if (values.Contains(null))
        {
            var validity = vector.EnsureValidity();
            for (var row = 0; row < values.Length; row++)
            {
                if (values[row] is null)
                    Bits.Clear(validity, row);
            }
        }
        return vector;
    }
}
