using System.Text;

namespace OmenDb.Engine.Tests.Session;

public class CopyTests
{
    private static string CopyIn(SessionFixture db, string sql, string data, int chunk = 3)
    {
        foreach (var result in db.Session.ExecuteScript(sql))
        {
            Assert.Equal(CopyDirection.In, result.Copy);
            var bytes = Encoding.UTF8.GetBytes(data);
            for (var i = 0; i < bytes.Length; i += chunk)
                result.Write(bytes.AsSpan(i, Math.Min(chunk, bytes.Length - i)));
            result.Complete();
            return result.Portal.CommandTag;
        }
        return "";
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(10000)]
    public void Text_format_with_escapes_and_nulls(int chunk)
    {
        using var db = new SessionFixture();
        db.Run("create table t (a int, b text, c int default 7)");
        Assert.Equal("COPY 3", CopyIn(db, "copy t (a, b) from stdin", "1\tx\\ty\\\\\n2\t\\N\n3\tline\\nbreak\n", chunk));
        Assert.Equal("1\tx\\ty\\\\\t7\n2\t\\N\t7\n3\tline\\nbreak\t7\nCOPY 3", db.Run("copy t to stdout"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10000)]
    public void Csv_with_quotes_and_header(int chunk)
    {
        using var db = new SessionFixture();
        db.Run("create table t (a int, b text)");
        Assert.Equal("COPY 4", CopyIn(db, "copy t from stdin (format csv, header)", "a,b\r\n1,\"x,\"\"y\"\"\r\nz\"\r\n2,\r\n3,\"\"\r\n4,plain", chunk));
        Assert.Equal("1|x,\"y\"\r\nz\n2|\n3|\n4|plain", db.Run("select * from t order by a"));
        Assert.Equal("2", db.Run("select a from t where b is null"));
        Assert.Equal("a,b\n2,\n3,\"\"\n4,\"plain\"\nCOPY 3", db.Run("copy (select * from t where a > 1 order by a) to stdout (format csv, header, force_quote (b))"));
    }

    [Fact]
    public void Errors_name_line_and_column()
    {
        using var db = new SessionFixture();
        db.Run("create table t (a int primary key, b int)");
        var error = Assert.Throws<OmenDb.Types.SqlException>(() => CopyIn(db, "copy t from stdin", "1\t2\n2\tx\n"));
        Assert.Equal("22P02", error.SqlState);
        Assert.Equal("COPY t, line 2, column b: \"x\"", error.Where);
        error = Assert.Throws<OmenDb.Types.SqlException>(() => CopyIn(db, "copy t from stdin", "1\n"));
        Assert.Equal(("22P04", "missing data for column \"b\"", "COPY t, line 1: \"1\""), (error.SqlState, error.Message, error.Where));
        error = Assert.Throws<OmenDb.Types.SqlException>(() => CopyIn(db, "copy t from stdin", "1\t2\t3\n"));
        Assert.Equal("extra data after last expected column", error.Message);
        error = Assert.Throws<OmenDb.Types.SqlException>(() => CopyIn(db, "copy t from stdin", "1\t2\n1\t3\n"));
        Assert.Equal(("23505", "COPY t, line 2"), (error.SqlState, error.Where));
        Assert.Equal("0", db.Run("select count(*) from t"));
    }

    /// <summary>Lines "1 1" to "n n", one of them changed.</summary>
    private static string Lines(int count, params (int Line, string Text)[] changed)
    {
        var text = new StringBuilder();
        for (var line = 1; line <= count; line++)
        {
            var other = Array.Find(changed, c => c.Line == line).Text;
            text.Append(other ?? $"{line}\t{line}").Append('\n');
        }
        return text.ToString();
    }

    /// <summary>Fields of all lengths around the width of a vector, with escapes in every other line.</summary>
    [Fact]
    public void Lines_of_any_length_are_divided()
    {
        using var db = new SessionFixture();
        db.Run("create table t (a text, b text, c text)");
        var (data, expected) = (new StringBuilder(), new StringBuilder());
        for (var i = 0; i < 100; i++)
        {
            var (a, b, c) = (new string('a', i), new string('b', i * 7 % 40), new string('c', 99 - i));
            data.Append(a).Append('|').Append(b).Append(i % 2 == 0 ? "" : "\\|").Append('|').Append(c).Append('\n');
            expected.Append(a).Append(',').Append(b).Append(i % 2 == 0 ? "" : "|").Append(',').Append(c).Append('\n');
        }
        Assert.Equal("COPY 100", CopyIn(db, "copy t from stdin (delimiter '|')", data.ToString(), 1000));
        Assert.Equal(expected.ToString().TrimEnd('\n'), db.Run("select a || ',' || b || ',' || c from t order by length(a)"));
    }

    [Fact]
    public void The_first_bad_line_is_reported_whichever_thread_meets_it()
    {
        using var db = new SessionFixture();
        db.Run("create table t (a int primary key, b int check (b > 0))");
        Assert.Equal("COPY 10000", CopyIn(db, "copy t from stdin", Lines(10_000), 1000));
        Assert.Equal("10000|50005000", db.Run("select count(*), sum(b) from t"));
        db.Run("truncate t");
        // Appended beside the parsing of the lines after it, and found first all the same.
        var error = Assert.Throws<OmenDb.Types.SqlException>(() => CopyIn(db, "copy t from stdin", Lines(9000, (3000, "17\t1"), (5000, "x\t1")), 100_000));
        Assert.Equal(("23505", "COPY t, line 3000"), (error.SqlState, error.Where));
        error = Assert.Throws<OmenDb.Types.SqlException>(() => CopyIn(db, "copy t from stdin", Lines(9000, (3000, "3000\t-1"), (4500, "1\t2\t3")), 100_000));
        Assert.Equal(("23514", "COPY t, line 3000"), (error.SqlState, error.Where));
        error = Assert.Throws<OmenDb.Types.SqlException>(() => CopyIn(db, "copy t from stdin", Lines(9000, (4500, "1\t2\t3"), (7000, "17\t1")), 100_000));
        Assert.Equal("COPY t, line 4500: \"1\t2\t3\"", error.Where);
        Assert.Equal("0", db.Run("select count(*) from t"));
    }

    [Fact]
    public void Binary_round_trip()
    {
        using var db = new SessionFixture();
        db.Run("create table t (a int, b text); insert into t values (1, 'x'), (null, 'yy'); create table u (a int, b text)");
        var bytes = new List<byte>();
        foreach (var result in db.Session.ExecuteScript("copy t to stdout (format binary)"))
        {
            while (result.Read(out var data))
                bytes.AddRange(data.Span);
        }
        foreach (var result in db.Session.ExecuteScript("copy u from stdin (format binary)"))
        {
            foreach (var b in bytes)
                result.Write([b]);
            result.Complete();
            Assert.Equal("COPY 2", result.Portal.CommandTag);
        }
        Assert.Equal("1|x\n|yy", db.Run("select * from u order by b"));
    }

    [Fact]
    public void Many_rows()
    {
        using var db = new SessionFixture();
        db.Run("create table t (a int primary key, b text, c numeric(12,2))");
        var text = new StringBuilder();
        for (var i = 0; i < 10000; i++)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{i}\tname number {i}\t{i}.25\n");
        Assert.Equal("COPY 10000", CopyIn(db, "copy t from stdin", text.ToString(), 65536));
        Assert.Equal("10000|49997500.00", db.Run("select count(*), sum(c) from t"));
        Assert.Equal("name number 4711", db.Run("select b from t where a = 4711"));
    }
}
