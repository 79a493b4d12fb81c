using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Statistics;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Tables;

public sealed partial class Table
{
    private long _modifications;
    private TableStatistics? _statistics;

    /// <summary>Rows appended, changed and deleted by committed transactions since the last analysis that a start has found, or ever: tells when
    /// statistics are old.</summary>
    public long Modifications => Interlocked.Read(ref _modifications);

    /// <summary>The last analysis; null: none yet.</summary>
    public TableStatistics? Statistics => Volatile.Read(ref _statistics);

    /// <summary>True when the table has changed so much since the last analysis that it is worth another (PostgreSQL's rule: 50 rows and a tenth).</summary>
    public bool NeedsAnalyze => Modifications - (Statistics?.ModificationsAt ?? 0) > 50 + (Statistics?.RowCount ?? 0) / 10;

    /// <summary>ANALYZE: reads all rows that the snapshot sees and keeps the result.</summary>
    public TableStatistics Analyze(Snapshot snapshot, CancellationToken cancellation = default) => Analyze(snapshot, Modifications, cancellation);

    /// <param name="snapshot">What is read.</param>
    /// <param name="modifications">At that time, or before: what came later calls for the next analysis.</param>
    /// <param name="cancellation">Ends it.</param>
    internal TableStatistics Analyze(Snapshot snapshot, long modifications, CancellationToken cancellation)
    {
        var statistics = Analyzer.Run(this, snapshot, cancellation) with { ModificationsAt = modifications };
        Volatile.Write(ref _statistics, statistics);
        return statistics;
    }

    /// <summary>At start: what the last checkpoint has kept.</summary>
    /// <param name="statistics">An analysis.</param>
    /// <param name="changes">Rows changed between the analysis and the checkpoint.</param>
    internal void RestoreStatistics(TableStatistics statistics, long changes)
    {
        _modifications = changes;
        _statistics = statistics;
    }

    /// <summary>After a commit has become visible: an analysis that comes between must not take it for counted.</summary>
    internal void CountModifications(in UndoEntry entry) =>
        CountModifications(entry.Kind switch { UndoKind.Insert => entry.Count, UndoKind.Update => entry.Record!.Rows.Length, _ => entry.Rows!.Length });

    internal void CountModifications(int rows) => Interlocked.Add(ref _modifications, rows);
}
