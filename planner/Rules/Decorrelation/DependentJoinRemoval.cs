using System.Collections.Immutable;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Planner.Rules.Decorrelation;

/// <summary>Removes every dependent join, after Neumann and Kemper, "Unnesting Arbitrary Queries" (BTW 2015).</summary>
/// <remarks>
/// <para>Three ways, tried in this order for a join whose right side R reads columns F of the left side L:</para>
/// <list type="number">
/// <item>Correlated conjuncts that can rise through R move into the join's condition; often nothing correlated is left.</item>
/// <item>Every column of F is compared for equality with an expression x of R below whatever holds the conjuncts back (an aggregate,
/// a limit): R is computed for all values of x at once, grouped by x, and joined on F = x. No domain is needed.</item>
/// <item>In general the domain D, the distinct values of F in L, is pushed down R to where F is read, and the join compares F with D's columns.</item>
/// </list>
/// </remarks>
internal sealed class DependentJoinRemoval(RuleContext context)
{
    public LogicalPlan Remove(LogicalPlan plan) => PlanTree.Rewrite(plan, node => node is Join { Dependent: true } join ? RemoveOne(join) : node);

    private LogicalPlan RemoveOne(Join join)
    {
        var outer = new HashSet<Column>(join.Left.Columns, ReferenceEqualityComparer.Instance);
        var right = join.Right;
        var originalColumns = join.Columns;
        if (join.Kind is not (JoinKind.Right or JoinKind.Full))
        {
            var lifted = new List<Expression>();
            var pulled = new ConjunctLifting(outer, lifted, dropDuplicates: join.Kind is JoinKind.Semi or JoinKind.Anti or JoinKind.Mark).Lift(right);
            if (!PlanTree.FreeColumns(pulled).Overlaps(outer))
            {
                // A row for which the subquery's own filter is unknown is no row of the subquery: it must not make the mark unknown.
                if (join.Mark is { Nullable: true })
                    lifted = lifted.ConvertAll<Expression>(e => new BooleanTestExpression(e, BooleanTest.IsTrue));
                var condition = ExpressionTree.And([.. ExpressionTree.Conjuncts(join.Condition), .. lifted]);
                return Narrow(join with { Right = pulled, Condition = condition, Dependent = false }, originalColumns);
            }
        }
        var free = PlanTree.FreeColumns(right).Where(outer.Contains).ToList();
        // Inner joins first lift what they can: a smaller part remains correlated.
        var (pushed, domainColumns, exact) = PushEqualities(right, free, join.Kind) ?? PushDomain(join.Left, right, free);
        var conditions = ExpressionTree.Conjuncts(join.Condition).ToList();
        for (var i = 0; i < free.Count; i++)
        {
            // A column that is not null at its producer may be null here, above an outer join: against a domain only null-safe equality is right.
            var comparison = exact ? ComparisonOperator.Equal : ComparisonOperator.IsNotDistinctFrom;
            conditions.Add(new ComparisonExpression(comparison, new ColumnExpression(free[i]), new ColumnExpression(domainColumns[i])));
        }
        return Narrow(join with { Right = pushed, Condition = ExpressionTree.And(conditions), Dependent = false }, originalColumns);
    }

    /// <summary>The right side may have gained columns: the node's own ones are what others rely on.</summary>
    private static LogicalPlan Narrow(Join join, ImmutableArray<Column> columns) => join.Columns.SequenceEqual(columns)
        ? join
        : new Project(join, [.. columns.Select(c => new Projection(c, new ColumnExpression(c)))]);

    /// <summary>The second way: correlation by equality only, every aggregate above it answering null for an empty group.</summary>
    private (LogicalPlan, List<Column>, bool)? PushEqualities(LogicalPlan right, List<Column> free, JoinKind kind)
    {
        if (kind is not (JoinKind.Single or JoinKind.Left or JoinKind.Inner or JoinKind.Semi))
            return null;
        var pushing = new EqualityPushing(context, free);
        var result = pushing.Push(right, nullOnEmptyNeeded: kind is not (JoinKind.Inner or JoinKind.Semi));
        return result is null ? null : (result.Value.Plan, result.Value.Keys, true);
    }

