using System.Numerics;
using FsCheck;
using FsCheck.Fluent;

namespace OmenDb.Types.Tests;

public class NumericTests
{
    [Fact]
    public void Pairs_have_PostgreSQLs_digits() => Oracle.AssertAll(PairCases());

    private static IEnumerable<(string, string, string)> PairCases()
    {
        foreach (var row in Oracle.Read("numeric_pairs.tsv"))
        {
            var a = PgNumeric.Parse(row[0]);
            var b = PgNumeric.Parse(row[1]);
            yield return ($"{row[0]} + {row[1]}", row[2], Oracle.Result(() => a + b));
            yield return ($"{row[0]} - {row[1]}", row[3], Oracle.Result(() => a - b));
            yield return ($"{row[0]} * {row[1]}", row[4], Oracle.Result(() => a * b));
            yield return ($"{row[0]} / {row[1]}", row[5], Oracle.Result(() => a / b));
            yield return ($"{row[0]} % {row[1]}", row[6], Oracle.Result(() => a % b));
            yield return ($"div({row[0]}, {row[1]})", row[7], Oracle.Result(() => PgNumeric.DivideTruncated(a, b)));
            yield return ($"{row[0]} <=> {row[1]}", row[8], Math.Sign(a.CompareTo(b)).ToString());
            if (a == b)
                Assert.Equal(a.GetHashCode(), b.GetHashCode());
        }
    }

    [Fact]
    public void Functions_have_PostgreSQLs_digits() => Oracle.AssertAll(Oracle.Read("numeric_unary.tsv").Select(row =>
    {
        var x = PgNumeric.Parse(row[0]);
        return ($"{row[1]}({row[0]})", row[2], Oracle.Result(() => row[1] switch
        {
            "sqrt" => x.Sqrt(),
            "exp" => x.Exp(),
            "ln" => x.Ln(),
            "log" => x.Log10(),
            "floor" => x.Floor(),
            "ceil" => x.Ceiling(),
            "round" => x.Round(0),
            "trunc" => x.Truncate(0),
            "sign" => x.Sign(),
            "abs" => x.Abs(),
            "trim_scale" => x.TrimScale(),
            "numeric_send" => Hex(x),
            "float8" => FloatText(x.ToFloat8()),
            "float4" => FloatText(x.ToFloat4()),
            "int8" => x.ToInt64(),
            "int4" => x.ToInt32(),
            _ => (object)x.ToInt16(),
        }));
    }));

    private static string Hex(PgNumeric x)
    {
        var buffer = new byte[x.MaxBinaryLength];
        var length = x.WriteBinary(buffer);
        var back = PgNumeric.ReadBinary(buffer.AsSpan(0, length));
        Assert.Equal(x.ToString(), back.ToString());
        return "\\x" + Convert.ToHexStringLower(buffer, 0, length);
    }

    private static string FloatText(double value)
    {
        Span<byte> text = stackalloc byte[32];
        return System.Text.Encoding.ASCII.GetString(text[..OmenDb.Types.FloatText.Format(value, 1, text)]);
    }

    private static string FloatText(float value)
    {
        Span<byte> text = stackalloc byte[32];
        return System.Text.Encoding.ASCII.GetString(text[..OmenDb.Types.FloatText.Format(value, 1, text)]);
    }

    [Fact]
    public void Power_log_and_rounding_have_PostgreSQLs_digits() => Oracle.AssertAll(Oracle.Read("numeric_power.tsv").Select(row =>
    {
        var x = PgNumeric.Parse(row[1]);
        var y = PgNumeric.Parse(row[2]);
        return ($"{row[0]}({row[1]}, {row[2]})", row[3], Oracle.Result(() => row[0] switch
        {
            "power" => PgNumeric.Power(x, y),
            "log" => PgNumeric.Log(x, y),
            "round" => x.Round(y.ToInt32()),
            _ => x.Truncate(y.ToInt32()),
        }));
    }));

