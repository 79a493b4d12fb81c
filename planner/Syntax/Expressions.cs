using System.Collections.Immutable;

namespace OmenDb.Planner.Syntax;

/// <summary>A prefix operator: <c>-x</c>, <c>@ x</c>, <c>OPERATOR(s.-) x</c>. NOT is <see cref="NotExpression"/>.</summary>
public sealed record UnaryExpression(int Position, string Operator, SyntaxExpression Operand) : SyntaxExpression(Position)
{
    /// <summary>Set by <c>OPERATOR(schema.op)</c>.</summary>
    public string? OperatorSchema { get; init; }
}

/// <summary>An infix operator, comparisons included; <c>!=</c> is turned into <c>&lt;&gt;</c>.</summary>
/// <param name="OperatorPosition">0-based offset of the operator token, where "operator does not exist" points.</param>
public sealed record BinaryExpression(int Position, SyntaxExpression Left, string Operator, SyntaxExpression Right, int OperatorPosition)
    : SyntaxExpression(Position)
{
    /// <summary>Set by <c>OPERATOR(schema.op)</c>.</summary>
    public string? OperatorSchema { get; init; }
}

/// <summary><c>a AND b AND c</c>: a whole chain in one node, so that long ones are not deep.</summary>
/// <param name="Operands">At least two, none of them itself an AndExpression.</param>
public sealed record AndExpression(int Position, ImmutableArray<SyntaxExpression> Operands) : SyntaxExpression(Position);

/// <summary><c>a OR b OR c</c>.</summary>
/// <param name="Operands">At least two, none of them itself an OrExpression.</param>
public sealed record OrExpression(int Position, ImmutableArray<SyntaxExpression> Operands) : SyntaxExpression(Position);

public sealed record NotExpression(int Position, SyntaxExpression Operand) : SyntaxExpression(Position);

/// <summary><c>x::type</c> or <c>CAST(x AS type)</c>.</summary>
public sealed record CastExpression(int Position, SyntaxExpression Operand, TypeName Type) : SyntaxExpression(Position);

/// <summary><c>x COLLATE "C"</c>.</summary>
public sealed record CollateExpression(int Position, SyntaxExpression Operand, QualifiedName Collation) : SyntaxExpression(Position);

/// <summary><c>x AT TIME ZONE zone</c>: pg_catalog.timezone(zone, x).</summary>
public sealed record AtTimeZoneExpression(int Position, SyntaxExpression Operand, SyntaxExpression Zone, int OperatorPosition)
    : SyntaxExpression(Position);

public enum IsTestKind
{
    Null,
    True,
    False,
    Unknown,
    Document,
    Normalized,
}

/// <summary><c>x IS [NOT] NULL | TRUE | FALSE | UNKNOWN | DOCUMENT | [form] NORMALIZED</c>.</summary>
public sealed record IsExpression(int Position, SyntaxExpression Operand, IsTestKind Test, bool Negated) : SyntaxExpression(Position)
{
    /// <summary>NFC, NFD, NFKC, NFKD; null for the default. Only with <see cref="IsTestKind.Normalized"/>.</summary>
    public string? NormalForm { get; init; }
}

/// <summary><c>a IS [NOT] DISTINCT FROM b</c>.</summary>
public sealed record DistinctExpression(int Position, SyntaxExpression Left, SyntaxExpression Right, bool Negated, int OperatorPosition)
    : SyntaxExpression(Position);

/// <summary><c>x [NOT] BETWEEN [SYMMETRIC] a AND b</c>.</summary>
public sealed record BetweenExpression(
    int Position, SyntaxExpression Operand, SyntaxExpression Low, SyntaxExpression High, bool Negated, bool Symmetric, int OperatorPosition)
    : SyntaxExpression(Position);

/// <summary><c>x [NOT] IN (a, b)</c>.</summary>
/// <param name="Values">At least one.</param>
public sealed record InListExpression(
    int Position, SyntaxExpression Operand, ImmutableArray<SyntaxExpression> Values, bool Negated, int OperatorPosition)
    : SyntaxExpression(Position);

/// <summary><c>x [NOT] IN (SELECT ..)</c>; the operand may be a row.</summary>
public sealed record InSubqueryExpression(
    int Position, SyntaxExpression Operand, QueryExpression Query, bool Negated, int OperatorPosition) : SyntaxExpression(Position);

