using System.Globalization;
using OmenDb.Protocol.Postgres.Io;

namespace OmenDb.Protocol.Postgres.Backend;

/// <summary>One field of ErrorResponse or NoticeResponse; those without a value are left out.</summary>
internal static class MessageField
{
    public static void Write(OutputBuffer output, char code, string? value)
    {
        if (value is null)
            return;
        output.WriteByte((byte)code);
        output.WriteString(value);
    }

    /// <param name="position">0: unknown.</param>
    public static void Write(OutputBuffer output, char code, int position) =>
        Write(output, code, position == 0 ? null : position.ToString(CultureInfo.InvariantCulture));
}
