using System.Diagnostics;
using System.Globalization;
using OmenDb.Types;
using OmenDb.Workload.Measuring;
using OmenDb.Workload.Sql;

namespace OmenDb.Tpcc.Ch;

/// <summary>One connection that asks the 22 queries in turn, without a pause.</summary>
/// <param name="firstKind">Place of Q1 among the recorder's kinds.</param>
/// <param name="freshness">Null: not measured.</param>
public sealed class AnalyticClient(WorkloadConnection connection, Recorder recorder, int firstKind, int firstQuery, FreshnessTracker? freshness) : IDisposable
{
    /// <summary>The most that a query did not see.</summary>
    public TimeSpan MostStaleness { get; private set; }

    public void Run(Func<bool> isStopping)
    {
        try
        {
            for (var i = firstQuery; !isStopping(); i = (i + 1) % ChQuery.All.Count)
                RunOne(i);
        }
        catch (Exception exception) when (WorkloadErrors.SqlStateOf(exception) == SqlState.QueryCanceled && isStopping())
        {
            // the end of the run does not wait for the last query
        }
    }

    /// <summary>From any thread.</summary>
    public void Cancel() => connection.Cancel();

    public void Dispose() => connection.Dispose();

    private void RunOne(int query)
    {
        var asked = Stopwatch.GetTimestamp();
        if (freshness is not null)
        {
            connection.Execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
            var seen = connection.Query(FreshnessTracker.Query);
            var staleness = freshness.StalenessOf(seen.Select(row => (int.Parse(row[0]!, CultureInfo.InvariantCulture), long.Parse(row[1]!, CultureInfo.InvariantCulture))), asked);
            if (staleness > MostStaleness)
                MostStaleness = staleness;
        }
        connection.Query(ChQuery.All[query].Text);
        if (freshness is not null)
            connection.Execute("COMMIT");
        recorder.Done(firstKind + query, asked);
    }
}
