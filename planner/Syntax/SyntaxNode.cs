using System.Collections.Immutable;

namespace OmenDb.Planner.Syntax;

/// <summary>A piece of parsed SQL. Immutable; lists are never default.</summary>
/// <param name="Position">0-based character offset of the first token in the statement text; errors report it plus one.
/// -1 for nodes that were made without text.</param>
/// <remarks>Record equality compares positions and, for lists, array identity: it is not structural equality.</remarks>
public abstract record SyntaxNode(int Position)
{
    /// <summary>What an error's 'P' field says: 1-based, 0 when unknown.</summary>
    public int ErrorPosition => Position + 1;
}

/// <summary>Anything that can stand alone before a semicolon.</summary>
public abstract record Statement(int Position) : SyntaxNode(Position);

/// <summary>Anything with a value.</summary>
public abstract record SyntaxExpression(int Position) : SyntaxNode(Position);

/// <summary>Anything with rows and columns: SELECT, VALUES, set operations, and those under WITH, ORDER BY and LIMIT.</summary>
public abstract record QueryExpression(int Position) : SyntaxNode(Position);

/// <summary>A possibly qualified name, folded and truncated: <c>[[catalog.]schema.]name</c>.</summary>
/// <param name="Parts">At least one; outermost qualifier first.</param>
public sealed record QualifiedName(int Position, ImmutableArray<string> Parts) : SyntaxNode(Position)
{
    /// <summary>The last part.</summary>
    public string Name => Parts[^1];

    /// <summary>The part before the last one, or null.</summary>
    public string? Schema => Parts.Length > 1 ? Parts[^2] : null;

    /// <summary>The part before the schema, or null.</summary>
    public string? Catalog => Parts.Length > 2 ? Parts[^3] : null;

    /// <summary>The parts joined by dots, unquoted, as messages show it.</summary>
    public override string ToString() => string.Join('.', Parts);
}

/// <summary>The fields of <c>INTERVAL YEAR TO MONTH</c> and its relatives.</summary>
[Flags]
public enum IntervalFields
{
    None = 0,
    Year = 1,
    Month = 2,
    Day = 4,
    Hour = 8,
    Minute = 16,
    Second = 32,
}

/// <summary>A type as written. The SQL spellings are mapped to catalog names as PostgreSQL does it: <c>integer</c> is
/// <c>pg_catalog.int4</c>, <c>char</c> is <c>pg_catalog.bpchar</c> with modifier 1, <c>timestamp with time zone</c> is
/// <c>pg_catalog.timestamptz</c>.</summary>
public sealed record TypeName(int Position, ImmutableArray<string> NameParts) : SyntaxNode(Position)
{
    /// <summary>What stands in parentheses: constants, or names for types of one's own.</summary>
    public ImmutableArray<SyntaxExpression> Modifiers { get; init; } = [];

    /// <summary>One entry per dimension, -1 where no bound is written. Empty: no array.</summary>
    public ImmutableArray<int> ArrayDimensions { get; init; } = [];

    /// <summary>For interval only.</summary>
    public IntervalFields IntervalFields { get; init; }

    public bool SetOf { get; init; }

    /// <summary><c>table.column%TYPE</c>.</summary>
    public bool PercentType { get; init; }

    public string Name => NameParts[^1];

    public string? Schema => NameParts.Length > 1 ? NameParts[^2] : null;
}

/// <summary><c>name = value</c> in an option list: storage parameters, COPY, EXPLAIN, VACUUM, role and database options.</summary>
/// <param name="Name">Lower case, with its namespace in front ("toast.autovacuum_enabled") if there is one.</param>
/// <param name="Value">Null: the name alone. A list is a <see cref="RowExpression"/>, a bare word a
/// <see cref="ColumnReference"/>, ON, OFF, TRUE and FALSE <see cref="BooleanLiteral"/>s.</param>
public sealed record OptionItem(int Position, string Name, SyntaxExpression? Value) : SyntaxNode(Position);

/// <summary>One statement of a script.</summary>
/// <param name="Statement">The tree; its positions count from the start of the whole script, not of this statement.</param>
/// <param name="Start">0-based offset of the first token.</param>
/// <param name="Length">Characters up to, and without, the semicolon.</param>
public sealed record ParsedStatement(Statement Statement, int Start, int Length)
{
    /// <summary>The statement's own text.</summary>
    public ReadOnlySpan<char> Text(string script) => script.AsSpan(Start, Length);
}
