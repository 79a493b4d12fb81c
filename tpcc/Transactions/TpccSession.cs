using OmenDb.Workload.Sql;

namespace OmenDb.Tpcc.Transactions;

/// <summary>The isolation level of transactions that change something.</summary>
public enum TpccIsolation
{
    ReadCommitted,
    RepeatableRead,
    Serializable,
}

/// <summary>One connection with the batches of all transactions: each is made once and used again.</summary>
/// <param name="connection">Disposed with the session.</param>
/// <param name="freshnessClient">Every transaction that changes something also counts up this row of the freshness table; null: there is none.</param>
public sealed class TpccSession(WorkloadConnection connection, TpccIsolation isolation = TpccIsolation.ReadCommitted, int? freshnessClient = null) : IDisposable
{
    private readonly Dictionary<(string Name, int Size), SqlBatch> _batches = [];

    public WorkloadConnection Connection => connection;

    /// <summary>Null: freshness is not counted.</summary>
    public int? FreshnessClient => freshnessClient;

    /// <summary>How many transactions of this session have changed something.</summary>
    public long FreshnessSequence { get; private set; }

    /// <summary>Opens a block at the chosen level.</summary>
    internal SqlStatement Begin { get; } = isolation switch
    {
        TpccIsolation.RepeatableRead => new SqlStatement("BEGIN ISOLATION LEVEL REPEATABLE READ", [], []),
        TpccIsolation.Serializable => new SqlStatement("BEGIN ISOLATION LEVEL SERIALIZABLE", [], []),
        _ => SqlStatement.Begin,
    };

    /// <summary>Opens a block that reads one snapshot: order-status and stock-level (clause 3.4.1 asks for repeatable reads of the first).</summary>
    internal static readonly SqlStatement BeginRead = new("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", [], []);

    private static readonly SqlStatement CountFreshness =
        new("UPDATE freshness SET f_sequence = $2 WHERE f_client = $1", [SqlField.Int, SqlField.BigInt], []);

    /// <param name="size">What the list of statements depends on.</param>
    internal SqlBatch Batch(string name, int size, Func<int, IEnumerable<SqlStatement>> statements)
    {
        if (!_batches.TryGetValue((name, size), out var batch))
            _batches.Add((name, size), batch = connection.CreateBatch([.. statements(size)]));
        return batch;
    }

    /// <summary>What ends a block that has changed something.</summary>
    internal IEnumerable<SqlStatement> Commit() => freshnessClient is null ? [SqlStatement.Commit] : [CountFreshness, SqlStatement.Commit];

    /// <summary>Executes a batch that ends with <see cref="Commit"/>.</summary>
    internal void ExecuteAndCommit(SqlBatch batch)
    {
        if (freshnessClient is { } client)
            batch[batch.Statements.Count - 2].Int(client).Long(FreshnessSequence + 1);
        batch.Execute();
        FreshnessSequence++;
    }

    public void Dispose()
    {
        foreach (var batch in _batches.Values)
            batch.Dispose();
        connection.Dispose();
    }
}

/// <summary>The tables do not hold what they must: another load, or damage.</summary>
public sealed class TpccDataException(string message) : Exception(message);
