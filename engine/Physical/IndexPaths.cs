using System.Collections.Immutable;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Operators;
using OmenDb.Engine.Operators.Scans;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Planner.Statistics;

namespace OmenDb.Engine.Physical;

/// <summary>Access through indexes: chosen from a scan's filters, or from the order or the distinct values that are wanted. The unit of cost is one scanned row.</summary>
internal sealed class IndexPaths(CardinalityEstimator estimator, PatternProbes patterns)
{
    /// <summary>Fetching one row by id costs about as much as scanning this many.</summary>
    public const double FetchCost = 20;

    /// <summary>Reading one entry, with its key decoded or its row id kept.</summary>
    private const double EntryCost = 2;

    /// <summary>Finding the place where a range begins.</summary>
    private const double SeekCost = 40;

    /// <summary>Sorting costs so much per row more than scanning it.</summary>
    private const double SortCost = 4;

    /// <summary>So few rows are fetched in no time, whatever the scan would cost.</summary>
    private const double FewRows = 500;

    /// <summary>A LIMIT that is known only when it runs.</summary>
    private const double UnknownLimit = 100;

    /// <summary>A way to a scan's rows.</summary>
    /// <param name="Rows">Entries read.</param>
    private sealed record Path(PhysicalOperator Operator, double Rows, double Cost);

    /// <summary>The best index access for a scan; null: read the table.</summary>
    public PhysicalOperator? TryPlan(Scan scan, ITableSource source) => Best(scan, source)?.Operator;

    private Path? Best(Scan scan, ITableSource source)
    {
        if (source is not IIndexedSource indexed || scan.Table.Indexes.IsEmpty)
            return null;
        var matcher = new IndexMatcher(scan, scan.Filters, patterns);
        IndexProbe? best = null;
        var (bestRows, bestCost) = (double.MaxValue, double.MaxValue);
        var all = new List<(IndexProbe Probe, double Rows)>();
        foreach (var index in scan.Table.Indexes)
        {
            if (matcher.Match(index) is not { } probe || (!probe.IsSelective && index.PredicateSql is null))
                continue;
            var rows = Rows(scan, probe);
            all.Add((probe, rows));
            var cost = Cost(scan, indexed, probe, rows);
            // On a tie the probe with more equal columns is the safer one.
            if (cost < bestCost || (cost == bestCost && probe.Tests.Length > best!.Tests.Length))
                (best, bestRows, bestCost) = (probe, rows, cost);
        }
        var found = best is not null && (bestRows <= FewRows || bestCost <= scan.Table.RowCount) ? new Path(new IndexScanOperator(scan, indexed, best), bestRows, bestCost) : null;
        if (found is null || bestRows > FewRows)
            found = Merged(scan, indexed, matcher, all, found) ?? found;
        return found;
    }

    /// <summary>Entries that a probe finds.</summary>
    private double Rows(Scan scan, IndexProbe probe)
    {
        if (probe.IsPoint)
            return 1;
        var conditions = probe.Index.PredicateSql is null ? probe.Conditions : probe.Conditions.AddRange(probe.Used.Where(u => !probe.Conditions.Contains(u)));
        return scan.Table.RowCount * estimator.Selectivity(conditions);
    }

    private static double Cost(Scan scan, IIndexedSource source, IndexProbe probe, double rows) =>
        SeekCost + rows * (IndexScanOperator.KeyColumns(scan, source, probe.Index) is null ? FetchCost : EntryCost);

