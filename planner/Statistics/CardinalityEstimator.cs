using System.Runtime.CompilerServices;
using OmenDb.Arrow;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Planner.Statistics;

/// <summary>How many rows a plan is expected to produce, from column statistics under the usual assumptions: uniform within a histogram
/// bucket, independent predicates, the smaller key set contained in the larger one.</summary>
/// <remarks>Remembers what it computed by object identity: plans are immutable. For one thread.</remarks>
public sealed class CardinalityEstimator
{
    // Where nothing is known: PostgreSQL's defaults (selfuncs.h).
    private const double DefaultEquality = 0.005;
    private const double DefaultInequality = 1.0 / 3;
    private const double DefaultRange = 0.005;
    private const double DefaultMatch = 0.05;
    private const double DefaultDistinct = 200;

    private readonly ConditionalWeakTable<LogicalPlan, StrongBox<double>> _rows = [];
    private readonly Dictionary<int, double> _cteRows = [];
    private readonly Dictionary<Column, double> _distinct = new(ReferenceEqualityComparer.Instance);

    /// <summary>Rows, never below 1 for anything but an empty VALUES.</summary>
    public double Rows(LogicalPlan plan)
    {
        if (_rows.TryGetValue(plan, out var known))
            return known.Value;
        var rows = Compute(plan);
        _rows.AddOrUpdate(plan, new StrongBox<double>(rows));
        return rows;
    }

    private double Compute(LogicalPlan plan)
    {
        switch (plan)
        {
            case Scan scan:
                return Math.Max(1, scan.Table.RowCount * Selectivity(scan.Filters));
            case Values values:
                return values.Rows.Length;
            case Filter filter:
                return Math.Max(1, Rows(filter.Input) * Selectivity(ExpressionTree.Conjuncts(filter.Predicate)));
            case Project project:
                foreach (var projection in project.Projections)
                {
                    if (projection.Expression is ColumnExpression c && !ReferenceEquals(c.Column, projection.Output))
                        _distinct[projection.Output] = Distinct(c.Column);
                }
                return Rows(project.Input);
            case Join join:
                return JoinRows(join);
            case Aggregate aggregate:
                var input = Rows(aggregate.Input);
                foreach (var group in aggregate.Groups)
                {
                    if (group.Expression is ColumnExpression c)
                        _distinct[group.Output] = Distinct(c.Column);
                }
                return aggregate.Groups.IsEmpty ? 1 : GroupCount(aggregate.Groups.Where((_, i) => !aggregate.Determined.Contains(i)).Select(g => g.Expression), input)
                    * (aggregate.GroupingSets.IsDefault ? 1 : Math.Max(1, aggregate.GroupingSets.Length * 0.5));
            case Distinct distinct:
                return GroupCount(distinct.On.IsEmpty ? distinct.Columns.Select(c => new ColumnExpression(c)) : distinct.On, Rows(distinct.Input));
            case Limit limit:
                var all = Rows(limit.Input);
                return limit.Count is ConstantExpression { Value: long count } ? Math.Min(all, Math.Max(1, count)) : all;
            case SetOperation set:
                var (left, right) = (Rows(set.Left), Rows(set.Right));
                return set.Kind switch
                {
                    SetOperationKind.Union => left + right,
                    SetOperationKind.Intersect => Math.Min(left, right),
                    _ => left,
                };
            case TableFunction function:
                return Math.Max(1, function.Function.EstimateRows(function.Arguments.AsSpan())) * (function.Input is null ? 1 : Rows(function.Input));
            case CteDefinition cte:
                _cteRows[cte.Id] = Rows(cte.Definition);
                return Rows(cte.Body);
            case CteReference reference:
                return _cteRows.GetValueOrDefault(reference.Id, 1000);
            case RecursiveUnion recursive:
                var initial = Rows(recursive.Initial);
                _cteRows[recursive.Id] = initial * 10;
                return initial * 10;
            default:
                return plan.Children.IsEmpty ? 1 : Rows(plan.Children[0]);
        }
    }

