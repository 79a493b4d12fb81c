using System.Diagnostics;
using OmenDb.Tpcc.Transactions;
using OmenDb.Workload.Sql;

namespace OmenDb.Tpcc.Ch;

/// <summary>How old the data of a query are, after Milkai et al., "How good is my HTAP system?", 2022, section 4: every transaction counts up its client's row in the
/// table freshness; a query that does not see a transaction which had been answered before the query was sent is as stale as that answer is old.</summary>
public sealed class FreshnessTracker
{
    public const string Query = "SELECT f_client, f_sequence FROM freshness";

    private readonly List<long>[] _answered;

    /// <param name="clients">Transaction clients, numbered from 1.</param>
    public FreshnessTracker(int clients) => _answered = [.. Enumerable.Range(0, clients).Select(_ => new List<long>())];

    public static void CreateTable(WorkloadSystem system, int clients)
    {
        system.Execute("DROP TABLE IF EXISTS freshness");
        system.Execute("CREATE TABLE freshness (f_client int PRIMARY KEY, f_sequence bigint NOT NULL)");
        for (var client = 1; client <= clients; client++)
            system.Execute($"INSERT INTO freshness VALUES ({client}, 0)");
    }

    /// <summary>The session's newest transaction has been answered.</summary>
    public void Answered(TpccSession session) => Answered(session.FreshnessClient!.Value, Stopwatch.GetTimestamp());

    internal void Answered(int client, long timestamp)
    {
        var answered = _answered[client - 1];
        lock (answered)
            answered.Add(timestamp);
    }

    /// <param name="seen">What <see cref="Query"/> returned in the query's snapshot: client and number of transactions.</param>
    /// <param name="asked">When the query was sent.</param>
    /// <returns>Zero: the query saw everything that had been answered before.</returns>
    public TimeSpan StalenessOf(IEnumerable<(int Client, long Sequence)> seen, long asked)
    {
        var oldest = asked;
        foreach (var (client, sequence) in seen)
        {
            var answered = _answered[client - 1];
            lock (answered)
            {
                if (sequence < answered.Count)
                    oldest = Math.Min(oldest, answered[(int)sequence]);
            }
        }
        return Stopwatch.GetElapsedTime(oldest, asked);
    }
}