    [Fact]
    public void Parsing_accepts_what_PostgreSQL_accepts() => Oracle.AssertAll(Oracle.Read("numeric_parse.tsv").SelectMany(row => new[]
    {
        ($"'{row[0]}'", row[1], Oracle.Result(() => PgNumeric.Parse(row[0]))),
        ($"'{row[0]}'::numeric(5,2)", row[2], Oracle.Result(() => PgNumeric.Parse(row[0]).ToPrecision(5, 2))),
        ($"'{row[0]}'::numeric(20,3)", row[3], Oracle.Result(() => PgNumeric.Parse(row[0]).ToPrecision(20, 3))),
        ($"'{row[0]}'::decimal64(5,2)", row[2], Oracle.Result(() =>
            PgNumeric.FromDecimal64(ScaledDecimal.Parse64(System.Text.Encoding.UTF8.GetBytes(row[0]), 5, 2), 2))),
    }));

    [Fact]
    public void Arithmetic_agrees_with_BigInteger()
    {
        var values = Gen.Sized(size => Gen.Choose(0, Math.Max(1, size / 4))
            .SelectMany(length => Gen.ArrayOf(Gen.Choose(0, 255), length))
            .SelectMany(bytes => Gen.Choose(0, 30).Select(scale => (Mantissa: new BigInteger(Array.ConvertAll(bytes, b => (byte)b)), Scale: scale))));
        var pairs = values.SelectMany(a => values.Select(b => (a, b))).ToArbitrary();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(pairs, p =>
        {
            var a = PgNumeric.FromScaled(p.a.Mantissa, p.a.Scale);
            var b = PgNumeric.FromScaled(p.b.Mantissa, p.b.Scale);
            var scale = Math.Max(p.a.Scale, p.b.Scale);
            var left = p.a.Mantissa * BigInteger.Pow(10, scale - p.a.Scale);
            var right = p.b.Mantissa * BigInteger.Pow(10, scale - p.b.Scale);
            Assert.Equal((left + right, scale), Parts(a + b));
            Assert.Equal((left - right, scale), Parts(a - b));
            Assert.Equal((p.a.Mantissa * p.b.Mantissa, p.a.Scale + p.b.Scale), Parts(a * b));
            Assert.Equal(left.CompareTo(right), a.CompareTo(b));
            Assert.Equal(Parts(a), Parts(PgNumeric.Read(a.ToBytes())));
            Assert.Equal(a.EncodedLength, a.ToBytes().Length);
            Assert.Equal(Parts(a), Parts(PgNumeric.Parse(a.ToString())));
            if (!b.IsZero)
                Assert.Equal(left - left / right * right, Parts(a % b).Item1);
        }));
    }

    private static (BigInteger, int) Parts(PgNumeric value) => (value.Mantissa, value.Scale);

    [Fact]
    public void Small_values_stand_inline_in_a_view()
    {
        Assert.InRange(PgNumeric.Parse("-9223372036854775807.5").Truncate(0).EncodedLength, 0, 12);
        Assert.InRange(PgNumeric.Parse("0.000000000000123456").EncodedLength, 0, 12);
        Assert.Equal(2, PgNumeric.NaN.EncodedLength);
        Assert.Equal(2, PgNumeric.Zero.EncodedLength);
    }

    [Theory]
    [InlineData(0.1, "0.1")]
    [InlineData(1e20, "100000000000000000000")]
    [InlineData(1234567890123456789.0, "1234567890123460000")]
    [InlineData(1000000000000005.0, "1000000000000000")] // C rounds the exact tie to even
    [InlineData(1.5e-7, "0.00000015")]
    [InlineData(-2.5, "-2.5")]
    public void Doubles_become_15_digits(double value, string expected) => Assert.Equal(expected, PgNumeric.FromDouble(value).ToString());

    [Fact]
    public void Overflow_of_a_field_has_its_detail()
    {
        var error = Assert.Throws<SqlException>(() => PgNumeric.Parse("1000").ToPrecision(5, 2));
        Assert.Equal("A field with precision 5, scale 2 must round to an absolute value less than 10^3.", error.Detail);
        error = Assert.Throws<SqlException>(() => PgNumeric.Parse("1").ToPrecision(2, 2));
        Assert.Equal("A field with precision 2, scale 2 must round to an absolute value less than 1.", error.Detail);
    }
}
