using System.Collections.Immutable;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;

namespace OmenDb.Planner.Plans;

/// <summary>A node of the logical plan: what, not how. Immutable; children are shared freely.</summary>
public abstract record LogicalPlan
{
    /// <summary>What the node produces, in order.</summary>
    public abstract ImmutableArray<Column> Columns { get; }

    public abstract ImmutableArray<LogicalPlan> Children { get; }

    /// <param name="children">As many as <see cref="Children"/>.</param>
    public abstract LogicalPlan WithChildren(ImmutableArray<LogicalPlan> children);
}

/// <summary>A computed output column.</summary>
public sealed record Projection(Column Output, Expression Expression);

/// <summary>Rows of a table or system table.</summary>
/// <param name="Table">What is scanned.</param>
/// <param name="ScanColumns">The table columns that are needed, by ordinal.</param>
public sealed record Scan(ITableInfo Table, ImmutableArray<(Column Column, int Ordinal)> ScanColumns) : LogicalPlan
{
    /// <summary>Conjuncts over the scan's columns that the scan applies itself (access paths and zone maps are chosen from them).</summary>
    public ImmutableArray<Expression> Filters { get; init; } = [];

    /// <summary>When set, an int8 column with the physical row id comes last: for changes and row locks.</summary>
    public Column? RowId { get; init; }

    /// <summary>Which scan of the statement this is: the row id column that it had at first. Stays when the row id is pruned and in copies of the scan,
    /// so that the statement can run again over single rows.</summary>
    public Column? Mark { get; init; }

    /// <summary>Partial indexes that have every row which meets the filters.</summary>
    public ImmutableArray<ImpliedIndex> Implied { get; init; } = [];

    /// <summary>The name it goes by in FROM, for EXPLAIN.</summary>
    public string Alias { get; init; } = Table.Name;

    public override ImmutableArray<Column> Columns => _columns.IsDefault ? _columns = BuildColumns() : _columns;

    private ImmutableArray<Column> _columns;

    private ImmutableArray<Column> BuildColumns()
    {
        var columns = ScanColumns.Select(c => c.Column);
        return RowId is null ? [.. columns] : [.. columns, RowId];
    }

    public override ImmutableArray<LogicalPlan> Children => [];

    public override LogicalPlan WithChildren(ImmutableArray<LogicalPlan> children) => this;

    // The cached column list must not travel into a changed copy.
    private Scan(Scan other) : base(other)
    {
        Table = other.Table;
        ScanColumns = other.ScanColumns;
        Filters = other.Filters;
        RowId = other.RowId;
        Mark = other.Mark;
        Implied = other.Implied;
        Alias = other.Alias;
    }
}

/// <summary>A partial index whose predicate follows from a scan's filters.</summary>
/// <param name="Name">Of the index.</param>
/// <param name="Conjuncts">Filters that say no more than the predicate: the index answers them.</param>
public sealed record ImpliedIndex(string Name, ImmutableArray<Expression> Conjuncts);

/// <summary>Literal rows. No rows at all: an empty relation. One row of no columns: SELECT without FROM.</summary>
public sealed record Values(ImmutableArray<Column> Outputs, ImmutableArray<ImmutableArray<Expression>> Rows) : LogicalPlan
{
    public override ImmutableArray<Column> Columns => Outputs;

    public override ImmutableArray<LogicalPlan> Children => [];

    public override LogicalPlan WithChildren(ImmutableArray<LogicalPlan> children) => this;
}

public abstract record UnaryPlan(LogicalPlan Input) : LogicalPlan
{
    public override ImmutableArray<Column> Columns => Input.Columns;

    public sealed override ImmutableArray<LogicalPlan> Children => [Input];

    public sealed override LogicalPlan WithChildren(ImmutableArray<LogicalPlan> children) =>
        ReferenceEquals(children[0], Input) ? this : this with { Input = children[0] };
}

public sealed record Filter(LogicalPlan Input, Expression Predicate) : UnaryPlan(Input);