public enum LikeKind
{
    Like,
    ILike,
    SimilarTo,
}

/// <summary><c>x [NOT] LIKE | ILIKE | SIMILAR TO pattern [ESCAPE e]</c>.</summary>
public sealed record LikeExpression(
    int Position, SyntaxExpression Operand, SyntaxExpression Pattern, SyntaxExpression? Escape, LikeKind Kind, bool Negated,
    int OperatorPosition) : SyntaxExpression(Position);

/// <summary><c>x op ANY (array)</c> (SOME is ANY) and <c>x op ALL (array)</c>. LIKE arrives as the operator ~~, NOT ILIKE as !~~*.</summary>
public sealed record QuantifiedArrayExpression(
    int Position, SyntaxExpression Left, string Operator, bool IsAll, SyntaxExpression Array, int OperatorPosition) : SyntaxExpression(Position)
{
    public string? OperatorSchema { get; init; }
}

/// <summary><c>x op ANY (SELECT ..)</c> and <c>x op ALL (SELECT ..)</c>.</summary>
public sealed record QuantifiedSubqueryExpression(
    int Position, SyntaxExpression Left, string Operator, bool IsAll, QueryExpression Query, int OperatorPosition) : SyntaxExpression(Position)
{
    public string? OperatorSchema { get; init; }
}

/// <summary><c>(SELECT ..)</c> as a value.</summary>
public sealed record SubqueryExpression(int Position, QueryExpression Query) : SyntaxExpression(Position);

public sealed record ExistsExpression(int Position, QueryExpression Query) : SyntaxExpression(Position);

/// <summary><c>ARRAY(SELECT ..)</c>.</summary>
public sealed record ArraySubqueryExpression(int Position, QueryExpression Query) : SyntaxExpression(Position);

/// <summary><c>(a, b) OVERLAPS (c, d)</c>; each row has two elements.</summary>
public sealed record OverlapsExpression(int Position, RowExpression Left, RowExpression Right, int OperatorPosition)
    : SyntaxExpression(Position);

/// <summary>One <c>WHEN .. THEN ..</c>.</summary>
public sealed record CaseBranch(int Position, SyntaxExpression When, SyntaxExpression Then) : SyntaxNode(Position);

/// <param name="Operand">Null for the searched form.</param>
public sealed record CaseExpression(int Position, SyntaxExpression? Operand, ImmutableArray<CaseBranch> Branches, SyntaxExpression? Else)
    : SyntaxExpression(Position);

public sealed record CoalesceExpression(int Position, ImmutableArray<SyntaxExpression> Arguments) : SyntaxExpression(Position);

public sealed record NullIfExpression(int Position, SyntaxExpression Left, SyntaxExpression Right) : SyntaxExpression(Position);

/// <summary>GREATEST and LEAST.</summary>
public sealed record MinMaxExpression(int Position, ImmutableArray<SyntaxExpression> Arguments, bool IsGreatest) : SyntaxExpression(Position);

/// <summary><c>GROUPING(a, b)</c>.</summary>
public sealed record GroupingExpression(int Position, ImmutableArray<SyntaxExpression> Arguments) : SyntaxExpression(Position);

public enum SqlValueFunctionKind
{
    CurrentDate,
    CurrentTime,
    CurrentTimestamp,
    LocalTime,
    LocalTimestamp,
    CurrentRole,
    CurrentUser,
    User,
    SessionUser,
    CurrentCatalog,
    CurrentSchema,
}

/// <summary>The functions without parentheses.</summary>
/// <param name="Precision">-1 when none is written.</param>
public sealed record SqlValueFunction(int Position, SqlValueFunctionKind Kind, int Precision) : SyntaxExpression(Position);

/// <summary>How a call was written; the name and arguments are those of the ordinary call that it means.</summary>
public enum FunctionCallSyntax
{
    Ordinary,

    /// <summary><c>EXTRACT(field FROM x)</c>: extract('field', x).</summary>
    Extract,

    /// <summary><c>OVERLAY(x PLACING y FROM n [FOR m])</c>.</summary>
    Overlay,

    /// <summary><c>POSITION(sub IN x)</c>: position(x, sub).</summary>
    Position,

    /// <summary><c>SUBSTRING(x [FROM n] [FOR m])</c>.</summary>
    Substring,

