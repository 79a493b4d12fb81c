using System.Collections.Immutable;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;
using S = OmenDb.Planner.Syntax;

namespace OmenDb.Planner.Binding;

// Queries: SELECT with its clauses, VALUES, set operations, ORDER BY and LIMIT on top.
public sealed partial class Binder
{
    /// <summary>The clauses that stand on top of a query body.</summary>
    private sealed record TopClauses(ImmutableArray<S.SortItem> OrderBy, S.SyntaxExpression? Limit, S.SyntaxExpression? Offset, bool WithTies,
        ImmutableArray<S.LockingClause> Locking)
    {
        public static readonly TopClauses None = new([], null, null, false, []);
    }

    /// <summary>Binds a query below <paramref name="outer"/>, which its names may reach (correlation) and whose CTEs it sees.</summary>
    /// <returns>A plan that produces exactly the outputs, in order.</returns>
    private (LogicalPlan Plan, ImmutableArray<Column> Outputs) BindQuery(S.QueryExpression query, Scope? outer, bool isTop = false, bool keepUnknown = false,
        bool keepRows = false, RowsToLock? lockedAbove = null)
    {
        S.StackGuard.Check();
        var top = TopClauses.None;
        Scope? withScope = null;
        if (query is S.QueryWithClauses clauses)
        {
            if (clauses.With is not null)
            {
                withScope = new Scope(isTop ? null : outer);
                BindWith(clauses.With, withScope);
                outer = withScope;
            }
            top = new TopClauses(clauses.OrderBy, clauses.Limit, clauses.Offset, clauses.WithTies, clauses.Locking);
            query = clauses.Body;
        }
        var (plan, outputs) = query switch
        {
            S.SelectCore select => BindSelect(select, top, outer, keepUnknown, keepRows, lockedAbove),
            S.ValuesQuery values => BindTop(BindValues(values, outer, keepUnknown), top, outer),
            S.SetOperation set => BindTop(BindSetOperation(set, outer), top, outer),
            // (SELECT ... LIMIT 1) ORDER BY ...: a body with clauses of its own.
            _ => BindTop(BindQuery(query, outer, keepUnknown: keepUnknown), top, outer),
        };
        IEnumerable<Column> columns = lockedAbove is null ? Behind(outputs) : Behind(outputs).Concat(lockedAbove.Rows.Select(r => r.RowId));
        if (!plan.Columns.SequenceEqual(columns))
            plan = new Project(plan, [.. columns.Select(c => new Projection(c, new ColumnExpression(c)))]);
        return (withScope is null ? plan : WrapCtes(plan, withScope), outputs);
    }

    private (LogicalPlan, ImmutableArray<Column>) BindSelect(S.SelectCore select, TopClauses top, Scope? outer, bool keepUnknown, bool keepRows,
        RowsToLock? lockedAbove)
    {
        if (select.Into is not null)
            throw SqlException.NotSupported("SELECT INTO inside another statement", select.Into.ErrorPosition);
        var scope = new Scope(outer) { Locking = [.. top.Locking, .. lockedAbove?.Clauses ?? []], LockedAbove = lockedAbove };
        var grouping = new GroupingContext();
        var plan = BindFrom(select.From, scope);
        Trace?.AddLevel(scope);
        if (select.Where is not null)
            plan = new Filter(plan, CoerceToBool(BindExpression(select.Where, scope, ExpressionPlace.Where), "WHERE", select.Where.ErrorPosition));
        scope.Grouping = grouping;
        foreach (var window in select.Windows)
        {
            if (!grouping.NamedWindows.TryAdd(window.Name, window.Specification))
                throw new SqlException(SqlState.WindowingError, $"window \"{window.Name}\" is already defined") { Position = window.ErrorPosition };
        }

        var targets = BindTargets(select.Targets, scope, keepUnknown);
        var groups = BindGroupBy(select, scope, targets);
        var having = select.Having is null ? null : CoerceToBool(BindExpression(select.Having, scope, ExpressionPlace.Having), "HAVING", select.Having.ErrorPosition);
        var sortKeys = top.OrderBy.Select(o => BindOrderItem(o, scope, targets)).ToList();
        var distinctOn = select.DistinctOn.Select(d => BindTargetOrExpression(d, scope, targets, "DISTINCT ON", ExpressionPlace.OrderBy)).ToList();

        if (groups.Items.Count > 0 || groups.Sets.Count > 0 || grouping.HasAggregates || grouping.GroupingCalls.Count > 0 || having is not null)
        {
            var grouped = new GroupingRewriter(this, scope, groups, grouping);
            having = having is null ? null : grouped.Rewrite(having);
            for (var i = 0; i < targets.Count; i++)
                targets[i] = targets[i] with { Expression = grouped.Rewrite(targets[i].Expression) };
            sortKeys = [.. sortKeys.Select(k => k with { Expression = grouped.Rewrite(k.Expression) })];
            distinctOn = [.. distinctOn.Select(grouped.Rewrite)];
            for (var i = 0; i < grouping.Windows.Count; i++)
                grouping.Windows[i] = RewriteWindow(grouping.Windows[i], grouped.Rewrite);
            for (var i = 0; i < grouping.SetFunctions.Count; i++)
                grouping.SetFunctions[i] = grouping.SetFunctions[i] with { Arguments = [.. grouping.SetFunctions[i].Arguments.Select(grouped.Rewrite)] };
            plan = grouped.Build(plan);
            if (having is not null)
                plan = new Filter(plan, having);
        }
        if (grouping.Windows.Count > 0)
            plan = new Window(plan, [.. grouping.Windows]);
        if (grouping.SetFunctions.Count > 0)
            plan = FunctionGroup.Combine(plan, grouping.SetFunctions);
        return FinishSelect(select, top, scope, plan, targets, sortKeys, distinctOn, keepRows);
    }

