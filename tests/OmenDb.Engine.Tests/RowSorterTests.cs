using OmenDb.Arrow;
using OmenDb.Engine.Operators.Sorting;
using OmenDb.Types;
using ExecutionContext = OmenDb.Engine.Execution.ExecutionContext;

namespace OmenDb.Engine.Tests;

/// <summary>Sorting by bits against comparing values.</summary>
public sealed unsafe class RowSorterTests
{
    private static readonly SqlType[] Types =
        [SqlType.Bool, SqlType.Int2, SqlType.Int4, SqlType.Int8, SqlType.Float4, SqlType.Float8, SqlType.NumericOf(10, 2), SqlType.NumericOf(30, 4), SqlType.Text, SqlType.Bytea, SqlType.Uuid];

    [Fact]
    public void Rows_come_in_order_and_equal_ones_keep_theirs()
    {
        for (var seed = 1; seed <= 120; seed++)
        {
            var random = new Random(seed);
            var count = random.Next(4) == 0 ? random.Next(0, 40) : random.Next(40, 1500);
            var columns = new List<Vector>();
            RowSorter.Key[] keys = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ =>
            {
                var type = Types[random.Next(Types.Length)];
                var column = Column(random, type, count);
                columns.Add(column);
                return new RowSorter.Key(column, type, random.Next(2) == 0, random.Next(2) == 0);
            })];
            using var context = new ExecutionContext();
            using var order = RowSorter.Sort(keys, count, context);
            var rows = new ReadOnlySpan<int>(order.Pointer, count).ToArray();
            var expected = Enumerable.Range(0, count).ToArray();
            Array.Sort(expected, (a, b) => RowSorter.Compare(keys, a, b) is not 0 and var compared ? compared : a.CompareTo(b));
            Assert.True(expected.AsSpan().SequenceEqual(rows), $"seed {seed}: {string.Join(", ", keys.Select(k => k.Type))}");
            columns.ForEach(c => c.Dispose());
        }
    }

    private static Vector Column(Random random, SqlType type, int count)
    {
        var result = new Vector();
        var writer = new VectorWriter(type.Arrow, result, Math.Max(1, count));
        var nulls = random.Next(3) == 0 ? 0.2 : 0;
        var range = random.Next(3) switch { 0 => 3, 1 => 200, _ => 30_000 };
        var beginning = random.Next(2) == 0 ? "" : "a beginning that all have ";
        for (var row = 0; row < count; row++)
        {
            if (random.NextDouble() < nulls)
            {
                writer.AppendNull();
                continue;
            }
            var value = random.Next(-range, range);
            switch (type.Physical)
            {
                case PhysicalType.Bool: writer.AppendBool(value > 0); break;
                case PhysicalType.Int16: writer.Append((short)value); break;
                case PhysicalType.Int32: writer.Append(random.Next(50) == 0 ? int.MinValue : value); break;
                case PhysicalType.Int64: writer.Append(random.Next(50) == 0 ? long.MaxValue : value * (1L << random.Next(2) * 30)); break;
                case PhysicalType.Float32: writer.Append(random.Next(50) == 0 ? float.NaN : value / 4f); break;
                case PhysicalType.Float64: writer.Append(random.Next(50) == 0 ? double.NegativeInfinity : random.Next(50) == 0 ? -0.0 : value / 8.0); break;
                case PhysicalType.Int128: writer.Append(random.Next(50) == 0 ? Int128.MinValue : value * (random.Next(3) == 0 ? Int128.One << 80 : 1)); break;
                case PhysicalType.Fixed16: writer.Append(((Int128)value << 100) + random.Next(3)); break;
                default:
                    if (type.Id == TypeId.Bytea)
                        writer.AppendBytes([.. Enumerable.Range(0, random.Next(4)).Select(_ => (byte)random.Next(2))]);
                    else
                        writer.AppendBytes(System.Text.Encoding.UTF8.GetBytes(beginning + (random.Next(3) == 0 ? "" : value + (random.Next(2) == 0 ? " and something longer" : ""))));
                    break;
            }
        }
        result.Length = count;
        return result;
    }
}
