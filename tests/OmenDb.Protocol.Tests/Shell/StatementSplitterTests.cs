using OmenDb.Tools.Server.Shell;

namespace OmenDb.Protocol.Tests.Shell;

public class StatementSplitterTests
{
    private static string[] Split(params string[] lines)
    {
        var splitter = new StatementSplitter();
        string[] statements = [.. lines.SelectMany(splitter.Feed)];
        return splitter.IsEmpty ? statements : [.. statements, "rest:" + splitter.TakeRest()];
    }

    [Theory]
    [InlineData("select 1; select 2;", new[] { "select 1", " select 2" })]
    [InlineData("select ';'; x;", new[] { "select ';'", " x" })]
    [InlineData("select 'it''s;';", new[] { "select 'it''s;'" })]
    [InlineData("select E'\\';';", new[] { "select E'\\';'" })]
    [InlineData("select 'a\\'; b;", new[] { "select 'a\\'", " b" })]
    [InlineData("select \"a;b\";", new[] { "select \"a;b\"" })]
    [InlineData("select $$a;b$$; x;", new[] { "select $$a;b$$", " x" })]
    [InlineData("select $f$ $$;$$ $f$;", new[] { "select $f$ $$;$$ $f$" })]
    [InlineData("select $1; x;", new[] { "select $1", " x" })]
    [InlineData("/* a; /* b; */ c; */ select 1;", new[] { "/* a; /* b; */ c; */ select 1" })]
    [InlineData("create rule r as (a; b);", new[] { "create rule r as (a; b)" })]
    [InlineData("select 1; -- done;", new[] { "select 1" })]
    [InlineData(";;", new string[0])]
    [InlineData("select 1", new[] { "rest:select 1\n" })]
    public void Semicolons_end_statements_only_in_the_open(string line, string[] statements) => Assert.Equal(statements, Split(line));

    [Fact]
    public void Lines_stay_lines()
    {
        Assert.Equal(["select\n  1 -- one;\n  + 2"], Split("select", "  1 -- one;", "  + 2;"));
        Assert.Equal(["select 'a\n;b'"], Split("select 'a", ";b';"));
    }

    [Fact]
    public void The_prompt_tells_what_is_open()
    {
        var splitter = new StatementSplitter();
        Assert.Equal('=', splitter.PromptMark);
        Assert.Empty(splitter.Feed("select ("));
        Assert.Equal('(', splitter.PromptMark);
        Assert.Empty(splitter.Feed("1) + '"));
        Assert.Equal('\'', splitter.PromptMark);
        Assert.Empty(splitter.Feed("' /*"));
        Assert.Equal('*', splitter.PromptMark);
        Assert.Empty(splitter.Feed("*/"));
        Assert.Equal('-', splitter.PromptMark);
    }
}
