namespace OmenDb.Index;

/// <summary>Decides under the leaf latch whether an entry that is already there forbids a new one with the same key.</summary>
/// <remarks>Runs with a spinning latch held: it looks at the row's newest versions and returns; it must not wait, and must not use
/// any index, not even to read it: it could wait for its own latch. It may be asked again about the same row
/// when a full leaf has to be divided first.</remarks>
public interface IUniqueCheck
{
    bool Conflicts(ulong existingRowId);
}

/// <summary>Decides under the leaf latch whether an entry may still be removed; the same restrictions as <see cref="IUniqueCheck"/>.</summary>
public interface IRemovalCheck
{
    bool MayRemove(ulong rowId);
}

public enum InsertOutcomeKind
{
    Inserted,

    /// <summary>The very pair was there: nothing changed.</summary>
    AlreadyPresent,

    /// <summary>Another entry of the key conflicts: nothing changed.</summary>
    Conflict,
}

/// <param name="Kind">What happened.</param>
/// <param name="ConflictingRowId">The first conflicting row, for <see cref="InsertOutcomeKind.Conflict"/>.</param>
public readonly record struct InsertOutcome(InsertOutcomeKind Kind, ulong ConflictingRowId = 0);

/// <summary>What all indexes of this project offer, whatever their keys.</summary>
public interface IAlexIndex : IDisposable
{
    /// <summary>Entries; exact while nobody writes.</summary>
    long Count { get; }

    AlexStatistics GetStatistics();
}