    /// <summary>The third way: D below everything that reads it.</summary>
    private (LogicalPlan, List<Column>, bool) PushDomain(LogicalPlan left, LogicalPlan right, List<Column> free)
    {
        var copy = new PlanCopy(context);
        var source = copy.Copy(left);
        var keys = free.ConvertAll(context.CopyOf);
        LogicalPlan domain = new Distinct(new Project(source, [.. free.Select((f, i) => new Projection(keys[i], new ColumnExpression(copy[f])))]), []);
        var (pushed, columns) = new DomainPushing(context, free).Push(right, domain, keys);
        return (pushed, columns, false);
    }
}

/// <summary>Lifts correlated conjuncts out of filters through projections and inner joins.</summary>
/// <param name="outer">Columns of the left side.</param>
/// <param name="lifted">Receives the conjuncts.</param>
/// <param name="dropDuplicates">Only the existence of rows matters: DISTINCT and ORDER BY may go.</param>
internal sealed class ConjunctLifting(HashSet<Column> outer, List<Expression> lifted, bool dropDuplicates)
{
    public LogicalPlan Lift(LogicalPlan plan)
    {
        switch (plan)
        {
            case Filter filter:
                var input = Lift(filter.Input);
                var (correlated, own) = Split(ExpressionTree.Conjuncts(filter.Predicate));
                lifted.AddRange(correlated);
                return ExpressionTree.And(own) is { } rest ? new Filter(input, rest) : input;
            case Project project:
                var before = lifted.Count;
                var below = Lift(project.Input);
                var projections = project.Projections.ToBuilder();
                // Columns that the lifted conjuncts read must pass through.
                foreach (var column in lifted.Skip(before).SelectMany(ExpressionTree.Columns).Distinct())
                {
                    if (!outer.Contains(column) && below.Columns.Contains(column) && !projections.Any(p => ReferenceEquals(p.Output, column)))
                        projections.Add(new Projection(column, new ColumnExpression(column)));
                }
                return new Project(below, projections.ToImmutable());
            case Join { Kind: JoinKind.Inner, Dependent: false } join:
                var (joinCorrelated, joinOwn) = Split(ExpressionTree.Conjuncts(join.Condition));
                lifted.AddRange(joinCorrelated);
                return join with { Left = Lift(join.Left), Right = Lift(join.Right), Condition = ExpressionTree.And(joinOwn) };
            case Join { Kind: JoinKind.Left or JoinKind.Semi or JoinKind.Anti or JoinKind.Mark or JoinKind.Single, Dependent: false } join:
                return join with { Left = Lift(join.Left) };
            case Sort sort when dropDuplicates:
                return Lift(sort.Input);
            case Distinct { On.IsEmpty: true } distinct when dropDuplicates:
                return Lift(distinct.Input);
            // Existence under LIMIT n with n >= 1 is existence.
            case Limit { Offset: null, Count: ConstantExpression { Value: long and > 0 }, WithTies: false } limit when dropDuplicates:
                return Lift(limit.Input);
            default:
                return plan;
        }
    }

    private (List<Expression> Correlated, List<Expression> Own) Split(IEnumerable<Expression> conjuncts)
    {
        var correlated = new List<Expression>();
        var own = new List<Expression>();
        foreach (var conjunct in conjuncts)
            (ExpressionTree.Columns(conjunct).Overlaps(outer) ? correlated : own).Add(conjunct);
        return (correlated, own);
    }
}

