using System.Numerics;
using OmenDb.Arrow.Compute;

namespace OmenDb.Arrow.Tests.Compute;

public unsafe class ArithmeticTests
{
    private static readonly ArrowType[] Integers = [ArrowType.Int16, ArrowType.Int32, ArrowType.Int64, ArrowType.Decimal128(38, 0)];

    private static (BigInteger Least, BigInteger Most) Range(PhysicalType type) => type switch
    {
        PhysicalType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
        PhysicalType.Int16 => (short.MinValue, short.MaxValue),
        PhysicalType.Int32 => (int.MinValue, int.MaxValue),
        PhysicalType.Int64 => (long.MinValue, long.MaxValue),
        _ => (Int128.MinValue, Int128.MaxValue),
    };

    private static ArithmeticFlags Exact(ArithmeticOp op, BigInteger left, BigInteger right, PhysicalType type, out BigInteger result)
    {
        result = 0;
        if (op is ArithmeticOp.Divide or ArithmeticOp.Modulo && right.IsZero)
            return ArithmeticFlags.DivisionByZero;
        result = op switch
        {
            ArithmeticOp.Add => left + right,
            ArithmeticOp.Subtract => left - right,
            ArithmeticOp.Multiply => left * right,
            ArithmeticOp.Divide => BigInteger.Divide(left, right),
            _ => BigInteger.Remainder(left, right),
        };
        var (least, most) = Range(type);
        return result < least || result > most ? ArithmeticFlags.Overflow : ArithmeticFlags.None;
    }

    [Fact]
    public void Integer_operators_agree_with_big_integers() => Generated.ForAllSeeds(random =>
    {
        foreach (var type in Integers)
        {
            var length = random.Pick(Generated.Lengths);
            using var left = Generated.Vector(random, type, length);
            using var right = Generated.Vector(random, type, length);
            using var result = new Vector();
            foreach (var op in Enum.GetValues<ArithmeticOp>())
            {
                var suspected = Arithmetic.Evaluate(op, left, right, length, type, result);
                var expected = ArithmeticFlags.None;
                for (var row = 0; row < length; row++)
                {
                    var (a, b) = (Generated.Integer(left, row), Generated.Integer(right, row));
                    Assert.Equal(a is not null && b is not null, result.IsValid(row));
                    if (a is null || b is null)
                        continue;
                    var flags = Exact(op, a.Value, b.Value, type.Physical, out var exact);
                    expected |= flags;
                    if (flags == ArithmeticFlags.None)
                        Assert.Equal(exact, Generated.Integer(result, row));
                }
                Assert.Equal(expected, Arithmetic.Recheck(op, left, right, length, null));
                Assert.Equal(expected, suspected & expected);
            }
        }
    });

    [Fact]
    public void Wide_products_find_their_overflow() => Generated.ForAllSeeds(random =>
    {
        for (var i = 0; i < 200; i++)
        {
            var (a, b) = (Any128(random), Any128(random));
            var fits = Wide.TryMultiply(a, b, out var product);
            var exact = (BigInteger)a * b;
            Assert.Equal(exact >= Int128.MinValue && exact <= Int128.MaxValue, fits);
            if (fits)
                Assert.Equal(exact, product);
        }
    });

    private static Int128 Any128(Random random) => random.Next(20) switch
    {
        0 => Int128.MinValue,
        1 => Int128.MaxValue,
        2 => -1,
        _ => new Int128((ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)random.NextInt64()) >> random.Next(127),
    };

    [Theory]
    [InlineData(ArithmeticOp.Add, double.MaxValue, double.MaxValue, ArithmeticFlags.Overflow)]
    [InlineData(ArithmeticOp.Add, double.PositiveInfinity, 1, ArithmeticFlags.None)]
    [InlineData(ArithmeticOp.Subtract, double.PositiveInfinity, double.PositiveInfinity, ArithmeticFlags.None)]
    [InlineData(ArithmeticOp.Multiply, 1e200, 1e200, ArithmeticFlags.Overflow)]
    [InlineData(ArithmeticOp.Multiply, 1e-200, 1e-200, ArithmeticFlags.Underflow)]
    [InlineData(ArithmeticOp.Multiply, 0, 1e-200, ArithmeticFlags.None)]
    [InlineData(ArithmeticOp.Divide, 1, 0, ArithmeticFlags.DivisionByZero)]
    [InlineData(ArithmeticOp.Divide, double.NaN, 0, ArithmeticFlags.None)]
    [InlineData(ArithmeticOp.Divide, 1, double.PositiveInfinity, ArithmeticFlags.None)]
    [InlineData(ArithmeticOp.Divide, 1e300, 1e-300, ArithmeticFlags.Overflow)]
    [InlineData(ArithmeticOp.Modulo, 1, 0, ArithmeticFlags.DivisionByZero)]
    public void Float_errors_are_those_of_PostgreSQL(ArithmeticOp op, double a, double b, ArithmeticFlags expected)
    {
        using var left = new Vector();
        using var right = new Vector();
        using var result = new Vector();
        foreach (var position in new[] { 0, 3, 9 }) // in registers and in the tail
        {
            var l = new VectorWriter(ArrowType.Float64, left, 10);
            var r = new VectorWriter(ArrowType.Float64, right, 10);
            for (var i = 0; i < 10; i++)
            {
                l.Append(i == position ? a : 7.0);
                r.Append(i == position ? b : 2.0);
            }
            Assert.Equal(expected, Arithmetic.Evaluate(op, left, right, 10, ArrowType.Float64, result));
            Assert.Equal(expected, Arithmetic.Recheck(op, left, right, 10, null));
        }
    }

