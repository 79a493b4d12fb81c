using System.Collections.Immutable;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Planner.Binding;

/// <summary>A column that a name can resolve to.</summary>
/// <param name="Name">As it is called here (aliases applied).</param>
/// <param name="Value">What the name stands for: a column, or for columns merged by USING under a full join an expression.</param>
internal sealed record ScopeColumn(string Name, Expression Value)
{
    /// <summary>Found by name but not by *: system columns.</summary>
    public bool Hidden { get; init; }
}

/// <summary>A range-table entry: what can be named before the dot.</summary>
internal sealed class ScopeTable(string alias, string? schema, ImmutableArray<ScopeColumn> columns)
{
    public string Alias { get; } = alias;

    /// <summary>Set only where the table's own name is the alias: schema.table.column works then.</summary>
    public string? Schema { get; } = schema;

    public ImmutableArray<ScopeColumn> Columns { get; } = columns;

    /// <summary>The table or view that is read; null for anything else in FROM.</summary>
    public Catalog.ITableInfo? Relation { get; init; }

    /// <summary>Written without an alias.</summary>
    public bool HasOwnName { get; init; }

    /// <summary>Leading columns that an alias has given other names.</summary>
    public int AliasedColumns { get; init; }

    /// <summary>A joined table's inner tables stay visible, but a column merged by USING is found here only by qualified name.</summary>
    public HashSet<string> MergedAway { get; } = [];

    /// <summary>Found by its qualified name only (a table hidden behind an alias of a join).</summary>
    public bool IsVisible { get; set; } = true;

    /// <summary>In FROM's scope but not referable here: left of a non-lateral item.</summary>
    public bool LateralOnly { get; set; }
}

/// <summary>The names of one query level; outer levels follow through <see cref="Outer"/>.</summary>
internal sealed class Scope(Scope? outer, Dictionary<string, CteBinding>? ctes = null)
{
    public Scope? Outer { get; } = outer;

    public List<ScopeTable> Tables { get; } = [];

    /// <summary>Columns merged by USING or NATURAL, found by their bare name before any table's.</summary>
    public List<ScopeColumn> Merged { get; } = [];

    /// <summary>Row locks that this level asks for, itself or for a level above.</summary>
    public ImmutableArray<Syntax.LockingClause> Locking { get; init; } = [];

    /// <summary>Row locks that a level above takes: see <see cref="RowsToLock"/>. Null: none.</summary>
    public RowsToLock? LockedAbove { get; init; }

    /// <summary>What * expands to, in order.</summary>
    public List<ScopeColumn> Star { get; } = [];

    /// <summary>CTEs that this level defines.</summary>
    public Dictionary<string, CteBinding> Ctes { get; } = ctes ?? new(StringComparer.Ordinal);

    /// <summary>The query whose names these are: where aggregates over this level's columns are collected. Null while FROM is bound.</summary>
    public GroupingContext? Grouping { get; set; }

    public bool Owns(Column column) =>
        Tables.Any(t => t.Columns.Any(c => ExpressionTree.Any(c.Value, e => e is ColumnExpression x && ReferenceEquals(x.Column, column))));
}

/// <summary>FOR UPDATE of a plain subquery or view locks the rows of its tables, those of them that the query around it gives: so the subquery hands out
/// their row ids beside its columns.</summary>
/// <param name="Clauses">Of the query around it, as far as they concern the subquery.</param>
internal sealed record RowsToLock(ImmutableArray<Syntax.LockingClause> Clauses)
{
    /// <summary>Found while the subquery is bound.</summary>
    public List<(Catalog.ITableInfo Table, Column RowId)> Rows { get; } = [];
}

/// <summary>A WITH entry.</summary>
internal sealed class CteBinding(int id, string name, ImmutableArray<Column> columns)
{
    public int Id { get; } = id;

    public string Name { get; } = name;

    public ImmutableArray<Column> Columns { get; set; } = columns;

    /// <summary>The names of WITH x(a, b), for the first columns; empty when none are given.</summary>
    public ImmutableArray<string> Names { get; init; } = [];

    /// <summary>Null inside the recursive term of itself.</summary>
    public LogicalPlan? Plan { get; set; }

    public int References { get; set; }

    public bool? Materialized { get; set; }

    public bool IsRecursive { get; set; }

    /// <summary>An INSERT, UPDATE or DELETE: runs exactly once, referenced or not.</summary>
    public bool IsChange { get; set; }
}

/// <summary>Which special calls an expression position admits.</summary>
internal enum ExpressionPlace
{
    Select, Where, JoinOn, GroupBy, Having, OrderBy, Values, Limit, Default, Check, IndexExpression, FunctionInFrom, AggregateArgument,
    WindowDefinition, Filter, UpdateSet, Returning,
}

/// <summary>Collects aggregates and window calls of one query level while its expressions are bound.</summary>
internal sealed class GroupingContext
{
    public List<AggregateCall> Aggregates { get; } = [];

    public List<WindowCall> Windows { get; } = [];

    public List<TableFunction> SetFunctions { get; } = [];

    public bool HasAggregates => Aggregates.Count > 0;

    public Dictionary<string, Syntax.WindowSpecification> NamedWindows { get; } = new(StringComparer.Ordinal);

    /// <summary>GROUPING(...) calls: filled after GROUP BY is bound.</summary>
    public List<(Column Output, ImmutableArray<Expression> Arguments, int Position)> GroupingCalls { get; } = [];
}
