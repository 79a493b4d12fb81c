using System.Collections.Immutable;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Functions;
using OmenDb.Engine.Operators;
using OmenDb.Engine.Operators.Aggregates;
using OmenDb.Engine.Operators.Changes;
using OmenDb.Engine.Operators.Joins;
using OmenDb.Engine.Operators.Scans;
using OmenDb.Engine.Operators.Sets;
using OmenDb.Engine.Operators.Sorting;
using OmenDb.Engine.Operators.Windows;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Planner.Statistics;
using OmenDb.Types;

namespace OmenDb.Engine.Physical;

/// <summary>Logical plan to operators: access paths, join algorithms, build sides. One arm per node.</summary>
internal sealed class PhysicalPlanner
{
    private readonly CardinalityEstimator _estimator = new();
    private readonly IndexPaths _paths;
    private readonly Dictionary<int, LogicalPlan> _inlined = [];
    private readonly HashSet<int> _fixed = []; // marks of scans that give single rows, whatever their filters

    private readonly PatternProbes _patterns;

    private PhysicalPlanner(PatternProbes patterns)
    {
        _patterns = patterns;
        _paths = new IndexPaths(_estimator, patterns);
    }

    private PhysicalPlanner(PhysicalPlanner other, HashSet<int> fixedScans) : this(other._patterns)
    {
        _inlined = new Dictionary<int, LogicalPlan>(other._inlined);
        _fixed = fixedScans;
    }

    /// <param name="plan">Optimised.</param>
    /// <param name="patterns">Receives those that the plan relies on.</param>
    public static PhysicalOperator Plan(LogicalPlan plan, PatternProbes patterns)
    {
        var root = new PhysicalPlanner(patterns).Create(plan);
        RuntimeFilters.Plan(root);
        var next = 0;
        Number(root, ref next);
        return root;
    }

    /// <summary>Ids in pairs: the second is for a second state.</summary>
    private static void Number(PhysicalOperator node, ref int next)
    {
        node.Id = next;
        next += 2;
        foreach (var child in node.Children)
            Number(child, ref next);
    }

    public static int Count(PhysicalOperator root) => 2 + root.Children.Sum(Count);

    /// <summary>A part of the plan once more, in which some scans are given their rows.</summary>
    public PhysicalOperator PlanAgain(LogicalPlan plan, HashSet<int> fixedScans)
    {
        var root = new PhysicalPlanner(this, fixedScans).Create(plan);
        RuntimeFilters.Plan(root);
        var next = 0;
        Number(root, ref next);
        return root;
    }

    /// <summary>Only a table scan can give single rows.</summary>
    public bool IsFixed(Scan scan) => scan.Mark is { } mark && _fixed.Contains(mark.Id);

    public PhysicalOperator Create(LogicalPlan plan)
    {
        var node = Node(plan);
        node.EstimatedRows = _estimator.Rows(plan);
        return node;
    }

    private PhysicalOperator Node(LogicalPlan plan) => plan switch
    {
        Scan s => Scan(s),
        Values v => new ValuesOperator(v.Outputs, v.Rows),
        Filter f => new FilterOperator(Create(f.Input), f.Predicate),
        Project p => new ProjectOperator(Create(p.Input), p.Projections),
        Join j => new JoinPlanner(this, _estimator).Plan(j),
        Aggregate a => Ends(a) ?? new HashAggregateOperator(Create(a.Input), a.Groups, a.Calls, a.GroupingSets, a.GroupingId, a.Determined),
        Window w => WindowOperator.Create(Create(w.Input), w.Calls),
        Sort s => Sorted(s, null, null),
        Limit l => Limited(l),
        Distinct { On.IsEmpty: true } d => DistinctKeys(d.Input, d.Columns) ?? new HashAggregateOperator(Create(d.Input),
            [.. d.Columns.Select(c => new Projection(c, new ColumnExpression(c)))], [], default, null),
        Distinct d => new DistinctOnOperator(Create(d.Input), d.On),
        SetOperation o => SetOperation(o),
        TableFunction t => TableFunction(t),
        CteDefinition c => Cte(c),
        CteReference r when _inlined.TryGetValue(r.Id, out var definition) => Renamed(Create(definition), r.Outputs),
        CteReference r => new CteScanOperator(r.Id, r.Name, r.Outputs),
        RecursiveUnion u => new RecursiveUnionOperator(u.Id, u.All, u.Outputs, Matching(Create(u.Initial), u.Outputs), Matching(Create(u.Recursive), u.Outputs)),
        Insert i => new InsertOperator(i, Create(i.Input)),
        Update u => new UpdateOperator(u, Create(u.Input), this),
        Merge m => new MergeOperator(m, Create(m.Input)),
        Delete d => new DeleteOperator(d, Create(d.Input), this),
        LockRows l => new LockRowsOperator(l, Create(l.Input), this),
        _ => throw SqlException.Internal($"no physical operator for {plan.GetType().Name}"),
    };

