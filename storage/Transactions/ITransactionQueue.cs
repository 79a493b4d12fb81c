namespace OmenDb.Storage.Transactions;

/// <summary>Work that a transaction still has to do before it ends (constraints to be checked), kept by whoever evaluates SQL. Marks and
/// rollbacks of the transaction reach it; it is disposed with the transaction's end.</summary>
public interface ITransactionQueue : IDisposable
{
    /// <summary>How much is there now.</summary>
    QueueMark Mark();

    /// <summary>Forgets what came after the mark, and everything that was due at the end of the statement and came after it.</summary>
    void RollbackTo(QueueMark mark);
}

/// <summary>A place in a queue.</summary>
/// <param name="Pending">Work due at the end of the statement.</param>
/// <param name="Deferred">Work put off until the commit.</param>
/// <param name="Settings">SET CONSTRAINTS commands.</param>
public readonly record struct QueueMark(int Pending, int Deferred, int Settings);
