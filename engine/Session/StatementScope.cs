using OmenDb.Engine.Execution;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>What a statement of a session runs in: <see cref="ExecutionContext.Transaction"/> of its executions.</summary>
internal sealed class StatementScope(Session session, Transaction transaction, Snapshot snapshot) : IDisposable
{
    public Session Session { get; } = session;

    public Transaction Transaction { get; } = transaction;

    public Snapshot Snapshot { get; } = snapshot;

    public static StatementScope Of(ExecutionContext context) =>
        context.Transaction as StatementScope ?? throw SqlException.Internal("a stored table was used outside of a statement");

    public void Dispose() => Snapshot.Dispose();
}

/// <summary>READ COMMITTED met a row that somebody changed meanwhile: the statement is taken back and runs again under a new snapshot.
/// Never seen outside the session.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1064", Justification = "a signal inside the engine")]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1032", Justification = "a signal inside the engine")]
internal sealed class RestartStatementException : Exception
{
    public RestartStatementException() : base("the statement must run again")
    {
    }
}
