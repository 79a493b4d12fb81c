namespace OmenDb.Protocol.Postgres.Backend;

/// <summary>Codes of the messages without a body. PostgreSQL manual, "Message Formats".</summary>
internal static class Acknowledgement
{
    public const byte ParseComplete = (byte)'1';
    public const byte BindComplete = (byte)'2';
    public const byte CloseComplete = (byte)'3';
    public const byte NoData = (byte)'n';
    public const byte PortalSuspended = (byte)'s';
    public const byte EmptyQueryResponse = (byte)'I';
    public const byte CopyDone = (byte)'c';
}
