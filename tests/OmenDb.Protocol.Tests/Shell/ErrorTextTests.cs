using OmenDb.Tools.Server.Commands;
using OmenDb.Tools.Server.Shell;
using OmenDb.Types;

namespace OmenDb.Protocol.Tests.Shell;

public class ErrorTextTests
{
    [Fact]
    public void The_caret_stands_under_the_place()
    {
        var error = new SqlException(SqlState.UndefinedColumn, "column \"idd\" does not exist") { Position = 15, Hint = "Perhaps you meant \"t.id\"." };
        Assert.Equal("""
            ERROR:  column "idd" does not exist
            LINE 2:        idd
                           ^
            HINT:  Perhaps you meant "t.id".
            """, ErrorText.Of(error, "select\n       idd\nfrom t"));
    }

    [Fact]
    public void A_long_line_is_cut_around_the_place()
    {
        var sql = "select " + new string('1', 200) + " +! 2 " + new string('3', 200);
        var lines = ErrorText.Of(SqlException.Syntax("syntax error", sql.IndexOf('!') + 1), sql).Split('\n');
        Assert.Equal('!', lines[1][lines[2].IndexOf('^')]);
        Assert.InRange(lines[1].Length, 60, 100);
    }

    [Fact]
    public void An_error_at_the_end_of_the_text_has_its_caret_behind_it() =>
        Assert.Equal("ERROR:  e\nLINE 1: select\n              ^", ErrorText.Of(SqlException.Syntax("e", 7), "select"));

    [Theory]
    [InlineData("8GB", 8L << 30)]
    [InlineData("512 mb", 512L << 20)]
    [InlineData("1.5GiB", 3L << 29)]
    [InlineData("100k", 100L << 10)]
    [InlineData("4096", 4096L)]
    public void Sizes_have_units_of_1024(string text, long bytes)
    {
        Assert.True(CommonOptions.TryParseSize(text, out var parsed));
        Assert.Equal(bytes, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GB")]
    [InlineData("-1GB")]
    [InlineData("8XB")]
    [InlineData("99999999999TB")]
    public void What_is_no_size_is_refused(string text) => Assert.False(CommonOptions.TryParseSize(text, out _));
}
