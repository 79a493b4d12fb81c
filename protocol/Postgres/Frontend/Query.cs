using OmenDb.Protocol.Postgres.Io;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Frontend;

/// <summary>'Q', Query: a script of statements to be executed at once.</summary>
/// <remarks>Body: String. PostgreSQL manual, "Message Formats".</remarks>
internal readonly ref struct Query(ReadOnlySpan<byte> text)
{
    public ReadOnlySpan<byte> Text { get; } = text;

    /// <exception cref="SqlException">08P01.</exception>
    public static Query Parse(ReadOnlySpan<byte> body)
    {
        var reader = new BodyReader(body);
        var text = reader.ReadString();
        reader.ExpectEnd();
        return new Query(text);
    }
}
