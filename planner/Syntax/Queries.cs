using System.Collections.Immutable;

namespace OmenDb.Planner.Syntax;

/// <summary>WITH, ORDER BY, LIMIT, OFFSET, FETCH and FOR UPDATE on top of a query. Made only where one of them is written.</summary>
public sealed record QueryWithClauses(int Position, QueryExpression Body) : QueryExpression(Position)
{
    public WithClause? With { get; init; }

    public ImmutableArray<SortItem> OrderBy { get; init; } = [];

    /// <summary>Null: none. LIMIT ALL is a <see cref="NullLiteral"/>, FETCH FIRST ROW the literal 1.</summary>
    public SyntaxExpression? Limit { get; init; }

    public SyntaxExpression? Offset { get; init; }

    /// <summary><c>FETCH FIRST n ROWS WITH TIES</c>.</summary>
    public bool WithTies { get; init; }

    public ImmutableArray<LockingClause> Locking { get; init; } = [];
}

/// <summary>One SELECT up to HAVING and WINDOW. <c>TABLE t</c> arrives as <c>SELECT * FROM t</c>.</summary>
public sealed record SelectCore(int Position) : QueryExpression(Position)
{
    public bool IsDistinct { get; init; }

    /// <summary>DISTINCT ON; empty otherwise.</summary>
    public ImmutableArray<SyntaxExpression> DistinctOn { get; init; } = [];

    /// <summary>May be empty, as in PostgreSQL.</summary>
    public ImmutableArray<SelectItem> Targets { get; init; } = [];

    /// <summary>SELECT .. INTO.</summary>
    public IntoClause? Into { get; init; }

    /// <summary>The comma list.</summary>
    public ImmutableArray<FromItem> From { get; init; } = [];

    public SyntaxExpression? Where { get; init; }

    public ImmutableArray<GroupItem> GroupBy { get; init; } = [];

    /// <summary>GROUP BY DISTINCT.</summary>
    public bool GroupByDistinct { get; init; }

    public SyntaxExpression? Having { get; init; }

    public ImmutableArray<NamedWindow> Windows { get; init; } = [];
}

public enum SetOperationKind
{
    Union,
    Intersect,
    Except,
}

/// <summary>A left-associative chain of the same operation: <c>a UNION ALL b UNION ALL c</c> is one node with three inputs.</summary>
/// <param name="Inputs">At least two.</param>
public sealed record SetOperation(int Position, SetOperationKind Kind, bool IsAll, ImmutableArray<QueryExpression> Inputs)
    : QueryExpression(Position);

/// <summary><c>VALUES (1, 2), (3, 4)</c>; every row is written out, lengths may differ (the binder complains).</summary>
public sealed record ValuesQuery(int Position, ImmutableArray<ValuesRow> Rows) : QueryExpression(Position);

public sealed record ValuesRow(int Position, ImmutableArray<SyntaxExpression> Values) : SyntaxNode(Position);

/// <param name="Alias">Null: the binder derives the column's name.</param>
public sealed record SelectItem(int Position, SyntaxExpression Expression, string? Alias) : SyntaxNode(Position);

public sealed record IntoClause(int Position, QualifiedName Name, Persistence Persistence) : SyntaxNode(Position);

/// <summary>WITH [RECURSIVE].</summary>
public sealed record WithClause(int Position, bool IsRecursive, ImmutableArray<CommonTableExpression> Tables) : SyntaxNode(Position);

/// <param name="Body">A <see cref="QueryStatement"/>, <see cref="InsertStatement"/>, <see cref="UpdateStatement"/>,
/// <see cref="DeleteStatement"/> or <see cref="MergeStatement"/>.</param>
/// <param name="Materialized">Null: not written.</param>
public sealed record CommonTableExpression(
    int Position, string Name, ImmutableArray<string> Columns, Statement Body, bool? Materialized) : SyntaxNode(Position)
{
    public SearchClause? Search { get; init; }

    public CycleClause? Cycle { get; init; }
}

public sealed record SearchClause(int Position, bool BreadthFirst, ImmutableArray<string> Columns, string SequenceColumn) : SyntaxNode(Position);

public sealed record CycleClause(
    int Position, ImmutableArray<string> Columns, string MarkColumn, SyntaxExpression? MarkValue, SyntaxExpression? MarkDefault,
    string PathColumn) : SyntaxNode(Position);

public enum LockStrength
{
    KeyShare,
    Share,
    NoKeyUpdate,
    Update,
}

public enum LockWait
{
    Block,
    NoWait,
    SkipLocked,
}

/// <param name="Tables">OF; empty: all.</param>
public sealed record LockingClause(int Position, LockStrength Strength, ImmutableArray<QualifiedName> Tables, LockWait Wait)
    : SyntaxNode(Position);

/// <summary>An entry of GROUP BY.</summary>
public abstract record GroupItem(int Position) : SyntaxNode(Position);

/// <summary>A plain expression; a row <c>(a, b)</c> inside a grouping set groups by each of its elements.</summary>
public sealed record GroupExpression(int Position, SyntaxExpression Expression) : GroupItem(Position);

/// <summary><c>()</c>.</summary>
public sealed record EmptyGroupingSet(int Position) : GroupItem(Position);

public sealed record RollupItem(int Position, ImmutableArray<SyntaxExpression> Expressions) : GroupItem(Position);

public sealed record CubeItem(int Position, ImmutableArray<SyntaxExpression> Expressions) : GroupItem(Position);

public sealed record GroupingSetsItem(int Position, ImmutableArray<GroupItem> Sets) : GroupItem(Position);

public sealed record NamedWindow(int Position, string Name, WindowSpecification Specification) : SyntaxNode(Position);
