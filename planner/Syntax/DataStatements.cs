using System.Collections.Immutable;

namespace OmenDb.Planner.Syntax;

/// <summary>A query as statement.</summary>
public sealed record QueryStatement(int Position, QueryExpression Query) : Statement(Position);

public enum OverridingKind
{
    None,
    UserValue,
    SystemValue,
}

/// <param name="Source">Null: DEFAULT VALUES.</param>
public sealed record InsertStatement(int Position, QualifiedName Table, QueryExpression? Source) : Statement(Position)
{
    public WithClause? With { get; init; }

    public string? Alias { get; init; }

    /// <summary>Empty: all columns in order.</summary>
    public ImmutableArray<TargetColumn> Columns { get; init; } = [];

    public OverridingKind Overriding { get; init; }

    public OnConflictClause? OnConflict { get; init; }

    public ImmutableArray<SelectItem> Returning { get; init; } = [];
}

/// <summary>A column to be written, maybe only a part of it: <c>c</c>, <c>c.field</c>, <c>c[1]</c>.</summary>
/// <param name="Path">Null for the whole column, else the written path, with a <see cref="ColumnReference"/> to the column at its root.</param>
public sealed record TargetColumn(int Position, string Name, SyntaxExpression? Path) : SyntaxNode(Position);

/// <param name="Update">Empty: DO NOTHING.</param>
public sealed record OnConflictClause(int Position, ImmutableArray<Assignment> Update) : SyntaxNode(Position)
{
    /// <summary>The inferred index; empty with <see cref="ConstraintName"/> or without a target.</summary>
    public ImmutableArray<IndexElement> Target { get; init; } = [];

    /// <summary>The predicate of a partial index.</summary>
    public SyntaxExpression? TargetWhere { get; init; }

    /// <summary>ON CONSTRAINT.</summary>
    public string? ConstraintName { get; init; }

    public SyntaxExpression? UpdateWhere { get; init; }

    public bool DoNothing => Update.IsEmpty;
}

/// <summary><c>a = x</c> or <c>(a, b) = row or subquery</c>.</summary>
/// <param name="Columns">One; more, or one in parentheses, with <see cref="IsRow"/>.</param>
/// <param name="Value">With <see cref="IsRow"/>: a <see cref="RowExpression"/>, <see cref="SubqueryExpression"/> or another row-valued expression.</param>
public sealed record Assignment(int Position, ImmutableArray<TargetColumn> Columns, SyntaxExpression Value, bool IsRow) : SyntaxNode(Position);

/// <param name="Table">With alias and ONLY.</param>
public sealed record UpdateStatement(int Position, TableReference Table, ImmutableArray<Assignment> Assignments) : Statement(Position)
{
    public WithClause? With { get; init; }

    public ImmutableArray<FromItem> From { get; init; } = [];

    public SyntaxExpression? Where { get; init; }

    /// <summary>WHERE CURRENT OF.</summary>
    public string? CursorName { get; init; }

    public ImmutableArray<SelectItem> Returning { get; init; } = [];
}

public sealed record DeleteStatement(int Position, TableReference Table) : Statement(Position)
{
    public WithClause? With { get; init; }

    public ImmutableArray<FromItem> Using { get; init; } = [];

    public SyntaxExpression? Where { get; init; }

    /// <summary>WHERE CURRENT OF.</summary>
    public string? CursorName { get; init; }

    public ImmutableArray<SelectItem> Returning { get; init; } = [];
}

public enum MergeActionKind
{
    DoNothing,
    Insert,
    Update,
    Delete,
}

public sealed record MergeStatement(
    int Position, TableReference Target, FromItem Source, SyntaxExpression On, ImmutableArray<MergeWhen> Branches) : Statement(Position)
{
    public WithClause? With { get; init; }
}

public sealed record MergeWhen(int Position, bool Matched, SyntaxExpression? Condition, MergeActionKind Action) : SyntaxNode(Position)
{
    public ImmutableArray<Assignment> Assignments { get; init; } = [];

    public ImmutableArray<TargetColumn> Columns { get; init; } = [];

    public OverridingKind Overriding { get; init; }

    /// <summary>INSERT VALUES; null: DEFAULT VALUES.</summary>
    public ValuesRow? Values { get; init; }
}

public sealed record TruncateStatement(int Position, ImmutableArray<TableReference> Tables, bool RestartIdentity, bool Cascade)
    : Statement(Position);

/// <summary>COPY in either syntax; old-style options arrive as the new ones.</summary>
public sealed record CopyStatement(int Position, bool IsFrom) : Statement(Position)
{
    /// <summary>Null: <see cref="Query"/> is set.</summary>
    public QualifiedName? Table { get; init; }

    public ImmutableArray<string> Columns { get; init; } = [];

    /// <summary>COPY (query) TO: a query or a data-modifying statement with RETURNING.</summary>
    public Statement? Query { get; init; }

    /// <summary>Null: STDIN or STDOUT.</summary>
    public string? FileName { get; init; }

    public bool IsProgram { get; init; }

    public ImmutableArray<OptionItem> Options { get; init; } = [];

    public SyntaxExpression? Where { get; init; }
}

public sealed record ExplainStatement(int Position, Statement Statement, ImmutableArray<OptionItem> Options) : Statement(Position);

public sealed record PrepareStatement(int Position, string Name, ImmutableArray<TypeName> ParameterTypes, Statement Statement)
    : Statement(Position);

public sealed record ExecuteStatement(int Position, string Name, ImmutableArray<SyntaxExpression> Arguments) : Statement(Position);

/// <param name="Name">Null: ALL.</param>
public sealed record DeallocateStatement(int Position, string? Name) : Statement(Position);

public sealed record DeclareCursorStatement(int Position, string Name, QueryExpression Query) : Statement(Position)
{
    public bool IsBinary { get; init; }

    /// <summary>Null: not written.</summary>
    public bool? Scroll { get; init; }

    public bool? Insensitive { get; init; }

    public bool WithHold { get; init; }
}

public enum FetchDirection
{
    Forward,
    Backward,
    Absolute,
    Relative,
}

/// <param name="Count"><see cref="All"/> for ALL; NEXT is Forward 1, PRIOR Backward 1, FIRST Absolute 1, LAST Absolute -1.</param>
public sealed record FetchStatement(int Position, string Cursor, FetchDirection Direction, long Count, bool IsMove) : Statement(Position)
{
    public const long All = long.MaxValue;
}

/// <param name="Name">Null: ALL.</param>
public sealed record CloseStatement(int Position, string? Name) : Statement(Position);

public sealed record CallStatement(int Position, FunctionCall Call) : Statement(Position);

/// <summary>A statement that PostgreSQL knows and this product does not: its text was skipped, the engine answers 0A000.</summary>
/// <param name="Feature">For the message: "CREATE TRIGGER".</param>
public sealed record UnsupportedStatement(int Position, string Feature) : Statement(Position);
