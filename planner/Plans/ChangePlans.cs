using System.Collections.Immutable;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;

namespace OmenDb.Planner.Plans;

/// <summary>A check that every changed row must pass, over the changed row's columns.</summary>
public sealed record BoundCheck(string Name, Expression Condition);

/// <summary>INSERT, UPDATE or DELETE. With RETURNING it produces the columns of <see cref="Returning"/>, otherwise none (only a row count).</summary>
/// <remarks>The row that RETURNING and checks see is described by <see cref="RowColumns"/>: one column per table column, by ordinal, with the values
/// after the change (DELETE: before it).</remarks>
public abstract record ChangePlan(ITableInfo Table, LogicalPlan Input) : UnaryPlan(Input)
{
    /// <summary>One per table column (hidden index-expression columns included), in ordinal order.</summary>
    public ImmutableArray<Column> RowColumns { get; init; } = [];

    /// <summary>Empty: no RETURNING.</summary>
    public ImmutableArray<Projection> Returning { get; init; } = [];

    public ImmutableArray<BoundCheck> Checks { get; init; } = [];

    /// <summary>Row ids in the input of the other tables in FROM or USING: which rows the target's row was joined with.</summary>
    public ImmutableArray<Column> Marks { get; init; } = [];

    public override ImmutableArray<Column> Columns => [.. Returning.Select(r => r.Output)];
}

/// <summary>The input produces one column per table column, in ordinal order, defaults and casts applied.</summary>
public sealed record Insert(ITableInfo Table, LogicalPlan Input) : ChangePlan(Table, Input)
{
    public OnConflictAction? OnConflict { get; init; }
}

/// <summary>ON CONFLICT.</summary>
/// <param name="Arbiter">The unique index meant; null: any (only DO NOTHING).</param>
/// <param name="Excluded">Columns that stand for the row proposed for insertion, one per table column.</param>
/// <param name="Assignments">DO UPDATE: table ordinal and new value over the existing row (<see cref="ChangePlan.RowColumns"/>) and Excluded; empty: DO NOTHING.</param>
/// <param name="Where">DO UPDATE: only when true; null: always.</param>
public sealed record OnConflictAction(
    IndexInfo? Arbiter, ImmutableArray<Column> Excluded, ImmutableArray<(int Ordinal, Expression Value)> Assignments, Expression? Where);

/// <summary>The input has the row id column <paramref name="RowId"/> and whatever the assignments need; every target row at most once counts
/// (the first match wins, as in PostgreSQL).</summary>
/// <param name="Table">The target.</param>
/// <param name="Input">Target scan joined with FROM, filtered.</param>
/// <param name="RowId">The target's row id in the input.</param>
/// <param name="Assignments">New values by ordinal, over the input's columns.</param>
public sealed record Update(ITableInfo Table, LogicalPlan Input, Column RowId, ImmutableArray<(int Ordinal, Expression Value)> Assignments)
    : ChangePlan(Table, Input);

/// <summary>The input has the row id column <paramref name="RowId"/>.</summary>
public sealed record Delete(ITableInfo Table, LogicalPlan Input, Column RowId) : ChangePlan(Table, Input);

public enum MergeAction : byte { DoNothing, Insert, Update, Delete }

/// <summary>WHEN [NOT] MATCHED ... THEN.</summary>
/// <param name="Matched">For rows of the input with a row id, or for those without.</param>
/// <param name="Condition">Over the input; null: always.</param>
/// <param name="Action">What happens to the rows that no earlier branch took.</param>
/// <param name="Values">Insert: a value for every column in ordinal order; Update: the new values, by ordinal. Over the input's columns.</param>
public sealed record MergeBranch(bool Matched, Expression? Condition, MergeAction Action, ImmutableArray<(int Ordinal, Expression Value)> Values);

/// <summary>The input is the source, left-joined with the target: <paramref name="RowId"/> is null where nothing matches. The first branch that takes a row has it.</summary>
public sealed record Merge(ITableInfo Table, LogicalPlan Input, Column RowId, ImmutableArray<MergeBranch> Branches) : ChangePlan(Table, Input);
