using System.Collections.Immutable;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;
using S = OmenDb.Planner.Syntax;

namespace OmenDb.Planner.Binding;

// MERGE: the source left-joined with the target, and one action per row.
public sealed partial class Binder
{
    private Merge BindMerge(S.MergeStatement merge, Scope outer)
    {
        if (merge.With is not null)
            BindWith(merge.With, outer);
        var table = FindTarget(merge.Target.Name, "merge into");
        var scope = new Scope(outer);
        var (scan, target) = ScanTable(table, merge.Target.Alias);
        var source = BindFromItem(merge.Source, scope, scope.Tables);
        if (source.Tables.Any(t => t.IsVisible && t.Alias == target.Alias))
        {
            throw new SqlException(SqlState.DuplicateAlias, $"name \"{target.Alias}\" specified more than once")
            {
                Detail = "The name is used both as MERGE target table and data source.",
            };
        }
        AddTables(scope, new FromResult(scan, [target], [], [.. target.Columns.Where(c => !c.Hidden)]));
        AddTables(scope, source);
        var on = CoerceToBool(BindExpression(merge.On, scope, ExpressionPlace.JoinOn), "ON", merge.On.ErrorPosition);
        // Rows of the source that match nothing are of interest only to NOT MATCHED.
        var kind = merge.Branches.Any(b => !b.Matched) ? JoinKind.Left : JoinKind.Inner;
        var input = new Join(kind, source.Plan, scan, on);
        var rowColumns = RowColumns(table, StoredCount(table));
        var branches = merge.Branches.Select(b => BindMergeBranch(b, merge.Branches, table, target, scope));
        return new Merge(table, input, scan.RowId!, [.. branches]) { RowColumns = rowColumns, Checks = BindChecks(table, rowColumns) };
    }

    private MergeBranch BindMergeBranch(S.MergeWhen branch, ImmutableArray<S.MergeWhen> all, ITableInfo table, ScopeTable target, Scope scope)
    {
        if (all.TakeWhile(b => !ReferenceEquals(b, branch)).Any(b => b.Matched == branch.Matched && b.Condition is null))
            throw new SqlException(SqlState.SyntaxError, "unreachable WHEN clause specified after unconditional WHEN clause");
        // A row that matched nothing has no target.
        target.LateralOnly = !branch.Matched;
        var condition = branch.Condition is null ? null
            : CoerceToBool(BindExpression(branch.Condition, scope, ExpressionPlace.Where), "WHEN", branch.Condition.ErrorPosition);
        var values = branch.Action switch
        {
            S.MergeActionKind.Update => AddGenerated(table, BindAssignments(branch.Assignments, table, scope, QueryPerColumn), [.. target.Columns.Select(c => c.Value)]),
            S.MergeActionKind.Insert => BindMergeInsert(branch, table, scope),
            _ => [],
        };
        target.LateralOnly = false;
        return new MergeBranch(branch.Matched, condition, (MergeAction)branch.Action, values);
    }

    /// <summary>A value for every stored column.</summary>
    private ImmutableArray<(int Ordinal, Expression Value)> BindMergeInsert(S.MergeWhen branch, ITableInfo table, Scope scope)
    {
        var width = StoredCount(table);
        var targets = branch.Columns.IsEmpty
            ? Enumerable.Range(0, width).Where(i => !table.Columns[i].Hidden).ToList()
            : branch.Columns.Select(c => FindTargetColumn(table, c)).ToList();
        var insert = new S.InsertStatement(branch.Position, new S.QualifiedName(branch.Position, [table.Name]), null) { Columns = branch.Columns, Overriding = branch.Overriding };
        CheckDuplicates(insert, targets);
        var given = branch.Values?.Values ?? [];
        if (branch.Values is not null)
            CheckCounts(insert, targets, given.Length, given[Math.Min(targets.Count, given.Length - 1)].ErrorPosition);
        var values = new Expression[width];
        for (var i = 0; i < width; i++)
        {
            var position = targets.IndexOf(i);
            if (position >= 0 && position < given.Length)
                values[i] = InsertValue(given[position], table, i, insert, scope);
            else if (table.Columns[i].GeneratedSql is null)
                values[i] = DefaultOf(table, i);
        }
        for (var i = 0; i < width; i++)
        {
            if (table.Columns[i].GeneratedSql is not { } sql)
                continue;
            var inputs = RowColumns(table, width);
            var replacements = new Dictionary<Column, Expression>(ReferenceEqualityComparer.Instance);
            for (var c = 0; c < width; c++)
            {
                if (table.Columns[c].GeneratedSql is null)
                    replacements[inputs[c]] = values[c];
            }
            values[i] = ExpressionTree.Substitute(BindStored(sql, inputs, table.Name, table.Columns[i].Type, table.Columns[i].Name), replacements);
        }
        return [.. values.Select((v, i) => (i, v))];
    }
}