    private PhysicalOperator Scan(Scan scan)
    {
        if (scan.Table.Handle is not ITableSource source)
            throw SqlException.Internal($"table {scan.Table.Name} has no rows to scan");
        return (IsFixed(scan) ? null : _paths.TryPlan(scan, source)) ?? (PhysicalOperator)new TableScanOperator(scan, source);
    }

    /// <summary>Rows in order: as they come, from an index, or sorted; with a limit the sort keeps only what it lets through.</summary>
    private PhysicalOperator Sorted(Sort sort, Expression? count, Expression? offset)
    {
        var input = Create(sort.Input);
        if (_fixed.Count == 0)
        {
            if (input.Order.Satisfies(sort.Keys))
                return input;
            if (_paths.TryOrdered(sort, count, offset) is { } ordered)
                return ordered;
        }
        return count is null ? new SortOperator(input, sort.Keys) : new SortOperator(input, sort.Keys, count, offset);
    }

    /// <summary>min and max of a table's columns from the ends of indexes: one look-up each. Null: not possible, or not worth it.</summary>
    private PhysicalOperator? Ends(Aggregate aggregate)
    {
        if (!aggregate.Groups.IsEmpty)
            return aggregate is { Calls.IsEmpty: true, GroupingSets.IsDefault: true } ? DistinctGroups(aggregate) : null;
        if (aggregate.Calls.IsEmpty || _fixed.Count > 0)
            return null;
        var (input, names) = Renamed(aggregate.Input);
        if (input is not Scan { RowId: null } scan)
            return null;
        PhysicalOperator? result = null;
        foreach (var call in aggregate.Calls)
        {
            if (call is not { Filter: null, Function.Name: "min" or "max", Arguments: [ColumnExpression { Column: var argument }] }
                || names.GetValueOrDefault(argument.Id, argument) is not { } column || _paths.TryEnd(scan, column, call.Function.Name == "max") is not { } end)
                return null;
            var one = new HashAggregateOperator(end, [], [call with { Arguments = [new ColumnExpression(column)] }], default, null) { EstimatedRows = 1 };
            result = result is null ? one : new NestedLoopJoinOperator(JoinKind.Inner, result, one, null, null) { EstimatedRows = 1 };
        }
        return result;
    }

    private PhysicalOperator? DistinctGroups(Aggregate aggregate)
    {
        if (!aggregate.Groups.All(g => g.Expression is ColumnExpression))
            return null;
        var columns = aggregate.Groups.Select(g => ((ColumnExpression)g.Expression).Column).ToArray();
        return DistinctKeys(aggregate.Input, columns) is { } distinct ? new ProjectOperator(distinct, aggregate.Groups) : null;
    }

    private PhysicalOperator? DistinctKeys(LogicalPlan plan, IReadOnlyCollection<Column> columns)
    {
        var (input, names) = Renamed(plan);
        if (_fixed.Count > 0 || input is not Scan scan)
            return null;
        var wanted = columns.Select(c => names.GetValueOrDefault(c.Id, c)).Distinct().ToArray();
        if (_paths.TryDistinct(scan, wanted) is not { } distinct)
            return null;
        distinct.EstimatedRows = _estimator.Rows(plan);
        return plan is Project project ? new ProjectOperator(distinct, project.Projections) : distinct;
    }

    /// <summary>What is below a projection that only renames, and what its columns are called there.</summary>
    private static (LogicalPlan Input, Dictionary<int, Column> Names) Renamed(LogicalPlan plan)
    {
        if (plan is not Project project || !project.Projections.All(p => p.Expression is ColumnExpression))
            return (plan, []);
        return (project.Input, project.Projections.ToDictionary(p => p.Output.Id, p => ((ColumnExpression)p.Expression).Column));
    }

    private PhysicalOperator Limited(Limit limit)
    {
        if (limit.WithTies)
        {
            var keys = FindSort(limit.Input) ?? throw SqlException.Internal("WITH TIES without ORDER BY");
            return new LimitOperator(Create(limit.Input), limit.Count, limit.Offset, [.. keys.Keys.Select(k => k.Expression)]);
        }
        // Not twice what a query computes: the sort keeps everything then.
        if (BelowProjections(limit.Input) is LockRows)
            return new LimitOperator(OneByOne(Create(limit.Input)), limit.Count, limit.Offset);
        if (limit.Count is null || HasInnerPlan(limit.Count) || limit.Offset is not null && HasInnerPlan(limit.Offset))
            return new LimitOperator(Create(limit.Input), limit.Count, limit.Offset);
        return new LimitOperator(TopN(limit.Input, limit.Count, limit.Offset), limit.Count, limit.Offset);
    }

