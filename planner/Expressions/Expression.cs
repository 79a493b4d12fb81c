using System.Collections.Immutable;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Planner.Expressions;

/// <summary>A column that some plan node produces. Its identity is its id, unique within the statement: rules move expressions
/// freely, and an expression is correlated exactly when it names a column that its own inputs do not produce.</summary>
public sealed class Column(int id, string name, SqlType type, bool nullable)
{
    public int Id { get; } = id;

    public string Name { get; } = name;

    public SqlType Type { get; } = type;

    /// <summary>Whether its producer can make nulls. Outer joins above the producer add nulls without changing the column.</summary>
    public bool Nullable { get; } = nullable;

    /// <summary>The base table column behind it, for RowDescription and statistics; null when computed.</summary>
    public (ITableInfo Table, int Ordinal)? Origin { get; init; }

    public override string ToString() => $"{Name}#{Id}";
}

/// <summary>A bound, typed expression. Immutable; shared freely between plans.</summary>
public abstract record Expression(SqlType Type)
{
    /// <summary>0-based offset of the expression in the statement text, -1 when it has none; for run-time error cursors.</summary>
    public int Position { get; init; } = -1;
}

/// <summary>A literal.</summary>
/// <remarks><paramref name="Value"/> is null, or by physical type: Bool bool, Int16 short, Int32 int, Int64 long, Int128 Int128 (scaled),
/// Float32 float, Float64 double, View string for text types and json, byte[] for bytea and unbounded numeric (its encoding),
/// Fixed16 Int128 (the 16 bytes as they stand in memory), Interval PgInterval, List object?[] of the same.</remarks>
public sealed record ConstantExpression(object? Value, SqlType Type) : Expression(Type)
{
    public static readonly ConstantExpression True = new(true, SqlType.Bool);
    public static readonly ConstantExpression False = new(false, SqlType.Bool);
    public static readonly ConstantExpression NullBool = new(null, SqlType.Bool);

    public bool IsNull => Value is null;
}

public sealed record ColumnExpression(Column Column) : Expression(Column.Type);

/// <summary>$n of a prepared statement; <paramref name="Index"/> is 0-based.</summary>
public sealed record ParameterExpression(int Index, SqlType Type) : Expression(Type);

/// <summary>A call of a scalar function or operator; arguments are already coerced.</summary>
public sealed record FunctionExpression(FunctionInfo Function, ImmutableArray<Expression> Arguments, SqlType Type) : Expression(Type);

public sealed record CastExpression(Expression Operand, SqlType Target, CastContext Context) : Expression(Target);

public enum ComparisonOperator : byte { Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual, IsDistinctFrom, IsNotDistinctFrom }

/// <summary>Operands have the same base type; numerics may differ in precision and scale (the engine rescales).</summary>
public sealed record ComparisonExpression(ComparisonOperator Operator, Expression Left, Expression Right) : Expression(SqlType.Bool);

/// <summary>AND or OR over two or more operands, three-valued.</summary>
public sealed record LogicalExpression(bool IsAnd, ImmutableArray<Expression> Operands) : Expression(SqlType.Bool);

public sealed record NotExpression(Expression Operand) : Expression(SqlType.Bool);

/// <summary>IS [NOT] NULL.</summary>
public sealed record NullTestExpression(Expression Operand, bool Negated) : Expression(SqlType.Bool);

public enum BooleanTest : byte { IsTrue, IsNotTrue, IsFalse, IsNotFalse, IsUnknown, IsNotUnknown }

public sealed record BooleanTestExpression(Expression Operand, BooleanTest Test) : Expression(SqlType.Bool);

public sealed record CaseBranch(Expression When, Expression Then);

/// <summary>Searched CASE; the simple form is bound to comparisons with a shared operand. Branches are evaluated only for rows that reach them.</summary>
public sealed record CaseExpression(ImmutableArray<CaseBranch> Branches, Expression Else, SqlType Type) : Expression(Type);

public enum ConditionalKind : byte { Coalesce, Greatest, Least, NullIf }

public sealed record ConditionalExpression(ConditionalKind Kind, ImmutableArray<Expression> Arguments, SqlType Type) : Expression(Type);

/// <summary>operand [NOT] IN (items), three-valued; items are usually constants.</summary>
public sealed record InListExpression(Expression Operand, ImmutableArray<Expression> Items, bool Negated) : Expression(SqlType.Bool);

