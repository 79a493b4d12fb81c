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
        if (join.Kind is JoinKind.Inner or JoinKind.Left && IndexJoin(join.Kind, left, leftRows, join.Right, keys, residual) is { } looked)
            return looked;
        if (join.Kind == JoinKind.Inner
            && IndexJoin(join.Kind, right, rightRows, join.Left, keys.ConvertAll(k => k with { Left = k.Right, Right = k.Left }), residual) is { } turned)
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

    /// <summary>A look-up per row of a small input, when an index begins with the join's columns and the other table is much larger.</summary>
    private IndexJoinOperator? IndexJoin(JoinKind kind, PhysicalOperator outer, double outerRows, LogicalPlan inner, List<JoinKey> keys,
        List<Expression> residual)
    {
        if (inner is not Scan { Table.Handle: IIndexedSource source } scan || outerRows > MaxLookups || planner.IsFixed(scan))
            return null;
        var ordinals = scan.ScanColumns.ToDictionary(c => c.Column.Id, c => c.Ordinal);
        foreach (var index in scan.Table.Indexes)
        {
            if (index.PredicateSql is not null)
                continue;
            var used = new List<JoinKey>();
            foreach (var column in index.Columns)
            {
                var key = keys.Find(k => !k.NullMatches && k.Right is ColumnExpression c && ordinals.TryGetValue(c.Column.Id, out var o) && o == column.Ordinal
                    && k.Right.Type.Physical == k.Left.Type.Physical && k.Right.Type.Scale == k.Left.Type.Scale);
                if (key is null)
                    break;
                used.Add(key);
            }
            if (used.Count == 0)
                continue;
            // Rows per look-up: one for a whole unique key, a guess otherwise.
            var matches = index.Unique && used.Count == index.Columns.Length ? 1 : Math.Max(1, scan.Table.RowCount / Math.Pow(100, used.Count));
            if (outerRows * (matches + 1) * LookupCost > scan.Table.RowCount)
                continue;
            var rest = keys.Where(k => !used.Contains(k)).Select(k => (Expression)new ComparisonExpression(
                k.NullMatches ? ComparisonOperator.IsNotDistinctFrom : ComparisonOperator.Equal, k.Left, k.Right));
            return new IndexJoinOperator(kind, outer, scan, source, index, [.. used], [.. rest, .. residual, .. scan.Filters]);
        }
        return null;
    }

    /// <summary>A look-up with its fetch costs about as much as scanning this many rows.</summary>
    private const double LookupCost = 20;

    private const double MaxLookups = 100_000;

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
