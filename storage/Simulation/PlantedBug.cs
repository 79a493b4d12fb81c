using System.Runtime.CompilerServices;

namespace OmenDb.Storage.Simulation;

/// <summary>Mistakes that the storage makes on demand, to prove that the simulation finds them.</summary>
internal enum PlantedBug
{
    None,

    /// <summary>A commit is answered without its log on the device.</summary>
    SkippedFlush,

    /// <summary>A rolled back update leaves its values.</summary>
    LostUndo,

    /// <summary>A unique index takes any key.</summary>
    MissedUniqueCheck,

    /// <summary>A checkpoint gives up the log before the manifest knows of it.</summary>
    EarlyTruncation,

    /// <summary>A commit is visible while its log is on the way.</summary>
    EarlyVisibility,

    /// <summary>A checkpoint writes what has not committed.</summary>
    DirtyCheckpoint,

    /// <summary>Entries of deleted rows stay in indexes.</summary>
    StaleIndexEntry,

    /// <summary>Deletions do not reach the log.</summary>
    UnloggedDelete,

    /// <summary>A checkpoint leaves out what recovery has repeated.</summary>
    ForgottenReplay,

    /// <summary>A start throws away the file of a bulk load that only the log names.</summary>
    SweptLoad,

    /// <summary>Vectors are sealed though they have versions, whose strings stand in the arena that they leave.</summary>
    SealedVersions,

    /// <summary>A row lock counts as soon as nobody is writing the row, whoever else still holds it.</summary>
    UnconfirmedLock,

    /// <summary>Whoever was set free and still sleeps is taken for somebody who waits.</summary>
    SleeperInCircle,

    /// <summary>Row locks go to who comes, past those who wait.</summary>
    IgnoredQueue,

    /// <summary>Writers do not look at row locks.</summary>
    IgnoredLock,
}

/// <summary>Where the storage asks whether it is to make a mistake. In production the answer is a constant that the compiler folds away.</summary>
internal static class PlantedBugs
{
    /// <summary>Switch that makes mistakes possible at all; read once.</summary>
    public const string Switch = "OmenDb.Storage.PlantedBugs";

    private static readonly bool IsArmed = AppContext.TryGetSwitch(Switch, out var armed) && armed;

    // Of the simulation's only thread: others in the process are not to suffer.
    [ThreadStatic]
    private static PlantedBug _current;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Has(PlantedBug bug) => IsArmed && _current == bug;

    /// <summary>From now on, on this thread.</summary>
    public static void Plant(PlantedBug bug)
    {
        if (bug != PlantedBug.None && !IsArmed)
            throw new InvalidOperationException($"the switch {Switch} is off");
        _current = bug;
    }
}