/// <summary>operand op ANY|ALL (array).</summary>
public sealed record ArrayComparisonExpression(ComparisonOperator Operator, Expression Left, Expression Array, bool All) : Expression(SqlType.Bool)
{
    /// <summary>An operator that is no comparison (LIKE ANY, ~ ANY): a boolean function of two arguments. Then Operator is ignored.</summary>
    public FunctionInfo? Function { get; init; }
}

public sealed record ArrayExpression(ImmutableArray<Expression> Elements, SqlType Type) : Expression(Type);

/// <summary>array[index].</summary>
public sealed record SubscriptExpression(Expression Array, Expression Index, SqlType Type) : Expression(Type);

/// <summary>ROW(...) or a whole row of a table: compared and tested field by field; as a value it is the row's text.</summary>
public sealed record RowExpression(ImmutableArray<Expression> Fields) : Expression(SqlType.Record)
{
    /// <summary>One per field; default: f1, f2, ...</summary>
    public ImmutableArray<string> Names { get; init; }

    /// <summary>The table whose row it is; null: none.</summary>
    public string? TypeName { get; init; }

    /// <summary>The row may be missing (the other side of an outer join): all fields null means null.</summary>
    public bool IsOptional { get; init; }
}

public enum SubqueryKind : byte { Scalar, Exists, Any, All, Array }

/// <summary>A subquery inside an expression. The decorrelation stage replaces every one of them by joins; none reaches the engine.</summary>
/// <param name="Kind">What is asked of the subquery.</param>
/// <param name="Plan">Its plan; free columns are correlations.</param>
/// <param name="Left">Any and All: the left operands, one per column of the plan. Otherwise empty.</param>
/// <param name="Operator">Any and All: the comparison. IN is Any with Equal.</param>
/// <param name="Type">Scalar: the column's type; Array: array of it; otherwise bool.</param>
public sealed record SubqueryExpression(
    SubqueryKind Kind, LogicalPlan Plan, ImmutableArray<Expression> Left, ComparisonOperator Operator, SqlType Type) : Expression(Type);

/// <summary>A plan of one column and at most one row that the engine runs inside an expression, where a join has no place: LIMIT, RETURNING, CHECK,
/// ON CONFLICT, MERGE. Made by the decorrelation stage; the plan is optimised already.</summary>
/// <param name="Plan">Reads its <paramref name="Arguments"/> as parameters.</param>
/// <param name="Arguments">Over the surrounding row; parameter <paramref name="FirstParameter"/> and those behind it.</param>
/// <param name="FirstParameter">0-based.</param>
/// <param name="Type">The column's type; no row is null.</param>
public sealed record InnerPlanExpression(LogicalPlan Plan, ImmutableArray<Expression> Arguments, int FirstParameter, SqlType Type) : Expression(Type);

/// <summary>One key of ORDER BY. PostgreSQL's default for nulls: last ascending, first descending.</summary>
public sealed record SortKey(Expression Expression, bool Descending, bool NullsFirst);

/// <summary>An aggregate computed by an <see cref="Aggregate"/> node.</summary>
public sealed record AggregateCall(Column Output, FunctionInfo Function, ImmutableArray<Expression> Arguments)
{
    public bool Distinct { get; init; }

    public Expression? Filter { get; init; }

    /// <summary>Inside the call, or WITHIN GROUP for ordered-set aggregates.</summary>
    public ImmutableArray<SortKey> OrderBy { get; init; } = [];
}

public enum FrameMode : byte { Range, Rows, Groups }

public enum FrameBoundKind : byte { UnboundedPreceding, Preceding, CurrentRow, Following, UnboundedFollowing }

public enum FrameExclusion : byte { None, CurrentRow, Group, Ties }

public sealed record FrameBound(FrameBoundKind Kind, Expression? Offset = null);

public sealed record WindowFrame(FrameMode Mode, FrameBound Start, FrameBound End, FrameExclusion Exclusion = FrameExclusion.None);

/// <summary>A window function call; <see cref="Function"/> is a Window or an Aggregate.</summary>
public sealed record WindowCall(
    Column Output, FunctionInfo Function, ImmutableArray<Expression> Arguments, ImmutableArray<Expression> PartitionBy,
    ImmutableArray<SortKey> OrderBy, WindowFrame Frame)
{
    public Expression? Filter { get; init; }
}
