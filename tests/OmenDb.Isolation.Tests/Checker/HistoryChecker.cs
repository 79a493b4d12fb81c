namespace OmenDb.Isolation.Tests.Checker;

/// <summary>Finds anomalies in a history of list appends, after Kingsbury and Alvaro, "Elle: Inferring Isolation Anomalies from Experimental
/// Observations", VLDB 2020: a list shows the order of its own writes, so reads give the version order, and that the dependencies.</summary>
/// <remarks>The history must end with one transaction that reads every key: what committed then shows, or was lost.</remarks>
public sealed class HistoryChecker
{
    private readonly IReadOnlyList<HistoryTransaction> _history;
    private readonly List<Anomaly> _found = [];
    private readonly Dictionary<(int Key, int Value), (HistoryTransaction Writer, bool IsUndone)> _writers = [];
    private readonly Dictionary<int, List<int>> _orders = [];
    private readonly DependencyGraph _graph = new();

    private HistoryChecker(IReadOnlyList<HistoryTransaction> history) => _history = history;

    /// <summary>All anomalies, of cycles the shortest through each dependency.</summary>
    public static IReadOnlyList<Anomaly> Check(IReadOnlyList<HistoryTransaction> history)
    {
        var checker = new HistoryChecker(history);
        checker.IndexWriters();
        foreach (var transaction in history)
            checker.CheckInternal(transaction);
        foreach (var transaction in history.Where(t => t.Outcome != Outcome.Aborted))
            checker.CheckReads(transaction);
        checker.FindOrders();
        checker.FindLostAppends();
        checker.BuildGraph();
        checker._found.AddRange(checker._graph.FindCycles());
        return checker._found;
    }

    private void Report(AnomalyKind kind, string description, params HistoryTransaction[] transactions) => _found.Add(new Anomaly(kind, description, transactions));

    private void IndexWriters()
    {
        foreach (var transaction in _history)
        {
            foreach (var step in transaction.Steps)
            {
                if (step.Value is { } value && !_writers.TryAdd((step.Key, value), (transaction, step.IsUndone)))
                    throw new ArgumentException($"the history appends {value} to k{step.Key} twice");
            }
        }
    }

    /// <summary>Against the transaction's own steps: what it read before, and appended since, must be what it reads.</summary>
    private void CheckInternal(HistoryTransaction transaction)
    {
        var expected = new Dictionary<int, List<int>>();
        var own = new Dictionary<int, List<int>>();
        foreach (var step in transaction.Steps)
        {
            if (step.Value is { } value)
            {
                if (step.IsUndone)
                    continue;
                if (expected.TryGetValue(step.Key, out var list))
                    list.Add(value);
                if (!own.TryGetValue(step.Key, out var appended))
                    own.Add(step.Key, appended = []);
                appended.Add(value);
                continue;
            }
            if (expected.TryGetValue(step.Key, out var known) && !known.SequenceEqual(step.List))
                Report(AnomalyKind.InternalInconsistency, $"expected k{step.Key} [{string.Join(' ', known)}], read [{string.Join(' ', step.List)}]", transaction);
            if (own.TryGetValue(step.Key, out var mine) && !step.List.TakeLast(mine.Count).SequenceEqual(mine))
                Report(AnomalyKind.InternalInconsistency, $"its own appends to k{step.Key} are not at the end of what it read", transaction);
            expected[step.Key] = [.. step.List];
        }
    }

    private void CheckReads(HistoryTransaction transaction)
    {
        foreach (var step in transaction.Steps.Where(s => s.Value is null))
        {
            if (step.List.Distinct().Count() != step.List.Length)
                Report(AnomalyKind.Garbage, $"an element of k{step.Key} is there twice: [{string.Join(' ', step.List)}]", transaction);
            foreach (var value in step.List)
            {
                if (!_writers.TryGetValue((step.Key, value), out var written))
                    Report(AnomalyKind.Garbage, $"nobody appended {value} to k{step.Key}", transaction);
                else if (written.IsUndone || written.Writer.Outcome == Outcome.Aborted)
                    Report(AnomalyKind.G1aAbortedRead, $"{value} in k{step.Key} was rolled back", written.Writer, transaction);
            }
            if (step.List.IsEmpty || !_writers.TryGetValue((step.Key, step.List[^1]), out var last) || last.Writer == transaction)
                continue;
            var final = last.Writer.Steps.LastOrDefault(s => s.Key == step.Key && s.Value is not null && !s.IsUndone);
            if (final is not null && !last.IsUndone && final.Value != step.List[^1])
                Report(AnomalyKind.G1bIntermediateRead, $"k{step.Key} was read with {step.List[^1]} at its end, before {final.Value} of the same transaction", last.Writer, transaction);
        }
    }

    private IEnumerable<(HistoryTransaction Transaction, Step Step)> CleanReads() => _history.Where(t => t.Outcome != Outcome.Aborted)
        .SelectMany(t => t.Steps.Where(s => s.Value is null).Select(s => (t, s)));

    private void FindOrders()
    {
        var longest = new Dictionary<int, (HistoryTransaction Reader, Step Step)>();
        foreach (var (transaction, step) in CleanReads())
        {
            if (!longest.TryGetValue(step.Key, out var known) || known.Step.List.Length < step.List.Length)
                longest[step.Key] = (transaction, step);
        }
        foreach (var (transaction, step) in CleanReads())
        {
            var (reader, whole) = longest[step.Key];
            if (!whole.List.AsSpan()[..step.List.Length].SequenceEqual(step.List.AsSpan()))
                Report(AnomalyKind.IncompatibleOrder, $"k{step.Key} is [{string.Join(' ', step.List)}] and [{string.Join(' ', whole.List)}]", transaction, reader);
        }
        foreach (var (key, (_, step)) in longest)
            _orders[key] = [.. step.List];
    }

    private void FindLostAppends()
    {
        foreach (var ((key, value), (writer, isUndone)) in _writers)
        {
            if (writer.Outcome == Outcome.Committed && !isUndone && !(_orders.TryGetValue(key, out var order) && order.Contains(value)))
                Report(AnomalyKind.LostAppend, $"{value} is not in k{key} at the end", writer);
        }
    }

    private void BuildGraph()
    {
        foreach (var (key, order) in _orders)
        {
            for (var i = 1; i < order.Count; i++)
                _graph.Add(Writer(key, order[i - 1]), Writer(key, order[i]), DependencyKind.WriteWrite, $"k{key}: {order[i]} after {order[i - 1]}");
        }
        foreach (var (reader, step) in CleanReads())
        {
            var order = _orders[step.Key];
            // The transaction's own appends at the end are not what it depends on.
            var seen = step.List.Length;
            while (seen > 0 && Writer(step.Key, step.List[seen - 1]) == reader)
                seen--;
            if (seen > 0)
                _graph.Add(Writer(step.Key, step.List[seen - 1]), reader, DependencyKind.WriteRead, $"k{step.Key}: {step.List[seen - 1]} was read");
            if (step.List.Length < order.Count)
                _graph.Add(reader, Writer(step.Key, order[step.List.Length]), DependencyKind.ReadWrite, $"k{step.Key}: {order[step.List.Length]} was not yet there");
        }
    }

    private HistoryTransaction? Writer(int key, int value) => _writers.TryGetValue((key, value), out var written) ? written.Writer : null;
}
