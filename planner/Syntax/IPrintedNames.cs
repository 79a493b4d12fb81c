using System.Collections.Immutable;

namespace OmenDb.Planner.Syntax;

/// <summary>Decides how names are written when a query is printed: with schemas, after a renaming, stars spelled out.</summary>
public interface IPrintedNames
{
    /// <summary>The parts of a column's name.</summary>
    ImmutableArray<string> Column(ColumnReference column);

    PrintedTable Table(TableReference table);

    /// <summary>The columns of USING, for NATURAL too; null: as written.</summary>
    ImmutableArray<string>? Using(JoinReference join);

    /// <summary>The columns that a star stands for, each with the parts of its name; null: it is printed as it is.</summary>
    IReadOnlyList<ImmutableArray<string>>? Star(SyntaxExpression star);

    /// <summary>The label of a result column; null: none is written.</summary>
    string? Label(SelectItem item);
}

/// <summary>A table's name and what it is called in the query.</summary>
public readonly record struct PrintedTable(ImmutableArray<string> Name, TableAlias? Alias)
{
    /// <summary>Not empty: the table stands in a subquery of its own, which gives its columns these labels. Then there is an alias.</summary>
    public ImmutableArray<(string Column, string Label)> Columns { get; init; } = [];
}
