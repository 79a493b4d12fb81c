namespace OmenDb.Engine;

/// <summary>What ReadyForQuery reports.</summary>
public enum TransactionStatus : byte
{
    Idle = (byte)'I',
    InTransaction = (byte)'T',
    /// <summary>After an error inside a transaction block: only ROLLBACK gets out.</summary>
    Failed = (byte)'E',
}
