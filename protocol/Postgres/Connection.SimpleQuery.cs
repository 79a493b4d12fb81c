using OmenDb.Protocol.Postgres.Backend;
using OmenDb.Protocol.Postgres.Frontend;
using OmenDb.Protocol.Postgres.Io;
using OmenDb.Protocol.Postgres.Sessions;

namespace OmenDb.Protocol.Postgres;

internal sealed partial class Connection
{
    /// <summary>A script: every statement's rows as text and its tag, then ReadyForQuery.</summary>
    private void OnQuery(Query query)
    {
        foreach (var portal in Session.ExecuteScript(WireText.Decode(query.Text)))
        {
            try
            {
                SendResult(portal);
            }
            catch
            {
                // Before the enumeration is left: an error of ours (a value without a text form, a broken connection) is the statement's error too.
                Session.FailTransaction();
                throw;
            }
        }
        SendReady();
    }

    private void SendResult(WirePortal portal)
    {
        if (portal.IsEmptyQuery)
        {
            _output.Empty(Acknowledgement.EmptyQueryResponse);
            return;
        }
        if (portal.Copy is { } copy)
        {
            RunCopy(portal, copy);
            return;
        }
        if (portal.Columns is { } columns)
        {
            portal.Shape = new ResultShape(columns, []);
            portal.Shape.WriteDescription(_output);
        }
        SendRows(portal, maxRows: 0);
        CommandComplete.Write(_output, portal.CommandTag);
    }
}
