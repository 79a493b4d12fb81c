using System.Collections.Immutable;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Planner.Rules.Decorrelation;

/// <summary>Turns every subquery inside an expression into a join below the node that evaluates it.</summary>
/// <remarks>
/// As a conjunct of a filter EXISTS, IN and their negations become semi and anti joins. Anywhere else a subquery becomes a column: of a single
/// join (scalar), or of a mark join (EXISTS, ANY; ALL is the negation of ANY with the negated comparison). Joins whose right side
/// reads columns of the left are dependent: <see cref="DependentJoinRemoval"/> follows.
/// </remarks>
internal sealed class SubqueryLowering(RuleContext context)
{
    public LogicalPlan Lower(LogicalPlan plan)
    {
        // Subqueries of subqueries first: their plans are trees of their own.
        plan = PlanTree.Rewrite(plan, node => PlanTree.MapOwnExpressions(node, LowerInside));
        return PlanTree.Rewrite(plan, LowerNode);
    }

    private Expression LowerInside(Expression expression) => ExpressionTree.Rewrite(expression, node =>
        node is SubqueryExpression s ? s with { Plan = Lower(s.Plan) } : node);

    private static bool HasSubquery(Expression expression) => ExpressionTree.Any(expression, e => e is SubqueryExpression);

    private LogicalPlan LowerNode(LogicalPlan node)
    {
        if (!PlanTree.Expressions(node).Any(HasSubquery))
            return node;
        switch (node)
        {
            case Filter filter:
                return LowerFilter(filter);
            case Join join:
                return LowerJoin(join);
            case Values values:
                return LowerValues(values);
            case Limit:
                return PlanTree.MapOwnExpressions(node, Inner);
            case TableFunction { Input: null } function:
                return LowerNode(function with { Input = new Values([], [[]]) });
            case TableFunction function:
                var input = function.Input!;
                var lowered = (TableFunction)PlanTree.MapOwnExpressions(function, e => Replace(e, ref input));
                return lowered with { Input = input };
            case Update update:
                // New values come from the input; RETURNING reads rows that exist only after it.
                var source = update.Input;
                var assignments = update.Assignments.Select(a => (a.Ordinal, Replace(a.Value, ref source))).ToImmutableArray();
                return PlanTree.MapOwnExpressions(update with { Input = source, Assignments = assignments }, Inner);
            case ChangePlan:
                return PlanTree.MapOwnExpressions(node, Inner);
            case UnaryPlan unary:
                var below = unary.Input;
                var mapped = (UnaryPlan)PlanTree.MapOwnExpressions(unary, e => Replace(e, ref below));
                var result = mapped with { Input = below };
                // Nodes that pass their input on must not pass on the helper columns too.
                return result.Columns.SequenceEqual(unary.Columns) ? result : Restrict(result, unary.Columns);
            default:
                throw SqlException.NotSupported("a subquery here");
        }
    }

