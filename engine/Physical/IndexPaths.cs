using System.Collections.Immutable;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Operators;
using OmenDb.Engine.Operators.Scans;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Planner.Statistics;
using OmenDb.Types;

namespace OmenDb.Engine.Physical;

/// <summary>Access through indexes: chosen from a scan's filters, or from the order that a sort above it asks for.</summary>
internal static class IndexPaths
{
    /// <summary>Fetching one row by id costs about as much as scanning this many.</summary>
    private const double FetchCost = 20;

    /// <summary>So few rows are fetched in no time, whatever the scan would cost.</summary>
    private const double FewRows = 500;

    /// <summary>More combinations of IN lists than this are left to the scan.</summary>
    private const int MaxRanges = 1000;

    public static IndexScanOperator? TryPlan(Scan scan, ITableSource source, CardinalityEstimator estimator)
    {
        if (source is not IIndexedSource indexed || scan.Filters.IsEmpty)
            return null;
        IndexProbe? best = null;
        var bestRows = double.MaxValue;
        foreach (var index in scan.Table.Indexes)
        {
            if (Match(scan, index) is not { Used.IsEmpty: false } probe)
                continue;
            var rows = probe.IsPoint ? 1 : scan.Table.RowCount * estimator.Selectivity(probe.Used);
            // On a tie the probe with more equal columns is the safer one.
            if (rows < bestRows || (rows == bestRows && probe.Equal.Length > best!.Equal.Length))
                (best, bestRows) = (probe, rows);
        }
        if (best is null || (bestRows > FewRows && bestRows * FetchCost > scan.Table.RowCount))
            return null;
        return new IndexScanOperator(scan, indexed, best);
    }

    /// <summary>A scan in the order of the keys, for a limit above: leading key columns may be fixed by equality.</summary>
    public static PhysicalOperator? TryOrdered(Sort sort, Expression? count)
    {
        // A projection in between only renames the keys.
        if (sort.Input is Project { Input: Scan } project)
        {
            var sources = project.Projections.ToDictionary(p => p.Output.Id, p => p.Expression);
            var keys = sort.Keys.Select(k => k.Expression is ColumnExpression c && sources.TryGetValue(c.Column.Id, out var source) ? k with { Expression = source } : k);
            return TryOrdered(new Sort(project.Input, [.. keys]), count) is { } below ? new ProjectOperator(below, project.Projections) : null;
        }
        if (sort.Input is not Scan { Table.Handle: IIndexedSource indexed } scan || count is ConstantExpression { Value: long and > 10_000 })
            return null;
        var ordinals = scan.ScanColumns.ToDictionary(c => c.Column.Id, c => c.Ordinal);
        foreach (var index in scan.Table.Indexes)
        {
            if (Match(scan, index) is not { } probe || probe.Equal.Any(e => e.Length > 1))
                continue;
            // With filters that the index does not know, a limit may have to look at every row.
            if (scan.Filters.SelectMany(CompiledPredicate.Conjuncts).Any(f => !probe.Used.Contains(f)))
                continue;
            if (OrderMatches(sort, index, probe.Equal.Length, ordinals) is { } backward)
                return new IndexScanOperator(scan, indexed, probe, backward);
        }
        return null;
    }

    /// <returns>Whether the index must be read backward; null: another order.</returns>
    private static bool? OrderMatches(Sort sort, IndexInfo index, int first, Dictionary<int, int> ordinals)
    {
        bool? backward = null;
        for (var k = 0; k < sort.Keys.Length; k++)
        {
            if (first + k >= index.Columns.Length || sort.Keys[k].Expression is not ColumnExpression column
                || !ordinals.TryGetValue(column.Column.Id, out var ordinal) || index.Columns[first + k] is not { ExpressionSql: null } key || key.Ordinal != ordinal)
                return null;
            var same = sort.Keys[k].Descending == key.Descending && sort.Keys[k].NullsFirst == key.NullsFirst;
            var opposite = sort.Keys[k].Descending != key.Descending && sort.Keys[k].NullsFirst != key.NullsFirst;
            if (!same && !opposite || (backward is { } known && known != opposite))
                return null;
            backward = opposite;
        }
        return backward;
    }

