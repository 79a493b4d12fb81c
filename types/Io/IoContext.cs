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

    /// <summary>Names of objects for regclass and its relatives; null: they are read and written as numbers.</summary>
    public IObjectNames? Names { get; init; }
}

/// <summary>A session's catalog, as regclass, regtype, regproc, regnamespace and regrole see it.</summary>
public interface IObjectNames
{
    /// <summary>The type's input function.</summary>
    /// <exception cref="SqlException">42P01, 42704, 42883, 3F000.</exception>
    long Parse(TypeId type, string text);

    /// <summary>The type's output function: a name as it must be written now, or the number of an object that is gone.</summary>
    string Format(TypeId type, long oid);
}
