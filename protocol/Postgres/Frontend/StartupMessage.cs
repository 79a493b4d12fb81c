using System.Buffers.Binary;
using OmenDb.Protocol.Postgres.Io;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Frontend;

/// <summary>The first packet of a connection: protocol version, then names and values of parameters.</summary>
/// <remarks>Body: Int32 major version &lt;&lt; 16 | minor version; then String name, String value, ...; Byte1 0. PostgreSQL manual, "Message Formats".</remarks>
internal sealed class StartupMessage
{
    /// <summary>As in PostgreSQL (MAX_STARTUP_PACKET_LENGTH).</summary>
    public const int MaxBytes = 10_000;

    private StartupMessage(int minorVersion) => MinorVersion = minorVersion;

    /// <summary>What the client asks for; only 0 is spoken here.</summary>
    public int MinorVersion { get; }

    public string User { get; private set; } = "";

    /// <summary>The user's name when the client gives none.</summary>
    public string Database { get; private set; } = "";

    /// <summary>Settings in the order in which they came, those of <c>options</c> first: separate parameters win.</summary>
    public List<KeyValuePair<string, string>> Settings { get; } = [];

    /// <summary>Names that begin with _pq_.: protocol extensions, none known.</summary>
    public List<string> UnknownOptions { get; } = [];

    public static int RequestCode(ReadOnlySpan<byte> body) => BinaryPrimitives.ReadInt32BigEndian(body);

    /// <exception cref="SqlException">FATAL: 0A000, 08P01, 22021, 28000.</exception>
    public static StartupMessage Parse(ReadOnlySpan<byte> body)
    {
        var reader = new BodyReader(body);
        var version = reader.ReadInt32();
        if (version >> 16 != 3)
            throw Fatal(SqlState.FeatureNotSupported,
                $"unsupported frontend protocol {version >> 16}.{version & 0xFFFF}: server supports 3.0 to 3.0");
        var message = new StartupMessage(version & 0xFFFF);
        var options = "";
        while (true)
        {
            if (body[^1] != 0 || reader.Position >= body.Length)
                throw Fatal(SqlState.ProtocolViolation, "invalid startup packet layout: expected terminator as last byte");
            var name = WireText.Decode(reader.ReadString());
            if (name.Length == 0)
                break;
            if (reader.Position >= body.Length)
                throw Fatal(SqlState.ProtocolViolation, "invalid startup packet layout: expected terminator as last byte");
            var value = WireText.Decode(reader.ReadString());
            switch (name)
            {
                case "user": message.User = value; break;
                case "database": message.Database = value; break;
                case "options": options = value; break;
                case "replication":
                    if (value is not ("false" or "off" or "no" or "0"))
                        throw Fatal(SqlState.FeatureNotSupported, "replication connections are not supported");
                    break;
                default:
                    if (name.StartsWith("_pq_.", StringComparison.Ordinal))
                        message.UnknownOptions.Add(name);
                    else
                        message.Settings.Add(new(name, value));
                    break;
            }
        }
        if (reader.Position != body.Length)
            throw Fatal(SqlState.ProtocolViolation, "invalid startup packet layout: expected terminator as last byte");
        if (message.User.Length == 0)
            throw Fatal(SqlState.InvalidAuthorizationSpecification, "no PostgreSQL user name specified in startup packet");
        if (message.Database.Length == 0)
            message.Database = message.User;
        message.Settings.InsertRange(0, CommandLineOptions.Parse(options));
        return message;
    }

    private static SqlException Fatal(string sqlState, string message) => new(sqlState, message) { Severity = "FATAL" };
}
