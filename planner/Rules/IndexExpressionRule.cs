using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Grammar;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Planner.Rules;

/// <summary>Reads index expressions where a statement computes the same, and tells scans which partial indexes have all their rows.</summary>
/// <remarks>
/// <para>The values of index expressions are stored with the rows as hidden columns. An expression of a filter, join condition or sort key that equals one becomes
/// that column: access paths, order and statistics then treat it as any other.</para>
/// <para>A partial index may be used when the scan's filters imply its predicate: each conjunct of it equals a filter, or follows from a comparison
/// with a constant, or says IS NOT NULL of a column that a filter's comparison needs.</para>
/// </remarks>
internal sealed class IndexExpressionRule : Rule
{
    public override string Name => "index_expressions";

    /// <summary>Bound once per version of a table. Columns stand for ordinals by their id.</summary>
    private sealed class Definitions
    {
        public required ImmutableArray<(Expression Expression, int Ordinal, string Text)> Expressions { get; init; }

        public required ImmutableArray<(string Index, ImmutableArray<Expression> Conjuncts)> Predicates { get; init; }
    }

    private static readonly ConditionalWeakTable<ITableInfo, Definitions> _bound = [];

    public override LogicalPlan Apply(LogicalPlan plan, RuleContext context)
    {
        if (!Scans(plan).Any(s => s.Table.Indexes.Any(i => i.Readable && (i.PredicateSql is not null || i.Columns.Any(c => c.ExpressionSql is not null)))))
            return plan;
        var (rewritten, _) = Rewrite(plan, context);
        return Narrowed(rewritten, plan);
    }

    private static IEnumerable<Scan> Scans(LogicalPlan plan) => plan is Scan scan ? [scan] : plan.Children.SelectMany(Scans);

    /// <summary>The plan with more columns than wanted, cut back.</summary>
    private static LogicalPlan Narrowed(LogicalPlan plan, LogicalPlan original) => plan.Columns.SequenceEqual(original.Columns) ? plan
        : new Project(plan, [.. original.Columns.Select(c => new Projection(c, new ColumnExpression(c)))]);

    /// <summary>The plan, maybe with hidden columns behind its own, and what they stand for.</summary>
    private static (LogicalPlan Plan, List<(Expression Expression, Column Column)> Known) Rewrite(LogicalPlan plan, RuleContext context)
    {
        switch (plan)
        {
            case Scan scan:
                return RewriteScan(scan, context);
            case Filter or Sort or Limit or LockRows:
            {
                var (input, known) = Rewrite(plan.Children[0], context);
                return (Replace(plan.WithChildren([input]), known), known);
            }
            case Project project:
            {
                var (input, known) = Rewrite(project.Input, context);
                return (Replace(project with { Input = input }, known), []);
            }
            case Join { Kind: JoinKind.Inner, Dependent: false } join:
            {
                var (left, knownLeft) = Rewrite(join.Left, context);
                var (right, knownRight) = Rewrite(join.Right, context);
                var known = knownLeft.Concat(knownRight).ToList();
                return (Replace(join.WithChildren([left, right]), known), known);
            }
            default:
            {
                var children = plan.Children.Select(c => Narrowed(Rewrite(c, context).Plan, c)).ToImmutableArray();
                return (children.Zip(plan.Children).All(p => ReferenceEquals(p.First, p.Second)) ? plan : plan.WithChildren(children), []);
            }
        }
    }

    private static LogicalPlan Replace(LogicalPlan plan, List<(Expression Expression, Column Column)> known) =>
        known.Count == 0 ? plan : PlanTree.MapOwnExpressions(plan, e => Replace(e, known));

    private static Expression Replace(Expression expression, List<(Expression Expression, Column Column)> known)
    {
        foreach (var (stored, column) in known)
        {
            if (ExpressionTree.Same(expression, stored))
                return new ColumnExpression(column);
        }
        return expression is SubqueryExpression ? expression : ExpressionTree.MapChildren(expression, e => Replace(e, known));
    }

