using System.Collections.Concurrent;
using Npgsql;

namespace OmenDb.Tools.Bench.Soak;

/// <summary>What all connections have done. Thread-safe.</summary>
internal sealed class SoakCounters
{
    private readonly ConcurrentDictionary<string, long> _errors = new();
    private long _done;

    public long Transactions => Interlocked.Read(ref _done);

    /// <summary>Serialization failures and deadlocks by SQLSTATE, which every client must expect; the message of all others.</summary>
    public IReadOnlyDictionary<string, long> Errors => _errors;

    public bool HasUnexpected => _errors.Keys.Any(key => !IsExpected(key));

    public void Done() => Interlocked.Increment(ref _done);

    public void Failed(PostgresException error) =>
        _errors.AddOrUpdate(IsExpected(error.SqlState) ? error.SqlState : $"{error.SqlState} {error.MessageText}", 1, static (_, n) => n + 1);

    private static bool IsExpected(string sqlState) => sqlState is "40001" or "40P01";
}
