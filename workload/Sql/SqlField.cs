namespace OmenDb.Workload.Sql;

/// <summary>How a value travels between a workload and a system.</summary>
public enum SqlKind
{
    Int4,
    Int8,
    /// <summary>A whole number of units of 10 to the power of minus <see cref="SqlField.Scale"/>.</summary>
    Numeric,
    Text,
    /// <summary>Without time zone.</summary>
    Timestamp,
}

/// <summary>Type of a parameter, of a result column or of a column to load.</summary>
/// <param name="Scale">Of numerics: digits after the point.</param>
public readonly record struct SqlField(SqlKind Kind, int Scale = 0)
{
    public static readonly SqlField Int = new(SqlKind.Int4);
    public static readonly SqlField BigInt = new(SqlKind.Int8);
    public static readonly SqlField Text = new(SqlKind.Text);
    public static readonly SqlField Timestamp = new(SqlKind.Timestamp);

    /// <summary>numeric with two digits: money.</summary>
    public static readonly SqlField Money = new(SqlKind.Numeric, 2);

    public static SqlField Numeric(int scale) => new(SqlKind.Numeric, scale);
}

/// <summary>A statement with $1, $2 ... and what goes in and comes out. One of them is prepared once per connection.</summary>
/// <param name="Results">Empty: the statement returns no rows.</param>
public sealed record SqlStatement(string Text, SqlField[] Parameters, SqlField[] Results)
{
    public static readonly SqlStatement Begin = new("BEGIN", [], []);
    public static readonly SqlStatement Commit = new("COMMIT", [], []);
}