    private double JoinRows(Join join)
    {
        var (left, right) = (Rows(join.Left), Rows(join.Right));
        var conjuncts = ExpressionTree.Conjuncts(join.Condition);
        var selectivity = JoinSelectivity(conjuncts, join.Left, join.Right);
        var inner = Math.Max(1, left * right * selectivity);
        return join.Kind switch
        {
            JoinKind.Inner => join.AsOf is null ? inner : left,
            JoinKind.Left => join.AsOf is null ? Math.Max(left, inner) : left,
            JoinKind.Right => Math.Max(right, inner),
            JoinKind.Full => Math.Max(left, right) + inner,
            JoinKind.Semi => Math.Max(1, left * MatchFraction(join)),
            JoinKind.Anti => Math.Max(1, left * Math.Max(0.05, 1 - MatchFraction(join))),
            _ => left,
        };
    }

    /// <summary>The fraction of left rows with a match.</summary>
    public double MatchFraction(Join join)
    {
        var fraction = 1.0;
        foreach (var conjunct in ExpressionTree.Conjuncts(join.Condition))
        {
            if (conjunct is ComparisonExpression { Operator: ComparisonOperator.Equal or ComparisonOperator.IsNotDistinctFrom } equality
                && Sides(equality, join.Left, join.Right) is var (l, r))
            {
                var rightDistinct = Math.Min(Distinct(r), Rows(join.Right));
                fraction = Math.Min(fraction, Math.Min(1, rightDistinct / Math.Max(1, Distinct(l))));
            }
            else
            {
                fraction *= 0.9;
            }
        }
        return fraction;
    }

    private static (Expression Left, Expression Right)? Sides(ComparisonExpression comparison, LogicalPlan left, LogicalPlan right)
    {
        bool From(Expression e, LogicalPlan plan) => ExpressionTree.Columns(e) is { Count: > 0 } columns && columns.All(plan.Columns.Contains);
        if (From(comparison.Left, left) && From(comparison.Right, right))
            return (comparison.Left, comparison.Right);
        if (From(comparison.Right, left) && From(comparison.Left, right))
            return (comparison.Right, comparison.Left);
        return null;
    }

    /// <summary>Of the cross product. Several equalities between the same two inputs are one composite key: their product is damped.</summary>
    /// <remarks>Equalities that share columns say the same thing several times: in a = b and a = c, with b = c known on the one side
    /// (transitive closure has put it there), only one of them is news. Each connected set of columns counts once.</remarks>
    public double JoinSelectivity(IEnumerable<Expression> conjuncts, LogicalPlan left, LogicalPlan right)
    {
        var equalities = new List<(HashSet<Column> Columns, double Selectivity)>();
        var selectivity = 1.0;
        foreach (var conjunct in conjuncts)
        {
            if (conjunct is ComparisonExpression { Operator: ComparisonOperator.Equal or ComparisonOperator.IsNotDistinctFrom } equality
                && Sides(equality, left, right) is var (l, r))
                AddEquality(equalities, l, r, 1 / Math.Max(1, Math.Max(Math.Min(Distinct(l), 1e15), Distinct(r))));
            else
                selectivity *= conjunct is LogicalExpression { IsAnd: false } or ? OrSelectivity(or, left, right) : Selectivity(conjunct);
        }
        var keys = equalities.ConvertAll(e => e.Selectivity);
        keys.Sort();
        if (keys.Count > 0)
            selectivity *= keys[0];
        if (keys.Count > 1)
        {
            // A composite key has at most as many values as the larger input has rows.
            var floor = 1 / Math.Max(1, Math.Max(Rows(left), Rows(right)));
            var composite = keys.Aggregate(1.0, (a, b) => a * b);
            selectivity = selectivity / keys[0] * Math.Max(composite, Math.Min(keys[0], floor));
        }
        return selectivity;
    }

    private static void AddEquality(List<(HashSet<Column> Columns, double Selectivity)> equalities, Expression left, Expression right, double selectivity)
    {
        var columns = new HashSet<Column>(ReferenceEqualityComparer.Instance);
        if (left is ColumnExpression l && right is ColumnExpression r)
            columns.UnionWith([l.Column, r.Column]);
        for (var i = equalities.Count - 1; i >= 0; i--)
        {
            if (!equalities[i].Columns.Overlaps(columns))
                continue;
            columns.UnionWith(equalities[i].Columns);
            selectivity = Math.Min(selectivity, equalities[i].Selectivity);
            equalities.RemoveAt(i);
        }
        equalities.Add((columns, selectivity));
    }

