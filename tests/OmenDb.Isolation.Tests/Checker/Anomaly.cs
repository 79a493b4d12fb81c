namespace OmenDb.Isolation.Tests.Checker;

/// <summary>What may not happen. The names G0 to G2 are those of Adya, "Weak Consistency", 1999; the others are of lists that clients read back.</summary>
public enum AnomalyKind : byte
{
    /// <summary>A read returned a value that nobody appended, or one twice.</summary>
    Garbage,

    /// <summary>An element of an aborted transaction, or of a step rolled back to a savepoint, was read by another.</summary>
    G1aAbortedRead,

    /// <summary>A list was read that ends in the middle of another transaction's appends.</summary>
    G1bIntermediateRead,

    /// <summary>Two reads of a key disagree about the order of its elements.</summary>
    IncompatibleOrder,

    /// <summary>A committed append is in no later state of its list.</summary>
    LostAppend,

    /// <summary>A transaction did not see its own appends, or saw one list change under it.</summary>
    InternalInconsistency,

    /// <summary>A cycle of overwritings.</summary>
    G0WriteCycle,

    /// <summary>A cycle of overwritings and reads of what was written.</summary>
    G1cCircularFlow,

    /// <summary>A cycle with one anti-dependency: read skew, lost update.</summary>
    GSingle,

    /// <summary>A cycle with several anti-dependencies, no two in a row: what snapshot isolation excludes too.</summary>
    GNonadjacent,

    /// <summary>A cycle with anti-dependencies in a row: write skew.</summary>
    G2,
}

/// <param name="Transactions">Those that make the anomaly; of a cycle in its order.</param>
public sealed record Anomaly(AnomalyKind Kind, string Description, IReadOnlyList<HistoryTransaction> Transactions)
{
    public override string ToString() => $"{Kind}: {Description}\n    {string.Join("\n    ", Transactions)}";
}

/// <summary>What a level excludes.</summary>
public static class Levels
{
    private static readonly AnomalyKind[] s_always =
    [
        AnomalyKind.Garbage, AnomalyKind.G1aAbortedRead, AnomalyKind.G1bIntermediateRead, AnomalyKind.IncompatibleOrder, AnomalyKind.LostAppend, AnomalyKind.G0WriteCycle,
        AnomalyKind.G1cCircularFlow,
    ];

    private static readonly AnomalyKind[] s_snapshot = [.. s_always, AnomalyKind.InternalInconsistency, AnomalyKind.GSingle, AnomalyKind.GNonadjacent];

    private static readonly AnomalyKind[] s_all = Enum.GetValues<AnomalyKind>();

    public static IReadOnlyCollection<AnomalyKind> Excluded(string level) => level switch
    {
        "READ COMMITTED" => s_always,
        "REPEATABLE READ" => s_snapshot,
        "SERIALIZABLE" => s_all,
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, "no isolation level"),
    };
}
