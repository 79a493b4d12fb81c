namespace OmenDb.Engine;

/// <summary>Who connects to what. The user is authenticated already.</summary>
public sealed record SessionOptions
{
    public string User { get; init; } = "omendb";

    public string Database { get; init; } = "omendb";

    /// <summary>Settings of the startup message (client_encoding, DateStyle, application_name, options -c ...), as written.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Parameters { get; init; } = [];

    /// <summary>For pg_stat_activity; null for embedded and local sessions.</summary>
    public System.Net.IPEndPoint? ClientAddress { get; init; }
}

public sealed record DatabaseOptions
{
    /// <summary>Bytes that all queries together may hold; 0: no limit.</summary>
    public long MemoryLimitBytes { get; init; }

    /// <summary>Sessions at a time; one more is refused with 53300.</summary>
    public int MaxConnections { get; init; } = 100;

    /// <summary>How long recovery may take to repeat the log after a crash: sets how often checkpoints run. Zero: the storage's default.</summary>
    public TimeSpan RecoveryTarget { get; init; }

    /// <summary>Tables that have changed much are analysed in the background. Off by default: plans of a program of its own do not change by themselves.</summary>
    public bool AutoAnalyze { get; init; }

    /// <summary>When full segments are re-encoded to narrow ones.</summary>
    public Sealing Sealing { get; init; } = Sealing.InBackground;

    /// <summary>For measurements: every flush takes at least this long, as on a slow device. Zero: as long as it takes.</summary>
    public TimeSpan FlushDelay { get; init; }

    /// <summary>Defaults of settings for all sessions, as in a configuration file.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}

/// <summary>When full segments become narrow and immutable.</summary>
public enum Sealing
{
    /// <summary>Some seconds after nobody writes to them any more, loads at once.</summary>
    InBackground,

    /// <summary>Only by ALTER TABLE ... SEAL.</summary>
    OnDemand,

    /// <summary>Also segments that are not full, by who commits, before the commit returns: for tests.</summary>
    AfterEveryCommit,
}
