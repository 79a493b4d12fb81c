using OmenDb.Types;

namespace OmenDb.Engine.Execution;

/// <summary>Everything one execution of a plan needs from outside. Shared by its workers; one per execution.</summary>
public sealed class ExecutionContext : IDisposable
{
    public ExecutionSettings Settings { get; init; } = ExecutionSettings.Default;

    public ParameterSet Parameters { get; init; } = ParameterSet.Empty;

    public CancellationToken Cancellation { get; init; }

    /// <summary>The data snapshot and transaction, for the sources and change operators that belong to storage; null where a plan touches none.</summary>
    public object? Transaction { get; init; }

    /// <summary>The session, for functions such as current_user, currval or set_config; null outside of one.</summary>
    public ISessionServices? Session { get; init; }

    /// <summary>now(): start of the transaction, as timestamptz vectors have it: microseconds since 1970-01-01 UTC.</summary>
    public long TransactionTimestamp { get; init; } = UtcNow();

    /// <summary>statement_timestamp(), in the same unit.</summary>
    public long StatementTimestamp { get; init; } = UtcNow();

    public QueryMemory Memory { get; init; } = new(MemoryAccountant.Unlimited, 0);

    /// <summary>For what does not fit into memory; null: it ends with 53200.</summary>
    public SpillSpace? Spill { get; init; }

    /// <summary>Operators that can spill should do so now.</summary>
    internal bool WantsSpill => Spill is not null && (Settings.ForceSpill || Memory.IsTight);

    /// <summary>Collects actual rows and times when set (EXPLAIN ANALYZE).</summary>
    public bool Instrument { get; init; }

    /// <summary>Environment tick (ms) after which the statement has timed out; 0: never.</summary>
    public long DeadlineTicks { get; init; }

    /// <summary>Scans that read only these rows, by the id of their mark. Null: none.</summary>
    internal IReadOnlyDictionary<int, FixedRows>? FixedScans { get; init; }

    /// <summary>What expressions need to be evaluated after the end of the execution. To be disposed with its parameters.</summary>
    internal ExecutionContext Keep() => new()
    {
        Settings = Settings with { MaxParallelism = 1 },
        Parameters = Parameters.Clone(),
        Session = Session,
        TransactionTimestamp = TransactionTimestamp,
        StatementTimestamp = StatementTimestamp,
    };

    /// <summary>The same execution over single rows. Not to be disposed.</summary>
    internal ExecutionContext OverRows(IReadOnlyDictionary<int, FixedRows> rows) => Copy(Settings with { MaxParallelism = 1 }, Parameters, Transaction, rows);

    /// <summary>The same execution in another snapshot. Not to be disposed.</summary>
    internal ExecutionContext Under(object? transaction) => Copy(Settings, Parameters, transaction, FixedScans);

    /// <summary>For a plan that runs inside an expression: the same execution with more parameters, on the calling thread. Not to be disposed.</summary>
    internal ExecutionContext Inner(ParameterSet parameters) => Copy(Settings with { MaxParallelism = 1 }, parameters, Transaction, FixedScans);

    private ExecutionContext Copy(ExecutionSettings settings, ParameterSet parameters, object? transaction, IReadOnlyDictionary<int, FixedRows>? rows) => new()
    {
        Settings = settings,
        Parameters = parameters,
        Cancellation = Cancellation,
        Transaction = transaction,
        FixedScans = rows,
        Session = Session,
        TransactionTimestamp = TransactionTimestamp,
        StatementTimestamp = StatementTimestamp,
        Memory = Memory,
        Spill = Spill,
        DeadlineTicks = DeadlineTicks,
    };

    /// <summary>Microseconds since 1970-01-01 UTC.</summary>
    public static long UtcNow() => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>Called at every morsel and batch border, never inside an atomic step.</summary>
    /// <exception cref="SqlException">57014.</exception>
    public void CheckInterrupts()
    {
        if (Cancellation.IsCancellationRequested)
            throw new SqlException(SqlState.QueryCanceled, "canceling statement due to user request");
        if (DeadlineTicks != 0 && Environment.TickCount64 > DeadlineTicks)
            throw new SqlException(SqlState.QueryCanceled, "canceling statement due to statement timeout");
    }

    public void Dispose() => Memory.Dispose();
}

/// <summary>What functions ask of the session they run in.</summary>
public interface ISessionServices
{
    string CurrentUser { get; }

    string SessionUser { get; }

    string CurrentDatabase { get; }

    IReadOnlyList<string> SearchPath { get; }

    int BackendProcessId { get; }

    /// <summary>Null: no such setting.</summary>
    string? GetSetting(string name);

    void SetSetting(string name, string value, bool isLocal);

    /// <param name="sequence">As written, maybe qualified and quoted.</param>
    long NextValue(string sequence);

    long CurrentValue(string sequence);

    long LastValue();

    void SetValue(string sequence, long value, bool isCalled);

    void Notice(string severity, string message);
}
