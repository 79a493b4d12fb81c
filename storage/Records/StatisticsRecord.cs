using OmenDb.Storage.Checkpoint;
using OmenDb.Storage.Statistics;
using OmenDb.Storage.Tables;

namespace OmenDb.Storage.Records;

/// <summary>A table was analysed; outside transactions.</summary>
/// <remarks><code>| the table's line as in <see cref="StatisticsImage"/> |</code></remarks>
internal static class StatisticsRecord
{
    public static void Write(long storageId, TableStatistics statistics, RedoBuffer target)
    {
        target.BeginRecord(RecordKind.Statistics);
        target.Raw(StatisticsImage.WriteTable(storageId, statistics, changes: 0));
        target.EndRecord();
    }

    /// <param name="body">The whole body.</param>
    /// <param name="find">A table by storage id; null: dropped since.</param>
    public static void Replay(ReadOnlySpan<byte> body, Func<long, Table?> find) => StatisticsImage.LoadTable(body, find);
}
