using OmenDb.Protocol.Tests.Fakes;

namespace OmenDb.Protocol.Tests.Transcripts;

public class CopyTests
{
    [Fact]
    public void Data_comes_in_over_the_simple_protocol()
    {
        var talk = Conversation.Play(client => client.Query("copy in; done").Message('d', "1\ta\n2"u8.ToArray()).Message('d', "\tb\n"u8.ToArray()).Message('c'));
        Assert.Equal(["G 00000200000000", "C COPY 2", "C DONE", "Z I"], talk.Answers);
        Assert.Equal("1\ta\n2\tb\n(end)", talk.Session.CopiedIn.ToString());
    }

    [Fact]
    public void Data_comes_in_over_the_extended_protocol_with_Sync_sent_ahead()
    {
        var talk = Conversation.Play(client => client.Parse("", "copy in").Bind().Execute().Sync().Message('d', "x"u8.ToArray()).Message('c').Sync());
        Assert.Equal(["1", "2", "G 00000200000000", "C COPY 2", "Z I"], talk.Answers);
    }

    [Fact]
    public void The_client_may_give_up()
    {
        var talk = Conversation.Play(client => client.Query("copy in").Message('d', "x"u8.ToArray()).Message('f', ClientBytes.String("tired")).Query("done"));
        Assert.Equal(["G 00000200000000", "E S=ERROR V=ERROR C=57014 M=COPY from stdin failed: tired", "Z I", "C DONE", "Z I"], talk.Answers);
    }

    [Fact]
    public void Data_that_follows_an_error_is_dropped()
    {
        var talk = Conversation.Play(client => client.Query("copy in").Message('d', "bad"u8.ToArray()).Message('d', "more"u8.ToArray()).Message('c').Query("done"));
        Assert.Equal(["G 00000200000000", "E S=ERROR V=ERROR C=22P04 M=missing data for column \"b\"", "Z I", "C DONE", "Z I"], talk.Answers);
        Assert.Equal("", talk.Session.CopiedIn.ToString());
    }

    [Fact]
    public void Other_messages_have_no_place_in_the_data()
    {
        var talk = Conversation.Play(client => client.Query("copy in").Query("done").Query("done"));
        Assert.Equal(["G 00000200000000", "E S=ERROR V=ERROR C=08P01 M=unexpected message type 0x51 during COPY from stdin", "Z I", "C DONE", "Z I"], talk.Answers);
    }

    [Fact]
    public void A_client_that_vanishes_leaves_nothing()
    {
        var talk = Conversation.Play(client => client.Query("copy in").Message('d', "x"u8.ToArray()));
        Assert.Equal("x", talk.Session.CopiedIn.ToString());
        Assert.Equal("dispose", talk.Session.Calls[^1]);
    }

    [Fact]
    public void Data_goes_out_as_CopyData()
    {
        var talk = Conversation.Play(client => client.Query("copy out"));
        Assert.Equal(["H 0100010001", "d line 0\n", "d line 1\n", "c", "C COPY 2", "Z I"], talk.Answers);
    }
}
