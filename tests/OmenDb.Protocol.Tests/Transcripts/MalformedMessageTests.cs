using OmenDb.Protocol.Tests.Fakes;

namespace OmenDb.Protocol.Tests.Transcripts;

public class MalformedMessageTests
{
    public static TheoryData<char, string, string> Bodies() => new()
    {
        { 'Q', "73656c656374", "invalid string in message" },
        { 'Q', "610062", "invalid message format" },
        { 'P', "00", "invalid string in message" },
        { 'P', "000000", "insufficient data left in message" },
        { 'P', "00000001", "insufficient data left in message" },
        { 'B', "0000", "insufficient data left in message" },
        { 'B', "000000000001000000050102", "insufficient data left in message" },
        { 'B', "00000000000 1fffffffe0000".Replace(" ", ""), "insufficient data left in message" },
        { 'B', "00000000000000 0000".Replace(" ", ""), "invalid message format" },
        { 'D', "", "insufficient data left in message" },
        { 'D', "5800", "invalid DESCRIBE message subtype 88" },
        { 'D', "5300 00".Replace(" ", ""), "invalid message format" },
        { 'C', "5800", "invalid CLOSE message subtype 88" },
        { 'E', "00", "insufficient data left in message" },
        { 'S', "00", "invalid message format" },
        { 'H', "00", "invalid message format" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void A_malformed_body_is_an_error_and_the_session_lives(char code, string hex, string message)
    {
        var talk = Conversation.Play(client => client.Message(code, Convert.FromHexString(hex)).Sync().Query("done"));
        var answers = talk.Answers.ToList();
        Assert.Equal($"E S=ERROR V=ERROR C=08P01 M={message}", answers[0]);
        Assert.Equal(["C DONE", "Z I"], answers[^2..]);
    }

    [Fact]
    public void Text_must_be_UTF8() => Assert.Equal(
        ["E S=ERROR V=ERROR C=22021 M=invalid byte sequence for encoding \"UTF8\": 0xc3 0x28", "Z I", "C DONE", "Z I"],
        Conversation.Play(client => client.Message('Q', [0xC3, 0x28, 0]).Query("done")).Answers);

    [Theory]
    [InlineData("59 00000004", "invalid frontend message type 89")]
    [InlineData("51 00000003", "invalid message length")]
    [InlineData("51 ffffffff", "invalid message length")]
    [InlineData("51 7fffffff", "invalid message length")]
    [InlineData("53 00100000", "invalid message length")]
    public void A_broken_frame_ends_the_session(string hex, string message) => Assert.Equal(
        [$"E S=FATAL V=FATAL C=08P01 M={message}"],
        Conversation.Play(client => client.Raw(Convert.FromHexString(hex.Replace(" ", ""))).Query("done")).Answers);

    [Fact]
    public void A_length_alone_allocates_nothing()
    {
        var talk = Conversation.Play(client => client.Raw(Convert.FromHexString("513ffffff0" + "6162")));
        Assert.Empty(talk.Answers);
        Assert.InRange(talk.Stream.LargestRead, 1, 64 * 1024);
    }

    [Fact]
    public void Random_bytes_never_do_more_than_end_their_connection()
    {
        for (var seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            var bytes = new byte[random.Next(1, 200)];
            random.NextBytes(bytes);
            Conversation.PlayRaw(bytes);
            // Behind a start-up, with code bytes and lengths that are plausible.
            var client = new ClientBytes().Startup("user", "u");
            for (var i = 0; i < 5; i++)
            {
                var body = new byte[random.Next(0, 30)];
                random.NextBytes(body);
                client.Message("QPBDECSHFdcf"[random.Next(12)], body);
            }
            var talk = Conversation.PlayRaw(client.ToArray());
            Assert.True(talk.Lines.Count >= 4, $"seed {seed}");
        }
    }
}