    /// <summary>Projection, DISTINCT, ORDER BY, LIMIT and row locks over the bound target list.</summary>
    private (LogicalPlan, ImmutableArray<Column>) FinishSelect(
        S.SelectCore select, TopClauses top, Scope scope, LogicalPlan plan, List<Target> targets, List<SortKey> sortKeys, List<Expression> distinctOn,
        bool keepRows)
    {
        var projections = new List<Projection>();
        var outputs = ImmutableArray.CreateBuilder<Column>(targets.Count);
        foreach (var target in targets)
        {
            if (keepRows && target.Expression is RowExpression row)
            {
                var fields = row.Fields.Select((f, i) => new Projection(NewColumnFor(row.Names.IsDefault ? $"f{i + 1}" : row.Names[i], Settle(f)), Settle(f))).ToList();
                projections.AddRange(fields);
                outputs.Add(NewColumn(target.Name, SqlType.Record));
                _composites[outputs[^1]] = row with { Fields = [.. fields.Select(f => new ColumnExpression(f.Output))] };
                continue;
            }
            projections.Add(new Projection(NewColumnFor(target.Name, target.Expression), target.Expression));
            outputs.Add(projections[^1].Output);
        }
        // Sort and DISTINCT ON keys are columns of the projection: those of the target list, or hidden ones behind it.
        Column ColumnFor(Expression expression, bool mayAdd, int position)
        {
            foreach (var projection in projections)
            {
                if (ExpressionTree.Same(projection.Expression, expression) && !ExpressionTree.IsVolatile(expression))
                    return projection.Output;
            }
            foreach (var projection in projections)
            {
                if (ReferenceEquals(projection.Expression, expression))
                    return projection.Output;
            }
            if (!mayAdd)
                throw new SqlException(SqlState.InvalidColumnReference, "for SELECT DISTINCT, ORDER BY expressions must appear in select list") { Position = position };
            var column = NewColumnFor("sort", expression);
            projections.Add(new Projection(column, expression));
            return column;
        }
        var keys = new List<SortKey>();
        for (var i = 0; i < sortKeys.Count; i++)
            keys.Add(sortKeys[i] with { Expression = new ColumnExpression(ColumnFor(sortKeys[i].Expression, !select.IsDistinct, top.OrderBy[i].ErrorPosition)) });
        var on = distinctOn.Select(d => (Expression)new ColumnExpression(ColumnFor(d, true, 0))).ToImmutableArray();

        var locks = BindLocking(top.Locking, scope, select);
        // Row ids must survive the projection up to the lock node.
        var rowIds = locks.SelectMany(l => l.Targets.Select(t => t.RowId).Concat(l.Marks));
        if (scope.LockedAbove is { } above)
        {
            foreach (var clause in above.Clauses)
                CheckLockable(clause, scope, select);
            above.Rows.AddRange(scope.Tables.SelectMany(RowsOf));
            rowIds = rowIds.Concat(above.Rows.Select(r => r.RowId));
        }
        foreach (var rowId in rowIds.Distinct())
            projections.Add(new Projection(rowId, new ColumnExpression(rowId)));

        plan = new Project(plan, [.. projections]);
        if (select.IsDistinct && on.IsEmpty)
        {
            foreach (var target in targets)
            {
                if (target.Expression.Type.Id == TypeId.Json)
                    throw new SqlException(SqlState.UndefinedFunction, "could not identify an equality operator for type json") { Position = target.Expression.Position + 1 };
            }
            plan = new Distinct(plan, []);
        }
        if (!on.IsEmpty)
        {
            var leading = keys.Take(on.Length).ToList();
            if (leading.Exists(k => !on.Any(o => ExpressionTree.Same(o, k.Expression))))
            {
                throw new SqlException(SqlState.InvalidColumnReference, "SELECT DISTINCT ON expressions must match initial ORDER BY expressions")
                {
                    Position = select.DistinctOn[0].ErrorPosition,
                };
            }
            var missing = on.Where(o => !leading.Exists(k => ExpressionTree.Same(k.Expression, o))).Select(o => new SortKey(o, false, false));
            keys = [.. leading, .. missing, .. keys.Skip(leading.Count)];
            plan = new Distinct(new Sort(plan, [.. keys]), on);
        }
        else if (keys.Count > 0)
        {
            plan = new Sort(plan, [.. keys]);
        }
        foreach (var node in locks)
            plan = node with { Input = plan };
        return (BindLimit(plan, top, scope), outputs.MoveToImmutable());
    }