    /// <summary>An OR over both inputs, whose one-sided consequences the inputs are filtered by already: the fraction of what is left.</summary>
    /// <remarks>(a = 1 and b = 2) or (a = 2 and b = 1) has been turned into a in (1, 2) on the left and b in (2, 1) on the right.</remarks>
    private double OrSelectivity(LogicalExpression or, LogicalPlan left, LogicalPlan right)
    {
        var selectivity = Selectivity(or);
        foreach (var input in (LogicalPlan[])[left, right])
        {
            var missed = 1.0;
            foreach (var operand in or.Operands)
            {
                var own = ExpressionTree.Conjuncts(operand).Where(c => ExpressionTree.Columns(c) is { Count: > 0 } columns && columns.All(input.Columns.Contains)).ToArray();
                missed *= own.Length == 0 ? 0 : 1 - Selectivity(own);
            }
            if (missed is > 0 and < 1)
                selectivity /= 1 - missed;
        }
        return Math.Min(1, selectivity);
    }

    private double GroupCount(IEnumerable<Expression> keys, double input)
    {
        var groups = 1.0;
        foreach (var key in keys)
            groups *= Math.Max(1, Distinct(key));
        return Math.Max(1, Math.Min(groups, input));
    }

    /// <summary>Distinct values of an expression over base data, filters not considered.</summary>
    public double Distinct(Expression expression) => expression switch
    {
        ColumnExpression c => Distinct(c.Column),
        ConstantExpression or ParameterExpression => 1,
        _ when expression.Type.Id == TypeId.Bool => 2,
        FunctionExpression { Function.Name: "extract" or "date_part" } => 50,
        _ => ExpressionTree.Columns(expression) is { Count: > 0 } columns ? columns.Max(Distinct) : 1,
    };

    public double Distinct(Column column)
    {
        if (_distinct.TryGetValue(column, out var known))
            return known;
        if (column.Origin is not ({ } table, var ordinal))
            return column.Type.Id == TypeId.Bool ? 2 : DefaultDistinct;
        if (table.Indexes.Any(i => i.Unique && i.Columns.Length == 1 && i.Columns[0].Ordinal == ordinal))
            return Math.Max(1, table.RowCount);
        if (table.Statistics(ordinal) is { DistinctCount: > 0 } statistics)
            return Math.Min(statistics.DistinctCount, Math.Max(1, table.RowCount));
        return Math.Max(1, Math.Min(DefaultDistinct, table.RowCount));
    }

    /// <summary>Of a conjunction; ranges on one column (a &lt; x and x &lt; b) count as one predicate.</summary>
    public double Selectivity(IEnumerable<Expression> conjuncts)
    {
        var selectivity = 1.0;
        var ranges = new Dictionary<Column, (double Low, double High)>(ReferenceEqualityComparer.Instance);
        var open = new Dictionary<Column, (bool Low, bool High)>(ReferenceEqualityComparer.Instance);
        foreach (var conjunct in conjuncts)
        {
            if (conjunct is ComparisonExpression unknown && ColumnAndUnknown(unknown) is var (bounded, isLow))
            {
                var (low, high) = open.GetValueOrDefault(bounded);
                open[bounded] = isLow ? (true, high) : (low, true);
                continue;
            }
            if (conjunct is ComparisonExpression { Operator: ComparisonOperator.Less or ComparisonOperator.LessOrEqual or ComparisonOperator.Greater or ComparisonOperator.GreaterOrEqual } comparison
                && ColumnAndConstant(comparison) is var (column, op, value) && FractionBelow(column, value) is { } below)
            {
                var (low, high) = ranges.GetValueOrDefault(column, (0, 1));
                ranges[column] = op is ComparisonOperator.Less or ComparisonOperator.LessOrEqual ? (low, Math.Min(high, below)) : (Math.Max(low, below), high);
                continue;
            }
            selectivity *= Selectivity(conjunct);
        }
        foreach (var (column, (low, high)) in ranges)
            selectivity *= Math.Max(high - low, 1 / Math.Max(1, Distinct(column)));
        // Values that are known only when the statement runs: a range with two ends is meant to be narrow.
        foreach (var (low, high) in open.Values)
            selectivity *= low && high ? DefaultRange : DefaultInequality;
        return Math.Clamp(selectivity, 0, 1);
    }

