namespace OmenDb.Protocol.Postgres.Frontend;

/// <summary>First bytes of the client's messages. PostgreSQL manual, "Message Formats".</summary>
internal static class FrontendCode
{
    public const byte Query = (byte)'Q';
    public const byte Parse = (byte)'P';
    public const byte Bind = (byte)'B';
    public const byte Describe = (byte)'D';
    public const byte Execute = (byte)'E';
    public const byte Close = (byte)'C';
    public const byte Flush = (byte)'H';
    public const byte Sync = (byte)'S';
    public const byte Terminate = (byte)'X';
    public const byte FunctionCall = (byte)'F';
    public const byte CopyData = (byte)'d';
    public const byte CopyDone = (byte)'c';
    public const byte CopyFail = (byte)'f';

    /// <summary>Messages after whose failure everything up to Sync is skipped.</summary>
    public static bool IsExtended(byte code) => code is Parse or Bind or Describe or Execute or Close or Flush;
}
