using System.Collections.Immutable;
using OmenDb.Types;
using OmenDb.Arrow;
using OmenDb.Planner.Binding;

namespace OmenDb.Engine;

/// <summary>A statement with its parameters, being executed: batches are pulled from it. Used by its session's thread.</summary>
/// <remarks>The statement starts with the first pull (<see cref="NextBatch"/> or a call on <see cref="Copy"/>). It may rest between
/// any two rows; the end of the transaction closes it.</remarks>
public sealed class Portal : IDisposable
{
    private readonly Session _session;
    private StatementRun? _run;

    internal Portal(Session session, string name, PreparedStatement statement, StatementRun run)
    {
        _session = session;
        Name = name;
        Statement = statement;
        _run = run;
        Columns = run.Columns;
        Copy = run.Copy is { } copy ? new PortalCopy(session, this, run, copy) : null;
    }

    public string Name { get; }

    public PreparedStatement Statement { get; }

    /// <summary>Null: the statement returns no rows.</summary>
    public ImmutableArray<OutputColumn>? Columns { get; }

    /// <summary>COPY with the client: NextBatch is not used then. Null otherwise.</summary>
    public CopyOperation? Copy { get; }

    public bool IsEmptyQuery => Statement.IsEmpty;

    /// <summary>After the end: "SELECT 5", "INSERT 0 1", "CREATE TABLE" ...</summary>
    public string CommandTag { get; private set; } = "";

    /// <summary>At its end: a further Execute gives no rows.</summary>
    public bool IsCompleted { get; private set; }

    /// <summary>The next rows, valid until the next call.</summary>
    /// <returns>False at the end: the tag is set, and what ends with the statement (an implicit transaction of a single one) has ended.</returns>
    /// <exception cref="SqlException">The statement failed; its transaction is in the failed state or rolled back.</exception>
    public bool NextBatch(out Batch batch)
    {
        if (IsCompleted || _run is null)
        {
            batch = null!;
            return false;
        }
        return _session.Pull(this, _run, out batch);
    }

    internal bool HasFailed { get; set; }

    /// <summary>The implicit transaction ends with this statement.</summary>
    internal bool CommitsAtEnd { get; set; }

    /// <summary>Outlives its transaction: WITH HOLD, after the commit.</summary>
    internal bool IsHeld { get; set; }

    /// <summary>Savepoints that were open when it was made.</summary>
    internal int Depth { get; init; }

    internal StatementRun? Run => _run;

    /// <summary>Runs to the end; rows are dropped. A COPY with the client cannot run by itself and is closed.</summary>
    internal void Drain()
    {
        if (Copy is null)
        {
            while (NextBatch(out _))
            {
            }
        }
    }

    internal void SetCompleted(string tag)
    {
        CommandTag = tag;
        IsCompleted = true;
    }

    /// <summary>Stops the execution and frees what it holds; the portal gives no more rows.</summary>
    internal void CloseRun()
    {
        var run = _run;
        _run = null;
        run?.Dispose();
    }

    public void Dispose()
    {
        CloseRun();
        _session.Forget(this);
    }
}
