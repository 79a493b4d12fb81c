using System.Collections.Immutable;

namespace OmenDb.Storage.Simulation;

/// <summary>A row as the model has it. Values follow from numbers, so that comparing needs no text: see <see cref="SimulatedRows"/>.</summary>
/// <param name="Place">Its row id, for ever.</param>
/// <param name="Version">Another number after every change.</param>
/// <param name="Score">Column c2.</param>
/// <param name="Name">What column c1 follows from.</param>
/// <param name="Key">Column c3; negative: null.</param>
/// <param name="Origin">What added columns follow from.</param>
/// <param name="Ordinals">Added columns with a lower number were there when it was inserted; the others have the default.</param>
internal readonly record struct SimulatedRow(RowId Place, int Version, int Score, int Name, int Key, int Origin, int Ordinals);

/// <summary>Which columns an index of the simulation has.</summary>
internal enum SimulatedIndexKind
{
    UniqueId,
    UniqueKey,
    Key,
    Name,
    KeyAndName,
}

/// <summary>What a table should hold.</summary>
/// <param name="Rows">By column c0.</param>
/// <param name="Added">Numbers of the added columns, in their order.</param>
/// <param name="NextOrdinal">Of the next added column.</param>
/// <param name="Indexes">By name.</param>
/// <param name="Definition">Another number after every change that an older snapshot cannot look through.</param>
internal sealed record TableState(
    ImmutableSortedDictionary<long, SimulatedRow> Rows, ImmutableArray<int> Added, int NextOrdinal,
    ImmutableSortedDictionary<string, SimulatedIndexKind> Indexes, int Definition)
{
    public static TableState Empty(int definition) => new(
        ImmutableSortedDictionary<long, SimulatedRow>.Empty, [], 0, ImmutableSortedDictionary<string, SimulatedIndexKind>.Empty, definition);

    /// <summary>Two rows with a key that should be unique, or null. Ids never repeat.</summary>
    public (long First, long Second)? Duplicate()
    {
        if (!Indexes.Any(index => index.Value == SimulatedIndexKind.UniqueKey))
            return null;
        return DuplicateKey();
    }

    /// <summary>Two rows with the same key that is not null.</summary>
    public (long First, long Second)? DuplicateKey()
    {
        var seen = new Dictionary<int, long>(Rows.Count); // a hundred rows, most of the time
        foreach (var (id, row) in Rows)
        {
            if (row.Key >= 0 && !seen.TryAdd(row.Key, id))
                return (seen[row.Key], id);
        }
        return null;
    }
}

/// <summary>The states that the database has been through, one per commit, and which of them it may be found in after a crash.</summary>
internal sealed class CommitHistory
{
    private readonly List<ImmutableSortedDictionary<string, TableState>> _states = [ImmutableSortedDictionary<string, TableState>.Empty];
    private int _required;
    private int _last;

    /// <summary>What everybody sees now.</summary>
    public ImmutableSortedDictionary<string, TableState> Current => _states[_isPending ? ^2 : ^1];

    private bool _isPending;

    /// <summary>A commit was sent and not answered: nobody may see it yet.</summary>
    public bool IsPending => _isPending;

    /// <summary>Sequence values given out in all lives.</summary>
    public HashSet<long> SequenceValues { get; } = [];

    /// <summary>Numbers that never repeat: ids, versions, names.</summary>
    public int Next() => ++_last;

    /// <summary>A commit was sent; whether it arrives is open until it is answered.</summary>
    public void Send(ImmutableSortedDictionary<string, TableState> state)
    {
        _states.Add(state);
        _isPending = true;
    }

    /// <summary>Refused before the log took it.</summary>
    public void Refuse()
    {
        _states.RemoveAt(_states.Count - 1);
        _isPending = false;
    }

    /// <summary>It was answered.</summary>
    /// <param name="durable">It and all before it must survive.</param>
    public void Answered(bool durable)
    {
        _isPending = false;
        if (durable)
            _required = _states.Count - 1;
    }

    /// <summary>The states in question after a crash, the newest first: any that is not older than the last durable one.</summary>
    public IEnumerable<ImmutableSortedDictionary<string, TableState>> Candidates
    {
        get
        {
            for (var i = _states.Count - 1; i >= _required; i--)
                yield return _states[i];
        }
    }

    /// <summary>All states there ever were, the newest first: damage that looks like a torn end may take the database back further.</summary>
    public IEnumerable<ImmutableSortedDictionary<string, TableState>> Ever => Enumerable.Reverse(_states);

    /// <summary>After a crash: this is the state that was found, go on from there.</summary>
    public void Settle(ImmutableSortedDictionary<string, TableState> found)
    {
        var at = _states.LastIndexOf(found);
        _states.RemoveRange(at + 1, _states.Count - at - 1);
        _required = at;
        _isPending = false;
    }
}

/// <summary>The simulation has found the engine wrong.</summary>
internal sealed class SimulationFailure(string message) : Exception(message);
