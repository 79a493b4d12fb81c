namespace OmenDb.Types;

/// <summary>The settings of a session that text input and output depend on. Immutable: a SET makes a new one.</summary>
public sealed record IoContext
{
    public static readonly IoContext Default = new();

    public TimeZone TimeZone { get; init; } = TimeZone.Utc;

    public DateStyle DateStyle { get; init; } = DateStyle.Iso;

    public DateOrder DateOrder { get; init; } = DateOrder.Mdy;

    public IntervalStyle IntervalStyle { get; init; } = IntervalStyle.Postgres;

    /// <summary>Above 0: shortest digits that read back the same.</summary>
    public int ExtraFloatDigits { get; init; } = 1;

    /// <summary>bytea_output = escape instead of hex.</summary>
    public bool ByteaEscape { get; init; }

    /// <summary>Transaction start, microseconds since 1970 UTC: what 'now' and 'today' mean.</summary>
    public long Now { get; init; }

    /// <summary>Labels of enums by OID, in order of declaration; the catalog's, null where no enum is read or written.</summary>
    public Func<int, IReadOnlyList<string>>? EnumLabels { get; init; }
}
