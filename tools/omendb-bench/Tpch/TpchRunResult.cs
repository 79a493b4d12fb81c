namespace OmenDb.Tools.Bench.Tpch;

/// <summary>Everything that a run found out.</summary>
/// <param name="LoadSeconds">Null: the tables were there.</param>
/// <param name="PeakMemoryBytes">Of this process; null for a server, whose memory is not ours.</param>
/// <param name="WhyNotChecked">A sentence when there is nothing to check answers against, otherwise null.</param>
internal sealed record TpchRunResult(
    string Target,
    TpchOptions Options,
    double? LoadSeconds,
    long? PeakMemoryBytes,
    string? WhyNotChecked,
    IReadOnlyList<QueryResult> Queries)
{
    public bool IsRight => Queries.All(query => query.Answer is AnswerState.Right or AnswerState.NotChecked);
}
