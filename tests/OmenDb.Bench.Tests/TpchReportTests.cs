using System.Text.Json;
using OmenDb.Tools.Bench;
using OmenDb.Tools.Bench.Tpch;

namespace OmenDb.Bench.Tests;

public sealed class TpchReportTests
{
    private static readonly TpchOptions Options = new() { ScaleFactor = 0.1, Threads = 2, Runs = 3, Queries = [1, 6] };

    private static readonly QueryResult Right = new(1, 40, [8, 2, 4], 4, AnswerState.Right, null);
    private static readonly QueryResult Wrong = new(6, 10, [9], 1, AnswerState.Wrong, "Q6, row 1, column revenue: expected \"1\", found \"2\"");
    private static readonly QueryResult Failed = new(9, null, [], 0, AnswerState.Failed, "0A000: not supported");

    [Fact]
    public void Table_shows_times_means_and_answers()
    {
        var text = Text(Run([Right, Right with { Number = 6, RunsMs = [1, 1], FirstMs = 10 }]));
        Assert.Matches(@"Q1 .* 40\.00 .* 2\.00 .* 4\.00 .* 4 .* right", text);
        Assert.Matches(@"sum .* 50\.00 .* 3\.00 .* 5\.00", text);
        Assert.Matches(@"geomean .* 20\.00 .* 1\.41 .* 2\.00", text);
        Assert.EndsWith("2 of 2 answers right\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_answer_is_told_in_full_and_makes_the_run_wrong()
    {
        var run = Run([Right, Wrong]);
        var text = Text(run);
        Assert.Contains("WRONG", text, StringComparison.Ordinal);
        Assert.Contains(Wrong.Remark!, text, StringComparison.Ordinal);
        Assert.EndsWith("1 of 2 answers right, 1 wrong\n", text, StringComparison.Ordinal);
        Assert.False(run.IsRight);
    }

    [Fact]
    public void A_failed_query_leaves_no_mean()
    {
        var run = Run([Right, Failed]);
        var text = Text(run);
        Assert.Matches(@"geomean[ │]+- [ │]+- [ │]+- ", text);
        Assert.Contains("Q9 0A000: not supported", text, StringComparison.Ordinal);
        Assert.False(run.IsRight);
    }

    [Fact]
    public void Answers_without_reference_are_said_to_be_unchecked()
    {
        var run = Run([Right with { Answer = AnswerState.NotChecked }]) with { WhyNotChecked = "no reference" };
        Assert.EndsWith("answers not checked: no reference\n", Text(run), StringComparison.Ordinal);
        Assert.True(run.IsRight);
    }

    [Fact]
    public void Median_of_an_even_number_of_runs_is_between_the_middle_ones()
    {
        Assert.Equal(3, new QueryResult(1, 9, [8, 2, 4, 1], 1, AnswerState.Right, null).MedianMs);
        Assert.Equal(9, new QueryResult(1, 9, [], 1, AnswerState.Right, null).MedianMs);
    }

    [Fact]
    public void Json_has_every_query()
    {
        using var stream = new MemoryStream();
        TpchJson.Write(stream, Run([Right, Failed]));
        using var json = JsonDocument.Parse(stream.ToArray());
        var queries = json.RootElement.GetProperty("queries");
        Assert.Equal(2, queries.GetArrayLength());
        Assert.Equal(2, queries[0].GetProperty("min_ms").GetDouble());
        Assert.Equal(3, queries[0].GetProperty("runs_ms").GetArrayLength());
        Assert.Equal("failed", queries[1].GetProperty("answer").GetString());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("geomean_min_ms").ValueKind);
    }

    private static TpchRunResult Run(QueryResult[] queries) => new("a system", Options, 1.5, 1000, null, queries);

    private static string Text(TpchRunResult run)
    {
        var writer = new StringWriter { NewLine = "\n" };
        TpchReport.Write(BenchConsole.ForText(writer), run);
        return writer.ToString().ReplaceLineEndings("\n");
    }
}
