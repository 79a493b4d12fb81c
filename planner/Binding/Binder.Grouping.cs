using System.Collections.Immutable;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;
using S = OmenDb.Planner.Syntax;

namespace OmenDb.Planner.Binding;

// GROUP BY and what it makes of the expressions above it.
public sealed partial class Binder
{
    /// <summary>The bound GROUP BY clause.</summary>
    /// <param name="Items">Distinct group expressions.</param>
    /// <param name="Sets">Grouping sets as indexes into the items; empty when the clause has only plain expressions.</param>
    private sealed record Groups(List<Expression> Items, List<ImmutableArray<int>> Sets);

    private Groups BindGroupBy(S.SelectCore select, Scope scope, List<Target> targets)
    {
        var groups = new Groups([], []);
        var hasSets = false;
        List<ImmutableArray<int>> product = [[]];
        foreach (var item in select.GroupBy)
        {
            hasSets |= item is not S.GroupExpression;
            var sets = BindGroupItem(item, scope, targets, groups.Items);
            product = [.. product.SelectMany(p => sets.Select(s => p.Concat(s).Distinct().ToImmutableArray()))];
            if (product.Count > 4096)
                throw new SqlException(SqlState.StatementTooComplex, "too many grouping sets present (maximum 4096)") { Position = item.ErrorPosition };
        }
        if (!hasSets)
            return groups;
        if (select.GroupByDistinct)
            product = [.. product.DistinctBy(p => string.Join(',', p.Order()))];
        if (groups.Items.Count > 31)
            throw new SqlException(SqlState.ProgramLimitExceeded, "GROUPING must have fewer than 32 arguments") { Position = select.ErrorPosition };
        groups.Sets.AddRange(product);
        return groups;
    }

    private List<ImmutableArray<int>> BindGroupItem(S.GroupItem item, Scope scope, List<Target> targets, List<Expression> items)
    {
        ImmutableArray<int> Add(S.SyntaxExpression syntax)
        {
            var bound = BindTargetOrExpression(syntax, scope, targets, "GROUP BY", ExpressionPlace.GroupBy);
            if (ExpressionTree.Any(bound, e => e is ColumnExpression c && scope.Grouping!.Aggregates.Exists(a => ReferenceEquals(a.Output, c.Column))))
                throw new SqlException(SqlState.GroupingError, "aggregate functions are not allowed in GROUP BY") { Position = syntax.ErrorPosition };
            return bound is RowExpression row ? [.. row.Fields.Select(f => IndexOf(Settle(f)))] : [IndexOf(bound)];
        }
        int IndexOf(Expression expression)
        {
            if (expression.Type.Id == TypeId.Json)
                throw new SqlException(SqlState.UndefinedFunction, "could not identify an equality operator for type json") { Position = expression.Position + 1 };
            var index = items.FindIndex(i => ExpressionTree.Same(i, expression));
            if (index >= 0)
                return index;
            items.Add(expression);
            return items.Count - 1;
        }
        switch (item)
        {
            case S.GroupExpression plain:
                return [Add(plain.Expression)];
            case S.EmptyGroupingSet:
                return [[]];
            case S.RollupItem rollup:
                var parts = rollup.Expressions.Select(Add).ToList();
                return [.. Enumerable.Range(0, parts.Count + 1).Select(n => parts.Take(parts.Count - n).SelectMany(p => p).ToImmutableArray())];
            case S.CubeItem cube:
                parts = [.. cube.Expressions.Select(Add)];
                if (parts.Count > 12)
                    throw new SqlException(SqlState.TooManyColumns, "CUBE is limited to 12 elements") { Position = cube.ErrorPosition };
                // All subsets, the largest first, as PostgreSQL lists them.
                return [.. Enumerable.Range(0, 1 << parts.Count).Reverse()
                    .Select(mask => parts.Where((_, i) => (mask >> (parts.Count - 1 - i) & 1) != 0).SelectMany(p => p).ToImmutableArray())];
            default:
                return [.. ((S.GroupingSetsItem)item).Sets.SelectMany(s => BindGroupItem(s, scope, targets, items))];
        }
    }

    private static WindowCall RewriteWindow(WindowCall call, Func<Expression, Expression> rewrite) => call with
    {
        Arguments = [.. call.Arguments.Select(rewrite)],
        PartitionBy = [.. call.PartitionBy.Select(rewrite)],
        OrderBy = [.. call.OrderBy.Select(k => k with { Expression = rewrite(k.Expression) })],
        Filter = call.Filter is null ? null : rewrite(call.Filter),
    };

    /// <summary>Replaces group expressions by the aggregate's output columns and rejects what is neither grouped nor aggregated.</summary>
    private sealed class GroupingRewriter
    {
        private readonly Binder _binder;
        private readonly Scope _scope;
        private readonly Groups _groups;
        private readonly GroupingContext _grouping;
        private readonly List<Projection> _keys;
        private readonly Column? _groupingId;
        private readonly HashSet<Column> _computed;
        private readonly Dictionary<Column, Expression> _groupingCalls = new(ReferenceEqualityComparer.Instance);