public sealed record Project(LogicalPlan Input, ImmutableArray<Projection> Projections) : UnaryPlan(Input)
{
    public override ImmutableArray<Column> Columns { get; } = [.. Projections.Select(p => p.Output)];
}

/// <summary>Semi and Anti keep left rows; Mark adds a nullable bool column (the three-valued result of IN/EXISTS);
/// Single is a left join that raises 21000 when a left row matches more than one right row (scalar subqueries).</summary>
public enum JoinKind : byte { Inner, Left, Right, Full, Semi, Anti, Mark, Single }

/// <summary>A join on a condition; null condition is a cross join.</summary>
/// <remarks>Anti is NOT EXISTS: a left row stays unless a match is true. NOT IN goes through Mark and a filter unless nulls are excluded.</remarks>
public sealed record Join(JoinKind Kind, LogicalPlan Left, LogicalPlan Right, Expression? Condition) : LogicalPlan
{
    /// <summary>Mark joins: the column that receives the result.</summary>
    public Column? Mark { get; init; }

    /// <summary>The right side may name columns of the left side (LATERAL, correlated subquery). None is left after decorrelation.</summary>
    public bool Dependent { get; init; }

    /// <summary>ASOF joins: the inequality that picks the nearest right row; part of <see cref="Condition"/> as well.</summary>
    public Expression? AsOf { get; init; }

    public override ImmutableArray<Column> Columns => Kind switch
    {
        JoinKind.Semi or JoinKind.Anti => Left.Columns,
        JoinKind.Mark => [.. Left.Columns, Mark!],
        _ => [.. Left.Columns, .. Right.Columns],
    };

    public override ImmutableArray<LogicalPlan> Children => [Left, Right];

    public override LogicalPlan WithChildren(ImmutableArray<LogicalPlan> children) =>
        ReferenceEquals(children[0], Left) && ReferenceEquals(children[1], Right) ? this : this with { Left = children[0], Right = children[1] };
}

/// <summary>Grouping and aggregation. No groups: one row over everything.</summary>
/// <param name="Input">What is aggregated.</param>
/// <param name="Groups">Group keys, each with its output column.</param>
/// <param name="Calls">Aggregates.</param>
public sealed record Aggregate(LogicalPlan Input, ImmutableArray<Projection> Groups, ImmutableArray<AggregateCall> Calls) : UnaryPlan(Input)
{
    /// <summary>GROUPING SETS: each set as indexes into <see cref="Groups"/>; default: one set of all.</summary>
    public ImmutableArray<ImmutableArray<int>> GroupingSets { get; init; }

    /// <summary>Indexes of groups that the other groups determine: any row's value is that of its group. Never all.</summary>
    public ImmutableArray<int> Determined { get; init; } = [];

    /// <summary>With grouping sets: an int4 column with GROUPING() of all groups, or null: a bit per group, the first group's highest, 1 where the set leaves it out.</summary>
    public Column? GroupingId { get; init; }

    public override ImmutableArray<Column> Columns => GroupingId is null
        ? [.. Groups.Select(g => g.Output), .. Calls.Select(c => c.Output)]
        : [.. Groups.Select(g => g.Output), .. Calls.Select(c => c.Output), GroupingId];
}

/// <summary>Appends window results to its input's columns.</summary>
public sealed record Window(LogicalPlan Input, ImmutableArray<WindowCall> Calls) : UnaryPlan(Input)
{
    public override ImmutableArray<Column> Columns => [.. Input.Columns, .. Calls.Select(c => c.Output)];
}

/// <summary>ORDER BY; with a <see cref="Limit"/> above it becomes a top-N.</summary>
public sealed record Sort(LogicalPlan Input, ImmutableArray<SortKey> Keys) : UnaryPlan(Input);

/// <summary>Null count: no limit. Expressions have no columns.</summary>
public sealed record Limit(LogicalPlan Input, Expression? Count, Expression? Offset) : UnaryPlan(Input)
{
    /// <summary>FETCH FIRST ... WITH TIES: over the keys of the Sort below.</summary>
    public bool WithTies { get; init; }
}

