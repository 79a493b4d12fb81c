using System.Collections.Immutable;

namespace OmenDb.Planner.Syntax;

public sealed record NullLiteral(int Position) : SyntaxExpression(Position);

public sealed record BooleanLiteral(int Position, bool Value) : SyntaxExpression(Position);

/// <summary>Digits that fit into 64 bits, sign folded in: int4 if the value fits, else int8.</summary>
public sealed record IntegerLiteral(int Position, long Value) : SyntaxExpression(Position);

/// <summary>A number with point or exponent, or too long for 64 bits: numeric.</summary>
/// <param name="Text">As written, with a leading '-' if one was folded in.</param>
public sealed record NumericLiteral(int Position, string Text) : SyntaxExpression(Position);

/// <summary>A string of still unknown type: <c>'..'</c>, <c>E'..'</c>, <c>U&amp;'..'</c>, <c>$tag$..$tag$</c>, decoded.</summary>
public sealed record StringLiteral(int Position, string Value) : SyntaxExpression(Position);

/// <summary><c>B'0101'</c> or <c>X'1F'</c>.</summary>
public sealed record BitStringLiteral(int Position, string Digits, bool IsHex) : SyntaxExpression(Position);

/// <summary><c>date '2020-01-01'</c>, <c>interval '1' day</c>, <c>bool 't'</c>.</summary>
public sealed record TypedLiteral(int Position, TypeName Type, string Value) : SyntaxExpression(Position);

/// <summary><c>$1</c>.</summary>
/// <param name="Number">1-based.</param>
public sealed record ParameterReference(int Position, int Number) : SyntaxExpression(Position);

/// <summary>The word DEFAULT in place of a value (INSERT, UPDATE).</summary>
public sealed record DefaultExpression(int Position) : SyntaxExpression(Position);

/// <summary>A column, maybe qualified: <c>[[[catalog.]schema.]table.]column</c>; which part is what, the binder decides
/// (a longer chain may select fields of a composite value).</summary>
public sealed record ColumnReference(int Position, ImmutableArray<string> Parts) : SyntaxExpression(Position)
{
    public string Name => Parts[^1];
}

/// <summary><c>*</c> or <c>t.*</c>.</summary>
/// <param name="Qualifier">Empty for the bare star.</param>
public sealed record StarExpression(int Position, ImmutableArray<string> Qualifier) : SyntaxExpression(Position);

/// <summary><c>(x).field</c>, or a field after a subscript.</summary>
public sealed record FieldExpression(int Position, SyntaxExpression Operand, string Field) : SyntaxExpression(Position);

/// <summary><c>(x).*</c>.</summary>
public sealed record FieldStarExpression(int Position, SyntaxExpression Operand) : SyntaxExpression(Position);

/// <summary><c>a[1]</c>.</summary>
public sealed record SubscriptExpression(int Position, SyntaxExpression Operand, SyntaxExpression Index) : SyntaxExpression(Position);

/// <summary><c>a[1:2]</c>, either bound may be missing.</summary>
public sealed record SliceExpression(int Position, SyntaxExpression Operand, SyntaxExpression? Lower, SyntaxExpression? Upper)
    : SyntaxExpression(Position);

/// <summary><c>ARRAY[1, 2]</c>; inner brackets without the word ARRAY are elements of this kind too.</summary>
public sealed record ArrayExpression(int Position, ImmutableArray<SyntaxExpression> Elements) : SyntaxExpression(Position);

/// <summary><c>(a, b)</c> or <c>ROW(a, b)</c>.</summary>
/// <param name="IsExplicit">The word ROW was written; only then fewer than two elements are possible.</param>
public sealed record RowExpression(int Position, ImmutableArray<SyntaxExpression> Elements, bool IsExplicit) : SyntaxExpression(Position);
