using System.Collections.Immutable;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;

namespace OmenDb.Planner.Rules;

/// <summary>Moves every conjunct as far down as it can go: through projections, groups and set operations, into join conditions and scans.</summary>
/// <remarks>On the way outer joins whose null rows a filter rejects become inner joins, and inner joins gain constants by transitivity.
/// Volatile conjuncts stay where they are written.</remarks>
internal sealed class FilterPushdownRule : Rule
{
    public override string Name => "filter_pushdown";

    public override LogicalPlan Apply(LogicalPlan plan, RuleContext context) => Push(plan, []);

    private static LogicalPlan Push(LogicalPlan plan, List<Expression> conjuncts)
    {
        switch (plan)
        {
            case Filter filter:
                var all = ExpressionTree.Conjuncts(filter.Predicate);
                if (all.Any(ExpressionTree.IsVolatile))
                    return Wrap(new Filter(Push(filter.Input, []), filter.Predicate), conjuncts);
                return Push(filter.Input, [.. all, .. conjuncts]);
            case Scan scan:
                var own = conjuncts.Where(c => !ExpressionTree.IsVolatile(c)).ToList();
                var scanned = own.Count == 0 ? scan : scan with { Filters = scan.Filters.AddRange(own.Where(o => !scan.Filters.Any(f => ExpressionTree.Same(f, o)))) };
                return Wrap(scanned, conjuncts.Where(ExpressionTree.IsVolatile));
            case Project project:
                return PushThroughProject(project, conjuncts);
            case Join join:
                return PushIntoJoin(join, conjuncts);
            case Aggregate aggregate:
                return PushThroughAggregate(aggregate, conjuncts);
            case Sort or LockRows or Distinct { On.IsEmpty: true }:
                return plan.WithChildren([Push(plan.Children[0], conjuncts)]);
            case Distinct distinct:
                return Divide(distinct, conjuncts, c => OnlyReads(c, distinct.On.OfType<ColumnExpression>().Select(e => e.Column)));
            case Window window:
                // A filter on what every call partitions by removes whole partitions.
                var shared = window.Calls.Select(c => c.PartitionBy.OfType<ColumnExpression>().Select(e => e.Column).ToHashSet())
                    .Aggregate((a, b) => { a.IntersectWith(b); return a; });
                return Divide(window, conjuncts, c => OnlyReads(c, shared) && ExpressionTree.Columns(c).Count > 0);
            case TableFunction { Input: not null } function:
                return Divide(function, conjuncts, c => OnlyReads(c, function.Input.Columns));
            case SetOperation set:
                return set with
                {
                    Left = Push(set.Left, [.. conjuncts.Select(c => Rename(c, set.Outputs, set.Left.Columns))]),
                    Right = Push(set.Right, [.. conjuncts.Select(c => Rename(c, set.Outputs, set.Right.Columns))]),
                };
            case CteDefinition cte:
                return cte with { Definition = Push(cte.Definition, []), Body = Push(cte.Body, conjuncts) };
            case Limit or RecursiveUnion or ChangePlan:
                return Wrap(plan.WithChildren([.. plan.Children.Select(c => Push(c, []))]), conjuncts);
            default:
                return Wrap(plan, conjuncts);
        }
    }

    private static LogicalPlan Wrap(LogicalPlan plan, IEnumerable<Expression> conjuncts) =>
        ExpressionTree.And(conjuncts) is { } predicate ? new Filter(plan, predicate) : plan;

    private static bool OnlyReads(Expression expression, IEnumerable<Column> columns) => ExpressionTree.Columns(expression).IsSubsetOf(columns);

