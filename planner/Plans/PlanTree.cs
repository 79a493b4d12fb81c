using System.Collections.Immutable;
using OmenDb.Planner.Expressions;

namespace OmenDb.Planner.Plans;

/// <summary>The one place that knows the expressions of every plan node: walking, mapping, free columns.</summary>
public static class PlanTree
{
    /// <summary>The expressions that the node itself evaluates, not those of its children.</summary>
    public static IEnumerable<Expression> Expressions(LogicalPlan plan) => plan switch
    {
        Scan scan => scan.Filters,
        Values values => values.Rows.SelectMany(r => r),
        Filter filter => [filter.Predicate],
        Project project => project.Projections.Select(p => p.Expression),
        Join join => join.Condition is null ? [] : [join.Condition],
        Aggregate aggregate => aggregate.Groups.Select(g => g.Expression).Concat(aggregate.Calls.SelectMany(CallExpressions)),
        Window window => window.Calls.SelectMany(WindowExpressions),
        Sort sort => sort.Keys.Select(k => k.Expression),
        Limit limit => new[] { limit.Count, limit.Offset }.OfType<Expression>(),
        Distinct distinct => distinct.On,
        TableFunction function => function.Arguments,
        ChangePlan change => ChangeExpressions(change),
        _ => [],
    };

    /// <summary>The same plan with every expression, of the whole tree, mapped. Output columns stay.</summary>
    public static LogicalPlan MapExpressions(LogicalPlan plan, Func<Expression, Expression> map)
    {
        var children = plan.Children;
        if (!children.IsEmpty)
        {
            var mapped = children.Select(c => MapExpressions(c, map)).ToImmutableArray();
            if (!SameObjects(mapped, children))
                plan = plan.WithChildren(mapped);
        }
        return MapOwnExpressions(plan, map);
    }

    /// <summary>The same node with its own expressions mapped.</summary>
    public static LogicalPlan MapOwnExpressions(LogicalPlan plan, Func<Expression, Expression> map)
    {
        var changed = false;
        Expression Apply(Expression expression)
        {
            var result = map(expression);
            changed |= !ReferenceEquals(result, expression);
            return result;
        }
        ImmutableArray<Expression> All(ImmutableArray<Expression> list)
        {
            ImmutableArray<Expression>.Builder? builder = null;
            for (var i = 0; i < list.Length; i++)
            {
                var mapped = Apply(list[i]);
                if (builder is null && ReferenceEquals(mapped, list[i]))
                    continue;
                if (builder is null)
                {
                    builder = ImmutableArray.CreateBuilder<Expression>(list.Length);
                    builder.AddRange(list.AsSpan(0, i));
                }
                builder.Add(mapped);
            }
            return builder?.MoveToImmutable() ?? list;
        }
        ImmutableArray<SortKey> Keys(ImmutableArray<SortKey> keys) => [.. keys.Select(k => k with { Expression = Apply(k.Expression) })];
        Expression? Optional(Expression? expression) => expression is null ? null : Apply(expression);
        FrameBound Bound(FrameBound bound) => bound.Offset is null ? bound : bound with { Offset = Apply(bound.Offset) };
        ImmutableArray<Projection> Projections(ImmutableArray<Projection> list) => [.. list.Select(p => p with { Expression = Apply(p.Expression) })];
        ImmutableArray<(int, Expression)> Assigned(ImmutableArray<(int Ordinal, Expression Value)> list) => [.. list.Select(a => (a.Ordinal, Apply(a.Value)))];

        LogicalPlan result = plan switch
        {
            Scan p => p with { Filters = All(p.Filters) },
            Values p => p with { Rows = [.. p.Rows.Select(All)] },
            Filter p => p with { Predicate = Apply(p.Predicate) },
            Project p => p with { Projections = Projections(p.Projections) },
            Join p => p with { Condition = Optional(p.Condition), AsOf = Optional(p.AsOf) },
            Aggregate p => p with
            {
                Groups = Projections(p.Groups),
                Calls = [.. p.Calls.Select(c => c with { Arguments = All(c.Arguments), Filter = Optional(c.Filter), OrderBy = Keys(c.OrderBy) })],
            },
            Window p => p with
            {
                Calls = [.. p.Calls.Select(c => c with
                {
                    Arguments = All(c.Arguments), PartitionBy = All(c.PartitionBy), OrderBy = Keys(c.OrderBy), Filter = Optional(c.Filter),
                    Frame = c.Frame with { Start = Bound(c.Frame.Start), End = Bound(c.Frame.End) },
                })],
            },
            Sort p => p with { Keys = Keys(p.Keys) },
            Limit p => p with { Count = Optional(p.Count), Offset = Optional(p.Offset) },
            Distinct p => p with { On = All(p.On) },
            TableFunction p => p with { Arguments = All(p.Arguments) },
            ChangePlan p => MapChange(p, Apply, Projections, Assigned),
            _ => plan,
        };
        return changed ? result : plan;
    }

