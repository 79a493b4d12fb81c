using System.Collections.Immutable;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;

namespace OmenDb.Engine.Operators.Scans;

/// <summary>What one leading key column must be.</summary>
internal abstract record KeyTest
{
    /// <summary>Equal to one of some values; usually there is one.</summary>
    public sealed record OneOf(ImmutableArray<Expression> Values) : KeyTest;

    /// <summary>Equal to an element of an array that is known when the scan starts.</summary>
    public sealed record AnyOf(Expression Array) : KeyTest;

    public sealed record Null : KeyTest;

    /// <summary>All rows found agree in this column.</summary>
    public bool IsSingle => this is Null or OneOf { Values.Length: 1 };
}

/// <summary>What is asked of the key columns behind the tested ones: bounds, compared as a row, or how the next column's text begins.</summary>
internal sealed record KeyBounds
{
    public ImmutableArray<Expression> Low { get; init; } = [];

    public bool LowInclusive { get; init; }

    public ImmutableArray<Expression> High { get; init; } = [];

    public bool HighInclusive { get; init; }

    public Expression? Begins { get; init; }

    /// <summary>That is a pattern of LIKE, whose fixed beginning counts.</summary>
    public bool IsPattern { get; init; }

    /// <summary>The next column is not null; bounds say so too.</summary>
    public bool NotNull { get; init; }
}

/// <summary>What an index is asked for: leading columns tested for equality, the next ones between bounds.</summary>
/// <param name="Index">Which one.</param>
/// <param name="Tests">One per leading key column.</param>
/// <param name="Bounds">Null: none.</param>
/// <param name="Conditions">The conjuncts that these come from, for EXPLAIN and estimates.</param>
/// <param name="Used">Those of them that the index answers for good; the others are looked at again.</param>
internal sealed record IndexProbe(
    IndexInfo Index, ImmutableArray<KeyTest> Tests, KeyBounds? Bounds, ImmutableArray<Expression> Conditions, ImmutableArray<Expression> Used)
{
    /// <summary>All key columns of a unique index are equal to one value each: at most one row.</summary>
    public bool IsPoint => Index is { Unique: true, Deferrable: false } && Tests.Length == Index.Columns.Length && Tests.All(t => t is KeyTest.OneOf { Values.Length: 1 });

    public bool IsSelective => Conditions.Length > 0;
}