    private sealed record Target(string Name, Expression Expression);

    private List<Target> BindTargets(ImmutableArray<S.SelectItem> items, Scope scope, bool keepUnknown)
    {
        var targets = new List<Target>();
        foreach (var item in items)
        {
            if (item.Expression is S.StarExpression star)
            {
                var columns = ExpandStar(star, scope).ToList();
                Trace?.AddStar(star, columns, scope);
                foreach (var column in columns)
                    targets.Add(new Target(column.Name, column.Value with { Position = star.Position }));
                continue;
            }
            if (item.Expression is S.FieldStarExpression { Operand: S.ColumnReference { Parts.Length: 1 } whole } && FindTable(scope, null, whole.Parts[0], item.ErrorPosition) is not null)
            {
                var columns = ExpandStar(new S.StarExpression(item.Position, whole.Parts), scope).ToList();
                Trace?.AddStar(item.Expression, columns, scope);
                foreach (var column in columns)
                    targets.Add(new Target(column.Name, column.Value with { Position = item.Position }));
                continue;
            }
            if (item.Expression is S.FieldStarExpression fields)
            {
                if (BindExpression(fields.Operand, scope, ExpressionPlace.Select) is not RowExpression row)
                    throw SqlException.NotSupported("the fields of a composite value that was stored or computed", item.ErrorPosition);
                targets.AddRange(row.Fields.Select((f, i) => new Target(row.Names.IsDefault ? $"f{i + 1}" : row.Names[i], Settle(f))));
                continue;
            }
            var expression = BindExpression(item.Expression, scope, ExpressionPlace.Select);
            if (!keepUnknown)
                expression = Settle(expression);
            targets.Add(new Target(item.Alias ?? NameOf(item.Expression), expression));
        }
        return targets;
    }

    private static IEnumerable<ScopeColumn> ExpandStar(S.StarExpression star, Scope scope)
    {
        if (star.Qualifier.IsEmpty)
        {
            if (scope.Tables.Count == 0)
                throw new SqlException(SqlState.SyntaxError, "SELECT * with no tables specified is not valid") { Position = star.ErrorPosition };
            return scope.Star;
        }
        var table = FindTable(scope, star.Qualifier.Length > 1 ? star.Qualifier[^2] : null, star.Qualifier[^1], star.ErrorPosition)
            ?? throw new SqlException(SqlState.UndefinedTable, $"missing FROM-clause entry for table \"{star.Qualifier[^1]}\"") { Position = star.ErrorPosition };
        return table.Columns.Where(c => !c.Hidden);
    }

