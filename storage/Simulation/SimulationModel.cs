using System.Collections.Immutable;

namespace OmenDb.Storage.Simulation;

/// <summary>What a table should hold: rows by their id, each as the text of its other columns.</summary>
internal sealed record TableState(ImmutableSortedDictionary<long, string> Rows, int AddedColumns, ImmutableSortedSet<string> Indexes)
{
    public static readonly TableState Empty = new(ImmutableSortedDictionary<long, string>.Empty, 0, ImmutableSortedSet<string>.Empty);

    public string? Difference(TableState other)
    {
        if (AddedColumns != other.AddedColumns)
            return $"{AddedColumns} added columns instead of {other.AddedColumns}";
        if (!Indexes.SetEquals(other.Indexes))
            return $"indexes {string.Join(' ', Indexes)} instead of {string.Join(' ', other.Indexes)}";
        foreach (var (id, row) in Rows)
        {
            if (!other.Rows.TryGetValue(id, out var expected))
                return $"row {id} should not be there";
            if (expected != row)
                return $"row {id} is {row} instead of {expected}";
        }
        foreach (var id in other.Rows.Keys)
        {
            if (!Rows.ContainsKey(id))
                return $"row {id} is missing";
        }
        return null;
    }
}

/// <summary>The states that the database has been through, one per commit, and which of them it may be found in after a crash.</summary>
internal sealed class CommitHistory
{
    private readonly List<ImmutableSortedDictionary<string, TableState>> _states = [ImmutableSortedDictionary<string, TableState>.Empty];
    private int _required;

    public ImmutableSortedDictionary<string, TableState> Current => _states[^1];

    /// <summary>Sequence values given out in all lives.</summary>
    public HashSet<long> SequenceValues { get; } = [];

    public long NextRowId { get; set; } = 1;

    public int NextName { get; set; } = 1;

    /// <summary>A commit was sent; whether it arrives is open until <see cref="Acknowledge"/>.</summary>
    public void Send(ImmutableSortedDictionary<string, TableState> state) => _states.Add(state);

    /// <summary>Refused before the log took it.</summary>
    public void Refuse() => _states.RemoveAt(_states.Count - 1);

    /// <summary>The newest commit was answered, synchronously: it and all before it must survive.</summary>
    public void Acknowledge() => _required = _states.Count - 1;

    /// <summary>Decides which state was found after a crash, and goes on from there. Null, or what is wrong.</summary>
    public string? Settle(ImmutableSortedDictionary<string, TableState> found)
    {
        string? first = null;
        for (var i = _states.Count - 1; i >= _required; i--)
        {
            var difference = Difference(found, _states[i]);
            if (difference is null)
            {
                _states.RemoveRange(i + 1, _states.Count - i - 1);
                _required = i;
                return null;
            }
            first ??= difference;
        }
        return $"{first} (and none of the {_states.Count - _required} states allowed matches)";
    }

    /// <summary>After damage that may look like a torn end: any earlier state, but none that never was.</summary>
    public bool WasEver(ImmutableSortedDictionary<string, TableState> found) => _states.Exists(state => Difference(found, state) is null);

    public static string? Difference(ImmutableSortedDictionary<string, TableState> found, ImmutableSortedDictionary<string, TableState> expected)
    {
        foreach (var (name, table) in found)
        {
            if (!expected.TryGetValue(name, out var other))
                return $"table {name} should not be there";
            if (table.Difference(other) is { } difference)
                return $"table {name}: {difference}";
        }
        foreach (var name in expected.Keys)
        {
            if (!found.ContainsKey(name))
                return $"table {name} is missing";
        }
        return null;
    }
}