/// <summary>Replaces the correlation columns by expressions that the subquery itself compares them with, and carries those up as extra columns.</summary>
internal sealed class EqualityPushing(RuleContext context, List<Column> free)
{
    /// <param name="plan">Reads the free columns only in equality conjuncts below.</param>
    /// <param name="nullOnEmptyNeeded">A missing row means null: every aggregate and projection on the way must answer null for nothing.</param>
    /// <returns>Null when this way is closed.</returns>
    public (LogicalPlan Plan, List<Column> Keys)? Push(LogicalPlan plan, bool nullOnEmptyNeeded)
    {
        switch (plan)
        {
            case Project project:
                if (project.Projections.Any(p => ReadsFree(p.Expression)) || nullOnEmptyNeeded && ContainsScalarAggregate(project.Input)
                    && !project.Projections.All(p => IsStrict(p.Expression)))
                {
                    return null;
                }
                if (Push(project.Input, nullOnEmptyNeeded) is not { } inner)
                    return null;
                return (new Project(inner.Plan, [.. project.Projections, .. inner.Keys.Where(k => !project.Columns.Contains(k)).Select(Pass)]), inner.Keys);
            case Aggregate { GroupingSets.IsDefault: true } aggregate:
                if (aggregate.Groups.Any(g => ReadsFree(g.Expression)) || aggregate.Calls.Any(ReadsFree))
                    return null;
                // With groups, no group means no row: always right. Without, one row of nulls is what a missing row stands for.
                if (aggregate.Groups.IsEmpty && (!nullOnEmptyNeeded || aggregate.Calls.Any(c => !IsNullOnEmpty(c))))
                    return null;
                if (FindKeys(aggregate.Input) is not { } found)
                    return null;
                var keys = found.Keys.Select(k => new Projection(context.NewColumn("key", k.Type), k)).ToList();
                return (aggregate with { Input = found.Plan, Groups = [.. aggregate.Groups, .. keys] }, keys.ConvertAll(k => k.Output));
            case Filter filter when !ReadsFree(filter.Predicate) && !ContainsScalarAggregate(filter.Input):
                return Push(filter.Input, nullOnEmptyNeeded) is { } below ? (new Filter(below.Plan, filter.Predicate), below.Keys) : null;
            default:
                return null;
        }
    }

    private static Projection Pass(Column column) => new(column, new ColumnExpression(column));

    private bool ReadsFree(Expression expression) => ExpressionTree.Columns(expression).Overlaps(free);

    private bool ReadsFree(AggregateCall call) => call.Arguments.Any(ReadsFree) || call.Filter is not null && ReadsFree(call.Filter)
        || call.OrderBy.Any(k => ReadsFree(k.Expression));

    private static bool ContainsScalarAggregate(LogicalPlan plan) => plan switch
    {
        Aggregate aggregate => aggregate.Groups.IsEmpty,
        Project or Filter => ContainsScalarAggregate(plan.Children[0]),
        _ => false,
    };

    private static bool IsNullOnEmpty(AggregateCall call) => call.Function.Name is not ("count" or "regr_count" or "omendb_count_star");

    /// <summary>Null whenever a column it reads is null, and it reads one: so null for a missing row.</summary>
    private static bool IsStrict(Expression expression) => expression switch
    {
        ColumnExpression => true,
        CastExpression cast => IsStrict(cast.Operand),
        FunctionExpression { Function.Strict: true } function => function.Arguments.Any(IsStrict),
        _ => false,
    };

    /// <summary>Lifts all correlated conjuncts below; each free column must be equal to an expression over the rest.</summary>
    private (LogicalPlan Plan, List<Expression> Keys)? FindKeys(LogicalPlan plan)
    {
        var lifted = new List<Expression>();
        var outer = new HashSet<Column>(free, ReferenceEqualityComparer.Instance);
        var rest = new ConjunctLifting(outer, lifted, dropDuplicates: false).Lift(plan);
        if (PlanTree.FreeColumns(rest).Overlaps(outer))
            return null;
        var keys = new Expression?[free.Count];
        foreach (var conjunct in lifted)
        {
            if (conjunct is not ComparisonExpression { Operator: ComparisonOperator.Equal } equality)
                return null;
            var (mine, theirs) = equality.Left is ColumnExpression l && outer.Contains(l.Column) ? (l.Column, equality.Right)
                : equality.Right is ColumnExpression r && outer.Contains(r.Column) ? (r.Column, equality.Left)
                : (null, null);
            if (mine is null || ReadsFree(theirs!))
                return null;
            var index = free.FindIndex(f => ReferenceEquals(f, mine));
            if (keys[index] is not null)
                rest = new Filter(rest, new ComparisonExpression(ComparisonOperator.Equal, keys[index]!, theirs!));
            else
                keys[index] = theirs;
        }
        return keys.Contains(null) ? null : (rest, [.. keys.Select(k => k!)]);
    }
}

