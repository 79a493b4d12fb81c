using OmenDb.Engine.Expressions;
using OmenDb.Engine.Functions;
using OmenDb.Engine.Operators;
using OmenDb.Engine.Operators.Joins;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Planner.Statistics;
using OmenDb.Types;

namespace OmenDb.Engine.Physical;

/// <summary>Chooses the algorithm and the build side of a join.</summary>
internal sealed class JoinPlanner(PhysicalPlanner planner, CardinalityEstimator estimator)
{
    public PhysicalOperator Plan(Join join)
    {
        if (join.Dependent)
            throw SqlException.Internal("a dependent join reached the engine");
        var left = planner.Create(join.Left);
        var right = planner.Create(join.Right);
        if (join.AsOf is not null)
            return AsOf(join, left, right);
        var keys = new List<JoinKey>();
        var residual = new List<Expression>();
        foreach (var conjunct in join.Condition is null ? [] : CompiledPredicate.Conjuncts(join.Condition))
        {
            if (TryKey(conjunct, left.Layout, right.Layout) is { } key)
                keys.Add(key);
            else
                residual.Add(conjunct);
        }
        // The three-valued mark needs to know about nulls in every comparison: one equality is simple, the rest goes pair by pair.
        if (join.Kind == JoinKind.Mark && join.Mark!.Nullable && (keys.Count != 1 || residual.Count > 0 || keys[0].NullMatches))
            keys.Clear();
        var leftRows = estimator.Rows(join.Left);
        var rightRows = estimator.Rows(join.Right);
        if (keys.Count == 0)
            return NestedLoop(join, left, right, leftRows, rightRows);
        if (join.Kind is JoinKind.Inner or JoinKind.Left or JoinKind.Semi or JoinKind.Anti && IndexJoin(join.Kind, left, leftRows, join.Right, rightRows, keys, residual) is { } looked)
            return looked;
        if (join.Kind == JoinKind.Inner
            && IndexJoin(join.Kind, right, rightRows, join.Left, leftRows, keys.ConvertAll(k => k with { Left = k.Right, Right = k.Left }), residual) is { } turned)
            return turned;
        var kind = join.Kind;
        if (Swaps(kind, leftRows, rightRows))
        {
            (left, right) = (right, left);
            kind = kind switch { JoinKind.Left => JoinKind.Right, JoinKind.Right => JoinKind.Left, _ => kind };
            for (var i = 0; i < keys.Count; i++)
                keys[i] = keys[i] with { Left = keys[i].Right, Right = keys[i].Left };
        }
        return new HashJoinOperator(kind, left, right, [.. keys], [.. residual], join.Mark);
    }

    private static AsOfJoinOperator AsOf(Join join, PhysicalOperator left, PhysicalOperator right)
    {
        var keys = new List<JoinKey>();
        JoinKey? value = null;
        var comparison = ComparisonOperator.GreaterOrEqual;
        foreach (var conjunct in CompiledPredicate.Conjuncts(join.Condition!))
        {
            if (TryKey(conjunct, left.Layout, right.Layout) is { NullMatches: false } key)
            {
                keys.Add(key);
                continue;
            }
            if (value is null && conjunct is ComparisonExpression { Operator: not (ComparisonOperator.IsDistinctFrom or ComparisonOperator.IsNotDistinctFrom) } c
                && TryKey(c with { Operator = ComparisonOperator.Equal }, left.Layout, right.Layout) is { } sides)
            {
                value = sides;
                comparison = ReferenceEquals(sides.Left, c.Left) ? c.Operator : Turn(c.Operator);
                continue;
            }
            throw new SqlException(SqlState.SyntaxError, "the condition of an ASOF join has equalities and one inequality, each between the two inputs");
        }
        return value is null ? throw SqlException.Internal("an ASOF join without inequality")
            : new AsOfJoinOperator(join.Kind, left, right, [.. keys, value], comparison);
    }

