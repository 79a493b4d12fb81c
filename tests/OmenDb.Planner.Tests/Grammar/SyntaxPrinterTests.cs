using OmenDb.Planner.Grammar;
using OmenDb.Planner.Syntax;
using OmenDb.Types;
using Xunit.Abstractions;

namespace OmenDb.Planner.Tests.Grammar;

/// <summary>Printed text parses again and prints the same: nothing is lost between text, tree and text.</summary>
public sealed class SyntaxPrinterTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("a + b * 2", "(a + (b * 2))")]
    [InlineData("x > 0 and not y is null or z", "(((x > 0) AND (NOT (y IS NULL))) OR z)")]
    [InlineData("nextval('t_id_seq'::regclass)", "nextval('t_id_seq'::regclass)")]
    [InlineData("case when a then 1 else -2 end", "CASE WHEN a THEN 1 ELSE (-2) END")]
    [InlineData("extract(year from d)", "EXTRACT(year FROM d)")]
    [InlineData("\"Odd name\" || 'it''s'", "(\"Odd name\" || 'it''s')")]
    [InlineData("cast(x as numeric(10,2))", "x::numeric(10, 2)")]
    public void PrintsAsPostgresDoes(string sql, string expected) => Assert.Equal(expected, SyntaxPrinter.Print(SqlParser.ParseExpression(sql)));

    [Fact]
    public void PrintedQueriesReadBackTheSame()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("OMENDB_SEED"), out var given) ? given : Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var checkedCount = 0;
        for (var i = 0; i < 5_000; i++)
        {
            var sentence = EbnfTests.Sentences.Derive("query", random, random.Next(4, 18));
            if (sentence.Length > 3000 || SqlParser.ParseStatement(sentence) is not QueryStatement statement)
                continue;
            string once;
            try
            {
                once = SyntaxPrinter.Print(statement.Query);
            }
            catch (SqlException error) when (error.SqlState == SqlState.FeatureNotSupported)
            {
                continue; // data-modifying WITH queries are not stored
            }
            var again = Record.Exception(() => Assert.Equal(once, SyntaxPrinter.Print(((QueryStatement)SqlParser.ParseStatement(once)).Query)));
            Assert.True(again is null, $"seed {seed}\n{sentence}\n{once}\n{again}");
            checkedCount++;
        }
        Assert.True(checkedCount > 1000);
    }
}
