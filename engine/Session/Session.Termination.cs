using OmenDb.Types;

namespace OmenDb.Engine;

// How a session ends that its client does not end: by command, or because it idles too long.
public sealed partial class Session
{
    private readonly Lock _idleGate = new();
    private Timer? _idleTimer;
    private SqlException? _termination;
    private long _idleNumber; // counts changes between idle and busy: a timer that comes too late finds another number
    private long _transactionDeadline; // environment tick; 0: none

    /// <summary>Why the session is over; null: it goes on. FATAL.</summary>
    public SqlException? Termination => Volatile.Read(ref _termination);

    /// <summary>From any thread: the session is over. Whoever serves it tells the client and disposes it; a running statement ends by itself.</summary>
    public event Action? TerminationRequested;

    /// <summary>From any thread: the session ends with 57P01.</summary>
    public void Terminate() => Terminate(new SqlException(SqlState.AdminShutdown, "terminating connection due to administrator command") { Severity = "FATAL" });

    private void Terminate(SqlException reason)
    {
        if (Interlocked.CompareExchange(ref _termination, reason, null) is not null)
            return;
        Interrupt();
        TerminationRequested?.Invoke();
    }

    private void BeginIdle()
    {
        var inTransaction = TransactionStatus != TransactionStatus.Idle;
        var timeoutMs = (long)Settings.Int(inTransaction ? "idle_in_transaction_session_timeout" : "idle_session_timeout");
        var isTransactionTime = false;
        if (_transactionDeadline != 0 && inTransaction)
        {
            var leftMs = Math.Max(1, _transactionDeadline - Environment.TickCount64);
            isTransactionTime = timeoutMs == 0 || leftMs < timeoutMs;
            timeoutMs = isTransactionTime ? leftMs : timeoutMs;
        }
        if (timeoutMs == 0)
            return;
        lock (_idleGate)
        {
            var number = ++_idleNumber;
            _idleTimer?.Dispose();
            _idleTimer = new Timer(_ => OnIdleTooLong(number, inTransaction, isTransactionTime), null, timeoutMs, Timeout.Infinite);
        }
    }

    private void EndIdle()
    {
        if (_idleTimer is null)
            return;
        lock (_idleGate)
        {
            _idleNumber++;
            _idleTimer?.Dispose();
            _idleTimer = null;
        }
    }

    private void OnIdleTooLong(long number, bool inTransaction, bool isTransactionTime)
    {
        lock (_idleGate)
        {
            if (number != _idleNumber)
                return;
        }
        Terminate(isTransactionTime ? TransactionTooLong() : inTransaction
            ? new SqlException(SqlState.IdleInTransactionSessionTimeout, "terminating connection due to idle-in-transaction timeout") { Severity = "FATAL" }
            : new SqlException(SqlState.IdleSessionTimeout, "terminating connection due to idle-session timeout") { Severity = "FATAL" });
    }

    private void StartTransactionTime() =>
        _transactionDeadline = Settings.Int("transaction_timeout") is > 0 and var timeoutMs ? Environment.TickCount64 + timeoutMs : 0;

    private void CheckTransactionTime()
    {
        if (_transactionDeadline != 0 && Environment.TickCount64 > _transactionDeadline)
            Terminate(TransactionTooLong());
    }

    private static SqlException TransactionTooLong() =>
        new(SqlState.TransactionTimeout, "terminating connection due to transaction timeout") { Severity = "FATAL" };
}