/// <summary>Pushes the domain D through the operators of a correlated plan, table 1 of the paper and its extensions.</summary>
internal sealed class DomainPushing(RuleContext context, List<Column> free)
{
    /// <param name="plan">Reads free columns somewhere.</param>
    /// <param name="domain">D; stands in the result once per place where it is needed.</param>
    /// <param name="keys">D's columns, one per free column.</param>
    /// <returns>A plan without free columns that has D's columns (under the names in Keys) beside its own.</returns>
    public (LogicalPlan Plan, List<Column> Keys) Push(LogicalPlan plan, LogicalPlan domain, List<Column> keys)
    {
        if (!PlanTree.FreeColumns(plan).Overlaps(free))
            return (new Join(JoinKind.Inner, domain, plan, null), keys);
        switch (plan)
        {
            case Filter filter:
                var (input, k) = Push(filter.Input, domain, keys);
                return (new Filter(input, Replace(filter.Predicate, k)), k);
            case Project project:
                (input, k) = Push(project.Input, domain, keys);
                return (new Project(input, [.. project.Projections.Select(p => p with { Expression = Replace(p.Expression, k) }), .. k.Select(Pass)]), k);
            case Values values:
                return PushValues(values, domain, keys);
            case Sort sort:
                (input, k) = Push(sort.Input, domain, keys);
                return (new Sort(input, [.. sort.Keys.Select(s => s with { Expression = Replace(s.Expression, k) })]), k);
            case Distinct distinct:
                (input, k) = Push(distinct.Input, domain, keys);
                return (new Distinct(input, distinct.On.IsEmpty ? [] : [.. distinct.On.Select(e => Replace(e, k)), .. k.Select(c => new ColumnExpression(c))]), k);
            case Limit limit:
                return PushLimit(limit, domain, keys);
            case Aggregate aggregate:
                return PushAggregate(aggregate, domain, keys);
            case Window window:
                (input, k) = Push(window.Input, domain, keys);
                var calls = ((Window)PlanTree.MapOwnExpressions(window with { Input = input }, e => Replace(e, k))).Calls;
                return (new Window(input, [.. calls.Select(c => c with { PartitionBy = [.. c.PartitionBy, .. k.Select(x => new ColumnExpression(x))] })]), k);
            case SetOperation set:
                return PushSetOperation(set, domain, keys);
            case TableFunction function:
                return PushFunction(function, domain, keys);
            case Join join:
                return PushJoin(join, domain, keys);
            case CteDefinition cte when !PlanTree.FreeColumns(cte.Definition).Overlaps(free):
                (input, k) = Push(cte.Body, domain, keys);
                return (cte with { Body = input }, k);
            default:
                throw SqlException.NotSupported("a correlated subquery around WITH RECURSIVE or a shared WITH query");
        }
    }

    private static Projection Pass(Column column) => new(column, new ColumnExpression(column));

