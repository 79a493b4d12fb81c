using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Statistics;

namespace OmenDb.Storage.Tables;

public sealed partial class Table
{
    private long _modifications;
    private TableStatistics? _statistics;

    /// <summary>Rows appended, changed and deleted since the table was opened, rolled back ones included: tells when statistics are old.</summary>
    public long Modifications => Interlocked.Read(ref _modifications);

    /// <summary>The last analysis; null: none yet.</summary>
    public TableStatistics? Statistics => Volatile.Read(ref _statistics);

    /// <summary>True when the table has changed so much since the last analysis that it is worth another (PostgreSQL's rule: 50 rows and a tenth).</summary>
    public bool NeedsAnalyze => Modifications - (Statistics?.ModificationsAt ?? 0) > 50 + (Statistics?.RowCount ?? 0) / 10;

    /// <summary>ANALYZE: reads all rows that the snapshot sees and keeps the result.</summary>
    public TableStatistics Analyze(Snapshot snapshot, CancellationToken cancellation = default)
    {
        var statistics = Analyzer.Run(this, snapshot, cancellation);
        Volatile.Write(ref _statistics, statistics);
        return statistics;
    }
}
