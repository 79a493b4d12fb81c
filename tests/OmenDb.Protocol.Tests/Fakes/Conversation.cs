using OmenDb.Protocol.Postgres;

namespace OmenDb.Protocol.Tests.Fakes;

/// <summary>Plays a client's bytes against a connection over the fake session.</summary>
internal sealed class Conversation
{
    public required List<string> Lines { get; init; }

    public required FakeSessionFactory Sessions { get; init; }

    public required ScriptedStream Stream { get; init; }

    public FakeSession Session => Sessions.Last!;

    /// <summary>What the server said after start-up.</summary>
    public IEnumerable<string> Answers => Lines.SkipWhile(line => line != "Z I").Skip(1);

    /// <param name="client">Continues after a start-up that is put before it.</param>
    public static Conversation Play(Func<ClientBytes, ClientBytes> client, int pieceBytes = int.MaxValue) =>
        PlayRaw(client(new ClientBytes().Startup("user", "omendb")).ToArray(), pieceBytes);

    public static Conversation PlayRaw(byte[] bytes, int pieceBytes = int.MaxValue)
    {
        var stream = new ScriptedStream(bytes, pieceBytes);
        var sessions = new FakeSessionFactory();
        new Connection(sessions, stream, new ConnectionSettings()).Run();
        Assert.True(stream.IsDisposed);
        return new Conversation { Lines = Transcript.Of(stream.Written), Sessions = sessions, Stream = stream };
    }
}