    /// <summary><c>SUBSTRING(x SIMILAR pattern ESCAPE e)</c>.</summary>
    SubstringSimilar,

    /// <summary><c>TRIM([BOTH | LEADING | TRAILING] [c] [FROM] x)</c>: btrim, ltrim or rtrim.</summary>
    Trim,

    /// <summary><c>NORMALIZE(x, NFC)</c>: normalize(x, 'NFC').</summary>
    Normalize,

    /// <summary><c>COLLATION FOR (x)</c>: pg_collation_for(x).</summary>
    CollationFor,

    /// <summary><c>TREAT(x AS type)</c>: the type's own name as function.</summary>
    Treat,
}

/// <summary>A call of any kind: scalar, aggregate, window.</summary>
/// <param name="Name">The special syntaxes arrive under pg_catalog.</param>
/// <param name="Arguments">Named ones are <see cref="NamedArgument"/>s.</param>
public sealed record FunctionCall(int Position, ImmutableArray<string> Name, ImmutableArray<SyntaxExpression> Arguments)
    : SyntaxExpression(Position)
{
    /// <summary><c>count(*)</c>.</summary>
    public bool IsStar { get; init; }

    public bool IsDistinct { get; init; }

    /// <summary>The last argument is marked VARIADIC.</summary>
    public bool IsVariadic { get; init; }

    /// <summary><see cref="OrderBy"/> is that of WITHIN GROUP.</summary>
    public bool IsWithinGroup { get; init; }

    public FunctionCallSyntax Syntax { get; init; }

    public ImmutableArray<SortItem> OrderBy { get; init; } = [];

    public SyntaxExpression? Filter { get; init; }

    /// <summary>Null: no OVER.</summary>
    public WindowSpecification? Over { get; init; }

    public string FunctionName => Name[^1];

    public string? Schema => Name.Length > 1 ? Name[^2] : null;
}

/// <summary><c>name =&gt; value</c> (or <c>:=</c>).</summary>
public sealed record NamedArgument(int Position, string Name, SyntaxExpression Value) : SyntaxExpression(Position);

/// <summary><c>x ASC NULLS LAST</c>.</summary>
public sealed record SortItem(int Position, SyntaxExpression Expression, SortDirection Direction, NullOrder Nulls) : SyntaxNode(Position)
{
    /// <summary><c>USING op</c>; then <see cref="Direction"/> is <see cref="SortDirection.Using"/>.</summary>
    public string? UsingOperator { get; init; }

    public string? UsingOperatorSchema { get; init; }
}

public enum SortDirection
{
    Default,
    Ascending,
    Descending,
    Using,
}

public enum NullOrder
{
    Default,
    First,
    Last,
}

/// <summary>What follows OVER, or a named window's definition.</summary>
public sealed record WindowSpecification(int Position) : SyntaxNode(Position)
{
    /// <summary><c>OVER w</c>: the window itself (then nothing else is set), or with <see cref="IsCopy"/> the window that
    /// <c>OVER (w ...)</c> refines.</summary>
    public string? ReferencedName { get; init; }

    /// <summary>Written in parentheses.</summary>
    public bool IsCopy { get; init; }

    public ImmutableArray<SyntaxExpression> PartitionBy { get; init; } = [];

    public ImmutableArray<SortItem> OrderBy { get; init; } = [];

    /// <summary>Null: the default frame.</summary>
    public WindowFrame? Frame { get; init; }
}

public enum FrameUnit
{
    Rows,
    Range,
    Groups,
}

public enum FrameBoundKind
{
    UnboundedPreceding,
    Preceding,
    CurrentRow,
    Following,
    UnboundedFollowing,
}

public enum FrameExclusion
{
    NoOthers,
    CurrentRow,
    Group,
    Ties,
}

/// <param name="Offset">Only for <c>n PRECEDING</c> and <c>n FOLLOWING</c>.</param>
public sealed record FrameBound(int Position, FrameBoundKind Kind, SyntaxExpression? Offset) : SyntaxNode(Position);

/// <param name="End">CURRENT ROW where only the start is written.</param>
public sealed record WindowFrame(int Position, FrameUnit Unit, FrameBound Start, FrameBound End, FrameExclusion Exclusion)
    : SyntaxNode(Position);
