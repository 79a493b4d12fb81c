using System.Collections.Immutable;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Grammar;
using OmenDb.Planner.Plans;
using OmenDb.Types;
using S = OmenDb.Planner.Syntax;

namespace OmenDb.Planner.Binding;

// FROM: tables, subqueries, functions and joins into one plan and one scope.
public sealed partial class Binder
{
    private const int MaxViewDepth = 64;

    /// <summary>A bound FROM item: its plan and the names that it brings.</summary>
    private sealed record FromResult(LogicalPlan Plan, List<ScopeTable> Tables, List<ScopeColumn> Merged, List<ScopeColumn> Star);

    /// <summary>Binds the comma list into <paramref name="scope"/>.</summary>
    private LogicalPlan BindFrom(ImmutableArray<S.FromItem> items, Scope scope)
    {
        LogicalPlan? plan = null;
        foreach (var item in items)
        {
            var result = BindFromItem(item, scope, scope.Tables);
            AddTables(scope, result);
            plan = plan is null ? result.Plan : MakeJoin(JoinKind.Inner, plan, result.Plan, null);
        }
        return plan ?? new Values([], [[]]);
    }

    private static void AddTables(Scope scope, FromResult result)
    {
        foreach (var table in result.Tables)
        {
            if (table.IsVisible && scope.Tables.Any(t => t.IsVisible && t.Alias == table.Alias && t.Schema == table.Schema))
                throw new SqlException(SqlState.DuplicateAlias, $"table name \"{table.Alias}\" specified more than once");
            scope.Tables.Add(table);
        }
        scope.Merged.AddRange(result.Merged);
        scope.Star.AddRange(result.Star);
    }

    private static Join MakeJoin(JoinKind kind, LogicalPlan left, LogicalPlan right, Expression? condition) =>
        new(kind, left, right, condition) { Dependent = PlanTree.FreeColumns(right).Overlaps(left.Columns) };

    /// <param name="item">What to bind.</param>
    /// <param name="scope">The query level; its own tables are not visible to the item unless it is lateral.</param>
    /// <param name="lateral">What a lateral item can see beside the outer levels.</param>
    private FromResult BindFromItem(S.FromItem item, Scope scope, List<ScopeTable> lateral)
    {
        S.StackGuard.Check();
        switch (item)
        {
            case S.TableReference table:
                return BindTable(table, scope);
            case S.SubqueryReference subquery:
                var query = LockedQuery(subquery.Query, subquery.Alias?.Name ?? "subquery", scope, out var above);
                var (plan, outputs) = BindInner(lateral, scope, subquery.IsLateral, inner => BindQuery(query, inner, keepRows: true, lockedAbove: above));
                var result = FromColumns(plan, outputs, subquery.Alias, "subquery");
                _rowIds[result.Tables[0]] = above?.Rows ?? [];
                return result;
            case S.FunctionReference function:
                return BindFunctionItem(function, scope, lateral);
            case S.JoinReference join:
                return BindJoin(join, scope, lateral);
            default:
                throw SqlException.NotSupported("this FROM item", item.ErrorPosition);
        }
    }

    /// <summary>Runs <paramref name="bind"/> in the scope of a FROM item; names of siblings are visible only to lateral ones.</summary>
    private static T BindInner<T>(List<ScopeTable> lateral, Scope scope, bool isLateral, Func<Scope, T> bind)
    {
        var inner = new Scope(scope.Outer, scope.Ctes);
        inner.Tables.AddRange(lateral);
        if (isLateral)
            return bind(inner);
        var marked = lateral.Where(t => !t.LateralOnly).ToList();
        marked.ForEach(t => t.LateralOnly = true);
        try
        {
            return bind(inner);
        }
        finally
        {
            marked.ForEach(t => t.LateralOnly = false);
        }
    }

    private FromResult FromColumns(LogicalPlan plan, ImmutableArray<Column> outputs, S.TableAlias? alias, string fallbackName)
    {
        var columns = RenameColumns(outputs.Select(c => new ScopeColumn(c.Name, Read(c))), alias, fallbackName);
        var table = new ScopeTable(alias?.Name ?? fallbackName, null, columns);
        return new FromResult(plan, [table], [], [.. columns]);
    }