    private Expression Replace(Expression expression, List<Column> keys)
    {
        var replacements = new Dictionary<Column, Expression>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < free.Count; i++)
            replacements[free[i]] = new ColumnExpression(keys[i]);
        return ExpressionTree.Substitute(expression, replacements);
    }

    /// <summary>D again, under fresh columns, for the second side of a join.</summary>
    private (LogicalPlan Domain, List<Column> Keys) CopyDomain(LogicalPlan domain, List<Column> keys)
    {
        var copy = new PlanCopy(context);
        var plan = copy.Copy(domain);
        return (plan, keys.ConvertAll(k => copy[k]));
    }

    private (LogicalPlan, List<Column>) PushValues(Values values, LogicalPlan domain, List<Column> keys)
    {
        if (values.Rows.Length == 1)
            return (new Project(domain, [.. values.Outputs.Select((o, i) => new Projection(o, Replace(values.Rows[0][i], keys))), .. keys.Select(Pass)]), keys);
        LogicalPlan? result = null;
        foreach (var row in values.Rows)
        {
            var (copy, copyKeys) = result is null ? (domain, keys) : CopyDomain(domain, keys);
            ImmutableArray<Projection> projections =
            [
                .. values.Outputs.Select((o, i) => new Projection(context.CopyOf(o), Replace(row[i], copyKeys))),
                .. copyKeys.Select(c => new Projection(context.CopyOf(c), new ColumnExpression(c))),
            ];
            LogicalPlan project = new Project(copy, projections);
            result = result is null ? project
                : new SetOperation(SetOperationKind.Union, true, result, project, [.. project.Columns.Select(context.CopyOf)]);
        }
        var top = result!.Columns;
        var outputKeys = top.Skip(values.Outputs.Length).ToList();
        return (new Project(result, [.. values.Outputs.Select((o, i) => new Projection(o, new ColumnExpression(top[i]))), .. outputKeys.Select(Pass)]), outputKeys);
    }

    /// <summary>LIMIT per value of D: a row number over each partition.</summary>
    private (LogicalPlan, List<Column>) PushLimit(Limit limit, LogicalPlan domain, List<Column> keys)
    {
        if (limit.WithTies)
            throw SqlException.NotSupported("WITH TIES in a correlated subquery");
        var sort = limit.Input as Sort;
        var (input, k) = Push(sort?.Input ?? limit.Input, domain, keys);
        var number = context.NewColumn("row_number", SqlType.Int8, nullable: false);
        var orderBy = sort is null ? [] : sort.Keys.Select(s => s with { Expression = Replace(s.Expression, k) }).ToImmutableArray();
        var call = new WindowCall(number, context.Function("row_number"), [], [.. k.Select(c => new ColumnExpression(c))], orderBy,
            new WindowFrame(FrameMode.Rows, new FrameBound(FrameBoundKind.UnboundedPreceding), new FrameBound(FrameBoundKind.CurrentRow)));
        LogicalPlan plan = new Window(input, [call]);
        var conditions = new List<Expression>();
        var position = new ColumnExpression(number);
        if (limit.Offset is not null)
            conditions.Add(new ComparisonExpression(ComparisonOperator.Greater, position, limit.Offset));
        if (limit.Count is not null)
        {
            var last = limit.Offset is null ? limit.Count
                : new FunctionExpression(context.Function("+", SqlType.Int8, SqlType.Int8), [limit.Count, limit.Offset], SqlType.Int8);
            conditions.Add(new ComparisonExpression(ComparisonOperator.LessOrEqual, position, last));
        }
        if (ExpressionTree.And(conditions) is { } condition)
            plan = new Filter(plan, condition);
        return (new Project(plan, [.. limit.Columns.Select(Pass), .. k.Where(c => !limit.Columns.Contains(c)).Select(Pass)]), k);
    }

    private (LogicalPlan, List<Column>) PushAggregate(Aggregate aggregate, LogicalPlan domain, List<Column> keys)
    {
        var (input, k) = Push(aggregate.Input, domain, keys);
        var mapped = (Aggregate)PlanTree.MapOwnExpressions(aggregate with { Input = input }, e => Replace(e, k));
        var groupKeys = k.Select(c => new Projection(context.CopyOf(c), new ColumnExpression(c))).ToList();
        var groupColumns = groupKeys.ConvertAll(g => g.Output);
        if (!aggregate.Groups.IsEmpty || !aggregate.GroupingSets.IsDefault)
        {
            var added = Enumerable.Range(aggregate.Groups.Length, groupKeys.Count).ToArray();
            var grouped = mapped with
            {
                Groups = [.. mapped.Groups, .. groupKeys],
                GroupingSets = mapped.GroupingSets.IsDefault ? default : [.. mapped.GroupingSets.Select(s => s.AddRange(added))],
            };
            if (aggregate.GroupingSets.IsDefault || !aggregate.GroupingSets.Any(s => s.IsEmpty))
                return (grouped, groupColumns);
            throw SqlException.NotSupported("an empty grouping set in a correlated subquery");
        }
        // Without groups there is a row for every value of D, also where nothing matched: D left join aggregate, counts from null to 0.
        var inner = mapped with { Groups = [.. groupKeys], Calls = [.. mapped.Calls.Select(c => c with { Output = context.CopyOf(c.Output) })] };
        var (outerDomain, outerKeys) = CopyDomain(domain, keys);
        var condition = ExpressionTree.And(outerKeys.Select((o, i) =>
            (Expression)new ComparisonExpression(ComparisonOperator.IsNotDistinctFrom, new ColumnExpression(o), new ColumnExpression(groupColumns[i]))));
        var joined = new Join(JoinKind.Left, outerDomain, inner, condition);
        var projections = aggregate.Calls.Select((c, i) =>
        {
            Expression value = new ColumnExpression(inner.Calls[i].Output);
            if (c.Function.Name is "count" or "regr_count" or "omendb_count_star")
                value = new ConditionalExpression(ConditionalKind.Coalesce, [value, new ConstantExpression(0L, SqlType.Int8)], SqlType.Int8);
            return new Projection(c.Output, value);
        });
        return (new Project(joined, [.. projections, .. outerKeys.Select(Pass)]), outerKeys);
    }

    private (LogicalPlan, List<Column>) PushSetOperation(SetOperation set, LogicalPlan domain, List<Column> keys)
    {
        var (left, leftKeys) = Push(set.Left, domain, keys);
        var (rightDomain, rightDomainKeys) = CopyDomain(domain, keys);
        var (right, rightKeys) = Push(set.Right, rightDomain, rightDomainKeys);
        var outputKeys = leftKeys.ConvertAll(context.CopyOf);
        LogicalPlan Ordered(LogicalPlan plan, ImmutableArray<Column> columns, List<Column> k) =>
            new Project(plan, [.. columns.Select(Pass), .. k.Select(c => new Projection(context.CopyOf(c), new ColumnExpression(c)))]);
        return (set with
        {
            Left = Ordered(left, set.Left.Columns, leftKeys), Right = Ordered(right, set.Right.Columns, rightKeys),
            Outputs = [.. set.Outputs, .. outputKeys],
        }, outputKeys);
    }

    private (LogicalPlan, List<Column>) PushFunction(TableFunction function, LogicalPlan domain, List<Column> keys)
    {
        var (input, k) = function.Input is null ? (domain, keys) : Push(function.Input, domain, keys);
        return (function with { Input = input, Arguments = [.. function.Arguments.Select(a => Replace(a, k))] }, k);
    }

    private (LogicalPlan, List<Column>) PushJoin(Join join, LogicalPlan domain, List<Column> keys)
    {
        var leftReads = PlanTree.FreeColumns(join.Left).Overlaps(free);
        var rightReads = PlanTree.FreeColumns(join.Right).Overlaps(free);
        if (join.Kind == JoinKind.Inner && !(leftReads && rightReads))
        {
            // One side is enough: the other meets D's columns in the result.
            if (rightReads)
            {
                var (right, rk) = Push(join.Right, domain, keys);
                return (join with { Right = right, Condition = Optional(join.Condition, rk) }, rk);
            }
            var (left, lk) = Push(join.Left, domain, keys);
            return (join with { Left = left, Condition = Optional(join.Condition, lk) }, lk);
        }
        switch (join.Kind)
        {
            case JoinKind.Right when !leftReads:
                var (onlyRight, onlyRightKeys) = Push(join.Right, domain, keys);
                return (join with { Right = onlyRight, Condition = Optional(join.Condition, onlyRightKeys) }, onlyRightKeys);
            case JoinKind.Left or JoinKind.Semi or JoinKind.Anti or JoinKind.Mark or JoinKind.Single when !rightReads:
                var (onlyLeft, onlyLeftKeys) = Push(join.Left, domain, keys);
                return (join with { Left = onlyLeft, Condition = Optional(join.Condition, onlyLeftKeys) }, onlyLeftKeys);
        }
        var (pushedLeft, leftKeys) = Push(join.Left, domain, keys);
        var (rightDomain, rightDomainKeys) = CopyDomain(domain, keys);
        var (pushedRight, rightKeys) = Push(join.Right, rightDomain, rightDomainKeys);
        var same = leftKeys.Select((l, i) =>
            (Expression)new ComparisonExpression(ComparisonOperator.IsNotDistinctFrom, new ColumnExpression(l), new ColumnExpression(rightKeys[i])));
        var result = join with
        {
            Left = pushedLeft, Right = pushedRight,
            Condition = ExpressionTree.And([.. ExpressionTree.Conjuncts(Optional(join.Condition, leftKeys)), .. same]),
        };
        if (join.Kind == JoinKind.Right)
            return (result, rightKeys);
        if (join.Kind != JoinKind.Full)
            return (result, leftKeys);
        // Either side may be the one that is there.
        var merged = leftKeys.ConvertAll(context.CopyOf);
        var coalesced = merged.Select((m, i) => new Projection(m,
            new ConditionalExpression(ConditionalKind.Coalesce, [new ColumnExpression(leftKeys[i]), new ColumnExpression(rightKeys[i])], m.Type)));
        return (new Project(result, [.. join.Columns.Select(Pass), .. coalesced]), merged);
    }

    private Expression? Optional(Expression? expression, List<Column> keys) => expression is null ? null : Replace(expression, keys);
}
