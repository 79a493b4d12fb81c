namespace OmenDb.Storage.Transactions;

public enum IsolationLevel : byte
{
    ReadCommitted = 0,
    RepeatableRead = 1,
    Serializable = 2,
}

public enum TransactionState : byte
{
    Active = 0,
    /// <summary>In the log, perhaps not yet durable or visible.</summary>
    Committing = 1,
    Committed = 2,
    RolledBack = 3,
}

/// <summary>How waiting for another transaction ended.</summary>
public enum WaitOutcome : byte
{
    Ended = 0,
    TimedOut = 1,
    Cancelled = 2,
}
