using OmenDb.Isolation.Tests.Checker;
using static OmenDb.Isolation.Tests.Checker.Outcome;
using static OmenDb.Isolation.Tests.Checker.Step;

namespace OmenDb.Isolation.Tests;

/// <summary>The checker finds what is put into a history on purpose, and nothing where nothing is.</summary>
public sealed class HistoryCheckerTests
{
    private static HistoryTransaction T(int id, params Step[] steps) => new(id, Committed, [.. steps]);

    private static HistoryTransaction Aborts(int id, params Step[] steps) => new(id, Aborted, [.. steps]);

    public static TheoryData<string, AnomalyKind?, HistoryTransaction[]> Histories => new()
    {
        { "serial", null, [T(1, Append(1, 10)), T(2, Read(1, 10), Append(1, 11)), T(3, Read(1, 10, 11))] },
        { "own appends are seen", null, [T(1, Append(1, 10), Read(1, 10), Append(1, 11), Read(1, 10, 11)), T(2, Read(1, 10, 11))] },
        { "undone appends are gone", null, [T(1, Append(1, 10), Append(1, 11) with { IsUndone = true }, Read(1, 10)), T(2, Read(1, 10))] },
        { "nobody appended it", AnomalyKind.Garbage, [T(1, Append(1, 10)), T(2, Read(1, 10, 99))] },
        { "twice", AnomalyKind.Garbage, [T(1, Append(1, 10)), T(2, Read(1, 10, 10))] },
        { "aborted", AnomalyKind.G1aAbortedRead, [Aborts(1, Append(1, 10)), T(2, Read(1, 10))] },
        { "undone", AnomalyKind.G1aAbortedRead, [T(1, Append(1, 10) with { IsUndone = true }), T(2, Read(1, 10))] },
        { "intermediate", AnomalyKind.G1bIntermediateRead, [T(1, Append(1, 10), Append(1, 11)), T(2, Read(1, 10)), T(3, Read(1, 10, 11))] },
        { "two orders", AnomalyKind.IncompatibleOrder, [T(1, Append(1, 10)), T(2, Append(1, 11)), T(3, Read(1, 10, 11)), T(4, Read(1, 11, 10))] },
        { "lost", AnomalyKind.LostAppend, [T(1, Append(1, 10)), T(2, Append(1, 11)), T(3, Read(1, 11))] },
        { "never seen", AnomalyKind.LostAppend, [T(1, Append(1, 10)), T(2, Read(1))] },
        { "own append is not seen", AnomalyKind.InternalInconsistency, [T(1, Append(1, 10), Read(1)), T(2, Read(1, 10))] },
        { "list changes in a transaction", AnomalyKind.InternalInconsistency, [T(1, Append(1, 10)), T(2, Read(1), Read(1, 10)), T(3, Read(1, 10))] },
        { "dirty write", AnomalyKind.G0WriteCycle, [T(1, Append(1, 10), Append(2, 20)), T(2, Append(1, 11), Append(2, 21)), T(3, Read(1, 10, 11), Read(2, 21, 20))] },
        { "circular flow", AnomalyKind.G1cCircularFlow, [T(1, Append(1, 10), Read(2, 20)), T(2, Append(2, 20), Read(1, 10)), T(3, Read(1, 10), Read(2, 20))] },
        { "read skew", AnomalyKind.GSingle, [T(1, Append(1, 10), Append(2, 20)), T(2, Read(1), Read(2, 20)), T(3, Read(1, 10), Read(2, 20))] },
        { "lost update seen as a cycle", AnomalyKind.GSingle, [T(1, Read(1), Append(1, 10)), T(2, Read(1), Append(1, 11)), T(3, Read(1, 10, 11))] },
        { "long fork", AnomalyKind.GNonadjacent,
            [T(1, Append(1, 10)), T(2, Append(2, 20)), T(3, Read(1, 10), Read(2)), T(4, Read(1), Read(2, 20)), T(5, Read(1, 10), Read(2, 20))] },
        { "write skew", AnomalyKind.G2, [T(1, Read(1), Append(2, 20)), T(2, Read(2), Append(1, 10)), T(3, Read(1, 10), Read(2, 20))] },
        { "read-only anomaly", AnomalyKind.G2,
            [T(1, Read(1), Read(2), Append(1, 10)), T(2, Append(2, 20)), T(3, Read(1), Read(2, 20)), T(4, Read(1, 10), Read(2, 20))] },
    };

    [Theory]
    [MemberData(nameof(Histories))]
    public void Finds_the_anomaly_and_no_worse_one(string name, AnomalyKind? expected, HistoryTransaction[] history)
    {
        var found = HistoryChecker.Check(history);
        if (expected is null)
            Assert.Empty(found);
        else
            Assert.True(found.Count > 0 && found.Any(a => a.Kind == expected) && found.All(a => a.Kind == expected || Implied(expected.Value).Contains(a.Kind)),
                $"{name}: {string.Join('\n', found)}");
    }

    /// <summary>What else a history with the anomaly shows.</summary>
    private static AnomalyKind[] Implied(AnomalyKind kind) => kind switch
    {
        AnomalyKind.G1bIntermediateRead or AnomalyKind.InternalInconsistency => [AnomalyKind.GSingle],
        AnomalyKind.IncompatibleOrder => [AnomalyKind.LostAppend],
        _ => [],
    };
}