    /// <summary>The expression has a name that goes before that of a cast or CASE around it; names of types and of CASE itself do not.</summary>
    private static bool IsOwnName(S.SyntaxExpression expression) => expression switch
    {
        S.CastExpression c => IsOwnName(c.Operand),
        S.CaseExpression c => c.Else is not null && IsOwnName(c.Else),
        S.TypedLiteral or S.BooleanLiteral => false,
        S.CollateExpression c => IsOwnName(c.Operand),
        S.SubscriptExpression s => IsOwnName(s.Operand),
        _ => NameOf(expression) != "?column?",
    };

    /// <summary>The label of a target without AS (PostgreSQL's FigureColname).</summary>
    private static string NameOf(S.SyntaxExpression expression) => expression switch
    {
        S.ColumnReference c => c.Name,
        S.FieldExpression f => f.Field,
        S.FunctionCall f => f.Syntax == S.FunctionCallSyntax.Extract ? "extract" : f.FunctionName,
        S.CastExpression c => IsOwnName(c.Operand) ? NameOf(c.Operand) : c.Type.Name,
        S.TypedLiteral t => t.Type.Name,
        S.CollateExpression c => NameOf(c.Operand),
        S.CaseExpression c => c.Else is not null && IsOwnName(c.Else) ? NameOf(c.Else) : "case",
        S.CoalesceExpression => "coalesce",
        S.NullIfExpression => "nullif",
        S.MinMaxExpression m => m.IsGreatest ? "greatest" : "least",
        S.ArrayExpression or S.ArraySubqueryExpression => "array",
        S.RowExpression { IsExplicit: true } => "row",
        S.ExistsExpression => "exists",
        S.GroupingExpression => "grouping",
        S.AtTimeZoneExpression => "timezone",
        S.BooleanLiteral => "bool",
        S.SubscriptExpression s => NameOf(s.Operand),
        S.SliceExpression s => NameOf(s.Operand),
        S.SubqueryExpression { Query: var query } => NameOfQuery(query),
        S.OverlapsExpression => "overlaps",
        S.SqlValueFunction f => f.Kind switch
        {
            S.SqlValueFunctionKind.CurrentDate => "current_date", S.SqlValueFunctionKind.CurrentTime => "current_time",
            S.SqlValueFunctionKind.CurrentTimestamp => "current_timestamp", S.SqlValueFunctionKind.LocalTime => "localtime",
            S.SqlValueFunctionKind.LocalTimestamp => "localtimestamp", S.SqlValueFunctionKind.CurrentRole => "current_role",
            S.SqlValueFunctionKind.CurrentUser => "current_user", S.SqlValueFunctionKind.User => "user",
            S.SqlValueFunctionKind.SessionUser => "session_user", S.SqlValueFunctionKind.CurrentCatalog => "current_catalog",
            _ => "current_schema",
        },
        _ => "?column?",
    };

    /// <summary>The column after which <see cref="NameOf"/> calls an expression; null: something else names it.</summary>
    internal static S.ColumnReference? NamingColumn(S.SyntaxExpression expression) => expression switch
    {
        S.ColumnReference c => c,
        S.CastExpression c when IsOwnName(c.Operand) => NamingColumn(c.Operand),
        S.CollateExpression c => NamingColumn(c.Operand),
        S.CaseExpression { Else: { } otherwise } when IsOwnName(otherwise) => NamingColumn(otherwise),
        S.SubscriptExpression s => NamingColumn(s.Operand),
        S.SliceExpression s => NamingColumn(s.Operand),
        _ => null,
    };

    /// <summary>What a result column without AS is called.</summary>
    public static string LabelOf(S.SyntaxExpression expression) => NameOf(expression);

    private static string NameOfQuery(S.QueryExpression query) => query switch
    {
        S.QueryWithClauses clauses => NameOfQuery(clauses.Body),
        S.SelectCore { Targets: [var only, ..] } => only.Alias ?? NameOf(only.Expression),
        S.SetOperation set => NameOfQuery(set.Inputs[0]),
        S.ValuesQuery => "column1",
        _ => "?column?",
    };

    private SortKey BindOrderItem(S.SortItem item, Scope scope, List<Target> targets) =>
        BindSortKey(BindTargetOrExpression(item.Expression, scope, targets, "ORDER BY", ExpressionPlace.OrderBy), item);

