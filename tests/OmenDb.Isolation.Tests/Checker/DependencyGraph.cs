namespace OmenDb.Isolation.Tests.Checker;

/// <summary>Why one transaction stands before another; Adya's ww, wr and rw.</summary>
public enum DependencyKind : byte
{
    WriteWrite,
    WriteRead,
    ReadWrite,
}

/// <summary>Direct dependencies between transactions, and the cycles in them.</summary>
internal sealed class DependencyGraph
{
    private sealed record Edge(HistoryTransaction From, HistoryTransaction To, DependencyKind Kind, string Reason);

    private readonly Dictionary<HistoryTransaction, List<Edge>> _edges = new(ReferenceEqualityComparer.Instance);

    /// <summary>Ignores dependencies on oneself, and on writers that nobody knows.</summary>
    public void Add(HistoryTransaction? from, HistoryTransaction? to, DependencyKind kind, string reason)
    {
        if (from is null || to is null || ReferenceEquals(from, to))
            return;
        if (!_edges.TryGetValue(from, out var list))
            _edges.Add(from, list = []);
        if (!list.Exists(e => ReferenceEquals(e.To, to) && e.Kind == kind))
            list.Add(new Edge(from, to, kind, reason));
    }

    /// <summary>For each kind of cycle one through each edge that can close it, the shortest; the same set of transactions only once.</summary>
    public IEnumerable<Anomaly> FindCycles()
    {
        var seen = new HashSet<string>();
        var all = _edges.Values.SelectMany(e => e).ToList();
        foreach (var (kind, closing, allowed) in new (AnomalyKind, DependencyKind, Func<Edge, Edge, bool>)[]
        {
            (AnomalyKind.G0WriteCycle, DependencyKind.WriteWrite, static (_, next) => next.Kind == DependencyKind.WriteWrite),
            (AnomalyKind.G1cCircularFlow, DependencyKind.WriteRead, static (_, next) => next.Kind != DependencyKind.ReadWrite),
            (AnomalyKind.GSingle, DependencyKind.ReadWrite, static (_, next) => next.Kind != DependencyKind.ReadWrite),
            (AnomalyKind.GNonadjacent, DependencyKind.ReadWrite, static (last, next) => last.Kind != DependencyKind.ReadWrite || next.Kind != DependencyKind.ReadWrite),
            (AnomalyKind.G2, DependencyKind.ReadWrite, static (_, _) => true),
        })
        {
            foreach (var edge in all.Where(e => e.Kind == closing))
            {
                if (ShortestCycle(edge, allowed) is not { } cycle)
                    continue;
                var name = string.Join(',', cycle.Select(e => e.From.Id).Order());
                if (seen.Add(name))
                    yield return new Anomaly(kind, string.Join("; ", cycle.Select(e => $"T{e.From.Id} -> T{e.To.Id} ({e.Kind}, {e.Reason})")), [.. cycle.Select(e => e.From)]);
            }
        }
    }

    /// <summary>Breadth first over pairs of a transaction and the kind of the edge that led to it, since rules look at two edges in a row.</summary>
    private List<Edge>? ShortestCycle(Edge first, Func<Edge, Edge, bool> allowed)
    {
        var parents = new Dictionary<(HistoryTransaction, DependencyKind), (Edge Edge, (HistoryTransaction, DependencyKind) From)>();
        var queue = new Queue<Edge>();
        var start = (first.To, first.Kind);
        queue.Enqueue(first);
        while (queue.TryDequeue(out var edge))
        {
            foreach (var next in _edges.GetValueOrDefault(edge.To) ?? [])
            {
                var state = (next.To, next.Kind);
                if (!allowed(edge, next) || state == start || !parents.TryAdd(state, (next, (edge.To, edge.Kind))))
                    continue;
                if (ReferenceEquals(next.To, first.From) && (allowed(next, first) || next.Kind != DependencyKind.ReadWrite))
                {
                    var cycle = new List<Edge>();
                    for (var at = state; at != start; at = parents[at].From)
                        cycle.Add(parents[at].Edge);
                    cycle.Add(first);
                    cycle.Reverse();
                    return cycle;
                }
                queue.Enqueue(next);
            }
        }
        return null;
    }
}
