using OmenDb.Engine.Operators;
using OmenDb.Engine.Operators.Aggregates;
using OmenDb.Engine.Operators.Joins;
using OmenDb.Engine.Operators.Scans;
using OmenDb.Engine.Operators.Sets;
using OmenDb.Engine.Operators.Sorting;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;

namespace OmenDb.Engine.Physical;

/// <summary>Hands the keys of a join's one side to the scans of its other side, which then leave out rows that find no partner.</summary>
/// <remarks>
/// The build side is read before the probe side in any case, so its keys are known when the probe side's scans open (sideways information passing).
/// Where the build side is the dear one (an aggregate over a large table, of which a few groups are asked for), the probe side is read
/// first and kept: its keys thin out the build side's scan.
/// </remarks>
internal static class RuntimeFilters
{
    /// <summary>A build side is worth being filtered when its scan has so many times the rows that are kept for it.</summary>
    private const double KeepFactor = 8;

    /// <summary>Below this many rows a scan takes no time.</summary>
    private const double SmallScan = 50_000;

    public static void Plan(PhysicalOperator node)
    {
        if (node is HashJoinOperator join)
            Plan(join);
        foreach (var child in node.Children)
            Plan(child);
    }

    private static void Plan(HashJoinOperator join)
    {
        // One of the two: the side that is read first gives, the other one takes.
        join.KeepsProbe = join.Kind is JoinKind.Inner or JoinKind.Left or JoinKind.Single or JoinKind.Semi or JoinKind.Anti
            && join.Keys.Any(key => Usable(key) && PlainColumn(key.Right, key) is { } build && Gains(join, build));
        if (!join.KeepsProbe && join.Kind is not (JoinKind.Inner or JoinKind.Semi or JoinKind.Right))
            return; // rows of the probe side without a partner go on
        for (var k = 0; k < join.Keys.Length; k++)
        {
            var key = join.Keys[k];
            var (side, taker) = join.KeepsProbe ? (join.Children[1], key.Right) : (join.Children[0], key.Left);
            if (Usable(key) && PlainColumn(taker, key) is { } column)
                Attach(side, column, new RuntimeFilterUse(join, k, FromProbe: join.KeepsProbe));
        }
    }

    private static bool Usable(JoinKey key) => !key.NullMatches && RuntimeFilter.Supports(key.Type.Physical);

    /// <summary>Whether it pays to keep the probe side's rows until the build side is read.</summary>
    private static bool Gains(HashJoinOperator join, Column build)
    {
        var scanned = Targets(join.Children[1], build).Select(t => t.Scan.EstimatedRows).DefaultIfEmpty().Max();
        return scanned > SmallScan && join.Children[0].EstimatedRows * KeepFactor < scanned;
    }

    private static void Attach(PhysicalOperator side, Column column, RuntimeFilterUse use)
    {
        foreach (var (scan, position) in Targets(side, column))
            scan.AddFilter(use with { Column = position });
    }

    private static Column? PlainColumn(Expression side, JoinKey key) =>
        side is ColumnExpression c && c.Type.Physical == key.Type.Physical && c.Type.Scale == key.Type.Scale ? c.Column : null;

    /// <summary>The scans that a column's values come from, with its place in their output, as long as leaving out a row there only
    /// leaves out the rows made of it.</summary>
    private static IEnumerable<(TableScanOperator Scan, int Position)> Targets(PhysicalOperator node, Column column)
    {
        switch (node)
        {
            case TableScanOperator scan:
                var position = scan.Columns.IndexOf(column);
                return position < 0 ? [] : [(scan, position)];
            case FilterOperator or SortOperator { IsTopN: false }:
                return Targets(node.Children[0], column);
            case ProjectOperator project:
                return project.SourceOf(column) is { } source ? Targets(project.Children[0], source) : [];
            case HashAggregateOperator { Sets.Length: 1 } aggregate:
                return aggregate.Groups.FirstOrDefault(g => ReferenceEquals(g.Output, column)) is { Expression: ColumnExpression group }
                    ? Targets(aggregate.Children[0], group.Column) : [];
            case HashJoinOperator join:
                return JoinTargets(join, column);
            case IndexJoinOperator lookUp:
                return lookUp.Children[0].Columns.Contains(column) ? Targets(lookUp.Children[0], column) : [];
            case UnionAllOperator union:
                var place = union.Columns.IndexOf(column);
                return union.Children.SelectMany(child => Targets(child, child.Columns[place]));
            default:
                return [];
        }
    }

    private static IEnumerable<(TableScanOperator Scan, int Position)> JoinTargets(HashJoinOperator join, Column column)
    {
        // A row left out on one side of an outer join could make rows of the other side lose their partner, and appear with nulls.
        if (join.Children[0].Columns.Contains(column))
            return join.TracksBuildMatches ? [] : Targets(join.Children[0], column);
        return join.Kind == JoinKind.Inner ? Targets(join.Children[1], column) : [];
    }
}