    private static (LogicalPlan Plan, List<(Expression Expression, Column Column)> Known) RewriteScan(Scan scan, RuleContext context)
    {
        var definitions = Of(scan.Table, context);
        var columns = scan.ScanColumns.ToDictionary(c => c.Ordinal, c => (Expression)new ColumnExpression(c.Column));
        var known = new List<(Expression, Column)>();
        var added = new List<(Column, int)>();
        foreach (var (expression, ordinal, text) in definitions.Expressions)
        {
            if (OverScan(expression, columns) is not { } stored)
                continue;
            var info = scan.Table.Columns[ordinal];
            var column = context.NewColumn(text, info.Type, !info.NotNull, (scan.Table, ordinal));
            known.Add((stored, column));
            added.Add((column, ordinal));
        }
        var implied = definitions.Predicates.Select(p => Implied(p.Index, [.. p.Conjuncts.Select(c => OverScan(c, columns))], scan.Filters)).OfType<ImpliedIndex>().ToImmutableArray();
        if (known.Count == 0)
            return (implied.IsEmpty ? scan : scan with { Implied = implied }, known);
        return (scan with
        {
            Implied = implied,
            ScanColumns = scan.ScanColumns.AddRange(added),
            Filters = [.. scan.Filters.Select(f => implied.Any(i => i.Conjuncts.Contains(f)) ? f : Replace(f, known))],
        }, known);
    }

    /// <summary>Null: it names a column that the scan does not read.</summary>
    private static Expression? OverScan(Expression expression, Dictionary<int, Expression> columns)
    {
        if (!ExpressionTree.Columns(expression).All(c => columns.ContainsKey(c.Id)))
            return null;
        return ExpressionTree.Rewrite(expression, e => e is ColumnExpression c ? columns[c.Column.Id] : e);
    }

    private static Definitions Of(ITableInfo table, RuleContext context)
    {
        if (_bound.TryGetValue(table, out var known))
            return known;
        var columns = table.Columns.Where(c => !c.Hidden).Select(c => new Column(IndexOf(table, c), c.Name, c.Type, !c.NotNull)).ToImmutableArray();
        var expressions = ImmutableArray.CreateBuilder<(Expression, int, string)>();
        var predicates = ImmutableArray.CreateBuilder<(string, ImmutableArray<Expression>)>();
        foreach (var index in table.Indexes.Where(i => i.Readable))
        {
            foreach (var key in index.Columns)
            {
                if (key.ExpressionSql is { } sql && !expressions.Any(e => e.Item2 == key.Ordinal) && Bind(sql, null) is { } expression)
                    expressions.Add((expression, key.Ordinal, sql));
            }
            if (index.PredicateSql is not null && Bind(index.PredicateSql, SqlType.Bool) is { } predicate)
                predicates.Add((index.Name, ExpressionTree.Conjuncts(predicate)));
        }
        var definitions = new Definitions { Expressions = expressions.ToImmutable(), Predicates = predicates.ToImmutable() };
        _bound.AddOrUpdate(table, definitions);
        return definitions;

        Expression? Bind(string sql, SqlType? type)
        {
            try
            {
                var bound = new Binder(context.Catalog, allowNewParameters: false).BindStandalone(SqlParser.ParseExpression(sql), columns, table.Name, type, "index expression");
                // In the form that the rules have given the statement's own expressions.
                LogicalPlan carrier = new Project(new Values(columns, []), [new Projection(new Column(-1, "value", bound.Type, true), bound)]);
                carrier = new SargableRewriteRule().Apply(new SimplificationRule().Apply(carrier, context), context);
                return ((Project)carrier).Projections[0].Expression;
            }
            catch (SqlException)
            {
                return null; // a function is gone from this session's search path: the index serves others
            }
        }
    }

    private static int IndexOf(ITableInfo table, ColumnInfo column) => table.Columns.IndexOf(column);

    /// <summary>Whether filters imply a predicate.</summary>
    private static ImpliedIndex? Implied(string index, ImmutableArray<Expression?> predicate, ImmutableArray<Expression> filters)
    {
        var conjuncts = filters.SelectMany(f => ExpressionTree.Conjuncts(f)).ToArray();
        foreach (var wanted in predicate)
        {
            if (wanted is null || !conjuncts.Any(c => Implication.Implies(c, wanted)))
                return null;
        }
        return new ImpliedIndex(index, [.. conjuncts.Where(c => predicate.Any(p => ExpressionTree.Same(c, p!)))]);
    }
}