    private static ImmutableArray<ScopeColumn> RenameColumns(IEnumerable<ScopeColumn> columns, S.TableAlias? alias, string name)
    {
        var list = columns.ToList();
        if (alias is null || alias.Columns.IsEmpty)
            return [.. list];
        if (alias.Columns.Length > list.Count)
        {
            throw new SqlException(SqlState.InvalidColumnReference,
                $"table \"{alias.Name}\" has {list.Count} columns available but {alias.Columns.Length} columns specified") { Position = alias.ErrorPosition };
        }
        for (var i = 0; i < alias.Columns.Length; i++)
            list[i] = list[i] with { Name = alias.Columns[i] };
        return [.. list];
    }

    private FromResult BindTable(S.TableReference reference, Scope scope)
    {
        if (reference.Sample is not null)
            throw SqlException.NotSupported("TABLESAMPLE", reference.Sample.ErrorPosition);
        var name = reference.Name;
        if (name.Schema is null && FindCte(scope, name.Name) is { } cte)
            return BindCteReference(cte, reference);
        var table = FindTableOrThrow(name);
        if (table.Kind == TableKind.View)
            return BindView(table, reference, scope);
        var (scan, scopeTable) = ScanTable(table, reference.Alias);
        Trace?.AddTable(reference, scopeTable);
        if (reference.Alias is not null && reference.Alias.Name != table.Name)
            _aliasedTables[scopeTable] = table.Name;
        if (scan.RowId is not null)
            _rowIds[scopeTable] = [(table, scan.RowId)];
        return new FromResult(scan, [scopeTable], [], [.. scopeTable.Columns.Where(c => !c.Hidden)]);
    }

    internal ITableInfo FindTableOrThrow(S.QualifiedName name)
    {
        if (name.Catalog is { } catalog && catalog != _catalog.CurrentDatabase)
            throw new SqlException(SqlState.FeatureNotSupported, $"cross-database references are not implemented: \"{string.Join('.', name.Parts)}\"") { Position = name.ErrorPosition };
        return _catalog.FindTable(name.Schema, name.Name)
            ?? throw new SqlException(SqlState.UndefinedTable, $"relation \"{(name.Schema is null ? name.Name : $"{name.Schema}.{name.Name}")}\" does not exist")
            {
                Position = name.ErrorPosition,
            };
    }

    /// <summary>A scan of all columns (the pruning rule drops what nobody reads) and its names.</summary>
    private (Scan Scan, ScopeTable Table) ScanTable(ITableInfo table, S.TableAlias? alias)
    {
        var columns = ImmutableArray.CreateBuilder<(Column, int)>(table.Columns.Length);
        var names = new List<ScopeColumn>(table.Columns.Length);
        for (var i = 0; i < table.Columns.Length; i++)
        {
            var info = table.Columns[i];
            var column = new Column(_nextColumn++, info.Name, info.Type, !info.NotNull) { Origin = (table, i) };
            columns.Add((column, i));
            names.Add(new ScopeColumn(info.Name, new ColumnExpression(column)) { Hidden = info.Hidden });
        }
        var rowId = table.Kind == TableKind.Table ? NewColumn("rowid", SqlType.Int8, nullable: false) : null;
        var scan = new Scan(table, columns.MoveToImmutable())
        {
            RowId = rowId,
            Mark = rowId,
            Alias = alias?.Name ?? table.Name,
        };
        var renamed = RenameColumns(names, alias, table.Name);
        return (scan, new ScopeTable(scan.Alias, alias is null ? table.SchemaName : null, renamed)
        {
            Relation = table, HasOwnName = alias is null, AliasedColumns = alias?.Columns.Length ?? 0,
        });
    }

