using Npgsql;
using OmenDb.Tpch.Targets;

namespace OmenDb.Tpch.Tests;

public sealed class PostgresUrlTests
{
    [Fact]
    public void All_parts()
    {
        var parsed = Parse("postgres://me:p%40ss%3Aword@example.org:6543/my%20db?sslmode=require&Timeout=3");
        Assert.Equal("example.org", parsed.Host);
        Assert.Equal(6543, parsed.Port);
        Assert.Equal("me", parsed.Username);
        Assert.Equal("p@ss:word", parsed.Password);
        Assert.Equal("my db", parsed.Database);
        Assert.Equal(SslMode.Require, parsed.SslMode);
        Assert.Equal(3, parsed.Timeout);
    }

    [Fact]
    public void What_is_left_out_is_as_in_libpq()
    {
        var parsed = Parse("postgresql://omendb@127.0.0.1");
        Assert.Equal(5432, parsed.Port);
        Assert.Equal("omendb", parsed.Database);
        Assert.Null(parsed.Password);
        Assert.Equal(Environment.UserName, Parse("postgres://localhost/x").Username);
        Assert.Equal("::1", Parse("postgres://u@[::1]:5433/x").Host);
    }

    [Theory]
    [InlineData("127.0.0.1:5432")]
    [InlineData("http://127.0.0.1/x")]
    [InlineData("postgres://")]
    [InlineData("postgres://h:port/x")]
    [InlineData("postgres://h/x?unknown=1")]
    [InlineData("postgres://h/x?timeout=soon")]
    public void What_is_no_target_is_refused_with_a_sentence(string text)
    {
        Assert.Null(PostgresUrl.TryParse(text, out var error));
        Assert.NotEmpty(error);
    }

    private static NpgsqlConnectionStringBuilder Parse(string text) => new(PostgresUrl.TryParse(text, out _));
}