    private static LogicalPlan BelowProjections(LogicalPlan plan) => plan is Project project ? BelowProjections(project.Input) : plan;

    /// <summary>What a limit does not let through must not be locked.</summary>
    private static PhysicalOperator OneByOne(PhysicalOperator plan)
    {
        for (var node = plan; node is ProjectOperator or LockRowsOperator; node = node.Children[0])
        {
            if (node is LockRowsOperator locks)
                locks.OneByOne = true;
        }
        return plan;
    }

    private static bool HasInnerPlan(Expression expression) => ExpressionTree.Any(expression, e => e is InnerPlanExpression);

    /// <summary>The sort below a limit keeps only what the limit lets through; projections in between do not matter.</summary>
    private PhysicalOperator TopN(LogicalPlan input, Expression count, Expression? offset)
    {
        PhysicalOperator node;
        switch (input)
        {
            case Sort sort:
                node = Sorted(sort, count, offset);
                break;
            case Project project:
                node = new ProjectOperator(TopN(project.Input, count, offset), project.Projections);
                break;
            default:
                return Create(input);
        }
        node.EstimatedRows = _estimator.Rows(input);
        return node;
    }

    private static Sort? FindSort(LogicalPlan plan) => plan switch
    {
        Sort sort => sort,
        Project project => FindSort(project.Input),
        _ => null,
    };

    private PhysicalOperator SetOperation(SetOperation o)
    {
        var left = Matching(Create(o.Left), o.Outputs);
        var right = Matching(Create(o.Right), o.Outputs);
        if (o.Kind != SetOperationKind.Union)
            return new SetOperator(o.Kind, o.All, o.Outputs, left, right);
        var union = new UnionAllOperator(o.Outputs, left, right) { EstimatedRows = left.EstimatedRows + right.EstimatedRows };
        return o.All ? union : new HashAggregateOperator(union, [.. o.Outputs.Select(c => new Projection(c, new ColumnExpression(c)))], [], default, null);
    }

    /// <summary>The operator itself when its columns have the representation of the outputs, otherwise with casts above.</summary>
    private static PhysicalOperator Matching(PhysicalOperator input, ImmutableArray<Column> outputs)
    {
        if (input.Columns.Zip(outputs).All(p => p.First.Type.Physical == p.Second.Type.Physical
                && (p.First.Type.Id != TypeId.Numeric || p.First.Type.Scale == p.Second.Type.Scale || p.First.Type.Precision == 0)))
            return input;
        return new ProjectOperator(input, [.. input.Columns.Zip(outputs).Select(p => new Projection(p.Second, new ColumnExpression(p.First)))])
        {
            EstimatedRows = input.EstimatedRows,
        };
    }

    private PhysicalOperator TableFunction(TableFunction t)
    {
        var input = t.Input is null ? new ValuesOperator([], [[]]) : Create(t.Input);
        if (t.Function is not ScalarFunction)
            return new TableFunctionOperator(t, input);
        // A scalar function in FROM is one row.
        var projections = input.Columns.Select(c => new Projection(c, new ColumnExpression(c)))
            .Append(new Projection(t.Outputs[0], new FunctionExpression(t.Function, t.Arguments, t.Outputs[0].Type)));
        if (t.Ordinality is not null)
            projections = projections.Append(new Projection(t.Ordinality, new ConstantExpression(1L, SqlType.Int8)));
        return new ProjectOperator(input, [.. projections]);
    }

    private PhysicalOperator Cte(CteDefinition c)
    {
        _estimator.Rows(c); // the references need the definition's estimate
        // A recursive expression that is read once is computed as far as somebody asks: a limit ends it.
        if (c.Definition is RecursiveUnion && References(c.Body, c.Id) == 1)
        {
            _inlined[c.Id] = c.Definition;
            return Create(c.Body);
        }
        var definition = Create(c.Definition);
        if (definition is ChangeOperator change)
            change.CountsRows = false;
        return new CteOperator(c.Id, c.Name, definition, Create(c.Body));
    }

    private static int References(LogicalPlan plan, int id) => plan is CteReference r && r.Id == id ? 1 : plan.Children.Sum(c => References(c, id));

    private static ProjectOperator Renamed(PhysicalOperator input, ImmutableArray<Column> outputs) =>
        new(input, [.. input.Columns.Zip(outputs).Select(p => new Projection(p.Second, new ColumnExpression(p.First)))]) { EstimatedRows = input.EstimatedRows };
}
