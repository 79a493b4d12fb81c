using OmenDb.Engine.Expressions;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;

namespace OmenDb.Engine.Physical;

/// <summary>Expected rows of logical plans, from the statistics of base columns where there are any.</summary>
internal sealed class CardinalityEstimator
{
    private const double DefaultRangeSelectivity = 1.0 / 3;
    private const double DefaultEqualSelectivity = 0.005;
    private const double DefaultPatternSelectivity = 0.05;

    private readonly Dictionary<LogicalPlan, double> _rows = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<int, double> _cteRows = [];

    public double Rows(LogicalPlan plan)
    {
        if (_rows.TryGetValue(plan, out var known))
            return known;
        var rows = Math.Max(1, Estimate(plan));
        _rows[plan] = rows;
        return rows;
    }

    private double Estimate(LogicalPlan plan)
    {
        switch (plan)
        {
            case Scan s: return s.Table.RowCount * Selectivity(s.Filters);
            case Values v: return v.Rows.Length;
            case Filter f: return Rows(f.Input) * Selectivity(f.Predicate);
            case Join j: return JoinRows(j);
            case Aggregate a: return AggregateRows(a);
            case Limit { Count: ConstantExpression { Value: { } count } } l: return Math.Min(Rows(l.Input), Convert.ToDouble(count));
            case Distinct d: return GroupRows(Rows(d.Input), d.On.IsEmpty ? d.Columns.Select(c => (Expression)new ColumnExpression(c)) : d.On);
            case SetOperation o:
                var both = Rows(o.Left) + Rows(o.Right);
                return o.Kind == SetOperationKind.Union ? (o.All ? both : both * 0.7) : Rows(o.Left) * 0.5;
            case TableFunction t: return (t.Input is null ? 1 : Rows(t.Input)) * t.Function.EstimateRows(t.Arguments.AsSpan());
            case CteDefinition c:
                _cteRows[c.Id] = Rows(c.Definition);
                return Rows(c.Body);
            case CteReference r: return _cteRows.GetValueOrDefault(r.Id, 1000);
            case RecursiveUnion u:
                _cteRows[u.Id] = Rows(u.Initial);
                return Rows(u.Initial) * 10;
            case UnaryPlan u: return Rows(u.Input);
            default: return 1000;
        }
    }

    private double JoinRows(Join join)
    {
        var left = Rows(join.Left);
        var right = Rows(join.Right);
        var selectivity = 1.0;
        foreach (var conjunct in join.Condition is null ? [] : CompiledPredicate.Conjuncts(join.Condition))
        {
            if (conjunct is ComparisonExpression { Operator: ComparisonOperator.Equal or ComparisonOperator.IsNotDistinctFrom } c)
                selectivity /= Math.Max(1, Math.Max(Distinct(c.Left, left), Distinct(c.Right, right)));
            else
                selectivity *= Selectivity(conjunct);
        }
        var matches = left * right * selectivity;
        return join.Kind switch
        {
            JoinKind.Inner => matches,
            JoinKind.Left => Math.Max(left, matches),
            JoinKind.Right => Math.Max(right, matches),
            JoinKind.Full => Math.Max(left + right, matches),
            JoinKind.Semi => Math.Min(left, Math.Max(matches, left * 0.1)),
            JoinKind.Anti => Math.Max(left * 0.1, left - matches),
            _ => left,
        };
    }

    private double AggregateRows(Aggregate a)
    {
        if (a.Groups.IsEmpty)
            return 1;
        var rows = Rows(a.Input);
        return a.GroupingSets.IsDefault
            ? GroupRows(rows, a.Groups.Select(g => g.Expression))
            : a.GroupingSets.Sum(set => set.IsEmpty ? 1 : GroupRows(rows, set.Select(i => a.Groups[i].Expression)));
    }

    private static double GroupRows(double rows, IEnumerable<Expression> keys)
    {
        var product = 1.0;
        foreach (var key in keys)
            product *= Distinct(key, rows);
        return Math.Min(product, Math.Max(1, rows * 0.9));
    }

    /// <summary>Distinct values of an expression among so many rows.</summary>
    public static double Distinct(Expression expression, double rows)
    {
        while (expression is CastExpression cast)
            expression = cast.Operand;
        if (expression is ColumnExpression { Column.Origin: { } origin } && origin.Table.Statistics(origin.Ordinal) is { DistinctCount: > 0 } statistics)
            return Math.Min(statistics.DistinctCount, Math.Max(1, rows));
        if (expression is ColumnExpression { Column.Origin: { } o } && o.Table.Indexes.Any(i => i.Unique && i.Columns.Length == 1 && i.Columns[0].Ordinal == o.Ordinal))
            return Math.Max(1, Math.Min(o.Table.RowCount, rows));
        return expression is ConstantExpression ? 1 : Math.Max(1, Math.Min(rows, 200));
    }

    public static double Selectivity(IEnumerable<Expression> conjuncts) => conjuncts.Aggregate(1.0, (s, c) => s * Selectivity(c));

    public static double Selectivity(Expression predicate)
    {
        switch (predicate)
        {
            case LogicalExpression { IsAnd: true } and: return Selectivity(and.Operands);
            case LogicalExpression or: return 1 - or.Operands.Aggregate(1.0, (s, c) => s * (1 - Selectivity(c)));
            case NotExpression not: return 1 - Selectivity(not.Operand);
            case NullTestExpression test:
                var fraction = test.Operand is ColumnExpression { Column.Origin: { } origin } && origin.Table.Statistics(origin.Ordinal) is { } s ? s.NullFraction : 0.01;
                return test.Negated ? 1 - fraction : fraction;
            case InListExpression list:
                var hit = Math.Min(0.9, list.Items.Length / Math.Max(1, Distinct(list.Operand, 200)));
                return list.Negated ? 1 - hit : hit;
            case ConstantExpression { Value: bool constant }: return constant ? 1 : 0;
            case ComparisonExpression c: return Comparison(c);
            case FunctionExpression { Function.Name: "~~" or "~~*" or "~" }: return DefaultPatternSelectivity;
            default: return DefaultRangeSelectivity;
        }
    }

    private static double Comparison(ComparisonExpression c)
    {
        var (column, value) = c.Left is ColumnExpression l ? (l, c.Right) : (c.Right as ColumnExpression, c.Left);
        var statistics = column?.Column.Origin is { } origin ? origin.Table.Statistics(origin.Ordinal) : null;
        switch (c.Operator)
        {
            case ComparisonOperator.Equal or ComparisonOperator.IsNotDistinctFrom:
                var distinct = column is null ? 0 : Distinct(column, double.MaxValue);
                return column?.Column.Origin is null ? DefaultEqualSelectivity : Math.Min(1, 1 / Math.Max(1, distinct));
            case ComparisonOperator.NotEqual or ComparisonOperator.IsDistinctFrom:
                return 1 - DefaultEqualSelectivity;
        }
        if (statistics is null || value is not ConstantExpression constant
            || Number(statistics.Min) is not { } min || Number(statistics.Max) is not { } max || Number(constant.Value) is not { } bound || max <= min)
            return DefaultRangeSelectivity;
        var below = Math.Clamp((bound - min) / (max - min), 0, 1);
        var less = c.Operator is ComparisonOperator.Less or ComparisonOperator.LessOrEqual;
        if (c.Left is not ColumnExpression)
            less = !less;
        return Math.Max(1e-6, less ? below : 1 - below);
    }

    private static double? Number(object? value) => value switch
    {
        short v => v,
        int v => v,
        long v => v,
        float v => v,
        double v => v,
        Int128 v => (double)v,
        _ => null,
    };
}
