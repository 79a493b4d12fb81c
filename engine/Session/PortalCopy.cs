using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>The data stream of a portal's COPY, with what an error and the end mean to the session.</summary>
internal sealed class PortalCopy(Session session, Portal portal, StatementRun run, CopyOperation inner) : CopyOperation
{
    public override CopyDirection Direction => inner.Direction;

    public override bool IsBinary => inner.IsBinary;

    public override int ColumnCount => inner.ColumnCount;

    public override void Write(ReadOnlySpan<byte> data)
    {
        using var activity = session.Activate(portal.Statement.Sql);
        try
        {
            inner.Write(data);
        }
#pragma warning disable CA1031 // every error ends the statement, and goes on to the caller as an SqlException
        catch (Exception error)
#pragma warning restore CA1031
        {
            throw Failed(error);
        }
    }

    public override void Complete()
    {
        using var activity = session.Activate(portal.Statement.Sql);
        try
        {
            inner.Complete();
            session.Complete(portal, run);
        }
#pragma warning disable CA1031 // as above
        catch (Exception error)
#pragma warning restore CA1031
        {
            throw Failed(error);
        }
    }

    public override void Fail(string reason) =>
        throw Failed(new SqlException(SqlState.QueryCanceled, $"COPY from stdin failed: {reason}"));

    public override bool Read(out ReadOnlyMemory<byte> data)
    {
        using var activity = session.Activate(portal.Statement.Sql);
        try
        {
            if (inner.Read(out data))
                return true;
            session.Complete(portal, run);
            return false;
        }
#pragma warning disable CA1031 // as above
        catch (Exception error)
#pragma warning restore CA1031
        {
            throw Failed(error);
        }
    }

    private SqlException Failed(Exception error)
    {
        portal.HasFailed = true;
        portal.CloseRun();
        return session.Fail(error);
    }
}
