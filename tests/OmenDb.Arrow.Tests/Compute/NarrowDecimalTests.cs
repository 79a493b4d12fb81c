using System.Numerics;
using OmenDb.Arrow.Compute;

namespace OmenDb.Arrow.Tests.Compute;

/// <summary>64-bit lanes against arithmetic without bounds.</summary>
public sealed unsafe class NarrowDecimalTests
{
    private static readonly ArithmeticOp[] Operators = [ArithmeticOp.Add, ArithmeticOp.Subtract, ArithmeticOp.Multiply];

    private static readonly ArrowType[] Types = [ArrowType.Decimal64(15, 2), ArrowType.Decimal128(30, 4)];

    private static BigInteger Exact(ArithmeticOp op, BigInteger left, BigInteger right) => op switch
    {
        ArithmeticOp.Add => left + right,
        ArithmeticOp.Subtract => left - right,
        _ => left * right,
    };

    [Fact]
    public void Results_are_exact_or_refused() => Generated.ForAllSeeds(random =>
    {
        var rows = random.Pick(Generated.Lengths);
        using var left = Generated.Vector(random, random.Pick(Types), rows);
        using var right = Generated.Vector(random, random.Pick(Types), rows);
        if (left.IsConstantNull || right.IsConstantNull)
            return;
        var op = random.Pick(Operators);
        long leftFactor = 1, rightFactor = 1;
        if (op != ArithmeticOp.Multiply)
            (leftFactor, rightFactor) = random.Next(3) switch { 0 => (100, 1), 1 => (1, 10_000), _ => (1, 1) };
        using var result = new Vector();
        if (!NarrowDecimals.TryEvaluate(op, left, leftFactor, right, rightFactor, rows, random.Pick(Types), result))
            return;
        for (var row = 0; row < rows; row++)
        {
            BigInteger? expected = Generated.Integer(left, row) is { } a && Generated.Integer(right, row) is { } b
                ? Exact(op, a * leftFactor, b * rightFactor) : null;
            Assert.Equal(expected, Generated.Integer(result, row));
        }
    }, tests: 300);

    [Theory]
    [InlineData(1_000_000, 105, true)]
    [InlineData(3_000_000_000, 108, true)]
    [InlineData(1L << 33, 1L << 28, true)]
    [InlineData(1L << 40, 1L << 23, false)]
    [InlineData(long.MaxValue, 1, false)] // NaN
    [InlineData(long.MinValue, 1, false)] // -infinity
    public void Products_are_taken_while_they_fit(long left, long right, bool fits)
    {
        const int Rows = 100;
        using var a = new Vector();
        using var b = new Vector();
        a.ResetFlat(ArrowType.Decimal64(18, 2), Rows);
        b.ResetFlat(ArrowType.Decimal64(18, 2), Rows);
        a.ValuesAs<long>().Fill(2);
        b.ValuesAs<long>().Fill(-3);
        (a.ValuesAs<long>()[^1], b.ValuesAs<long>()[^1]) = (left, right);
        using var result = new Vector();
        Assert.Equal(fits, NarrowDecimals.TryEvaluate(ArithmeticOp.Multiply, a, 1, b, 1, Rows, ArrowType.Decimal128(36, 4), result));
        if (!fits)
            return;
        Assert.Equal(-6, result.Get<Int128>(0));
        Assert.Equal((Int128)left * right, result.Get<Int128>(Rows - 1));
    }

    [Fact]
    public void Products_that_only_their_bounds_forbid_are_checked_one_by_one()
    {
        // One value is long and meets a short one, in another row it is the other way round.
        using var a = new Vector();
        using var b = new Vector();
        a.ResetFlat(ArrowType.Decimal64(18, 2), 2);
        b.ResetFlat(ArrowType.Decimal64(18, 2), 2);
        (a.ValuesAs<long>()[0], a.ValuesAs<long>()[1]) = (1L << 60, -1);
        (b.ValuesAs<long>()[0], b.ValuesAs<long>()[1]) = (-2, 1L << 59);
        using var result = new Vector();
        Assert.True(NarrowDecimals.TryEvaluate(ArithmeticOp.Multiply, a, 1, b, 1, 2, ArrowType.Decimal128(36, 4), result));
        Assert.Equal(-((Int128)1 << 61), result.Get<Int128>(0));
        Assert.Equal(-((Int128)1 << 59), result.Get<Int128>(1));
    }

    [Fact]
    public void Magnitudes_bound_all_values() => Generated.ForAllSeeds(random =>
    {
        using var values = Generated.Vector(random, ArrowType.Int64, random.Pick(Generated.Lengths), VectorKind.Flat);
        var magnitude = NarrowDecimals.Magnitude((long*)values.Values, values.Length);
        foreach (var value in values.ValuesAs<long>())
            Assert.True(BigInteger.Abs(value) <= magnitude);
    });
}
