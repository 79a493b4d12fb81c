using OmenDb.Protocol.Tests.Fakes;

namespace OmenDb.Protocol.Tests.Transcripts;

public class SimpleQueryTests
{
    private const string Columns = "T n:table 1234.1 type 23 length 4 typmod -1 format 0; name:table 1234.2 type 1043 length -1 typmod 24 format 0";

    [Fact]
    public void Rows_come_with_their_description_and_tag_in_one_write()
    {
        var talk = Conversation.Play(client => client.Query("rows 5"));
        Assert.Equal([Columns, "D 0|row 0", "D 1|NULL", "D 2|row 2", "D 3|row 3", "D 4|row 4", "C SELECT 5", "Z I"], talk.Answers);
        Assert.Equal(2, talk.Stream.WriteCount);
    }

    [Fact]
    public void A_script_ends_at_its_first_error()
    {
        var talk = Conversation.Play(client => client.Query("begin; rows 1; error; rows 2").Query("commit"));
        Assert.Equal([
            "C DONE", Columns, "D 0|row 0", "C SELECT 1",
            "E S=ERROR V=ERROR C=23505 M=duplicate key value violates unique constraint \"t_pkey\" D=Key (id)=(1) already exists. H=a hint P=12"
                + " W=a place s=public t=t c=id d=int4 n=t_pkey",
            "Z E", "C DONE", "Z I"], talk.Answers);
    }

    [Fact]
    public void An_empty_query_has_its_own_answer() =>
        Assert.Equal(["I", "Z I"], Conversation.Play(client => client.Query(" ")).Answers);

    [Fact]
    public void Notices_come_at_once_and_parameters_before_the_next_request()
    {
        var talk = Conversation.Play(client => client.Query("notice; set TimeZone A; set TimeZone B"));
        Assert.Equal(["N S=NOTICE V=NOTICE C=00000 M=look out H=there", "C DONE", "C DONE", "C DONE", "S TimeZone=B", "Z I"], talk.Answers);
    }

    [Fact]
    public void Defects_and_deep_recursion_cost_one_statement()
    {
        var talk = Conversation.Play(client => client.Query("crash").Query("deep").Query("done"));
        Assert.Equal([
            "E S=ERROR V=ERROR C=XX000 M=InvalidOperationException: broken invariant", "Z I",
            "E S=ERROR V=ERROR C=54001 M=stack depth limit exceeded", "Z I", "C DONE", "Z I"], talk.Answers);
    }

    [Fact]
    public void A_fatal_error_ends_the_connection() =>
        Assert.Equal(["E S=FATAL V=FATAL C=57P01 M=good bye"], Conversation.Play(client => client.Query("fatal").Query("done")).Answers);

    [Fact]
    public void Function_calls_are_not_supported_and_harmless() => Assert.Equal(
        ["E S=ERROR V=ERROR C=0A000 M=the function call message is not supported", "Z I", "C DONE", "Z I"],
        Conversation.Play(client => client.Message('F', ClientBytes.Int32(1)).Query("done")).Answers);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4096)]
    public void A_statement_of_a_megabyte_arrives_in_any_pieces(int pieceBytes)
    {
        var size = pieceBytes == 4096 ? 1 << 20 : 20_000;
        var talk = Conversation.Play(client => client.Query("done " + new string('x', size)).Query("rows 1"), pieceBytes);
        Assert.Equal(["C DONE", "Z I", Columns, "D 0|row 0", "C SELECT 1", "Z I"], talk.Answers);
    }
}
