namespace OmenDb.Storage.Tables.Sealed;

/// <summary>When segments are sealed: all settings of it.</summary>
public sealed record SealOptions
{
    /// <summary>Sealing in the background.</summary>
    public static readonly SealOptions Default = new() { Interval = TimeSpan.FromSeconds(1) };

    /// <summary>Only when asked for.</summary>
    public static readonly SealOptions Off = new();

    /// <summary>For tests: everything that is quiet, however small, after every commit.</summary>
    public static readonly SealOptions Always = new() { AfterEveryCommit = true };

    /// <summary>How often the background looks for segments; zero: never.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>A full segment is sealed when nothing was written to it for so long. Loads are sealed at once.</summary>
    public TimeSpan QuietFor { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>A sealed segment that was written to is sealed again when this share of its column vectors has become hot, or of its rows has died.</summary>
    public double WorthShare { get; init; } = 1.0 / 16;

    /// <summary>... or when it has been quiet for so long, however little it is.</summary>
    public TimeSpan LongQuiet { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Segments that at most so many commits have filled, and nobody has changed since, count as loads.</summary>
    public int LoadCommits { get; init; } = 8;

    /// <summary>The background rests after each segment so many times as long as that took.</summary>
    public int Rest { get; init; } = 1;

    /// <summary>Also segments that are not full, by who commits, before his commit returns.</summary>
    public bool AfterEveryCommit { get; init; }
}

/// <summary>What the sealer remembers of a segment.</summary>
internal sealed class SealState
{
    /// <summary>As it was when it was last looked at and nothing was left to do: the last change, and the vectors unsealed so far.</summary>
    public (ulong Change, int Unsealed)? Seen { get; set; }

    /// <summary>What was worth it then.</summary>
    public double SeenShare { get; set; }

    /// <summary>By <see cref="Environment.TickCount64"/>: some vectors were busy.</summary>
    public long NotBeforeMs { get; set; }
}