    /// <summary>The longest probe that the scan's filters allow; with nothing used when none fits. Null: the index cannot be used at all.</summary>
    private static IndexProbe? Match(Scan scan, IndexInfo index)
    {
        if (index.PredicateSql is not null)
            return null; // whether the filters imply the predicate is not proven here
        var conjuncts = scan.Filters.SelectMany(CompiledPredicate.Conjuncts).ToArray();
        var ordinals = scan.ScanColumns.ToDictionary(c => c.Column.Id, c => c.Ordinal);
        var equal = ImmutableArray.CreateBuilder<ImmutableArray<Expression>>();
        var used = ImmutableArray.CreateBuilder<Expression>();
        var ranges = 1L;
        foreach (var key in index.Columns)
        {
            var type = scan.Table.Columns[key.Ordinal].Type;
            if (Equality(conjuncts, ordinals, key.Ordinal, type) is not { } found || ranges * found.Values.Length > MaxRanges)
                break;
            ranges *= found.Values.Length;
            equal.Add(found.Values);
            used.Add(found.Conjunct);
        }
        Expression? low = null, high = null;
        bool lowInclusive = false, highInclusive = false;
        if (equal.Count < index.Columns.Length)
        {
            var key = index.Columns[equal.Count];
            var type = scan.Table.Columns[key.Ordinal].Type;
            foreach (var conjunct in conjuncts)
            {
                if (Bound(conjunct, ordinals, key.Ordinal, type) is not { } bound)
                    continue;
                if (bound.Op is CompareOp.Greater or CompareOp.GreaterOrEqual && low is null)
                    (low, lowInclusive) = (bound.Value, bound.Op == CompareOp.GreaterOrEqual);
                else if (bound.Op is CompareOp.Less or CompareOp.LessOrEqual && high is null)
                    (high, highInclusive) = (bound.Value, bound.Op == CompareOp.LessOrEqual);
                else
                    continue;
                used.Add(conjunct);
            }
        }
        return new IndexProbe(index, equal.ToImmutable(), low, lowInclusive, high, highInclusive, used.ToImmutable());
    }

    private static (ImmutableArray<Expression> Values, Expression Conjunct)? Equality(Expression[] conjuncts, Dictionary<int, int> ordinals, int ordinal, SqlType type)
    {
        foreach (var conjunct in conjuncts)
        {
            if (Bound(conjunct, ordinals, ordinal, type) is { Op: CompareOp.Equal } bound)
                return ([bound.Value], conjunct);
            if (conjunct is InListExpression { Negated: false, Operand: ColumnExpression c } list && ordinals.TryGetValue(c.Column.Id, out var o) && o == ordinal
                && list.Items.All(i => Usable(i, type)))
                return (list.Items, conjunct);
        }
        return null;
    }

    private static (CompareOp Op, Expression Value)? Bound(Expression conjunct, Dictionary<int, int> ordinals, int ordinal, SqlType type)
    {
        if (conjunct is not ComparisonExpression { Operator: < ComparisonOperator.IsDistinctFrom and not ComparisonOperator.NotEqual } c)
            return null;
        if (c.Left is ColumnExpression left && ordinals.TryGetValue(left.Column.Id, out var l) && l == ordinal && Usable(c.Right, type))
            return ((CompareOp)c.Operator, c.Right);
        if (c.Right is ColumnExpression right && ordinals.TryGetValue(right.Column.Id, out var r) && r == ordinal && Usable(c.Left, type))
            return (((CompareOp)c.Operator).Swap(), c.Left);
        return null;
    }

    /// <summary>One value per execution that goes into the key's type without loss.</summary>
    private static bool Usable(Expression value, SqlType key) =>
        ExpressionFacts.IsRowFree(value) && value.Type.Physical == key.Physical && (value.Type.Id != TypeId.Numeric || value.Type.Scale == key.Scale
            || key.Physical == Arrow.PhysicalType.View);
}