/// <summary>DISTINCT over all columns, or DISTINCT ON: the first row per key of a sorted input.</summary>
public sealed record Distinct(LogicalPlan Input, ImmutableArray<Expression> On) : UnaryPlan(Input);

public enum SetOperationKind : byte { Union, Intersect, Except }

/// <summary>Both sides have the same types in the same order.</summary>
public sealed record SetOperation(SetOperationKind Kind, bool All, LogicalPlan Left, LogicalPlan Right, ImmutableArray<Column> Outputs) : LogicalPlan
{
    public override ImmutableArray<Column> Columns => Outputs;

    public override ImmutableArray<LogicalPlan> Children => [Left, Right];

    public override LogicalPlan WithChildren(ImmutableArray<LogicalPlan> children) => this with { Left = children[0], Right = children[1] };
}

/// <summary>A set-returning function in FROM (arguments without columns), or with an input: one call per input row, whose columns it keeps.</summary>
public sealed record TableFunction(LogicalPlan? Input, FunctionInfo Function, ImmutableArray<Expression> Arguments, ImmutableArray<Column> Outputs) : LogicalPlan
{
    /// <summary>WITH ORDINALITY: an int8 column after the outputs.</summary>
    public Column? Ordinality { get; init; }

    public override ImmutableArray<Column> Columns =>
        [.. Input is null ? [] : Input.Columns, .. Outputs, .. Ordinality is null ? ImmutableArray<Column>.Empty : [Ordinality]];

    public override ImmutableArray<LogicalPlan> Children => Input is null ? [] : [Input];

    public override LogicalPlan WithChildren(ImmutableArray<LogicalPlan> children) => children.IsEmpty ? this : this with { Input = children[0] };
}

/// <summary>Computes <paramref name="Definition"/> once for all <see cref="CteReference"/>s in <paramref name="Body"/>.</summary>
public sealed record CteDefinition(int Id, string Name, LogicalPlan Definition, LogicalPlan Body) : LogicalPlan
{
    public override ImmutableArray<Column> Columns => Body.Columns;

    public override ImmutableArray<LogicalPlan> Children => [Definition, Body];

    public override LogicalPlan WithChildren(ImmutableArray<LogicalPlan> children) => this with { Definition = children[0], Body = children[1] };
}

/// <summary>One use of a shared sub-plan; <paramref name="Outputs"/> correspond to the definition's columns by position.</summary>
public sealed record CteReference(int Id, string Name, ImmutableArray<Column> Outputs) : LogicalPlan
{
    public override ImmutableArray<Column> Columns => Outputs;

    public override ImmutableArray<LogicalPlan> Children => [];

    public override LogicalPlan WithChildren(ImmutableArray<LogicalPlan> children) => this;
}

/// <summary>WITH RECURSIVE: <paramref name="Recursive"/> sees the rows of the last round through CteReferences with this id.</summary>
public sealed record RecursiveUnion(int Id, string Name, bool All, LogicalPlan Initial, LogicalPlan Recursive, ImmutableArray<Column> Outputs) : LogicalPlan
{
    public override ImmutableArray<Column> Columns => Outputs;

    public override ImmutableArray<LogicalPlan> Children => [Initial, Recursive];

    public override LogicalPlan WithChildren(ImmutableArray<LogicalPlan> children) => this with { Initial = children[0], Recursive = children[1] };
}

public enum RowLockStrength : byte { ForKeyShare, ForShare, ForNoKeyUpdate, ForUpdate }

public enum RowLockWait : byte { Block, NoWait, SkipLocked }

/// <summary>SELECT ... FOR UPDATE/SHARE: locks each row of the named scans by the row id columns that they expose.</summary>
public sealed record LockRows(LogicalPlan Input, ImmutableArray<(ITableInfo Table, Column RowId)> Targets, RowLockStrength Strength, RowLockWait Wait) : UnaryPlan(Input)
{
    /// <summary>Row ids of all tables in FROM, locked or not: which rows a row was joined from.</summary>
    public ImmutableArray<Column> Marks { get; init; } = [];
}