    [Fact]
    public void Sign_operators() => Generated.ForAllSeeds(random =>
    {
        foreach (var type in Integers)
        {
            using var operand = Generated.Vector(random, type, 65);
            using var negated = new Vector();
            using var absolute = new Vector();
            UnaryArithmetic.Negate(operand, 65, negated);
            UnaryArithmetic.Abs(operand, 65, absolute);
            var least = false;
            for (var row = 0; row < 65; row++)
            {
                if (Generated.Integer(operand, row) is not { } value)
                {
                    Assert.False(negated.IsValid(row));
                    continue;
                }
                if (value == Range(type.Physical).Least)
                {
                    least = true;
                    continue;
                }
                Assert.Equal(-value, Generated.Integer(negated, row));
                Assert.Equal(BigInteger.Abs(value), Generated.Integer(absolute, row));
            }
            Assert.Equal(least, UnaryArithmetic.Recheck(operand, 65, null) == ArithmeticFlags.Overflow);
        }
    });

    [Fact]
    public void Widening_and_rescaling_agree_with_big_integers() => Generated.ForAllSeeds(random =>
    {
        using var left = Generated.Vector(random, ArrowType.Int64, 130);
        using var right = Generated.Vector(random, ArrowType.Int64, 130);
        using var result = new Vector();
        foreach (var op in new[] { ArithmeticOp.Add, ArithmeticOp.Subtract, ArithmeticOp.Multiply })
        {
            Decimals.Widening(op, left, right, 130, ArrowType.Decimal128(38, 0), result);
            for (var row = 0; row < 130; row++)
            {
                var (a, b) = (Generated.Integer(left, row), Generated.Integer(right, row));
                BigInteger? expected = null;
                if (a is not null && b is not null)
                {
                    Exact(op, a.Value, b.Value, PhysicalType.Int128, out var exact);
                    expected = exact;
                }
                Assert.Equal(expected, Generated.Integer(result, row));
            }
        }
        foreach (var type in Integers)
        {
            using var source = Generated.Vector(random, type, 65);
            var (from, to) = (random.Next(20), random.Next(20));
            var target = random.Next(2) == 0 ? ArrowType.Decimal64(random.Next(1, 19), to) : ArrowType.Decimal128(random.Next(1, 39), to);
            var suspected = Decimals.Rescale(source, from, to, target, 65, result);
            var limit = BigInteger.Pow(10, target.Precision);
            var overflow = false;
            for (var row = 0; row < 65; row++)
            {
                if (Generated.Integer(source, row) is not { } value)
                {
                    Assert.False(result.IsValid(row));
                    continue;
                }
                var exact = Rescale(value, to - from);
                if (BigInteger.Abs(exact) >= limit)
                    overflow = true;
                else
                    Assert.Equal(exact, Generated.Integer(result, row));
            }
            Assert.Equal(overflow, Decimals.RecheckRescale(source, from, to, target, 65, null) == ArithmeticFlags.Overflow);
            Assert.True(!overflow || suspected == ArithmeticFlags.Overflow);
        }
    });

    private static BigInteger Rescale(BigInteger value, int digits)
    {
        if (digits >= 0)
            return value * BigInteger.Pow(10, digits);
        var divisor = BigInteger.Pow(10, -digits);
        return BigInteger.Divide((2 * BigInteger.Abs(value)) + divisor, 2 * divisor) * value.Sign;
    }

    [Fact]
    public void Casts_between_integers_and_floats() => Generated.ForAllSeeds(random =>
    {
        ArrowType[] types = [ArrowType.Int8, ArrowType.Int16, ArrowType.Int32, ArrowType.Int64, ArrowType.Decimal128(38, 0)];
        foreach (var from in types)
        {
            using var source = Generated.Vector(random, from, 130);
            using var result = new Vector();
            foreach (var to in types)
            {
                var suspected = Cast.Evaluate(source, to, 130, result);
                Assert.Equal(to.Physical, result.Physical);
                var (least, most) = Range(to.Physical);
                var overflow = false;
                for (var row = 0; row < 130; row++)
                {
                    var value = Generated.Integer(source, row);
                    if (value < least || value > most)
                        overflow = true;
                    else
                        Assert.Equal(value, Generated.Integer(result, row));
                }
                Assert.Equal(overflow, Cast.Recheck(source, to, 130, null) == ArithmeticFlags.Overflow);
                Assert.True(!overflow || suspected == ArithmeticFlags.Overflow);
            }
            Cast.Evaluate(source, ArrowType.Float64, 130, result);
            for (var row = 0; row < 130; row++)
                Assert.Equal((double?)(Int128?)Generated.Integer(source, row), result.IsValid(row) ? result.Get<double>(row) : null);
        }
    });

    [Theory]
    [InlineData(2.5, 2, false)]
    [InlineData(3.5, 4, false)]
    [InlineData(-2.5, -2, false)]
    [InlineData(2147483647.4, 2147483647, false)]
    [InlineData(2147483647.5, 0, true)]
    [InlineData(double.NaN, 0, true)]
    [InlineData(double.NegativeInfinity, 0, true)]
    public void Floats_round_half_to_even(double value, int expected, bool overflow)
    {
        using var source = new Vector();
        using var result = new Vector();
        new VectorWriter(ArrowType.Float64, source, 1).Append(value);
        Assert.Equal(overflow ? ArithmeticFlags.Overflow : ArithmeticFlags.None, Cast.Evaluate(source, ArrowType.Int32, 1, result));
        if (!overflow)
            Assert.Equal(expected, result.Get<int>(0));
    }
}
