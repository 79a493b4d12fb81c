using System.Collections.Immutable;

namespace OmenDb.Isolation.Tests.Checker;

/// <summary>One step of a transaction on the list under a key.</summary>
/// <param name="Value">What was appended, unique in the whole history; null: a read.</param>
/// <param name="List">What a read returned, oldest element first; empty: no row.</param>
/// <param name="IsUndone">The append was rolled back to a savepoint. Reads of the same transaction between the append and the rollback stand here without it.</param>
public sealed record Step(int Key, int? Value, ImmutableArray<int> List, bool IsUndone = false)
{
    public static Step Append(int key, int value) => new(key, value, []);

    public static Step Read(int key, params ImmutableArray<int> list) => new(key, null, list);

    public override string ToString() => Value is { } value ? $"append k{Key} {value}{(IsUndone ? " (undone)" : "")}" : $"read k{Key} [{string.Join(' ', List)}]";
}

/// <summary>How a transaction ended, as its client knows it.</summary>
public enum Outcome : byte
{
    Committed,
    Aborted,

    /// <summary>The connection was lost in the commit.</summary>
    Unknown,
}

/// <summary>A transaction as its client saw it.</summary>
public sealed record HistoryTransaction(int Id, Outcome Outcome, ImmutableArray<Step> Steps)
{
    public override string ToString() => $"T{Id} {Outcome}: {string.Join(", ", Steps)}";
}