    private static Expression Rename(Expression expression, ImmutableArray<Column> from, ImmutableArray<Column> to)
    {
        var map = new Dictionary<Column, Expression>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < from.Length; i++)
            map[from[i]] = new ColumnExpression(to[i]);
        return ExpressionTree.Substitute(expression, map);
    }

    /// <summary>Conjuncts that pass go below the node's (only) child, the others stay above.</summary>
    private static LogicalPlan Divide(LogicalPlan node, List<Expression> conjuncts, Func<Expression, bool> passes)
    {
        var below = conjuncts.Where(c => passes(c) && !ExpressionTree.IsVolatile(c)).ToList();
        return Wrap(node.WithChildren([Push(node.Children[0], below)]), conjuncts.Except(below));
    }

    private static LogicalPlan PushThroughProject(Project project, List<Expression> conjuncts)
    {
        var map = new Dictionary<Column, Expression>(ReferenceEqualityComparer.Instance);
        foreach (var projection in project.Projections)
        {
            if (!ExpressionTree.IsVolatile(projection.Expression))
                map[projection.Output] = projection.Expression;
        }
        var below = new List<Expression>();
        var above = new List<Expression>();
        foreach (var conjunct in conjuncts)
        {
            if (ExpressionTree.Columns(conjunct).All(c => map.ContainsKey(c)))
                below.Add(ExpressionTree.Substitute(conjunct, map));
            else
                above.Add(conjunct);
        }
        return Wrap(project with { Input = Push(project.Input, below) }, above);
    }

    private static LogicalPlan PushThroughAggregate(Aggregate aggregate, List<Expression> conjuncts)
    {
        var map = new Dictionary<Column, Expression>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < aggregate.Groups.Length; i++)
        {
            // Under grouping sets only keys of every set filter whole groups.
            if (aggregate.GroupingSets.IsDefault || aggregate.GroupingSets.All(s => s.Contains(i)))
                map[aggregate.Groups[i].Output] = aggregate.Groups[i].Expression;
        }
        var below = new List<Expression>();
        var above = new List<Expression>();
        foreach (var conjunct in conjuncts)
        {
            var columns = ExpressionTree.Columns(conjunct);
            if (columns.Count > 0 && columns.All(map.ContainsKey))
                below.Add(ExpressionTree.Substitute(conjunct, map));
            else
                above.Add(conjunct);
        }
        return Wrap(aggregate with { Input = Push(aggregate.Input, below) }, above);
    }

    private static LogicalPlan PushIntoJoin(Join join, List<Expression> conjuncts)
    {
        if (join is { Dependent: false, AsOf: not null })
        {
            // Which right row is the nearest depends on all of them: only conditions on the left side sink.
            var ofLeft = conjuncts.FindAll(c => OnlyReads(c, join.Left.Columns) && !ExpressionTree.IsVolatile(c));
            return Wrap(join with { Left = Push(join.Left, ofLeft), Right = Push(join.Right, []) }, conjuncts.Except(ofLeft, ReferenceEqualityComparer.Instance).Cast<Expression>());
        }
        if (join.Dependent)
            return Wrap(join with { Left = Push(join.Left, []), Right = Push(join.Right, []) }, conjuncts);
        var columns = join.Columns;
        join = SimplifyOuter(join, conjuncts);
        HashSet<Column> left = new(join.Left.Columns, ReferenceEqualityComparer.Instance), right = new(join.Right.Columns, ReferenceEqualityComparer.Instance);
        var condition = ExpressionTree.Conjuncts(join.Condition).ToList();
        var above = new List<Expression>();
        var toLeft = new List<Expression>();
        var toRight = new List<Expression>();

        var pool = new List<Expression>(conjuncts);
        if (join.Kind == JoinKind.Inner)
        {
            pool.AddRange(condition);
            condition.Clear();
            pool.AddRange(Transitive.Infer(pool));
            pool.AddRange(pool.SelectMany(c => ImpliedByOr(c, left).Concat(ImpliedByOr(c, right))).ToList());
        }
        foreach (var conjunct in pool)
        {
            var read = ExpressionTree.Columns(conjunct);
            var isVolatile = ExpressionTree.IsVolatile(conjunct);
            var leftOnly = read.IsSubsetOf(left) && !isVolatile;
            var rightOnly = read.IsSubsetOf(right) && !isVolatile;
            switch (join.Kind)
            {
                case JoinKind.Inner when read.Count == 0 && !isVolatile:
                    // A constant condition empties both sides.
                    toLeft.Add(conjunct);
                    toRight.Add(conjunct);
                    break;
                case JoinKind.Inner when leftOnly:
                    toLeft.Add(conjunct);
                    break;
                case JoinKind.Inner when rightOnly:
                    toRight.Add(conjunct);
                    break;
                case JoinKind.Inner when isVolatile:
                    above.Add(conjunct);
                    break;
                case JoinKind.Inner:
                    condition.Add(conjunct);
                    break;
                case JoinKind.Left or JoinKind.Semi or JoinKind.Anti or JoinKind.Mark or JoinKind.Single when leftOnly:
                    toLeft.Add(conjunct);
                    break;
                case JoinKind.Right when rightOnly:
                    toRight.Add(conjunct);
                    break;
                default:
                    above.Add(conjunct);
                    break;
            }
        }
        // What the condition says of one side alone.
        if (join.Kind is not (JoinKind.Inner or JoinKind.Full))
        {
            var preserved = join.Kind == JoinKind.Right ? right : left;
            var optional = join.Kind == JoinKind.Right ? left : right;
            var toOptional = join.Kind == JoinKind.Right ? toLeft : toRight;
            // A mark join answers null when only null keeps a row from matching: its right side may be filtered only by conditions on it alone
            // that cannot be null themselves, so nothing is moved there.
            if (join.Kind != JoinKind.Mark)
            {
                toOptional.AddRange(condition.Where(c => ExpressionTree.Columns(c) is { Count: > 0 } read && read.IsSubsetOf(optional) && !ExpressionTree.IsVolatile(c)));
                condition.RemoveAll(toOptional.Contains);
            }
            if (join.Kind == JoinKind.Semi)
            {
                toLeft.AddRange(condition.Where(c => ExpressionTree.Columns(c) is { Count: > 0 } read && read.IsSubsetOf(preserved) && !ExpressionTree.IsVolatile(c)));
                condition.RemoveAll(toLeft.Contains);
                toRight.AddRange(Transitive.Infer([.. toLeft, .. condition]).Where(c => OnlyReads(c, right)));
            }
            else if (join.Kind is JoinKind.Left or JoinKind.Single)
            {
                toRight.AddRange(Transitive.Infer([.. toLeft, .. condition]).Where(c => OnlyReads(c, right)));
            }
        }
        var result = join with { Left = Push(join.Left, toLeft), Right = Push(join.Right, toRight), Condition = ExpressionTree.And(condition) };
        LogicalPlan plan = Wrap(result, above);
        return plan.Columns.SequenceEqual(columns) ? plan : new Project(plan, [.. columns.Select(c => new Projection(c, new ColumnExpression(c)))]);
    }

    /// <summary>(a.x = 1 and b.y = 2) or (a.x = 3 and b.y = 4) implies a.x = 1 or a.x = 3: what an OR over both sides says of one of them.</summary>
    private static IEnumerable<Expression> ImpliedByOr(Expression conjunct, HashSet<Column> side)
    {
        if (conjunct is not LogicalExpression { IsAnd: false } or || ExpressionTree.IsVolatile(or) || ExpressionTree.Columns(or).IsSubsetOf(side))
            return [];
        var branches = new List<Expression>();
        foreach (var branch in or.Operands)
        {
            var own = ExpressionTree.Conjuncts(branch).Where(c => ExpressionTree.Columns(c) is { Count: > 0 } read && read.IsSubsetOf(side));
            if (ExpressionTree.And(own) is not { } implied)
                return [];
            branches.Add(implied);
        }
        return [new LogicalExpression(false, [.. branches])];
    }

    /// <summary>A conjunct above that cannot be true for the null-extended rows turns the outer join into a narrower one.</summary>
    private static Join SimplifyOuter(Join join, List<Expression> conjuncts)
    {
        if (join.Kind is not (JoinKind.Left or JoinKind.Right or JoinKind.Full))
            return join;
        var rejectsRight = conjuncts.Exists(c => NullRejection.Rejects(c, join.Right.Columns));
        var rejectsLeft = conjuncts.Exists(c => NullRejection.Rejects(c, join.Left.Columns));
        return (join.Kind, rejectsLeft, rejectsRight) switch
        {
            (JoinKind.Left, _, true) => join with { Kind = JoinKind.Inner },
            (JoinKind.Right, true, _) => join with { Kind = JoinKind.Inner },
            (JoinKind.Full, true, true) => join with { Kind = JoinKind.Inner },
            // Null rows made for unmatched left rows have a null right side: a filter that rejects them leaves all right rows.
            (JoinKind.Full, true, false) => join with { Kind = JoinKind.Left },
            (JoinKind.Full, false, true) => join with { Kind = JoinKind.Right },
            _ => join,
        };
    }
}
