using System.Globalization;
using System.Text;

namespace OmenDb.Types.Tests;

public class IntervalTests
{
    private static PgInterval Parse(string text, IntervalFields fields = IntervalFields.None) => IntervalParser.Parse(Encoding.UTF8.GetBytes(text), fields);

    [Fact]
    public void Parsing_accepts_what_PostgreSQL_accepts() => Oracle.AssertAll(Oracle.Read("interval_parse.tsv").Select(row =>
        ($"'{row[0]}'", row[1], Oracle.Result(() => Parse(row[0])))));

    [Fact]
    public void Styles_print_as_PostgreSQL_does() => Oracle.AssertAll(Oracle.Read("interval_styles.tsv").Select(row =>
    {
        var text = new byte[IntervalText.MaxLength];
        var length = IntervalText.Format(Parse(row[0]), Enum.Parse<IntervalStyle>(row[1]), text);
        return ($"{row[0]} in {row[1]}", row[2], Encoding.ASCII.GetString(text, 0, length));
    }));

    [Fact]
    public void Arithmetic_spills_as_in_PostgreSQL() => Oracle.AssertAll(Oracle.Read("interval_math.tsv").Select(row =>
        ($"{row[0]} {row[1]} {row[2]}", row[3], Oracle.Result(() => row[0] switch
        {
            "mul" => PgInterval.Multiply(Parse(row[1]), double.Parse(row[2], CultureInfo.InvariantCulture)),
            "div" => PgInterval.Divide(Parse(row[1]), double.Parse(row[2], CultureInfo.InvariantCulture)),
            "justify_hours" => Parse(row[1]).JustifyHours(),
            "justify_days" => Parse(row[1]).JustifyDays(),
            "justify_interval" => Parse(row[1]).Justify(),
            _ => Parse(row[1], Qualifier(row[2])),
        }))));

    private static IntervalFields Qualifier(string words)
    {
        var parts = words.Split(" to ");
        var first = (int)Enum.Parse<IntervalFields>(parts[0], ignoreCase: true);
        var last = (int)Enum.Parse<IntervalFields>(parts[^1], ignoreCase: true);
        return (IntervalFields)((last << 1) - first);
    }

    [Fact]
    public void A_month_equals_thirty_days()
    {
        Assert.Equal(Parse("1 mon"), Parse("30 days"));
        Assert.Equal(Parse("1 mon").GetHashCode(), Parse("720:00:00").GetHashCode());
        Assert.False(Parse("1 mon").IsIdentical(Parse("30 days")));
        Assert.True(Parse("29 days 23:59:59") < Parse("1 mon"));
    }
}