    /// <summary>SQL-92: a name or number means an output column; anything else is an expression over the input.</summary>
    private Expression BindTargetOrExpression(S.SyntaxExpression syntax, Scope scope, List<Target> targets, string clause, ExpressionPlace place)
    {
        switch (syntax)
        {
            case S.ColumnReference { Parts.Length: 1 } name when place == ExpressionPlace.OrderBy || !NamesInput(scope, name):
                Expression? found = null;
                foreach (var target in targets)
                {
                    if (target.Name != name.Name)
                        continue;
                    if (found is not null && !ExpressionTree.Same(found, target.Expression))
                        throw new SqlException(SqlState.AmbiguousColumn, $"{clause} \"{name.Name}\" is ambiguous") { Position = name.ErrorPosition };
                    found ??= target.Expression;
                }
                if (found is not null)
                    return found;
                break;
            case S.IntegerLiteral number:
                if (number.Value < 1 || number.Value > targets.Count)
                {
                    throw new SqlException(SqlState.InvalidColumnReference, $"{clause} position {number.Value} is not in select list")
                    {
                        Position = syntax.ErrorPosition,
                    };
                }
                return targets[(int)number.Value - 1].Expression;
            case S.StringLiteral or S.NumericLiteral or S.BooleanLiteral or S.NullLiteral:
                if (syntax is not S.NullLiteral)
                    throw new SqlException(SqlState.SyntaxError, $"non-integer constant in {clause}") { Position = syntax.ErrorPosition };
                break;
        }
        return Settle(BindExpression(syntax, scope, place));
    }

    private static bool NamesInput(Scope scope, S.ColumnReference name) =>
        scope.Merged.Exists(m => m.Name == name.Name)
        || scope.Tables.Exists(t => t.IsVisible && t.Columns.Any(c => c.Name == name.Name && !c.Hidden));

    private LogicalPlan BindLimit(LogicalPlan plan, TopClauses top, Scope? scope)
    {
        if (top.Limit is null && top.Offset is null)
            return plan;
        Expression? Count(S.SyntaxExpression? syntax, string what)
        {
            if (syntax is null or S.NullLiteral)
                return null;
            var expression = BindExpression(syntax, scope ?? new Scope(null), ExpressionPlace.Limit);
            var bound = expression.Type.Id is TypeId.Unknown or TypeId.Int8
                ? Coerce(expression, SqlType.Int8, CastContext.Implicit, syntax.ErrorPosition)
                : CanCoerce(expression.Type, SqlType.Int8, CastContext.Assignment)
                    ? Coerce(expression, SqlType.Int8, CastContext.Assignment, syntax.ErrorPosition)
                    : throw new SqlException(SqlState.DatatypeMismatch,
                        $"argument of {what} must be type bigint, not type {TypeRules.Display(expression.Type)}") { Position = syntax.ErrorPosition };
            foreach (var column in ExpressionTree.Columns(bound))
            {
                throw scope is not null && scope.Owns(column)
                    ? new SqlException(SqlState.InvalidColumnReference, $"argument of {what} must not contain variables") { Position = syntax.ErrorPosition }
                    : SqlException.NotSupported($"a column of an outer query in {what}", syntax.ErrorPosition);
            }
            return bound;
        }
        var (count, offset) = (Count(top.Limit, "LIMIT"), Count(top.Offset, "OFFSET"));
        if (top.WithTies && plan is not Sort)
            throw new SqlException(SqlState.SyntaxError, "WITH TIES cannot be specified without ORDER BY clause");
        return count is null && offset is null ? plan : new Limit(plan, count, offset) { WithTies = top.WithTies };
    }

    private List<LockRows> BindLocking(ImmutableArray<S.LockingClause> clauses, Scope scope, S.SelectCore select)
    {
        var result = new List<LockRows>();
        foreach (var clause in clauses)
        {
            CheckLockable(clause, scope, select);
            var targets = new List<(ITableInfo, Column)>();
            foreach (var table in scope.Tables)
            {
                if (!clause.Tables.IsEmpty && !clause.Tables.Any(t => t.Name == table.Alias))
                    continue;
                if (!clause.Tables.IsEmpty && !_rowIds.ContainsKey(table))
                    throw SqlException.NotSupported($"{WordOf(clause)} of \"{table.Alias}\", which is not a table", clause.ErrorPosition); // no rows would be locked
                targets.AddRange(RowsOf(table));
            }
            foreach (var name in clause.Tables)
            {
                if (!scope.Tables.Exists(t => t.Alias == name.Name))
                    throw new SqlException(SqlState.UndefinedTable, $"relation \"{name.Name}\" in {WordOf(clause)} clause not found in FROM clause") { Position = name.ErrorPosition };
            }
            result.Add(new LockRows(new Values([], []), [.. targets], (RowLockStrength)clause.Strength, (RowLockWait)clause.Wait) { Marks = MarksOf(scope) });
        }
        return result;
    }