    private static ComparisonOperator Turn(ComparisonOperator comparison) => comparison switch
    {
        ComparisonOperator.Less => ComparisonOperator.Greater,
        ComparisonOperator.LessOrEqual => ComparisonOperator.GreaterOrEqual,
        ComparisonOperator.Greater => ComparisonOperator.Less,
        ComparisonOperator.GreaterOrEqual => ComparisonOperator.LessOrEqual,
        _ => comparison,
    };

    /// <summary>A look-up per row of an input, when an index begins with the join's columns and reading the whole other table costs more.</summary>
    private PhysicalOperator? IndexJoin(JoinKind kind, PhysicalOperator outer, double outerRows, LogicalPlan inner, double innerRows, List<JoinKey> keys,
        List<Expression> residual)
    {
        // What only leaves columns away or renames them may be left out itself: a filter's columns, most often.
        if (inner is Project { Input: Scan whole } slim && slim.Projections.All(p => p.Expression is ColumnExpression))
        {
            var names = slim.Projections.ToDictionary(p => p.Output, p => p.Expression);
            Expression Below(Expression e) => ExpressionTree.Substitute(e, names);
            var join = IndexJoin(kind, outer, outerRows, whole, innerRows, keys.ConvertAll(k => k with { Right = Below(k.Right) }), residual.ConvertAll(Below));
            return join is null || kind is JoinKind.Semi or JoinKind.Anti ? join
                : new ProjectOperator(join, [.. outer.Columns.Select(c => new Projection(c, new ColumnExpression(c))), .. slim.Projections]);
        }
        if (inner is not Scan { Table.Handle: IIndexedSource source } scan || outerRows > MaxLookups || planner.IsFixed(scan))
            return null;
        IndexJoinOperator? best = null;
        var hashCost = double.MaxValue;
        var columns = scan.ScanColumns.ToDictionary(c => c.Ordinal, c => c.Column);
        var filters = scan.Filters.SelectMany(CompiledPredicate.Conjuncts).ToArray();
        foreach (var index in scan.Table.Indexes)
        {
            if (!index.Readable || (index.PredicateSql is not null && !scan.Implied.Any(i => i.Name == index.Name)))
                continue;
            var (used, answered) = (new List<JoinKey>(), new List<Expression>());
            foreach (var key in index.Columns)
            {
                if (!columns.TryGetValue(key.Ordinal, out var column))
                    break;
                if (keys.Find(k => !k.NullMatches && IsOf(k.Right, column) && Fits(k.Left.Type, k.Right.Type)) is { } joined)
                    used.Add(joined);
                else if (filters.Select(f => Fixed(f, column)).FirstOrDefault(f => f is not null) is var (value, filter))
                {
                    used.Add(new JoinKey(value, new ColumnExpression(column), value.Type, false));
                    answered.Add(filter);
                }
                else
                    break;
            }
            if (!used.Any(keys.Contains))
                continue;
            // Rows per look-up: one for a whole unique key.
            var matches = index.Unique && used.Count == index.Columns.Length ? 1
                : Math.Max(1, scan.Table.RowCount / used.Aggregate(1.0, (distinct, k) => distinct * Math.Max(1, estimator.Distinct(k.Right))));
            if (best is null)
            {
                // A runtime filter lets no more rows through to the table than look-ups would find.
                hashCost = scan.Table.RowCount + Math.Min(innerRows, outerRows * matches) * BuildCost + outerRows * ProbeCost;
            }
            var cost = outerRows * Misses(scan.Table.RowCount) * (LookupCost + matches * (kind is JoinKind.Semi or JoinKind.Anti && residual.Count + filters.Length == answered.Count ? 1 : FetchCost));
            if (cost > hashCost)
                continue;
            hashCost = cost;
            var rest = keys.Where(k => !used.Contains(k)).Select(k => (Expression)new ComparisonExpression(
                k.NullMatches ? ComparisonOperator.IsNotDistinctFrom : ComparisonOperator.Equal, k.Left, k.Right));
            best = new IndexJoinOperator(kind, outer, scan, source, index, [.. used], [.. rest, .. residual, .. filters.Where(f => !answered.Contains(f))]);
        }
        return best;
    }

