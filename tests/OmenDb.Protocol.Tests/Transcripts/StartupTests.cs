using System.Text;
using OmenDb.Protocol.Tests.Fakes;

namespace OmenDb.Protocol.Tests.Transcripts;

public class StartupTests
{
    [Fact]
    public void A_client_is_greeted_in_PostgreSQLs_order()
    {
        var talk = Conversation.PlayRaw(new ClientBytes()
            .Startup("user", "ann", "DateStyle", "ISO", "options", "-c geqo=off --work-mem=5MB").Terminate().ToArray());
        Assert.Equal(["R 00000000", "S server_version=15.0", "K 0000000700000063", "Z I"], talk.Lines);
        Assert.Equal("ann", talk.Session.Options.Database);
        Assert.Equal(["geqo=off", "work_mem=5MB", "DateStyle=ISO"], talk.Session.Options.Parameters.Select(p => $"{p.Key}={p.Value}"));
        Assert.Equal(["dispose"], talk.Session.Calls);
        Assert.Equal(1, talk.Stream.WriteCount);
    }

    [Fact]
    public void Encryption_is_refused_by_one_byte_and_start_up_goes_on()
    {
        // In pieces of 8 bytes: a client waits for the answer before it goes on.
        var talk = Conversation.PlayRaw(new ClientBytes().Untyped(ClientBytes.Int32(80877103)).Untyped(ClientBytes.Int32(80877104))
            .Startup("user", "ann").ToArray(), 8);
        Assert.Equal(["N (no encryption)", "N (no encryption)", "R 00000000"], talk.Lines.Take(3));
    }

    [Fact]
    public void Clear_text_stuffed_behind_an_encryption_request_is_not_obeyed()
    {
        var talk = Conversation.PlayRaw(new ClientBytes().Untyped(ClientBytes.Int32(80877103)).Startup("user", "ann").ToArray());
        Assert.Equal(["E S=FATAL V=FATAL C=08P01 M=received unencrypted data after SSL request"], talk.Lines);
    }

    [Fact]
    public void A_cancel_request_is_passed_on_and_not_answered()
    {
        var talk = Conversation.PlayRaw(new ClientBytes().Untyped([.. ClientBytes.Int32(80877102), .. ClientBytes.Int32(7), .. ClientBytes.Int32(99)]).ToArray());
        Assert.Empty(talk.Lines);
        Assert.Equal([(7, 99)], talk.Sessions.Cancelled);
    }

    [Fact]
    public void Unknown_protocol_options_and_minor_versions_are_negotiated()
    {
        var talk = Conversation.PlayRaw(new ClientBytes().StartupVersion(3, 2, "user", "ann", "_pq_.compress", "on").ToArray());
        Assert.Equal("v 0003000000000001" + Convert.ToHexStringLower(Encoding.UTF8.GetBytes("_pq_.compress\0")), talk.Lines[0]);
        Assert.Equal("R 00000000", talk.Lines[1]);
    }

    [Fact]
    public void Errors_before_the_session_are_fatal()
    {
        Assert.Equal(["E S=FATAL V=FATAL C=3D000 M=database \"nowhere\" does not exist"],
            Conversation.PlayRaw(new ClientBytes().Startup("user", "ann", "database", "nowhere").ToArray()).Lines);
        Assert.Equal(["E S=FATAL V=FATAL C=28000 M=no PostgreSQL user name specified in startup packet"],
            Conversation.PlayRaw(new ClientBytes().Startup("database", "x").ToArray()).Lines);
        Assert.Equal(["E S=FATAL V=FATAL C=0A000 M=unsupported frontend protocol 2.0: server supports 3.0 to 3.0"],
            Conversation.PlayRaw(new ClientBytes().StartupVersion(2, 0, "user", "x").ToArray()).Lines);
        Assert.Equal(["E S=FATAL V=FATAL C=22021 M=invalid byte sequence for encoding \"UTF8\": 0xff"],
            Conversation.PlayRaw(new ClientBytes().Untyped([0, 3, 0, 0, .. "user"u8, 0, 0xFF, 0, 0]).ToArray()).Lines);
        Assert.Equal(["E S=FATAL V=FATAL C=08P01 M=invalid startup packet layout: expected terminator as last byte"],
            Conversation.PlayRaw(new ClientBytes().Untyped([0, 3, 0, 0, .. "user"u8, 0, .. "ann"u8, 0]).ToArray()).Lines);
        Assert.Equal(["E S=FATAL V=FATAL C=42601 M=invalid command-line argument for server process: -x"],
            Conversation.PlayRaw(new ClientBytes().Startup("user", "ann", "options", "-x").ToArray()).Lines);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\u0002\0\u0001")]
    [InlineData("\0\0\0\u0004")]
    [InlineData("\0\0")]
    public void What_is_no_start_up_packet_is_closed_without_an_answer(string bytes) =>
        Assert.Empty(Conversation.PlayRaw(Encoding.Latin1.GetBytes(bytes)).Lines);

    [Fact]
    public void A_full_server_says_so()
    {
        var stream = new ScriptedStream(new ClientBytes().Startup("user", "ann").ToArray());
        var settings = new Postgres.ConnectionSettings { TryEnter = () => false };
        new Postgres.Connection(new FakeSessionFactory(), stream, settings).Run();
        Assert.Equal(["E S=FATAL V=FATAL C=53300 M=sorry, too many clients already"], Transcript.Of(stream.Written));
    }
}
