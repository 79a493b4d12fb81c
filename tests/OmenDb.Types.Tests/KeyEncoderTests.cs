using System.Buffers;
using System.Text;
using OmenDb.Arrow;

namespace OmenDb.Types.Tests;

public class KeyEncoderTests
{
    [Theory]
    [InlineData("numeric", "-Infinity|-1e30|-10|-9.99|-1.5|-0.001|0|0.0009|0.001|1|1.05|1.5|9|10|99.5|1e30|Infinity|NaN")]
    [InlineData("text", "|a|aa|ab|b|ba")]
    [InlineData("float8", "-Infinity|-1e300|-1|0|1e-300|2.5|Infinity|NaN")]
    [InlineData("int4", "-2147483648|-1|0|1|2147483647")]
    [InlineData("timestamp", "-infinity|1900-01-01|2020-01-01|infinity")]
    [InlineData("interval", "-1 mon|-1 day|0|23:59:59|1 day|29 days|1 mon|1 year")]
    [InlineData("uuid", "00000000-0000-0000-0000-000000000001|00000000-0000-0000-0000-000000000100|ff000000-0000-0000-0000-000000000000")]
    public void Byte_order_is_value_order(string typeName, string ascending)
    {
        var type = SqlType.Of(PgTypes.Find(typeName)!.Id);
        var values = ascending.Split('|');
        using var vector = new Vector();
        var writer = new VectorWriter(type.Arrow, vector, values.Length + 1);
        foreach (var value in values)
            TypeIo.Parse(type, Encoding.UTF8.GetBytes(value), IoContext.Default, writer);
        writer.AppendNull();
        for (var i = 1; i < values.Length; i++)
        {
            Assert.True(Compare(type, vector, i - 1, i, false) < 0, $"{values[i - 1]} < {values[i]}");
            Assert.True(Compare(type, vector, i - 1, i, true) > 0, $"{values[i - 1]} > {values[i]} descending");
        }
        Assert.True(Compare(type, vector, 0, values.Length, false) < 0, "nulls last");
    }

    private static int Compare(SqlType type, Vector vector, int left, int right, bool descending) =>
        Key(type, vector, left, descending).AsSpan().SequenceCompareTo(Key(type, vector, right, descending));

    private static byte[] Key(SqlType type, Vector vector, int row, bool descending)
    {
        var target = new ArrayBufferWriter<byte>();
        KeyEncoder.Append(new KeyColumn(type, descending, NullsFirst: false), vector, row, target);
        return target.WrittenSpan.ToArray();
    }
}
