using System.Text;

namespace OmenDb.Types.Tests;

public class DateTimeTests
{
    private static long Timestamp(string text) => DateTimeParser.ParseTimestamp(Encoding.UTF8.GetBytes(text), -1, IoContext.Default);

    private static string Show(long timestamp)
    {
        var text = new byte[DateTimeText.MaxLength];
        return Encoding.ASCII.GetString(text, 0, DateTimeText.FormatTimestamp(timestamp, null, DateStyle.Iso, DateOrder.Mdy, text));
    }

    [Fact]
    public void Fields_and_arithmetic_are_PostgreSQLs() => Oracle.AssertAll(Oracle.Read("datetime_fields.tsv").Select(row =>
    {
        var at = Timestamp(row[2]);
        return ($"{row[0]} {row[1]} {row[2]}", row[3], Oracle.Result(() => row[0] switch
        {
            "extract" => DateTimeFields.Extract(DateTimeFields.Parse(row[1]), at),
            "trunc" => Show(DateTimeMath.Truncate(row[1], at)),
            "add" => Show(DateTimeMath.Add(at, IntervalParser.Parse(Encoding.UTF8.GetBytes(row[1])))),
            "age" => DateTimeMath.Age(at, Timestamp(row[1])),
            _ => (object)DateTimeMath.Difference(at, Timestamp(row[1])),
        }));
    }));
}