    /// <summary>column &lt; $1 and the like; IsLow: it bounds the column from below.</summary>
    private static (Column Column, bool IsLow)? ColumnAndUnknown(ComparisonExpression comparison)
    {
        if (comparison.Operator is not (ComparisonOperator.Less or ComparisonOperator.LessOrEqual or ComparisonOperator.Greater or ComparisonOperator.GreaterOrEqual))
            return null;
        var isGreater = comparison.Operator is ComparisonOperator.Greater or ComparisonOperator.GreaterOrEqual;
        return (comparison.Left, comparison.Right) switch
        {
            (ColumnExpression c, not ConstantExpression) when ExpressionTree.Columns(comparison.Right).Count == 0 => (c.Column, isGreater),
            (not ConstantExpression, ColumnExpression c) when ExpressionTree.Columns(comparison.Left).Count == 0 => (c.Column, !isGreater),
            _ => null,
        };
    }

    private double Selectivity(Expression predicate)
    {
        switch (predicate)
        {
            case ConstantExpression { Value: bool value }:
                return value ? 1 : 0;
            case ConstantExpression:
                return 0;
            case LogicalExpression { IsAnd: true } and:
                return Selectivity(and.Operands);
            case LogicalExpression or:
                return Math.Min(1, 1 - or.Operands.Aggregate(1.0, (rest, o) => rest * (1 - Selectivity(o))));
            case NotExpression not:
                return 1 - Selectivity(not.Operand);
            case NullTestExpression test:
                var nulls = test.Operand is ColumnExpression c ? NullFraction(c.Column) : 0.05;
                return test.Negated ? 1 - nulls : nulls;
            case ColumnExpression { Column: var flag }:
                return EqualitySelectivity(flag, true);
            case BooleanTestExpression:
                return 0.5;
            case InListExpression list:
                var sum = list.Items.Sum(i => list.Operand is ColumnExpression column ? EqualitySelectivity(column.Column, (i as ConstantExpression)?.Value) : DefaultEquality);
                return list.Negated ? Math.Max(0, 1 - sum) : Math.Min(1, sum);
            case ArrayComparisonExpression:
                return 0.1;
            case ComparisonExpression comparison:
                return ComparisonSelectivity(comparison);
            case FunctionExpression { Function.Name: "~~" or "~~*" } like:
                return LikeSelectivity(like);
            default:
                return DefaultInequality;
        }
    }

    private double ComparisonSelectivity(ComparisonExpression comparison)
    {
        if (ColumnAndConstant(comparison) is not var (column, op, value))
        {
            var columns = ExpressionTree.Columns(comparison);
            return comparison.Operator switch
            {
                ComparisonOperator.Equal or ComparisonOperator.IsNotDistinctFrom =>
                    columns.Count > 0 ? 1 / Math.Max(1, Math.Max(Distinct(comparison.Left), Distinct(comparison.Right))) : DefaultEquality,
                ComparisonOperator.NotEqual or ComparisonOperator.IsDistinctFrom => 0.9,
                _ => DefaultInequality,
            };
        }
        return op switch
        {
            ComparisonOperator.Equal or ComparisonOperator.IsNotDistinctFrom => EqualitySelectivity(column, value),
            ComparisonOperator.NotEqual or ComparisonOperator.IsDistinctFrom => 1 - EqualitySelectivity(column, value),
            ComparisonOperator.Less or ComparisonOperator.LessOrEqual => FractionBelow(column, value) ?? DefaultInequality,
            _ => 1 - FractionBelow(column, value) ?? DefaultInequality,
        };
    }

    private double EqualitySelectivity(Column column, object? value)
    {
        if (column.Origin is ({ } table, var ordinal) && table.Statistics(ordinal) is { } statistics && value is not null)
        {
            var common = 0.0;
            foreach (var (most, fraction) in statistics.MostCommon)
            {
                if (Equals(most, value))
                    return fraction;
                common += fraction;
            }
            if (statistics.DistinctCount > statistics.MostCommon.Length)
                return Math.Max(0, 1 - common - statistics.NullFraction) / (statistics.DistinctCount - statistics.MostCommon.Length);
        }
        return 1 / Math.Max(1, Distinct(column));
    }