    private FromResult BindView(ITableInfo view, S.TableReference reference, Scope scope)
    {
        if (++_viewDepth > MaxViewDepth)
            throw new SqlException(SqlState.InvalidObjectDefinition, $"infinite recursion detected in rules for relation \"{view.Name}\"");
        var query = (S.QueryStatement)SqlParser.ParseStatement(view.ViewSql!);
        var trace = Trace;
        Trace = null;
        var locked = LockedQuery(query.Query, reference.Alias?.Name ?? view.Name, scope, out var above);
        var (plan, outputs) = BindQuery(locked, new Scope(null), lockedAbove: above);
        Trace = trace;
        _viewDepth--;
        // The view's own column names and types; columns that its tables gained since are not part of it.
        var projections = view.Columns.Select((c, i) => new Projection(
            new Column(_nextColumn++, c.Name, c.Type, IsNullable(new ColumnExpression(outputs[i]))) { Origin = (view, i) },
            outputs[i].Type.Equals(c.Type) ? new ColumnExpression(outputs[i]) : new CastExpression(new ColumnExpression(outputs[i]), c.Type, CastContext.Implicit)));
        var rows = above?.Rows ?? [];
        var project = new Project(plan, [.. projections, .. rows.Select(r => new Projection(r.RowId, new ColumnExpression(r.RowId)))]);
        var columns = RenameColumns(project.Columns.Take(view.Columns.Length).Select(c => new ScopeColumn(c.Name, new ColumnExpression(c))), reference.Alias, view.Name);
        var table = new ScopeTable(reference.Alias?.Name ?? view.Name, reference.Alias is null ? view.SchemaName : null, columns)
        {
            Relation = view, HasOwnName = reference.Alias is null, AliasedColumns = reference.Alias?.Columns.Length ?? 0,
        };
        Trace?.AddTable(reference, table);
        _rowIds[table] = rows;
        return new FromResult(project, [table], [], [.. columns]);
    }

    private FromResult BindFunctionItem(S.FunctionReference item, Scope scope, List<ScopeTable> lateral)
    {
        if (item.Functions.Length != 1)
            throw SqlException.NotSupported("ROWS FROM with several functions", item.ErrorPosition);
        if (!item.ColumnDefinitions.IsEmpty || !item.Functions[0].ColumnDefinitions.IsEmpty)
            throw SqlException.NotSupported("a column definition list for a function in FROM", item.ErrorPosition);
        return BindInner(lateral, scope, isLateral: true, inner => BindFunctionItem(item, inner));
    }

    private FromResult BindFunctionItem(S.FunctionReference item, Scope inner)
    {
        var name = item.Functions[0].Call is S.FunctionCall named ? named.FunctionName : item.Functions[0].Call switch
        {
            S.SqlValueFunction value => value.Kind switch
            {
                S.SqlValueFunctionKind.CurrentDate => "current_date", S.SqlValueFunctionKind.CurrentTimestamp => "current_timestamp",
                S.SqlValueFunctionKind.CurrentUser => "current_user", S.SqlValueFunctionKind.CurrentSchema => "current_schema",
                _ => value.Kind.ToString().ToLowerInvariant(),
            },
            S.CoalesceExpression => "coalesce",
            _ => "function",
        };
        LogicalPlan plan;
        ImmutableArray<Column> outputs;
        Column? ordinality = item.WithOrdinality ? NewColumn("ordinality", SqlType.Int8, nullable: false) : null;
        if (item.Functions[0].Call is S.FunctionCall call && _catalog.FindFunctions(call.Schema, call.FunctionName) is { Count: > 0 } candidates
            && candidates.Any(c => c.Kind == FunctionKind.Table))
        {
            var arguments = call.Arguments.Select(a => BindExpression(a, inner, ExpressionPlace.FunctionInFrom)).ToImmutableArray();
            // unnest of several arrays: one call for each, in step.
            if (call.FunctionName == "unnest" && arguments.Length > 1)
            {
                var calls = arguments.Select(argument =>
                {
                    var unnest = ResolveFunction(call.Schema, call.FunctionName, [argument], call.Position, candidates.Where(c => c.Kind == FunctionKind.Table).ToList());
                    var array = CoerceArguments(unnest, [argument], call.Position);
                    return new TableFunction(null, unnest, array, [NewColumn(name, ResultOf(unnest, array, call.Position))]);
                }).ToList();
                plan = FunctionGroup.Combine(null, calls) with { Ordinality = ordinality };
                outputs = ((TableFunction)plan).Outputs;
                return FromColumns(plan, ordinality is null ? outputs : [.. outputs, ordinality], item.Alias, name);
            }
            var function = ResolveFunction(call.Schema, call.FunctionName, arguments, call.Position, candidates.Where(c => c.Kind == FunctionKind.Table).ToList());
            var coerced = CoerceArguments(function, arguments, call.Position);
            var columns = function.ResultColumns(coerced.Select(a => a.Type).ToArray());
            // A function with one result column is named after the alias.
            outputs = columns.Length <= 1
                ? [NewColumn(columns.Length == 1 && columns[0].Name.Length > 0 ? columns[0].Name : item.Alias?.Name ?? name, columns.Length == 1 ? columns[0].Type : ResultOf(function, coerced, call.Position))]
                : [.. columns.Select(c => NewColumn(c.Name, c.Type))];
            plan = new TableFunction(null, function, coerced, outputs) { Ordinality = ordinality };
        }
        else
        {
            // A scalar function in FROM is a relation of one row.
            var value = Settle(BindExpression(item.Functions[0].Call, inner, ExpressionPlace.FunctionInFrom));
            var column = NewColumn(item.Alias?.Name ?? name, value.Type);
            outputs = [column];
            var projections = new List<Projection> { new(column, value) };
            if (ordinality is not null)
                projections.Add(new Projection(ordinality, new ConstantExpression(1L, SqlType.Int8)));
            plan = new Project(new Values([], [[]]), [.. projections]);
        }
        ImmutableArray<Column> all = ordinality is null ? outputs : [.. outputs, ordinality];
        return FromColumns(plan, all, item.Alias, name);
    }

