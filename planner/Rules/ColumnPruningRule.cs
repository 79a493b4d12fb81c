using System.Collections.Immutable;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;

namespace OmenDb.Planner.Rules;

/// <summary>Drops every column that nobody above reads, down to the scans.</summary>
internal sealed class ColumnPruningRule : Rule
{
    public override string Name => "column_pruning";

    public override LogicalPlan Apply(LogicalPlan plan, RuleContext context)
    {
        // What the references of a shared sub-plan need of it is known only after its body was walked.
        var needed = new HashSet<Column>(plan.Columns, ReferenceEqualityComparer.Instance);
        return Prune(plan, needed, []);
    }

    /// <param name="plan">May keep more columns than needed, never fewer.</param>
    /// <param name="needed">Columns of the plan that are read above.</param>
    /// <param name="cteColumns">Positions of shared definitions that some reference reads, by CTE id.</param>
    private static LogicalPlan Prune(LogicalPlan plan, HashSet<Column> needed, Dictionary<int, HashSet<int>> cteColumns)
    {
        HashSet<Column> With(IEnumerable<Expression> expressions, IEnumerable<Column>? columns = null)
        {
            var result = new HashSet<Column>(columns ?? needed, ReferenceEqualityComparer.Instance);
            foreach (var expression in expressions)
                ExpressionTree.CollectColumns(expression, result);
            return result;
        }
        switch (plan)
        {
            case Scan scan:
                var read = With(scan.Filters);
                return scan with
                {
                    ScanColumns = [.. scan.ScanColumns.Where(c => read.Contains(c.Column))],
                    RowId = scan.RowId is not null && needed.Contains(scan.RowId) ? scan.RowId : null,
                };
            case Values values:
                var kept = Enumerable.Range(0, values.Outputs.Length).Where(i => needed.Contains(values.Outputs[i])).ToArray();
                return kept.Length == values.Outputs.Length ? values
                    : new Values([.. kept.Select(i => values.Outputs[i])], [.. values.Rows.Select(r => kept.Select(i => r[i]).ToImmutableArray())]);
            case Project project:
                var projections = project.Projections.Where(p => needed.Contains(p.Output)).ToImmutableArray();
                var input = Prune(project.Input, With(projections.Select(p => p.Expression), []), cteColumns);
                // A projection that only passes on what its input has says nothing.
                if (input.Columns.SequenceEqual(projections.Select(p => p.Output)) && projections.All(p => p.Expression is ColumnExpression c && ReferenceEquals(c.Column, p.Output)))
                    return input;
                return new Project(input, projections);
            case Aggregate aggregate:
                var calls = aggregate.Calls.Where(c => needed.Contains(c.Output)).ToImmutableArray();
                var slim = aggregate with { Calls = calls };
                return slim with { Input = Prune(aggregate.Input, With(PlanTree.Expressions(slim), []), cteColumns) };
            case Window window:
                var windowCalls = window.Calls.Where(c => needed.Contains(c.Output)).ToImmutableArray();
                if (windowCalls.IsEmpty)
                    return Prune(window.Input, needed, cteColumns);
                var slimWindow = window with { Calls = windowCalls };
                return slimWindow with { Input = Prune(window.Input, With(PlanTree.Expressions(slimWindow)), cteColumns) };
            case Join join:
                var both = With(PlanTree.Expressions(join));
                var left = Prune(join.Left, Only(both, join.Left), cteColumns);
                var right = Prune(join.Right, Only(both, join.Right), cteColumns);
                return join with { Left = left, Right = right };
            case Distinct { On.IsEmpty: true } or SetOperation { All: false } or SetOperation { Kind: not SetOperationKind.Union } or RecursiveUnion:
                // Every column decides which rows are equal.
                return plan.WithChildren([.. plan.Children.Select(c => Prune(c, [.. c.Columns], cteColumns))]);
            case SetOperation set:
                return PruneUnionAll(set, needed, cteColumns);
            case TableFunction function:
                return function.Input is null ? function
                    : function with { Input = Prune(function.Input, Only(With(function.Arguments), function.Input), cteColumns) };
            case CteDefinition cte:
                var body = Prune(cte.Body, needed, cteColumns);
                var positions = cteColumns.GetValueOrDefault(cte.Id) ?? [];
                if (cte.Definition is ChangePlan || positions.Count == cte.Definition.Columns.Length)
                    return cte with { Body = body, Definition = Prune(cte.Definition, [.. cte.Definition.Columns], cteColumns) };
                var wanted = cte.Definition.Columns.Where((_, i) => positions.Contains(i)).ToHashSet();
                var definition = Prune(cte.Definition, wanted, cteColumns);
                // References are by position: the definition keeps its shape, unread columns as they come.
                if (!definition.Columns.SequenceEqual(cte.Definition.Columns))
                {
                    definition = new Project(definition, [.. cte.Definition.Columns.Select(c => new Projection(c, definition.Columns.Contains(c)
                        ? new ColumnExpression(c) : new ConstantExpression(null, c.Type)))]);
                }
                return cte with { Body = body, Definition = definition };
            case CteReference reference:
                if (!cteColumns.TryGetValue(reference.Id, out var set1))
                    cteColumns[reference.Id] = set1 = [];
                set1.UnionWith(Enumerable.Range(0, reference.Outputs.Length).Where(i => needed.Contains(reference.Outputs[i])));
                return reference;
            case LockRows locks:
                return locks with { Input = Prune(locks.Input, [.. needed, .. locks.Targets.Select(t => t.RowId), .. locks.Marks], cteColumns) };
            case Insert insert:
                return insert with { Input = Prune(insert.Input, [.. insert.Input.Columns], cteColumns) };
            case Update update:
                return update with { Input = Prune(update.Input, With(PlanTree.Expressions(update), [update.RowId, .. update.Marks]), cteColumns) };
            case Merge merge:
                return merge with { Input = Prune(merge.Input, With(PlanTree.Expressions(merge), [merge.RowId]), cteColumns) };
            case Delete delete:
                return delete with { Input = Prune(delete.Input, With(PlanTree.Expressions(delete), [delete.RowId, .. delete.Marks]), cteColumns) };
            case UnaryPlan unary:
                return unary with { Input = Prune(unary.Input, With(PlanTree.Expressions(unary)), cteColumns) };
            default:
                return plan;
        }
    }

    private static HashSet<Column> Only(HashSet<Column> columns, LogicalPlan plan)
    {
        var result = new HashSet<Column>(columns, ReferenceEqualityComparer.Instance);
        result.IntersectWith(plan.Columns);
        return result;
    }

    private static SetOperation PruneUnionAll(SetOperation set, HashSet<Column> needed, Dictionary<int, HashSet<int>> cteColumns)
    {
        var kept = Enumerable.Range(0, set.Outputs.Length).Where(i => needed.Contains(set.Outputs[i])).ToArray();
        LogicalPlan Side(LogicalPlan side)
        {
            var columns = kept.Select(i => side.Columns[i]).ToImmutableArray();
            var pruned = Prune(side, [.. columns], cteColumns);
            return pruned.Columns.SequenceEqual(columns) ? pruned : new Project(pruned, [.. columns.Select(c => new Projection(c, new ColumnExpression(c)))]);
        }
        return set with { Left = Side(set.Left), Right = Side(set.Right), Outputs = [.. kept.Select(i => set.Outputs[i])] };
    }
}
