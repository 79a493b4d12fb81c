using OmenDb.Engine;
using OmenDb.Protocol.Postgres.Backend;
using OmenDb.Protocol.Postgres.Frontend;
using OmenDb.Protocol.Postgres.Io;
using OmenDb.Protocol.Postgres.Sessions;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres;

internal sealed partial class Connection
{
    /// <summary>COPY with the client, in simple and extended protocol alike, up to its CommandComplete.</summary>
    private void RunCopy(WirePortal portal, CopyOperation copy)
    {
        CopyResponse.Write(_output, copy);
        if (copy.Direction == CopyDirection.Out)
            SendCopy(copy);
        else
            ReceiveCopy(copy);
        portal.HasEnded = true;
        CommandComplete.Write(_output, portal.CommandTag);
    }

    private void SendCopy(CopyOperation copy)
    {
        while (copy.Read(out var data))
        {
            CopyData.Write(_output, data.Span);
            _output.FlushIfFull();
        }
        _output.Empty(Acknowledgement.CopyDone);
    }

    /// <exception cref="SqlException">What is wrong with the data; 57014 when the client gives up; 08P01 for a message that has no place here. What
    /// the client still sends of its data is dropped by the main loop.</exception>
    private void ReceiveCopy(CopyOperation copy)
    {
        _output.Flush();
        while (_reader.TryRead(out var code, out var body))
        {
            switch (code)
            {
                case FrontendCode.CopyData:
                    copy.Write(body.Span);
                    break;
                case FrontendCode.CopyDone:
                    EmptyMessage.Check(body.Span);
                    copy.Complete();
                    return;
                case FrontendCode.CopyFail:
                    copy.Fail(WireText.Decode(CopyFail.Parse(body.Span).Reason));
                    return;
                case FrontendCode.Flush or FrontendCode.Sync:
                    break; // clients of the extended protocol send them ahead
                default:
                    throw BodyReader.Malformed($"unexpected message type 0x{code:X2} during COPY from stdin");
            }
        }
        if (_stopping)
            throw AdminShutdown();
        throw new IOException("unexpected EOF on client connection during COPY from stdin");
    }
}