    private FromResult BindJoin(S.JoinReference join, Scope scope, List<ScopeTable> lateral)
    {
        var left = BindFromItem(join.Left, scope, lateral);
        var right = BindFromItem(join.Right, scope, [.. lateral, .. left.Tables]);
        foreach (var table in right.Tables)
        {
            if (table.IsVisible && left.Tables.Any(t => t.IsVisible && t.Alias == table.Alias && t.Schema == table.Schema))
                throw new SqlException(SqlState.DuplicateAlias, $"table name \"{table.Alias}\" specified more than once") { Position = join.Right.ErrorPosition };
        }
        var kind = join.Kind switch
        {
            S.JoinKind.Left => JoinKind.Left,
            S.JoinKind.Right => JoinKind.Right,
            S.JoinKind.Full => JoinKind.Full,
            _ => JoinKind.Inner,
        };
        var inner = new Scope(scope.Outer, scope.Ctes);
        inner.Tables.AddRange(left.Tables);
        inner.Tables.AddRange(right.Tables);
        inner.Merged.AddRange(left.Merged);
        inner.Merged.AddRange(right.Merged);

        Expression? condition = null;
        var merged = new List<ScopeColumn>();
        List<ScopeColumn> star = [.. left.Star, .. right.Star];
        var usingColumns = join.IsNatural
            ? [.. left.Star.Select(c => c.Name).Where(n => right.Star.Any(r => r.Name == n)).Distinct()]
            : join.Using;
        if (!usingColumns.IsEmpty)
            Trace?.AddUsing(join, usingColumns);
        if (!usingColumns.IsEmpty)
            condition = MergeColumns(join, kind, usingColumns, left, right, merged, star);
        else if (join.On is not null)
            condition = CoerceToBool(BindExpression(join.On, inner, ExpressionPlace.JoinOn), "JOIN/ON", join.On.ErrorPosition);

        var plan = MakeJoin(kind, left.Plan, right.Plan, condition);
        if (plan.Dependent && kind is JoinKind.Right or JoinKind.Full)
        {
            throw new SqlException(SqlState.InvalidColumnReference, "invalid reference to FROM-clause entry in a RIGHT or FULL join")
            {
                Position = join.Right.ErrorPosition, Detail = "The combining JOIN type must be INNER or LEFT for a LATERAL reference.",
            };
        }
        if (join.IsAsOf)
        {
            if (kind is not (JoinKind.Inner or JoinKind.Left))
                throw SqlException.NotSupported("ASOF RIGHT or FULL JOIN", join.ErrorPosition);
            plan = plan with { AsOf = FindAsOf(condition, join) };
        }
        if (kind is JoinKind.Left or JoinKind.Full)
            _nullExtended.UnionWith(right.Plan.Columns);
        if (kind is JoinKind.Right or JoinKind.Full)
            _nullExtended.UnionWith(left.Plan.Columns);
        List<ScopeTable> tables = [.. left.Tables, .. right.Tables];
        List<ScopeColumn> allMerged = [.. merged, .. left.Merged.Concat(right.Merged).Where(m => !merged.Exists(x => x.Name == m.Name))];
        if (join.UsingAlias is not null)
            tables.Add(new ScopeTable(join.UsingAlias.Name, null, [.. merged]) { IsVisible = false });
        if (join.Alias is null)
            return new FromResult(plan, tables, allMerged, star);
        var columns = RenameColumns(star, join.Alias, join.Alias.Name);
        var joined = new ScopeTable(join.Alias.Name, null, columns);
        if (!scope.Locking.IsEmpty)
            _rowIds[joined] = [.. tables.SelectMany(RowsOf)];
        return new FromResult(plan, [joined], [], [.. columns]);
    }