    /// <summary>The column itself, maybe below a cast to a wider integer.</summary>
    private static bool IsOf(Expression key, Column column) => key is ColumnExpression c ? ReferenceEquals(c.Column, column)
        : key is CastExpression { Operand: ColumnExpression inner } cast && ReferenceEquals(inner.Column, column)
            && (inner.Type.Id, cast.Target.Id) is (TypeId.Int2, TypeId.Int4 or TypeId.Int8) or (TypeId.Int4, TypeId.Int8);

    private static bool Fits(SqlType value, SqlType key) => value.Physical == key.Physical && (value.Id != TypeId.Numeric || value.Scale == key.Scale);

    /// <summary>column = value, with a value that no row changes.</summary>
    private static (Expression Value, Expression Filter)? Fixed(Expression filter, Column column)
    {
        if (filter is not ComparisonExpression { Operator: ComparisonOperator.Equal } c)
            return null;
        if (c.Left is ColumnExpression left && ReferenceEquals(left.Column, column) && ExpressionFacts.IsRowFree(c.Right) && Fits(c.Right.Type, column.Type))
            return (c.Right, filter);
        if (c.Right is ColumnExpression right && ReferenceEquals(right.Column, column) && ExpressionFacts.IsRowFree(c.Left) && Fits(c.Left.Type, column.Type))
            return (c.Left, filter);
        return null;
    }

    // In rows scanned, which cost one: a look-up ends in cache misses of index and row, a scan that a runtime filter thins out reads on.
    private const double LookupCost = 120;
    private const double FetchCost = 100;
    private const double BuildCost = 5;
    private const double ProbeCost = 3;

    /// <summary>Index and rows of a small table stay in the caches; of a large one every level and every row is a miss. TPC-H's lineitem, 6M rows: a
    /// look-up of four rows takes as long as scanning 1,300.</summary>
    private static double Misses(double rows) => Math.Max(1, Math.Log2(rows / 1_000_000));

    private const double MaxLookups = 1_000_000;

    /// <summary>The smaller input is built; outer joins turn only when it pays, as their unmatched rows then come from the table.</summary>
    private static bool Swaps(JoinKind kind, double left, double right) => kind switch
    {
        JoinKind.Inner or JoinKind.Full => left < right,
        JoinKind.Left => left * 4 < right,
        JoinKind.Right => left < right * 4,
        _ => false,
    };

    private static NestedLoopJoinOperator NestedLoop(Join join, PhysicalOperator left, PhysicalOperator right, double leftRows, double rightRows)
    {
        var kind = join.Kind;
        // The right input is walked row by row: it should be the smaller one.
        if (kind is JoinKind.Inner or JoinKind.Full or JoinKind.Left or JoinKind.Right && leftRows < rightRows)
        {
            (left, right) = (right, left);
            kind = kind switch { JoinKind.Left => JoinKind.Right, JoinKind.Right => JoinKind.Left, _ => kind };
        }
        return new NestedLoopJoinOperator(kind, left, right, join.Condition, join.Mark);
    }

    private static JoinKey? TryKey(Expression conjunct, ColumnLayout left, ColumnLayout right)
    {
        if (conjunct is not ComparisonExpression { Operator: ComparisonOperator.Equal or ComparisonOperator.IsNotDistinctFrom } c
            || c.Left is RowExpression || ExpressionFacts.IsVolatile(c))
            return null;
        var (a, b) = (c.Left, c.Right);
        if (!Over(a, left) || !Over(b, right))
        {
            (a, b) = (b, a);
            if (!Over(a, left) || !Over(b, right))
                return null;
        }
        var type = a.Type.Id == TypeId.Numeric && b.Type.Id == TypeId.Numeric ? NumericTypes.Common(a.Type, b.Type) : a.Type;
        return type.Physical == b.Type.Physical || type.Id == TypeId.Numeric
            ? new JoinKey(a, b, type, c.Operator == ComparisonOperator.IsNotDistinctFrom) : null;
    }

    // A side without columns is no key: the condition is a filter of the other side.
    private static bool Over(Expression expression, ColumnLayout layout) =>
        ExpressionFacts.Columns(expression).Any() && ExpressionFacts.IsOver(expression, layout);
}