    /// <summary>Several indexes together: an OR whose every branch an index answers, or two conditions that leave much less than each alone.</summary>
    private Path? Merged(Scan scan, IIndexedSource source, IndexMatcher matcher, List<(IndexProbe Probe, double Rows)> all, Path? found)
    {
        Path? best = null;
        var limit = Math.Min(found?.Cost ?? double.MaxValue, scan.Table.RowCount);
        foreach (var conjunct in matcher.Conjuncts)
        {
            if (conjunct is not LogicalExpression { IsAnd: false } or || Branches(scan, or) is not var (probes, rows, exact))
                continue;
            var cost = SeekCost * probes.Length + rows * (EntryCost + FetchCost / 2); // in the order of the ids
            if (cost >= limit && !(rows <= FewRows && found is null))
                continue;
            limit = cost;
            best = new Path(new RowIdMergeOperator(scan, source, isUnion: true, probes, exact ? [conjunct] : []), rows, cost);
        }
        for (var i = 0; i < all.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var (a, b) = (all[i], all[j]);
                if (a.Probe.Conditions.Any(b.Probe.Conditions.Contains) || a.Probe.Conditions.IsEmpty || b.Probe.Conditions.IsEmpty)
                    continue;
                var rows = Math.Max(1, scan.Table.RowCount * estimator.Selectivity([.. a.Probe.Conditions, .. b.Probe.Conditions]));
                var cost = 2 * SeekCost + (a.Rows + b.Rows) * EntryCost + rows * FetchCost / 2;
                if (cost >= limit)
                    continue;
                limit = cost;
                best = new Path(new RowIdMergeOperator(scan, source, isUnion: false, [a.Probe, b.Probe], [.. a.Probe.Used, .. b.Probe.Used]), rows, cost);
            }
        }
        return best;
    }

    private (ImmutableArray<IndexProbe> Probes, double Rows, bool Exact)? Branches(Scan scan, LogicalExpression or)
    {
        var probes = ImmutableArray.CreateBuilder<IndexProbe>();
        var (total, exact) = (0.0, true);
        foreach (var operand in or.Operands)
        {
            var matcher = new IndexMatcher(scan, [operand], patterns);
            IndexProbe? best = null;
            var bestRows = double.MaxValue;
            foreach (var index in scan.Table.Indexes)
            {
                if (index.PredicateSql is null && matcher.Match(index) is { IsSelective: true } probe && Rows(scan, probe) is var rows && rows < bestRows)
                    (best, bestRows) = (probe, rows);
            }
            if (best is null)
                return null;
            probes.Add(best);
            total += bestRows;
            exact &= matcher.Conjuncts.All(best.Used.Contains);
        }
        return (probes.ToImmutable(), total, exact);
    }

    /// <summary>A scan in the order of an index's keys, where that is cheaper than sorting.</summary>
    /// <param name="count">Of the limit above; null: all rows are wanted.</param>
    public PhysicalOperator? TryOrdered(Sort sort, Expression? count, Expression? offset)
    {
        // A projection in between only renames the keys.
        if (sort.Input is Project { Input: Scan } project)
        {
            var sources = project.Projections.ToDictionary(p => p.Output.Id, p => p.Expression);
            var keys = sort.Keys.Select(k => k.Expression is ColumnExpression c && sources.TryGetValue(c.Column.Id, out var source) ? k with { Expression = source } : k);
            return TryOrdered(new Sort(project.Input, [.. keys]), count, offset) is { } below ? new ProjectOperator(below, project.Projections) : null;
        }
        if (sort.Input is not Scan { Table.Handle: IIndexedSource indexed } scan)
            return null;
        var wanted = count is null ? double.MaxValue : Number(count) + (offset is null ? 0 : Number(offset));
        var left = scan.Table.RowCount * estimator.Selectivity(scan.Filters.SelectMany(CompiledPredicate.Conjuncts));
        var limit = (Best(scan, indexed) is { } unordered ? unordered.Cost : scan.Table.RowCount) + Math.Max(1, left) * (count is null ? SortCost : 1);
        IndexScanOperator? best = null;
        var matcher = new IndexMatcher(scan, scan.Filters, patterns);
        foreach (var index in scan.Table.Indexes)
        {
            if (matcher.Match(index) is not { } probe)
                continue;
            var rows = Rows(scan, probe);
            // With filters that the index does not know, more entries are read until enough rows pass.
            var read = wanted == double.MaxValue ? rows : Math.Min(rows, wanted * Math.Max(1, rows / Math.Max(1, left)));
            var cost = Cost(scan, indexed, probe, read);
            if (cost >= limit)
                continue;
            foreach (var backward in (bool[])[false, true])
            {
                var candidate = new IndexScanOperator(scan, indexed, probe, backward);
                if (!candidate.Order.Satisfies(sort.Keys))
                    continue;
                (best, limit) = (candidate, cost);
                break;
            }
        }
        return best;
    }

    private static double Number(Expression count) => count is ConstantExpression { Value: long number } ? number : UnknownLimit;

    /// <summary>The first row in the order of a column, which is not null: for min and max.</summary>
    public PhysicalOperator? TryEnd(Scan scan, Column column, bool last)
    {
        var notNull = scan with { Filters = scan.Filters.Add(new NullTestExpression(new ColumnExpression(column), Negated: true)) };
        var sort = new Sort(notNull, [new SortKey(new ColumnExpression(column), last, last)]);
        var one = new ConstantExpression(1L, Types.SqlType.Int8);
        return TryOrdered(sort, one, null) is { } ordered ? new LimitOperator(ordered, one, null) { EstimatedRows = 1 } : null;
    }

    /// <summary>One row per distinct combination of some columns, without reading those in between.</summary>
    public PhysicalOperator? TryDistinct(Scan scan, IReadOnlyCollection<Column> columns)
    {
        if (scan.Table.Handle is not IIndexedSource indexed || scan.RowId is not null || scan.ScanColumns.Length != columns.Count)
            return null;
        var groups = columns.Aggregate(1.0, (product, c) => product * estimator.Distinct(c));
        var matcher = new IndexMatcher(scan, scan.Filters, patterns);
        foreach (var index in scan.Table.Indexes)
        {
            if (index.Columns.Length < columns.Count || !index.Columns.Take(columns.Count).All(k => scan.ScanColumns.Any(c => c.Ordinal == k.Ordinal && columns.Contains(c.Column)))
                || matcher.Match(index) is not { } probe || matcher.Conjuncts.Any(c => !probe.Used.Contains(c)))
                continue;
            var rows = Rows(scan, probe);
            if (Math.Min(groups, rows) * (SeekCost + FetchCost) > Math.Min(rows * FetchCost, scan.Table.RowCount))
                continue;
            return new IndexScanOperator(scan, indexed, probe, skipColumns: columns.Count);
        }
        return null;
    }
}
