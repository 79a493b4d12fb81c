using System.Collections.Immutable;
using OmenDb.Types;

namespace OmenDb.Planner.Catalog;

public enum TableKind : byte { Table, View, SystemTable, Sequence }

/// <summary>How an identity or serial-like column gets its value.</summary>
public enum IdentityKind : byte { None, Always, ByDefault }

/// <summary>One column of a table as the binder needs it.</summary>
/// <param name="Name">As the user wrote it, folded.</param>
/// <param name="Type">With modifiers.</param>
/// <param name="NotNull">Declared or implied by a primary key.</param>
public sealed record ColumnInfo(string Name, SqlType Type, bool NotNull = false)
{
    /// <summary>The attribute number that clients and catalogs know; stays when columns before it are dropped. 0: the position in the table.</summary>
    public int Number { get; init; }

    /// <summary>SQL text of the default; null when there is none.</summary>
    public string? DefaultSql { get; init; }

    /// <summary>SQL text of a stored generated column; null when it is an ordinary one.</summary>
    public string? GeneratedSql { get; init; }

    public IdentityKind Identity { get; init; }

    /// <summary>Never in *: index expressions, which have a <see cref="GeneratedSql"/> and are stored, and after all stored columns the
    /// system columns (xmin, ctid, tableoid), which have none and are computed by scans.</summary>
    public bool Hidden { get; init; }

    public bool IsSystem => Hidden && GeneratedSql is null;
}

/// <summary>An index as access paths need it.</summary>
/// <param name="Name">Unique in its schema.</param>
/// <param name="Columns">Ordinals of the key columns, in key order (hidden columns for expressions).</param>
/// <param name="Unique">At most one live row per key (nulls apart).</param>
public sealed record IndexInfo(string Name, ImmutableArray<IndexColumnInfo> Columns, bool Unique)
{
    public bool Primary { get; init; }

    public bool NullsNotDistinct { get; init; }

    /// <summary>Belongs to a constraint of the same name.</summary>
    public bool Constraint { get; init; }

    /// <summary>Belongs to a deferrable constraint: two rows may have the same key until the transaction ends, so it proves nothing.</summary>
    public bool Deferrable { get; init; }

    /// <summary>SQL text of a partial index's predicate; null when the index covers all rows.</summary>
    public string? PredicateSql { get; init; }

    /// <summary>False: it is newer than what the statement sees. Keys may be looked for in it, rows and values of expressions may not.</summary>
    public bool Readable { get; init; } = true;

    /// <summary>What the engine hands to storage; the planner passes it on unseen.</summary>
    public object? Handle { get; init; }
}

public sealed record IndexColumnInfo(int Ordinal, bool Descending = false, bool NullsFirst = false)
{
    /// <summary>SQL text of an index expression; null for a plain column.</summary>
    public string? ExpressionSql { get; init; }
}

/// <summary>A check constraint: name and SQL text.</summary>
public sealed record CheckInfo(string Name, string ExpressionSql);

/// <summary>What the optimiser knows about a column; all fields are estimates.</summary>
/// <param name="DistinctCount">Distinct non-null values; 0 when unknown.</param>
/// <param name="NullFraction">0 to 1.</param>
public sealed record ColumnStatistics(double DistinctCount, double NullFraction)
{
    /// <summary>Smallest and largest value as constants (see <see cref="Expressions.ConstantExpression"/>); null when unknown.</summary>
    public object? Min { get; init; }

    public object? Max { get; init; }

    /// <summary>Most common values with their fraction of all rows, most common first.</summary>
    public ImmutableArray<(object Value, double Fraction)> MostCommon { get; init; } = [];

    /// <summary>Equi-depth bounds over the values that are not most common ones, ascending; empty when unknown.</summary>
    public ImmutableArray<object> Histogram { get; init; } = [];

    /// <summary>Average bytes per value of variable-width types; 0 when unknown.</summary>
    public double AverageWidth { get; init; }
}

/// <summary>A relation that a name in FROM resolves to. Supplied by the engine; immutable for the time of a statement.</summary>
public interface ITableInfo
{
    int Oid { get; }

    string SchemaName { get; }

    string Name { get; }

    TableKind Kind { get; }

    /// <summary>By ordinal; hidden columns come last.</summary>
    ImmutableArray<ColumnInfo> Columns { get; }

    /// <summary>Estimated live rows.</summary>
    double RowCount { get; }

    /// <summary>Null when nothing is known.</summary>
    ColumnStatistics? Statistics(int ordinal);

    ImmutableArray<IndexInfo> Indexes { get; }

    ImmutableArray<CheckInfo> Checks { get; }

    /// <summary>Views: the query's text. Null otherwise.</summary>
    string? ViewSql { get; }

    /// <summary>What the engine needs to execute scans and changes; the planner passes it on unseen.</summary>
    object? Handle { get; }
}
