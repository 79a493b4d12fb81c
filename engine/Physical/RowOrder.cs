using System.Collections.Immutable;
using OmenDb.Planner.Expressions;

namespace OmenDb.Engine.Physical;

/// <summary>The order in which an operator's rows come.</summary>
/// <param name="Keys">By these columns, one after the other.</param>
/// <param name="Constants">Columns that have the same value in all rows: they stand in no order's way.</param>
internal sealed record RowOrder(ImmutableArray<SortKey> Keys, ImmutableHashSet<Column> Constants)
{
    public static readonly RowOrder None = new([], []);

    /// <summary>At most one row: every order.</summary>
    public bool IsSingleRow { get; init; }

    /// <summary>A column without nulls in these rows, though its table may have some: where they would stand does not matter.</summary>
    public Column? NotNull { get; init; }

    /// <summary>Whether rows in this order are sorted by some keys.</summary>
    public bool Satisfies(IReadOnlyList<SortKey> wanted)
    {
        if (IsSingleRow)
            return true;
        var next = 0;
        foreach (var key in wanted)
        {
            if (key.Expression is ConstantExpression or ParameterExpression)
                continue;
            if (key.Expression is not ColumnExpression { Column: var column })
                return false;
            if (Constants.Contains(column))
                continue;
            while (next < Keys.Length && Keys[next].Expression is ColumnExpression { Column: var skipped } && Constants.Contains(skipped))
                next++;
            if (next >= Keys.Length || Keys[next].Expression is not ColumnExpression { Column: var own } || !ReferenceEquals(own, column)
                || Keys[next].Descending != key.Descending || (column.Nullable && !ReferenceEquals(column, NotNull) && Keys[next].NullsFirst != key.NullsFirst))
                return false;
            next++;
        }
        return true;
    }

    /// <summary>The order of rows that keep only some columns, under new names.</summary>
    public RowOrder Through(IReadOnlyList<(Column Output, Column? Input)> projections)
    {
        if (Keys.IsEmpty && Constants.IsEmpty)
            return this;
        Column? Renamed(Column column)
        {
            foreach (var (output, input) in projections)
            {
                if (ReferenceEquals(input, column))
                    return output;
            }
            return null;
        }
        var keys = ImmutableArray.CreateBuilder<SortKey>();
        foreach (var key in Keys)
        {
            var column = ((ColumnExpression)key.Expression).Column;
            if (Renamed(column) is { } output)
                keys.Add(key with { Expression = new ColumnExpression(output) });
            else if (!Constants.Contains(column))
                break;
        }
        return this with { Keys = keys.ToImmutable(), Constants = [.. Constants.Select(Renamed).OfType<Column>()] };
    }
}