        public GroupingRewriter(Binder binder, Scope scope, Groups groups, GroupingContext grouping)
        {
            _binder = binder;
            _scope = scope;
            _groups = groups;
            _grouping = grouping;
            // Under grouping sets a key can be null although its expression never is.
            _keys = [.. groups.Items.Select(i => new Projection(groups.Sets.Count == 0 ? binder.NewColumnFor(KeyName(i), i)
                : new Column(binder._nextColumn++, KeyName(i), i.Type, true), i))];
            if (groups.Sets.Count > 0)
                _groupingId = binder.NewColumn("grouping_id", SqlType.Int4, nullable: false);
            _computed = new HashSet<Column>(grouping.Aggregates.Select(a => a.Output).Concat(grouping.Windows.Select(w => w.Output))
                .Concat(grouping.SetFunctions.SelectMany(f => f.Outputs)), ReferenceEqualityComparer.Instance);
            foreach (var (output, arguments, position) in grouping.GroupingCalls)
                _groupingCalls[output] = GroupingBits(arguments, position);
        }

        private static string KeyName(Expression expression) => expression is ColumnExpression c ? c.Column.Name : "group";

        public Aggregate Build(LogicalPlan input) => new(input, [.. _keys], [.. _grouping.Aggregates])
        {
            GroupingSets = _groups.Sets.Count == 0 ? default : [.. _groups.Sets], GroupingId = _groupingId,
        };

        public Expression Rewrite(Expression expression)
        {
            foreach (var key in _keys)
            {
                if (ExpressionTree.Same(key.Expression, expression))
                    return new ColumnExpression(key.Output) { Position = expression.Position };
            }
            return expression switch
            {
                ColumnExpression column => RewriteColumn(column, inSubquery: false),
                SubqueryExpression subquery => subquery with
                {
                    Left = [.. subquery.Left.Select(Rewrite)],
                    Plan = PlanTree.MapExpressions(subquery.Plan, RewriteInSubquery),
                },
                _ => ExpressionTree.MapChildren(expression, Rewrite),
            };
        }

        private Expression RewriteInSubquery(Expression expression)
        {
            foreach (var key in _keys)
            {
                if (key.Expression is not ConstantExpression && ExpressionTree.Same(key.Expression, expression))
                    return new ColumnExpression(key.Output) { Position = expression.Position };
            }
            return expression switch
            {
                ColumnExpression column => RewriteColumn(column, inSubquery: true),
                SubqueryExpression subquery => subquery with
                {
                    Left = [.. subquery.Left.Select(RewriteInSubquery)],
                    Plan = PlanTree.MapExpressions(subquery.Plan, RewriteInSubquery),
                },
                _ => ExpressionTree.MapChildren(expression, RewriteInSubquery),
            };
        }

        private Expression RewriteColumn(ColumnExpression reference, bool inSubquery)
        {
            if (_computed.Contains(reference.Column))
                return reference;
            if (_groupingCalls.TryGetValue(reference.Column, out var bits))
                return bits;
            if (!_scope.Owns(reference.Column))
                return reference; // of an outer query, or of a subquery inside
            var table = _scope.Tables.First(t => t.Columns.Any(c => c.Value is ColumnExpression x && ReferenceEquals(x.Column, reference.Column)));
            if (_groups.Sets.Count == 0 && DependsOnKey(table))
            {
                var key = new Projection(_binder.NewColumnFor(reference.Column.Name, reference), reference);
                _keys.Add(key);
                return new ColumnExpression(key.Output) { Position = reference.Position };
            }
            var name = $"{table.Alias}.{table.Columns.First(c => c.Value is ColumnExpression x && ReferenceEquals(x.Column, reference.Column)).Name}";
            throw new SqlException(SqlState.GroupingError, inSubquery
                ? $"subquery uses ungrouped column \"{name}\" from outer query"
                : $"column \"{name}\" must appear in the GROUP BY clause or be used in an aggregate function") { Position = reference.Position + 1 };
        }

        /// <summary>The table's whole primary key is grouped by: its other columns have one value per group.</summary>
        private bool DependsOnKey(ScopeTable table)
        {
            var origins = table.Columns.Select(c => c.Value).OfType<ColumnExpression>().Where(c => c.Column.Origin is not null).ToList();
            if (origins.Count == 0)
                return false;
            var primary = origins[0].Column.Origin!.Value.Table.Indexes.FirstOrDefault(i => i.Primary);
            return primary is not null && primary.Columns.All(k => origins.Find(o => o.Column.Origin!.Value.Ordinal == k.Ordinal) is { } column
                && _keys.Exists(key => key.Expression is ColumnExpression x && ReferenceEquals(x.Column, column.Column)));
        }

        /// <summary>GROUPING(a, b): one bit per argument, the last one lowest; 1 where the row's grouping set leaves it out.</summary>
        private Expression GroupingBits(ImmutableArray<Expression> arguments, int position)
        {
            Expression result = new ConstantExpression(0, SqlType.Int4);
            for (var i = 0; i < arguments.Length; i++)
            {
                var index = _groups.Items.FindIndex(g => ExpressionTree.Same(g, arguments[i]));
                if (index < 0)
                    throw new SqlException(SqlState.GroupingError, "arguments to GROUPING must be grouping expressions of the associated query level") { Position = position };
                if (_groupingId is null)
                    continue;
                Expression Constant(int value) => new ConstantExpression(value, SqlType.Int4);
                var bit = _binder.ResolveOperator(null, "&", _binder.ResolveOperator(null, ">>", new ColumnExpression(_groupingId), Constant(_groups.Items.Count - 1 - index), position), Constant(1), position);
                var shifted = _binder.ResolveOperator(null, "<<", bit, Constant(arguments.Length - 1 - i), position);
                result = i == 0 ? shifted : _binder.ResolveOperator(null, "|", result, shifted, position);
            }
            return result;
        }
    }
}
