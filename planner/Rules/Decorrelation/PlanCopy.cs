using System.Collections.Immutable;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;

namespace OmenDb.Planner.Rules.Decorrelation;

/// <summary>Copies a plan under fresh columns, so that it can stand twice in one tree.</summary>
internal sealed class PlanCopy(RuleContext context)
{
    private readonly Dictionary<Column, Column> _columns = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<int, int> _ctes = [];

    /// <summary>The copy's column for a column of the original; columns from outside stay what they are.</summary>
    public Column this[Column original] => _columns.GetValueOrDefault(original, original);

    public LogicalPlan Copy(LogicalPlan plan) => plan switch
    {
        Scan p => p with
        {
            ScanColumns = [.. p.ScanColumns.Select(c => (New(c.Column), c.Ordinal))],
            RowId = p.RowId is null ? null : New(p.RowId),
            Filters = All(p.Filters),
        },
        Values p => new Values(New(p.Outputs), [.. p.Rows.Select(All)]),
        Filter p => new Filter(Copy(p.Input), Map(p.Predicate)),
        Project p => CopyProject(p),
        Join p => CopyJoin(p),
        Aggregate p => CopyAggregate(p),
        Window p => CopyWindow(p),
        Sort p => new Sort(Copy(p.Input), Keys(p.Keys)),
        Limit p => p with { Input = Copy(p.Input), Count = Optional(p.Count), Offset = Optional(p.Offset) },
        Distinct p => CopyDistinct(p),
        SetOperation p => new SetOperation(p.Kind, p.All, Copy(p.Left), Copy(p.Right), New(p.Outputs)),
        TableFunction p => CopyFunction(p),
        CteDefinition p => CopyCte(p),
        CteReference p => p with { Id = _ctes.GetValueOrDefault(p.Id, p.Id), Outputs = New(p.Outputs) },
        RecursiveUnion p => CopyRecursive(p),
        _ => throw Types.SqlException.NotSupported("a data-modifying query inside a correlated subquery"),
    };

    private Column New(Column column) => _columns[column] = context.CopyOf(column);

    private ImmutableArray<Column> New(ImmutableArray<Column> columns) => [.. columns.Select(New)];

    private Expression Map(Expression expression) => ExpressionTree.Rewrite(expression, node => node switch
    {
        ColumnExpression c when _columns.TryGetValue(c.Column, out var copy) => new ColumnExpression(copy) { Position = c.Position },
        _ => node,
    });

    private Expression? Optional(Expression? expression) => expression is null ? null : Map(expression);

    private ImmutableArray<Expression> All(ImmutableArray<Expression> expressions) => [.. expressions.Select(Map)];

    private ImmutableArray<SortKey> Keys(ImmutableArray<SortKey> keys) => [.. keys.Select(k => k with { Expression = Map(k.Expression) })];

    private Project CopyProject(Project project)
    {
        var input = Copy(project.Input);
        // Map all expressions before the outputs: an output may carry the same column as it reads.
        var expressions = project.Projections.Select(p => Map(p.Expression)).ToList();
        return new Project(input, [.. project.Projections.Select((p, i) => new Projection(New(p.Output), expressions[i]))]);
    }

    private Join CopyJoin(Join join)
    {
        var (left, right) = (Copy(join.Left), Copy(join.Right));
        return join with
        {
            Left = left, Right = right, Condition = Optional(join.Condition), AsOf = Optional(join.AsOf), Mark = join.Mark is null ? null : New(join.Mark),
        };
    }

    private Aggregate CopyAggregate(Aggregate aggregate)
    {
        var input = Copy(aggregate.Input);
        var groups = aggregate.Groups.Select(g => Map(g.Expression)).ToList();
        var calls = aggregate.Calls.Select(c => c with { Arguments = All(c.Arguments), Filter = Optional(c.Filter), OrderBy = Keys(c.OrderBy) }).ToList();
        return aggregate with
        {
            Input = input,
            Groups = [.. aggregate.Groups.Select((g, i) => new Projection(New(g.Output), groups[i]))],
            Calls = [.. calls.Select(c => c with { Output = New(c.Output) })],
            GroupingId = aggregate.GroupingId is null ? null : New(aggregate.GroupingId),
        };
    }

    private Window CopyWindow(Window window)
    {
        var input = Copy(window.Input);
        return new Window(input, [.. window.Calls.Select(c => c with
        {
            Arguments = All(c.Arguments), PartitionBy = All(c.PartitionBy), OrderBy = Keys(c.OrderBy), Filter = Optional(c.Filter), Output = New(c.Output),
        })]);
    }

    private Distinct CopyDistinct(Distinct distinct)
    {
        var input = Copy(distinct.Input);
        return new Distinct(input, All(distinct.On));
    }

    private TableFunction CopyFunction(TableFunction function)
    {
        var input = function.Input is null ? null : Copy(function.Input);
        return function with
        {
            Input = input, Arguments = All(function.Arguments), Outputs = New(function.Outputs),
            Ordinality = function.Ordinality is null ? null : New(function.Ordinality),
        };
    }

    private CteDefinition CopyCte(CteDefinition cte)
    {
        var definition = Copy(cte.Definition);
        var id = _ctes[cte.Id] = context.NewCteId();
        return cte with { Id = id, Definition = definition, Body = Copy(cte.Body) };
    }

    private RecursiveUnion CopyRecursive(RecursiveUnion union)
    {
        var id = _ctes[union.Id] = context.NewCteId();
        var (initial, recursive) = (Copy(union.Initial), Copy(union.Recursive));
        return union with { Id = id, Initial = initial, Recursive = recursive, Outputs = New(union.Outputs) };
    }
}
