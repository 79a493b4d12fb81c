using OmenDb.Protocol.Tests.Fakes;

namespace OmenDb.Protocol.Tests.Transcripts;

public class ExtendedQueryTests
{
    private const string TextColumns = "T n:table 1234.1 type 23 length 4 typmod -1 format 0; name:table 1234.2 type 1043 length -1 typmod 24 format 0";
    private const string MixedColumns = "T n:table 1234.1 type 23 length 4 typmod -1 format 1; name:table 1234.2 type 1043 length -1 typmod 24 format 0";

    [Fact]
    public void Statement_and_portal_are_described_each_in_its_own_formats()
    {
        var talk = Conversation.Play(client => client.Parse("s", "rows 2").Describe('S', "s")
            .Bind("p", "s", [], [], [1, 0]).Describe('P', "p").Execute("p").Close('P', "p").Close('S', "s").Close('S', "none").Sync());
        Assert.Equal(["1", "t 0000", TextColumns, "2", MixedColumns, "D \\x00000000|row 0", "D \\x00000001|NULL", "C SELECT 2", "3", "3", "3", "Z I"], talk.Answers);
        Assert.Equal(2, talk.Stream.WriteCount);
    }

    [Fact]
    public void Parameters_reach_the_statement_and_types_the_client()
    {
        var talk = Conversation.Play(client => client.Parse("", "echo").Describe('S', "")
            .Bind("", "", [0], ["42"u8.ToArray()], []).Execute()
            .Bind("", "", [1], [null], [1]).Execute().Sync());
        Assert.Equal(["1", "t 000100000017", "T value:table 0.0 type 25 length -1 typmod -1 format 0", "2", "D 42", "C SELECT 1",
            "2", "D NULL", "C SELECT 1", "Z I"], talk.Answers);
    }

    [Fact]
    public void A_portal_rests_at_its_row_limit_in_the_middle_of_a_batch()
    {
        var talk = Conversation.Play(client => client.Query("begin").Parse("", "rows 5").Bind("p").Execute("p", 2).Execute("p", 2).Execute("p", 2).Execute("p", 2).Sync());
        Assert.Equal(["C DONE", "Z T", "1", "2", "D 0|row 0", "D 1|NULL", "s", "D 2|row 2", "D 3|row 3", "s", "D 4|row 4", "C SELECT 1", "C SELECT 0", "Z T"],
            talk.Answers);
    }

    [Fact]
    public void Statements_without_rows_have_no_columns_and_run_once()
    {
        var talk = Conversation.Play(client => client.Parse("", "done").Describe('S', "").Bind().Describe('P', "").Execute().Execute().Sync());
        Assert.Equal(["1", "t 0000", "n", "2", "n", "C DONE", "E S=ERROR V=ERROR C=55000 M=portal \"\" cannot be run", "Z I"], talk.Answers);
    }

    [Fact]
    public void An_empty_statement_is_answered_as_such() =>
        Assert.Equal(["1", "2", "n", "I", "Z I"], Conversation.Play(client => client.Parse("", "").Bind().Describe('P', "").Execute().Sync()).Answers);

    [Fact]
    public void After_an_error_everything_up_to_Sync_is_skipped()
    {
        var talk = Conversation.Play(client => client.Parse("", "syntax").Bind().Execute().Query("done").Sync().Parse("", "done").Bind().Execute().Sync());
        Assert.Equal(["E S=ERROR V=ERROR C=42601 M=syntax error at or near \"syntax\" P=1", "Z I", "1", "2", "C DONE", "Z I"], talk.Answers);
        Assert.Equal(["fail", "sync", "sync", "dispose"], talk.Session.Calls);
    }

    [Fact]
    public void Terminate_is_obeyed_while_skipping() =>
        Assert.Single(Conversation.Play(client => client.Parse("", "syntax").Terminate().Query("done")).Answers);

    [Fact]
    public void Names_that_do_not_exist_are_named()
    {
        var talk = Conversation.Play(client => client.Bind("", "s").Sync().Execute("p").Sync().Describe('S', "x").Sync());
        Assert.Equal(["E S=ERROR V=ERROR C=26000 M=prepared statement \"s\" does not exist", "Z I",
            "E S=ERROR V=ERROR C=34000 M=portal \"p\" does not exist", "Z I",
            "E S=ERROR V=ERROR C=26000 M=prepared statement \"x\" does not exist", "Z I"], talk.Answers);
    }

    [Fact]
    public void Numbers_of_formats_and_parameters_must_fit()
    {
        var talk = Conversation.Play(client => client.Parse("", "echo").Bind().Sync()
            .Bind("", "", [0, 0], ["1"u8.ToArray()], []).Sync()
            .Bind("", "", [2], ["1"u8.ToArray()], []).Sync()
            .Bind("", "", [], ["1"u8.ToArray()], [0, 1]).Sync());
        Assert.Equal(["1",
            "E S=ERROR V=ERROR C=08P01 M=bind message supplies 0 parameters, but prepared statement \"\" requires 1", "Z I",
            "E S=ERROR V=ERROR C=08P01 M=bind message has 2 parameter formats but 1 parameters", "Z I",
            "E S=ERROR V=ERROR C=22023 M=unsupported format code: 2", "Z I",
            "E S=ERROR V=ERROR C=08P01 M=bind message has 2 result formats but query has 1 columns", "Z I"], talk.Answers);
    }

    [Fact]
    public void Flush_sends_what_there_is()
    {
        var talk = Conversation.Play(client => client.Parse("", "done").Message('H').Sync());
        Assert.Equal(["1", "Z I"], talk.Answers);
        Assert.Equal(3, talk.Stream.WriteCount);
    }

    [Fact]
    public void Long_results_are_sent_while_they_come()
    {
        var talk = Conversation.Play(client => client.Parse("", "rows 50000").Bind().Execute().Sync());
        Assert.Equal(50_004, talk.Answers.Count());
        Assert.InRange(talk.Stream.WriteCount, 10, 40);
    }
}