    /// <summary>An expression with subqueries, in a place that has no input to join with, as one plan that reads the row's columns as parameters.</summary>
    private Expression Inner(Expression expression)
    {
        if (!HasSubquery(expression))
            return expression;
        LogicalPlan plan = new Values([], [[]]);
        var value = Replace(expression, ref plan);
        plan = new Project(plan, [new Projection(context.NewColumn("value", expression.Type), value)]);
        if (ReadsOuterCte(plan, []))
            throw SqlException.NotSupported("a WITH query that is used more than once or changes data, read in this place", expression.Position + 1);
        var free = PlanTree.FreeColumns(plan).ToArray();
        var first = context.NewParameters(free.Length);
        var parameters = new Dictionary<Column, Expression>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < free.Length; i++)
            parameters.Add(free[i], new ParameterExpression(first + i, free[i].Type));
        plan = PlanTree.MapExpressions(plan, e => ExpressionTree.Substitute(e, parameters));
        return new InnerPlanExpression(context.OptimizeInner(plan), [.. free.Select(c => new ColumnExpression(c))], first, expression.Type) { Position = expression.Position };
    }

    private static bool ReadsOuterCte(LogicalPlan plan, ImmutableHashSet<int> known) => plan switch
    {
        CteReference reference => !known.Contains(reference.Id),
        CteDefinition definition => ReadsOuterCte(definition.Definition, known) || ReadsOuterCte(definition.Body, known.Add(definition.Id)),
        RecursiveUnion union => ReadsOuterCte(union.Initial, known) || ReadsOuterCte(union.Recursive, known.Add(union.Id)),
        _ => plan.Children.Any(c => ReadsOuterCte(c, known)),
    };

    private static Project Restrict(LogicalPlan plan, ImmutableArray<Column> columns) =>
        new(plan, [.. columns.Select(c => new Projection(c, new ColumnExpression(c)))]);

    private LogicalPlan LowerFilter(Filter filter)
    {
        var plan = filter.Input;
        var rest = new List<Expression>();
        foreach (var conjunct in ExpressionTree.Conjuncts(filter.Predicate))
        {
            if (!HasSubquery(conjunct))
                rest.Add(conjunct);
        }
        // Plain conditions first: joins then see fewer rows.
        if (rest.Count > 0)
            plan = new Filter(plan, ExpressionTree.And(rest)!);
        rest.Clear();
        foreach (var conjunct in ExpressionTree.Conjuncts(filter.Predicate).Where(HasSubquery))
        {
            switch (conjunct)
            {
                case SubqueryExpression { Kind: SubqueryKind.Exists } exists:
                    plan = MakeJoin(JoinKind.Semi, plan, exists.Plan, null);
                    break;
                case NotExpression { Operand: SubqueryExpression { Kind: SubqueryKind.Exists } exists }:
                    plan = MakeJoin(JoinKind.Anti, plan, exists.Plan, null);
                    break;
                case SubqueryExpression { Kind: SubqueryKind.Any } any when !any.Left.Any(HasSubquery):
                    plan = MakeJoin(JoinKind.Semi, plan, any.Plan, Condition(any, any.Operator));
                    break;
                case NotExpression { Operand: SubqueryExpression { Kind: SubqueryKind.All } all } when !all.Left.Any(HasSubquery):
                    // NOT (x op ALL (q)) is x negated-op ANY (q).
                    plan = MakeJoin(JoinKind.Semi, plan, all.Plan, Condition(all, Negate(all.Operator)));
                    break;
                default:
                    rest.Add(Replace(conjunct, ref plan));
                    break;
            }
        }
        if (rest.Count > 0)
            plan = new Filter(plan, ExpressionTree.And(rest)!);
        return plan.Columns.SequenceEqual(filter.Columns) ? plan : Restrict(plan, filter.Columns);
    }

    private LogicalPlan LowerJoin(Join join)
    {
        if (join.Kind == JoinKind.Inner)
            return LowerNode(new Filter(join with { Condition = null }, join.Condition!));
        if (join.Kind is JoinKind.Left or JoinKind.Semi or JoinKind.Anti)
        {
            // The condition moves into the right side, which then depends on the left.
            var right = LowerNode(new Filter(join.Right, join.Condition!));
            return join with { Right = right, Condition = null, Dependent = PlanTree.FreeColumns(right).Overlaps(join.Left.Columns) };
        }
        throw SqlException.NotSupported("a subquery in the condition of this kind of join");
    }

    private LogicalPlan LowerValues(Values values)
    {
        // One projection per row over a single empty row, put together by UNION ALL.
        LogicalPlan? result = null;
        foreach (var row in values.Rows)
        {
            LogicalPlan input = new Values([], [[]]);
            var last = result is null && values.Rows.Length == 1;
            var projections = row.Select((e, i) => new Projection(last ? values.Outputs[i] : context.CopyOf(values.Outputs[i]), Replace(e, ref input))).ToList();
            LogicalPlan project = new Project(input, [.. projections]);
            if (result is null)
                result = project;
            else
                result = new SetOperation(SetOperationKind.Union, true, result, project, [.. values.Outputs.Select(context.CopyOf)]);
        }
        return result!.Columns.SequenceEqual(values.Outputs) ? result
            : new Project(result, [.. values.Outputs.Select((o, i) => new Projection(o, new ColumnExpression(result.Columns[i])))]);
    }

    private static Join MakeJoin(JoinKind kind, LogicalPlan left, LogicalPlan right, Expression? condition) =>
        new(kind, left, right, condition) { Dependent = PlanTree.FreeColumns(right).Overlaps(left.Columns) };

    private static Expression Condition(SubqueryExpression subquery, ComparisonOperator comparison)
    {
        var pairs = subquery.Left.Select((l, i) => (Expression)new ComparisonExpression(comparison, l, new ColumnExpression(subquery.Plan.Columns[i])));
        // A row is different when any field is.
        return comparison == ComparisonOperator.NotEqual && subquery.Left.Length > 1
            ? new LogicalExpression(false, [.. pairs])
            : ExpressionTree.And(pairs)!;
    }

    private static ComparisonOperator Negate(ComparisonOperator comparison) => comparison switch
    {
        ComparisonOperator.Equal => ComparisonOperator.NotEqual,
        ComparisonOperator.NotEqual => ComparisonOperator.Equal,
        ComparisonOperator.Less => ComparisonOperator.GreaterOrEqual,
        ComparisonOperator.LessOrEqual => ComparisonOperator.Greater,
        ComparisonOperator.Greater => ComparisonOperator.LessOrEqual,
        ComparisonOperator.GreaterOrEqual => ComparisonOperator.Less,
        ComparisonOperator.IsDistinctFrom => ComparisonOperator.IsNotDistinctFrom,
        _ => ComparisonOperator.IsDistinctFrom,
    };

    /// <summary>Replaces the subqueries of an expression by columns of joins that <paramref name="plan"/> gains.</summary>
    private Expression Replace(Expression expression, ref LogicalPlan plan)
    {
        if (!HasSubquery(expression))
            return expression;
        var current = plan;
        var result = ExpressionTree.Rewrite(expression, node =>
        {
            if (node is not SubqueryExpression subquery)
                return node;
            var (value, joined) = ReplaceOne(subquery, current);
            current = joined;
            return value;
        });
        plan = current;
        return result;
    }

    private (Expression Value, LogicalPlan Plan) ReplaceOne(SubqueryExpression subquery, LogicalPlan plan)
    {
        switch (subquery.Kind)
        {
            case SubqueryKind.Scalar:
                var single = MakeJoin(ReturnsOneRow(subquery.Plan) && !PlanTree.FreeColumns(subquery.Plan).Overlaps(plan.Columns) ? JoinKind.Inner : JoinKind.Single,
                    plan, subquery.Plan, null);
                return (new ColumnExpression(subquery.Plan.Columns[0]), single);
            case SubqueryKind.Array:
                var element = subquery.Plan.Columns[0];
                var function = context.Function("array_agg", element.Type);
                var output = context.NewColumn("array", subquery.Type);
                // Rows are collected in the order in which the subquery delivers them.
                var collected = new Aggregate(subquery.Plan, [], [new AggregateCall(output, function, [new ColumnExpression(element)])]);
                return (new ConditionalExpression(ConditionalKind.Coalesce,
                    [new ColumnExpression(output), new ArrayExpression([], subquery.Type)], subquery.Type), MakeJoin(JoinKind.Single, plan, collected, null));
            case SubqueryKind.Exists:
                var mark = context.NewColumn("exists", SqlType.Bool, nullable: false);
                return (new ColumnExpression(mark), MakeJoin(JoinKind.Mark, plan, subquery.Plan, null) with { Mark = mark });
            default:
                var isAll = subquery.Kind == SubqueryKind.All;
                mark = context.NewColumn("mark", SqlType.Bool);
                Expression value = new ColumnExpression(mark);
                var condition = Condition(subquery, isAll ? Negate(subquery.Operator) : subquery.Operator);
                return (isAll ? new NotExpression(value) : value, MakeJoin(JoinKind.Mark, plan, subquery.Plan, condition) with { Mark = mark });
        }
    }

    /// <summary>Exactly one row whatever the data: an aggregate without groups, or a literal row.</summary>
    private static bool ReturnsOneRow(LogicalPlan plan) => plan switch
    {
        Aggregate { Groups.IsEmpty: true } aggregate => aggregate.GroupingSets.IsDefault,
        Values values => values.Rows.Length == 1,
        Project project => ReturnsOneRow(project.Input),
        Sort sort => ReturnsOneRow(sort.Input),
        _ => false,
    };
}
