using System.Diagnostics;

namespace OmenDb.Protocol.Tests.Clients;

/// <summary>psql, where it is installed: output as PostgreSQL's users know it.</summary>
public class PsqlTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const string Path = "/usr/bin/psql";

    /// <summary>What psql prints on both channels; null when there is none.</summary>
    private string? Psql(string input)
    {
        if (!File.Exists(Path))
            return null;
        var start = new ProcessStartInfo(Path, ["-h", "127.0.0.1", "-p", server.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), "-U", "omendb", "-X", "omendb"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var process = Process.Start(start)!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output + errors.Result;
    }

    private void Check(string input, string expected)
    {
        if (Psql(input) is { } output)
            Assert.Equal(expected.ReplaceLineEndings("\n"), output.TrimEnd('\n'));
    }

    [Fact]
    public void A_table_is_drawn_and_counted() => Check("select 1 as one, 'x' as letter, null as nothing;", """
         one | letter | nothing 
        -----+--------+---------
           1 | x      | 
        (1 row)
        """);

    [Fact]
    public void A_syntax_error_has_its_caret() => Check("select 1 +;", """
        ERROR:  syntax error at or near ";"
        LINE 1: select 1 +;
                          ^
        """);

    [Fact]
    public void An_unknown_column_has_its_hint() => Check("""
        create table hinted (customer int);
        select custmer from hinted;
        """, """
        CREATE TABLE
        ERROR:  column "custmer" does not exist
        LINE 1: select custmer from hinted;
                       ^
        HINT:  Perhaps you meant to reference the column "hinted.customer".
        """);

    [Fact]
    public void Copy_from_the_client_and_back() => Check("""
        create table copied (id int, name text);
        copy copied from stdin;
        1	one
        2	\N
        \.
        \copy copied to stdout (format csv, header)
        select count(*) from copied;
        """, """
        CREATE TABLE
        COPY 2
        id,name
        1,one
        2,
         count 
        -------
             2
        (1 row)
        """);

    [Fact]
    public void A_script_in_one_message_is_one_transaction() => Check("""
        create table script (id int primary key);
        insert into script values (1)\; insert into script values (1);
        select count(*) from script;
        """, """
        CREATE TABLE
        INSERT 0 1
         count 
        -------
             0
        (1 row)

        ERROR:  duplicate key value violates unique constraint "script_pkey"
        DETAIL:  Key (id)=(1) already exists.
        """);
}
