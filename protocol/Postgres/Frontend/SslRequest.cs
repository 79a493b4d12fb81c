namespace OmenDb.Protocol.Postgres.Frontend;

/// <summary>Asks for encryption before the start-up packet; answered by one byte, not by a message.</summary>
/// <remarks>Body: Int32 80877103 for TLS, 80877104 for GSSAPI. PostgreSQL manual, "SSL Session Encryption".</remarks>
internal static class SslRequest
{
    public const int TlsCode = 80877103;
    public const int GssCode = 80877104;

    /// <summary>Not offered: the client goes on in clear text or leaves.</summary>
    public const byte Refused = (byte)'N';
}