    /// <summary>Columns that the tree reads but no node of it produces: its correlations.</summary>
    public static HashSet<Column> FreeColumns(LogicalPlan plan)
    {
        var read = new HashSet<Column>();
        var produced = new HashSet<Column>();
        Collect(plan, read, produced);
        read.ExceptWith(produced);
        return read;
    }

    private static void Collect(LogicalPlan plan, HashSet<Column> read, HashSet<Column> produced)
    {
        foreach (var child in plan.Children)
            Collect(child, read, produced);
        foreach (var expression in Expressions(plan))
            ExpressionTree.CollectColumns(expression, read);
        produced.UnionWith(plan.Columns);
        if (plan is ChangePlan change)
        {
            produced.UnionWith(change.RowColumns);
            if (change is Insert { OnConflict: { } action })
                produced.UnionWith(action.Excluded);
        }
    }

    /// <summary>Children first, then <paramref name="map"/> on the node itself.</summary>
    public static LogicalPlan Rewrite(LogicalPlan plan, Func<LogicalPlan, LogicalPlan> map)
    {
        var children = plan.Children;
        if (!children.IsEmpty)
        {
            var mapped = children.Select(c => Rewrite(c, map)).ToImmutableArray();
            if (!SameObjects(mapped, children))
                plan = plan.WithChildren(mapped);
        }
        return map(plan);
    }

    private static bool SameObjects(ImmutableArray<LogicalPlan> left, ImmutableArray<LogicalPlan> right)
    {
        for (var i = 0; i < left.Length; i++)
        {
            if (!ReferenceEquals(left[i], right[i]))
                return false;
        }
        return true;
    }

    private static IEnumerable<Expression> CallExpressions(AggregateCall call)
    {
        var expressions = call.Arguments.Concat(call.OrderBy.Select(k => k.Expression));
        return call.Filter is null ? expressions : expressions.Append(call.Filter);
    }

    private static IEnumerable<Expression> WindowExpressions(WindowCall call) =>
        call.Arguments.Concat(call.PartitionBy).Concat(call.OrderBy.Select(k => k.Expression))
            .Concat(new[] { call.Filter, call.Frame.Start.Offset, call.Frame.End.Offset }.OfType<Expression>());

    private static IEnumerable<Expression> ChangeExpressions(ChangePlan change)
    {
        var own = change.Returning.Select(r => r.Expression).Concat(change.Checks.Select(c => c.Condition));
        return change switch
        {
            Update update => own.Concat(update.Assignments.Select(a => a.Value)),
            Insert { OnConflict: { } action } => own.Concat(action.Assignments.Select(a => a.Value))
                .Concat(action.Where is null ? [] : [action.Where]),
            Merge merge => own.Concat(merge.Branches.SelectMany(b => b.Values.Select(v => v.Value).Concat(b.Condition is null ? [] : [b.Condition]))),
            _ => own,
        };
    }

    private static ChangePlan MapChange(
        ChangePlan plan, Func<Expression, Expression> apply, Func<ImmutableArray<Projection>, ImmutableArray<Projection>> projections,
        Func<ImmutableArray<(int, Expression)>, ImmutableArray<(int, Expression)>> assigned)
    {
        plan = plan with
        {
            Returning = projections(plan.Returning),
            Checks = [.. plan.Checks.Select(c => c with { Condition = apply(c.Condition) })],
        };
        return plan switch
        {
            Update update => update with { Assignments = assigned(update.Assignments) },
            Merge merge => merge with
            {
                Branches = [.. merge.Branches.Select(b => b with { Condition = b.Condition is null ? null : apply(b.Condition), Values = assigned(b.Values) })],
            },
            Insert { OnConflict: { } action } insert => insert with
            {
                OnConflict = action with
                {
                    Assignments = assigned(action.Assignments), Where = action.Where is null ? null : apply(action.Where),
                },
            },
            _ => plan,
        };
    }
}
