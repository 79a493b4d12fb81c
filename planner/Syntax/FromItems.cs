using System.Collections.Immutable;

namespace OmenDb.Planner.Syntax;

/// <summary>An entry of FROM.</summary>
public abstract record FromItem(int Position) : SyntaxNode(Position);

/// <param name="Columns">Empty: not written.</param>
public sealed record TableAlias(int Position, string Name, ImmutableArray<string> Columns) : SyntaxNode(Position);

/// <summary>A table, view or CTE by name.</summary>
public sealed record TableReference(int Position, QualifiedName Name, TableAlias? Alias) : FromItem(Position)
{
    public bool IsOnly { get; init; }

    public TableSample? Sample { get; init; }
}

public sealed record TableSample(
    int Position, QualifiedName Method, ImmutableArray<SyntaxExpression> Arguments, SyntaxExpression? Repeatable) : SyntaxNode(Position);

/// <summary><c>[LATERAL] (SELECT ..) [AS] x</c>.</summary>
/// <param name="Alias">Null is an error in PostgreSQL 15 (42601); the parser reports it, so it is never null here.</param>
public sealed record SubqueryReference(int Position, QueryExpression Query, TableAlias? Alias, bool IsLateral) : FromItem(Position);

/// <summary>A set-returning call, or several in ROWS FROM.</summary>
/// <param name="Functions">One, unless ROWS FROM was written.</param>
public sealed record FunctionReference(int Position, ImmutableArray<TableFunction> Functions, TableAlias? Alias) : FromItem(Position)
{
    public bool IsLateral { get; init; }

    public bool IsRowsFrom { get; init; }

    public bool WithOrdinality { get; init; }

    /// <summary><c>AS x(a int, b text)</c> or <c>AS (a int)</c>: the alias then has no columns or is null.</summary>
    public ImmutableArray<ColumnDefinition> ColumnDefinitions { get; init; } = [];
}

/// <param name="Call">A <see cref="FunctionCall"/>, or one of the special forms (CAST, COALESCE, CURRENT_DATE ..).</param>
/// <param name="ColumnDefinitions">Only inside ROWS FROM.</param>
public sealed record TableFunction(int Position, SyntaxExpression Call, ImmutableArray<ColumnDefinition> ColumnDefinitions) : SyntaxNode(Position);

public enum JoinKind
{
    Cross,
    Inner,
    Left,
    Right,
    Full,
}

public sealed record JoinReference(int Position, FromItem Left, FromItem Right, JoinKind Kind) : FromItem(Position)
{
    /// <summary>0-based offset of the word that starts the join (NATURAL, LEFT, JOIN ..).</summary>
    public int JoinPosition { get; init; }

    public SyntaxExpression? On { get; init; }

    /// <summary>USING columns; empty: none.</summary>
    public ImmutableArray<string> Using { get; init; } = [];

    /// <summary><c>USING (..) AS x</c>.</summary>
    public TableAlias? UsingAlias { get; init; }

    public bool IsNatural { get; init; }

    /// <summary>ASOF [LEFT] JOIN: each left row meets the one right row with the closest value that satisfies the inequality in ON.</summary>
    public bool IsAsOf { get; init; }

    /// <summary><c>(a JOIN b) AS x</c>.</summary>
    public TableAlias? Alias { get; init; }
}
