using OmenDb.Arrow;
using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>One connection. Used by one thread at a time, except <see cref="Cancel"/>.</summary>
public sealed class Session : IDisposable
{
    internal Session()
    {
    }

    /// <summary>For BackendKeyData and CancelRequest.</summary>
    public int BackendId { get; }

    public int Secret { get; }

    public TransactionStatus TransactionStatus { get; } = TransactionStatus.Idle;

    public SessionSettings Settings { get; } = new();

    /// <summary>NOTICE and WARNING, in the order in which they arise.</summary>
    public event Action<Notice>? NoticeRaised;

    /// <summary>From any thread: the running statement ends with 57014.</summary>
    public void Cancel()
    {
    }

    /// <summary>Simple query protocol: the statements of a script, in one implicit transaction unless it says otherwise. Lazy: each
    /// statement starts when it is pulled.</summary>
    /// <remarks>A script of blanks gives one result with <see cref="Portal.IsEmptyQuery"/>. After the last statement's end its implicit
    /// transaction is committed. Leaving the enumeration early rolls it back.</remarks>
    public IEnumerable<StatementResult> ExecuteScript(string sql) => throw SqlException.NotSupported("a script");

    /// <summary>One statement with parameters $1, $2 ...; changes and commands have ended when this returns.</summary>
    public StatementResult Execute(string sql, params object?[] parameters) => throw SqlException.NotSupported("a statement");

    /// <param name="name">Empty: the unnamed statement, which is replaced.</param>
    /// <param name="parameterOids">Types declared by the client; 0 or missing: to be inferred.</param>
    public PreparedStatement Prepare(string name, string sql, ReadOnlySpan<int> parameterOids = default) =>
        throw SqlException.NotSupported("a prepared statement");

    /// <exception cref="SqlException">26000.</exception>
    public PreparedStatement GetPrepared(string name) => throw SqlException.NotSupported("a prepared statement");

    /// <summary>No error when there is none of that name.</summary>
    public void ClosePrepared(string name)
    {
    }

    /// <param name="portalName">Empty: the unnamed portal, which is replaced.</param>
    public Portal Bind(string portalName, PreparedStatement statement, ParameterSource parameters) =>
        throw SqlException.NotSupported("a portal");

    /// <exception cref="SqlException">34000.</exception>
    public Portal GetPortal(string name) => throw SqlException.NotSupported("a portal");

    /// <summary>No error when there is none of that name.</summary>
    public void ClosePortal(string name)
    {
    }

    /// <summary>An error in the extended protocol outside the session (a malformed message): the transaction fails as by an error of a statement.</summary>
    public void FailTransaction()
    {
    }

    /// <summary>Ends the implicit transaction of the extended protocol: commits it, or rolls back after an error.</summary>
    public void Sync()
    {
    }

    internal bool Pull(Portal portal, StatementRun run, out Batch batch)
    {
        var more = run.Next(out batch);
        if (!more)
            portal.SetCompleted(run.Tag);
        return more;
    }

    internal void Forget(Portal portal)
    {
    }

    internal void Raise(Notice notice) => NoticeRaised?.Invoke(notice);

    /// <summary>Rolls back what is open.</summary>
    public void Dispose()
    {
    }
}
