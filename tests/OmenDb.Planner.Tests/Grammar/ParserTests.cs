using OmenDb.Planner.Grammar;
using OmenDb.Planner.Syntax;
using OmenDb.Types;

namespace OmenDb.Planner.Tests.Grammar;

public class ParserTests
{
    [Fact]
    public void What_PostgreSQL_parses_we_parse()
    {
        var failures = new List<string>();
        foreach (var statement in Corpus.Statements)
        {
            try
            {
                Assert.NotNull(SqlParser.ParseStatement(statement));
            }
            catch (SqlException exception)
            {
                failures.Add($"{statement}\n    {exception.SqlState} {exception.Message} at {exception.Position}");
            }
        }
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    [Fact]
    public void Our_own_statements_parse()
    {
        var alter = Assert.IsType<AlterTableStatement>(SqlParser.ParseStatement("alter table t seal"));
        Assert.IsType<SealAction>(Assert.Single(alter.Actions));
        var query = (QueryStatement)SqlParser.ParseStatement("select * from a asof left join b on a.t >= b.t");
        var join = Assert.IsType<JoinReference>(Assert.Single(((SelectCore)query.Query).From));
        Assert.True(join.IsAsOf);
        Assert.Equal(JoinKind.Left, join.Kind);
    }

    [Fact]
    public void A_script_is_split_with_its_positions()
    {
        const string script = ";; select 1 ; ; select ';' -- x;\n;";
        var statements = SqlParser.ParseScript(script);
        Assert.Equal(["select 1", "select ';'"], statements.Select(s => s.Text(script).ToString()));
    }

    [Theory]
    [InlineData('(')]
    [InlineData('[')]
    [InlineData('n')]
    [InlineData('-')]
    [InlineData('f')]
    [InlineData('s')]
    public void Deep_nesting_is_an_error_not_a_crash(char kind)
    {
        const int depth = 100_000;
        var text = "select " + kind switch
        {
            '(' => new string('(', depth) + "1" + new string(')', depth),
            '[' => "array" + new string('[', depth),
            'n' => string.Concat(Enumerable.Repeat("not ", depth)) + "true",
            '-' => string.Concat(Enumerable.Repeat("- ", depth)) + "a",
            'f' => "* from " + new string('(', depth) + "select 1",
            _ => string.Concat(Enumerable.Repeat("(select ", depth)) + "1",
        };
        Assert.Equal(SqlState.StatementTooComplex, Assert.Throws<SqlException>(() => SqlParser.ParseStatement(text)).SqlState);
    }

    [Fact]
    public void Long_chains_are_flat()
    {
        var or = "a = 1" + string.Concat(Enumerable.Repeat(" or a = 1", 100_000));
        Assert.Equal(100_001, Assert.IsType<OrExpression>(SqlParser.ParseExpression(or)).Operands.Length);
        var union = "select 1" + string.Concat(Enumerable.Repeat(" union all select 1", 50_000));
        var query = (QueryStatement)SqlParser.ParseStatement(union);
        Assert.Equal(50_001, Assert.IsType<SetOperation>(query.Query).Inputs.Length);
    }
}