    private static double NullFraction(Column column) =>
        column.Origin is ({ } table, var ordinal) && table.Statistics(ordinal) is { } statistics ? statistics.NullFraction : column.Nullable ? DefaultRange : 0;

    /// <summary>The fraction of values below a constant: by histogram, else by linear interpolation between minimum and maximum.</summary>
    private static double? FractionBelow(Column column, object? value)
    {
        if (value is null || column.Origin is not ({ } table, var ordinal) || table.Statistics(ordinal) is not { } statistics || AsNumber(value) is not { } point)
            return null;
        if (statistics.Histogram.Length > 1)
        {
            var bounds = statistics.Histogram;
            var buckets = bounds.Length - 1;
            for (var i = 0; i < bounds.Length; i++)
            {
                if (AsNumber(bounds[i]) is not { } bound)
                    return null;
                if (point < bound)
                {
                    if (i == 0)
                        return 0;
                    var previous = AsNumber(bounds[i - 1])!.Value;
                    return (i - 1 + (bound > previous ? (point - previous) / (bound - previous) : 0.5)) / buckets;
                }
            }
            return 1;
        }
        if (statistics.Min is null || statistics.Max is null || AsNumber(statistics.Min) is not { } min || AsNumber(statistics.Max) is not { } max)
            return null;
        return max <= min ? 0.5 : Math.Clamp((point - min) / (max - min), 0, 1);
    }

    private static double? AsNumber(object value) => value switch
    {
        short s => s,
        int i => i,
        long l => l,
        Int128 d => (double)d,
        float f => f,
        double d => d,
        // The first bytes of a text as a fraction: good enough to interpolate.
        string s => s.Take(7).Select((ch, i) => Math.Min(ch, (char)255) / Math.Pow(256, i + 1)).Sum(),
        _ => null,
    };

    /// <summary>column op constant, with the constant in the column's representation; null when the predicate has another form.</summary>
    private static (Column Column, ComparisonOperator Operator, object? Value)? ColumnAndConstant(ComparisonExpression comparison)
    {
        var (left, right, op) = (comparison.Left, comparison.Right, comparison.Operator);
        if (left is ConstantExpression)
            (left, right, op) = (right, left, Mirror(op));
        if (left is CastExpression { Context: Catalog.CastContext.Implicit, Operand: ColumnExpression inner } && inner.Type.IsNumber == left.Type.IsNumber)
            left = inner;
        if (left is not ColumnExpression column || right is not ConstantExpression { Value: { } value } constant)
            return null;
        if (column.Type.Id == TypeId.Numeric && constant.Type.Id == TypeId.Numeric && AsNumber(value) is { } number && constant.Type.Precision > 0 && column.Type.Precision > 0)
        {
            var scaled = number * Math.Pow(10, column.Type.Scale - constant.Type.Scale);
            value = column.Type.Physical == PhysicalType.Int64 ? (long)scaled : (Int128)scaled;
        }
        return (column.Column, op, value);
    }

    public static ComparisonOperator Mirror(ComparisonOperator op) => op switch
    {
        ComparisonOperator.Less => ComparisonOperator.Greater,
        ComparisonOperator.LessOrEqual => ComparisonOperator.GreaterOrEqual,
        ComparisonOperator.Greater => ComparisonOperator.Less,
        ComparisonOperator.GreaterOrEqual => ComparisonOperator.LessOrEqual,
        _ => op,
    };

    private static double LikeSelectivity(FunctionExpression like)
    {
        if (like.Arguments[1] is not ConstantExpression { Value: string pattern })
            return DefaultMatch;
        // As PostgreSQL: every fixed character narrows, a leading % widens.
        var selectivity = 1.0;
        foreach (var c in pattern)
            selectivity *= c switch { '%' => 1, '_' => 0.9, _ => 0.4 };
        if (pattern.StartsWith('%'))
            selectivity *= 5;
        return Math.Clamp(selectivity, 0.0005, 0.5);
    }
}
