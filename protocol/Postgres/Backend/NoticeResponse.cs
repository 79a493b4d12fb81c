using OmenDb.Engine;
using OmenDb.Protocol.Postgres.Io;

namespace OmenDb.Protocol.Postgres.Backend;

/// <summary>'N', NoticeResponse: a warning or remark that ends nothing.</summary>
/// <remarks>Body as in <see cref="ErrorResponse"/>. PostgreSQL manual, "Error and Notice Message Fields".</remarks>
internal static class NoticeResponse
{
    public static void Write(OutputBuffer output, Notice notice)
    {
        output.Begin((byte)'N');
        MessageField.Write(output, 'S', notice.Severity);
        MessageField.Write(output, 'V', notice.Severity);
        MessageField.Write(output, 'C', notice.SqlState);
        MessageField.Write(output, 'M', notice.Message);
        MessageField.Write(output, 'D', notice.Detail);
        MessageField.Write(output, 'H', notice.Hint);
        MessageField.Write(output, 'P', notice.Position);
        output.WriteByte(0);
        output.End();
    }
}