    private static string WordOf(S.LockingClause clause) => clause.Strength switch
    {
        S.LockStrength.Update => "FOR UPDATE",
        S.LockStrength.NoKeyUpdate => "FOR NO KEY UPDATE",
        S.LockStrength.Share => "FOR SHARE",
        _ => "FOR KEY SHARE",
    };

    /// <summary>Rows that stand for several rows of a table, or for none, cannot be locked.</summary>
    private static void CheckLockable(S.LockingClause clause, Scope scope, S.SelectCore select)
    {
        var grouping = scope.Grouping!;
        var with = select.IsDistinct || !select.DistinctOn.IsEmpty ? "DISTINCT clause"
            : !select.GroupBy.IsEmpty ? "GROUP BY clause"
            : select.Having is not null ? "HAVING clause"
            : grouping.HasAggregates ? "aggregate functions"
            : grouping.Windows.Count > 0 ? "window functions"
            : grouping.SetFunctions.Count > 0 ? "set-returning functions in the target list"
            : null;
        if (with is not null)
            throw NotAllowed(clause, with);
    }

    private static SqlException NotAllowed(S.LockingClause clause, string with) =>
        new(SqlState.FeatureNotSupported, $"{WordOf(clause)} is not allowed with {with}") { Position = clause.ErrorPosition };

    /// <summary>What FOR UPDATE means for a subquery or a view in FROM, as in PostgreSQL.</summary>
    /// <param name="query">Of the subquery.</param>
    /// <param name="alias">Its name in FROM.</param>
    /// <param name="scope">Of the query around it.</param>
    /// <param name="above">A plain one leaves the locking to the query around it. Null: it does not.</param>
    /// <returns>The query to bind: with LIMIT and the like it locks for itself, before its rows are counted.</returns>
    private static S.QueryExpression LockedQuery(S.QueryExpression query, string alias, Scope scope, out RowsToLock? above)
    {
        above = null;
        ImmutableArray<S.LockingClause> clauses =
            [.. scope.Locking.Where(c => c.Tables.IsEmpty || c.Tables.Any(t => t.Name == alias)).Select(c => c with { Tables = [] })];
        if (clauses.IsEmpty)
            return query;
        var own = query as S.QueryWithClauses;
        var body = query;
        while (body is S.QueryWithClauses inner)
            body = inner.Body;
        switch (body)
        {
            case S.SetOperation:
                throw NotAllowed(clauses[0], "UNION/INTERSECT/EXCEPT");
            case S.SelectCore when own is null:
                above = new RowsToLock(clauses);
                return query;
            case S.SelectCore when own.Body is S.SelectCore:
                return own with { Locking = [.. own.Locking, .. clauses] };
            case S.SelectCore: // (SELECT ... LIMIT 1) ORDER BY ...
                return own with { Body = LockedQuery(own.Body, alias, new Scope(null) { Locking = clauses }, out _) };
            default:
                return query; // VALUES has no rows of a table
        }
    }

    /// <summary>Rows of tables that a FROM item is made of.</summary>
    private IEnumerable<(ITableInfo Table, Column RowId)> RowsOf(ScopeTable table) => _rowIds.TryGetValue(table, out var rows) ? rows : [];

    /// <summary>Row ids of the tables in FROM, apart from the target of a change; of those in subqueries as far as they are to be locked.</summary>
    private ImmutableArray<Column> MarksOf(Scope scope) => [.. scope.Tables.SelectMany(RowsOf).Select(r => r.RowId)];

    /// <summary>For row locks: the row id columns behind each table in scope; none where a subquery locks for itself.</summary>
    private readonly Dictionary<ScopeTable, IReadOnlyList<(ITableInfo Table, Column RowId)>> _rowIds = new(ReferenceEqualityComparer.Instance);
}
