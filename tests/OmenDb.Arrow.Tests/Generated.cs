using System.Numerics;
using FsCheck;
using FsCheck.Fluent;

namespace OmenDb.Arrow.Tests;

/// <summary>Random vectors of all types and kinds, from a seed that FsCheck chooses, shrinks and prints.</summary>
public static unsafe class Generated
{
    public static readonly int[] Lengths = [0, 1, 63, 64, 65, 130, 2047, 2048];

    public static readonly ArrowType[] ScalarTypes =
    [
        ArrowType.Bool, ArrowType.Int8, ArrowType.Int16, ArrowType.Int32, ArrowType.Int64, ArrowType.Decimal128(38, 4), ArrowType.Float32,
        ArrowType.Float64, ArrowType.Utf8View, ArrowType.FixedSizeBinary16, ArrowType.IntervalMonthDayMicro,
    ];

    public static readonly ArrowType[] AllTypes = [.. ScalarTypes, ArrowType.List(ArrowType.Int32), ArrowType.List(ArrowType.Utf8View)];

    /// <summary>Runs a property over many seeds; a failure names the seed.</summary>
    public static void ForAllSeeds(Action<Random> property, int tests = 25)
    {
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), (int seed) =>
        {
            property(new Random(seed));
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(tests));
    }

    public static T Pick<T>(this Random random, IReadOnlyList<T> values) => values[random.Next(values.Count)];

    public static Vector Vector(Random random, ArrowType type, int length, VectorKind? kind = null)
    {
        var kinds = new List<VectorKind> { VectorKind.Flat, VectorKind.Constant, VectorKind.Dictionary };
        if (type.Physical is PhysicalType.Int16 or PhysicalType.Int32 or PhysicalType.Int64 or PhysicalType.Int128)
            kinds.Add(VectorKind.Narrow);
        var chosen = kind ?? random.Pick(kinds);
        var nulls = random.Next(3) switch { 0 => 0, 1 => 0.1, _ => 0.6 };
        var result = new Vector();
        switch (chosen)
        {
            case VectorKind.Flat:
                FillFlat(random, type, length, nulls, result);
                break;
            case VectorKind.Constant:
                using (var one = new Vector())
                {
                    FillFlat(random, type, 1, 0, one);
                    if (random.Next(5) == 0)
                    {
                        result.ResetConstant(type, length, isNull: true);
                    }
                    else
                    {
                        result.ResetConstant(type, length, isNull: false);
                        if (type.Physical == PhysicalType.View)
                            *(View*)result.Values = result.Arena!.Append(one.GetBytes(0));
                        else
                            *(Int128*)result.Values = *(Int128*)one.Values;
                        if (type.Physical == PhysicalType.List)
                            result.Elements.Append(one.Child!, 0, one.Child!.Length);
                    }
                }
                break;
            case VectorKind.Dictionary:
                var dictionary = Distinct(random, type, random.Next(1, 40));
                result.ResetDictionary(length, (byte)(1 << random.Next(3)), dictionary);
                FillCodes(random, result, dictionary.Length);
                AddNulls(random, result, nulls);
                break;
            default:
                if (type.Physical == PhysicalType.Int128 && random.Next(3) == 0)
                    result.ResetNarrow(type, length, sizeof(long), 0);
                else
                    result.ResetNarrow(type, length, (byte)(1 << random.Next(3)), Base(random, type));
                FillCodes(random, result, random.Next(2) == 0 ? 5 : type.Physical == PhysicalType.Int16 ? 200 : 100_000);
                AddNulls(random, result, nulls);
                break;
        }
        return result;
    }

    public static void FillFlat(Random random, ArrowType type, int length, double nulls, Vector result)
    {
        var writer = new VectorWriter(type, result, length);
        for (var row = 0; row < length; row++)
        {
            if (random.NextDouble() < nulls)
                writer.AppendNull();
            else
                AppendValue(random, writer, type);
        }
        result.Length = length;
    }

    private static void AppendValue(Random random, VectorWriter writer, ArrowType type)
    {
        var extreme = random.Next(40) == 0;
        switch (type.Physical)
        {
            case PhysicalType.Bool: writer.AppendBool(random.Next(2) == 0); break;
            case PhysicalType.Int8: writer.Append((sbyte)random.Next(-128, 128)); break;
            case PhysicalType.Int16: writer.Append(extreme ? short.MinValue : (short)random.Next(-20, 20)); break;
            case PhysicalType.Int32: writer.Append(extreme ? int.MaxValue : random.Next(-20, 20)); break;
            case PhysicalType.Int64: writer.Append(extreme ? long.MinValue : random.Next(-20, 20) * (random.Next(4) == 0 ? 1L << 33 : 1)); break;
            case PhysicalType.Int128:
                writer.Append(extreme ? Int128.MaxValue : random.Next(-20, 20) * (random.Next(4) == 0 ? Int128.One << 70 : 1));
                break;
            case PhysicalType.Float32: writer.Append((float)Float(random)); break;
            case PhysicalType.Float64: writer.Append(Float(random)); break;
            case PhysicalType.View: writer.AppendBytes(Text(random)); break;
            case PhysicalType.List:
                using (var elements = new Vector())
                {
                    var count = random.Next(4);
                    FillFlat(random, type.Element!, count, 0.2, elements);
                    writer.AppendList(elements, 0, count);
                }
                break;
            case PhysicalType.Interval:
                writer.Append(Interval(random.Next(-2, 3), random.Next(-40, 40), random.Next(-3, 3) * 43_200_000_000));
                break;
            default:
                var bytes = new byte[16];
                bytes[0] = (byte)random.Next(256);
                bytes[15] = (byte)random.Next(3);
                writer.Append(BitConverter.ToInt128(bytes));
                break;
        }
    }

    public static Int128 Interval(int months, int days, long microseconds) =>
        new((ulong)microseconds, (uint)months | (ulong)(uint)days << 32);

    private static double Float(Random random) => random.Next(12) switch
    {
        0 => double.NaN,
        1 => double.PositiveInfinity,
        2 => -0.0,
        3 => 0.0,
        4 => -double.NaN,
        _ => random.Next(-8, 8) / 2.0,
    };

    private static readonly string[] Words = ["", "a", "ab", "ab\0", "abc", "müller", "straße", "0123456789ab", "0123456789abc", "0123456789abcd", "zebra"];

    public static byte[] Text(Random random)
    {
        var text = random.Pick(Words);
        for (var i = random.Next(6); i > 2; i--)
            text += random.Pick(Words);
        return System.Text.Encoding.UTF8.GetBytes(text);
    }

    private static Vector Distinct(Random random, ArrowType type, int atMost)
    {
        using var candidates = new Vector();
        FillFlat(random, type, atMost, 0, candidates);
        var rows = new List<int>();
        for (var row = 0; row < atMost; row++)
        {
            if (!rows.Exists(r => Arrow.Compute.RowCompare.Values(candidates, r, candidates, row) == 0))
                rows.Add(row);
        }
        var isSorted = random.Next(2) == 0;
        if (isSorted)
            rows.Sort((left, right) => Arrow.Compute.RowCompare.Values(candidates, left, candidates, right));
        var result = new Vector();
        var writer = new VectorWriter(type, result, atMost);
        foreach (var row in rows)
            writer.AppendFrom(candidates, row);
        result.IsSorted = isSorted;
        return result;
    }

    private static long Base(Random random, ArrowType type) => type.Physical == PhysicalType.Int16
        ? random.Next(-300, 300)
        : random.Next(3) switch { 0 => 0, 1 => -7, _ => 1_000_000 };

    private static void FillCodes(Random random, Vector vector, int below)
    {
        for (var row = 0; row < vector.Length; row++)
        {
            switch (vector.CodeWidth)
            {
                case 1: vector.Values[row] = (byte)random.Next(Math.Min(below, 256)); break;
                case 2: ((ushort*)vector.Values)[row] = (ushort)random.Next(Math.Min(below, 65_536)); break;
                case 8: ((long*)vector.Values)[row] = random.Next(-below, below) * (random.Next(4) == 0 ? 1L << 42 : 1); break;
                default: ((uint*)vector.Values)[row] = (uint)random.Next(below); break;
            }
        }
    }

    private static void AddNulls(Random random, Vector vector, double nulls)
    {
        if (nulls == 0)
            return;
        var validity = vector.EnsureValidity();
        for (var row = 0; row < vector.Length; row++)
        {
            if (random.NextDouble() < nulls)
                Arrow.Compute.Bits.Clear(validity, row);
        }
    }

    /// <summary>A random mask with zeros past the end, in unmanaged memory of the caller.</summary>
    public static NativeBuffer Mask(Random random, int rows)
    {
        var buffer = NativeBuffer.Allocate(Math.Max(8, (rows + 63) / 64 * 8));
        var density = random.NextDouble();
        for (var row = 0; row < rows; row++)
        {
            if (random.NextDouble() < density)
                Arrow.Compute.Bits.Set((ulong*)buffer.Pointer, row);
        }
        return buffer;
    }

    public static BigInteger? Integer(Vector vector, int row) => !vector.IsValid(row) ? null : vector.Physical switch
    {
        PhysicalType.Int8 => vector.Get<sbyte>(row),
        PhysicalType.Int16 => vector.Get<short>(row),
        PhysicalType.Int32 => vector.Get<int>(row),
        PhysicalType.Int64 => vector.Get<long>(row),
        _ => (BigInteger)vector.Get<Int128>(row),
    };

    public static void AssertSameRow(Vector expected, int expectedRow, Vector actual, int actualRow)
    {
        Assert.True(Arrow.Compute.RowCompare.NotDistinct(expected, expectedRow, actual, actualRow),
            $"{expected.Type.Id} {expected.Kind} row {expectedRow} of {expected.Length} is not {actual.Kind} row {actualRow} of {actual.Length}");
    }
}