    private Expression MergeColumns(
        S.JoinReference join, JoinKind kind, ImmutableArray<string> names, FromResult left, FromResult right, List<ScopeColumn> merged, List<ScopeColumn> star)
    {
        var conditions = new List<Expression>();
        foreach (var name in names)
        {
            var leftColumn = FindForUsing(left, name, "left", join);
            var rightColumn = FindForUsing(right, name, "right", join);
            var comparison = (ComparisonExpression)BindComparison(
                join.IsAsOf && name == names[^1] ? ComparisonOperator.GreaterOrEqual : ComparisonOperator.Equal, leftColumn.Value, rightColumn.Value, join.JoinPosition);
            conditions.Add(comparison);
            Expression value = kind switch
            {
                JoinKind.Right => rightColumn.Value,
                JoinKind.Full => new ConditionalExpression(ConditionalKind.Coalesce,
                    CoerceAll([leftColumn.Value, rightColumn.Value], CommonType([leftColumn.Value, rightColumn.Value], "JOIN/USING"), "JOIN/USING"),
                    CommonType([leftColumn.Value, rightColumn.Value], "JOIN/USING")),
                _ => leftColumn.Value,
            };
            merged.Add(new ScopeColumn(name, value));
            foreach (var table in left.Tables.Concat(right.Tables))
            {
                table.MergedAway.Add(name);
                if (table.Columns.Any(c => ReferenceEquals(c, leftColumn) || ReferenceEquals(c, rightColumn)))
                    Trace?.AddMerged(table, name);
            }
            star.Remove(star.First(c => c.Name == name && ReferenceEquals(c.Value, leftColumn.Value)));
            star.Remove(star.First(c => c.Name == name && ReferenceEquals(c.Value, rightColumn.Value)));
        }
        star.InsertRange(0, merged);
        return ExpressionTree.And(conditions)!;
    }

    private static ScopeColumn FindForUsing(FromResult side, string name, string which, S.JoinReference join)
    {
        var found = side.Star.Where(c => c.Name == name).ToList();
        return found.Count switch
        {
            1 => found[0],
            0 => throw new SqlException(SqlState.UndefinedColumn, $"column \"{name}\" specified in USING clause does not exist in {which} table") { Position = join.ErrorPosition },
            _ => throw new SqlException(SqlState.AmbiguousColumn, $"common column name \"{name}\" appears more than once in {which} table") { Position = join.ErrorPosition },
        };
    }

    private static Expression FindAsOf(Expression? condition, S.JoinReference join)
    {
        var inequalities = ExpressionTree.Conjuncts(condition).OfType<ComparisonExpression>().Where(c => c.Operator is ComparisonOperator.Less
            or ComparisonOperator.LessOrEqual or ComparisonOperator.Greater or ComparisonOperator.GreaterOrEqual).ToList();
        return inequalities.Count == 1
            ? inequalities[0]
            : throw new SqlException(SqlState.SyntaxError, "an ASOF join needs exactly one inequality in its condition") { Position = join.ErrorPosition };
    }
}
