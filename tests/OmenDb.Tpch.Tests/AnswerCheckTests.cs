using OmenDb.Tpch.Queries;
using OmenDb.Tpch.Reference;

namespace OmenDb.Tpch.Tests;

public sealed class AnswerCheckTests
{
    public static TheoryData<int> Numbers => new(Enumerable.Range(1, 22));

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Accepts_the_answer_itself_at_every_scale(int number)
    {
        foreach (var scaleFactor in TpchReference.ScaleFactors)
            Assert.Null(AnswerCheck.Compare(TpchQueries.Get(number), scaleFactor, Answer(scaleFactor, number)));
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Accepts_char_without_padding(int number)
    {
        var query = TpchQueries.Get(number);
        var rows = Answer(1, number);
        foreach (var row in rows)
        {
            for (var column = 0; column < row.Length; column++)
            {
                if (query.Columns[column].Kind == AnswerColumnKind.Padded)
                    row[column] = row[column].TrimEnd(' ');
            }
        }
        Assert.Null(AnswerCheck.Compare(query, 1, rows));
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Rejects_a_change_in_any_column_and_names_it(int number)
    {
        var query = TpchQueries.Get(number);
        for (var column = 0; column < query.Columns.Count; column++)
        {
            var rows = Answer(1, number);
            var row = rows.Count / 2;
            rows[row][column] = query.Columns[column].Kind switch
            {
                AnswerColumnKind.Text or AnswerColumnKind.Padded => "x" + rows[row][column],
                AnswerColumnKind.Approximate => (double.Parse(rows[row][column]) * (1 + 1e-8)).ToString("R"),
                _ => (decimal.Parse(rows[row][column]) + 0.0001m).ToString(),
            };
            var difference = AnswerCheck.Compare(query, 1, rows);
            Assert.NotNull(difference);
            Assert.StartsWith($"Q{number}, row {row + 1}, column {query.Columns[column].Name}: expected", difference);
        }
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Rejects_missing_and_extra_rows(int number)
    {
        var query = TpchQueries.Get(number);
        var rows = Answer(1, number);
        Assert.Contains("first missing row", AnswerCheck.Compare(query, 1, rows[..^1]), StringComparison.Ordinal);
        Assert.Contains("first extra row", AnswerCheck.Compare(query, 1, [.. rows, rows[^1]]), StringComparison.Ordinal);
        Assert.Contains(
            "columns, found", AnswerCheck.Compare(query, 1, [rows[0][..^1], .. rows[1..]]), StringComparison.Ordinal);
    }

    [Fact]
    public void Accepts_permuted_ties_and_rejects_permuted_keys()
    {
        var query = TpchQueries.Get(10); // sorted by revenue alone
        var expected = Answer(1, 10);
        expected[3][2] = expected[4][2];
        List<string[]> swapped = [.. expected];
        (swapped[3], swapped[4]) = (swapped[4], swapped[3]);
        Assert.Null(AnswerCheck.Compare(query, expected, swapped));
        (swapped[7], swapped[8]) = (swapped[8], swapped[7]);
        Assert.StartsWith("Q10, row 8, column c_custkey", AnswerCheck.Compare(query, expected, swapped));
        swapped = [.. expected];
        swapped[3] = swapped[4]; // the same row twice is no permutation
        Assert.StartsWith("Q10, row 5", AnswerCheck.Compare(query, expected, swapped));
    }

    [Fact]
    public void Trailing_zeros_and_digits_of_averages_do_not_count()
    {
        var q1 = TpchQueries.Get(1);
        var rows = Answer(1, 1);
        rows[0][2] = "37734107";
        rows[0][4] = "53758257134.87";
        rows[0][6] = "25.52200585325734";
        Assert.Null(AnswerCheck.Compare(q1, 1, rows));
    }

    [Fact]
    public void Null_is_the_empty_field()
    {
        var q17 = TpchQueries.Get(17);
        Assert.Null(AnswerCheck.Compare(q17, [[""]], [[null]]));
        Assert.NotNull(AnswerCheck.Compare(q17, [["0"]], [[null]]));
    }

    [Fact]
    public void Scales_without_reference_are_an_error() =>
        Assert.Throws<ArgumentException>(() => AnswerCheck.Compare(TpchQueries.Get(1), 10, []));

    private static List<string[]> Answer(double scaleFactor, int number) => [.. TpchReference.Answer(scaleFactor, number)!];
}
