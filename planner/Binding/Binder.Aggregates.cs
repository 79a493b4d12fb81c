using System.Collections.Immutable;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;
using S = OmenDb.Planner.Syntax;

namespace OmenDb.Planner.Binding;

// Aggregates, window calls, GROUPING and set-returning functions inside expressions: each is collected in the GroupingContext of the query
// level that it belongs to and replaced by the column that will carry its result.
public sealed partial class Binder
{
    private Expression BindAggregate(S.FunctionCall call, IReadOnlyList<FunctionInfo> candidates, Scope scope, ExpressionPlace place)
    {
        var aggregate = BindAggregateParts(call, candidates, scope);
        var level = LevelOf(aggregate, scope);
        CheckAggregatePlace(level, scope, place, call.ErrorPosition);
        var grouping = level.Grouping!;
        foreach (var existing in grouping.Aggregates)
        {
            if (SameAggregate(existing, aggregate))
                return new ColumnExpression(existing.Output) { Position = call.Position };
        }
        grouping.Aggregates.Add(aggregate);
        return new ColumnExpression(aggregate.Output) { Position = call.Position };
    }

    private AggregateCall BindAggregateParts(S.FunctionCall call, IReadOnlyList<FunctionInfo> candidates, Scope scope)
    {
        var aggregates = candidates.Where(c => c.Kind == FunctionKind.Aggregate).ToList();
        var inner = ExpressionPlace.AggregateArgument;
        var arguments = call.Arguments.Select(a => NarrowCase(BindArgument(call.FunctionName, a, scope, inner))).ToImmutableArray();
        var orderBy = call.OrderBy.Select(o => BindSortKey(BindExpression(o.Expression, scope, inner), o)).ToImmutableArray();
        if (call.IsWithinGroup)
        {
            // Ordered-set aggregates: the direct arguments first, then the ordered ones.
            arguments = [.. arguments, .. orderBy.Select(k => k.Expression)];
        }
        if (call.IsStar && call.FunctionName != "count")
            throw new SqlException(SqlState.UndefinedFunction, $"function {call.FunctionName}() does not exist") { Position = call.ErrorPosition };
        if (call.FunctionName == "json_agg" && arguments is [var only] && IsRowJson(only))
            aggregates = [.. _catalog.FindFunctions("pg_catalog", "omendb_json_agg_rows")];
        var function = ResolveFunction(call.Schema, call.FunctionName, arguments, call.Position, aggregates);
        var coerced = CoerceArguments(function, arguments, call.Position);
        if (call.IsWithinGroup)
        {
            var direct = call.Arguments.Length;
            orderBy = [.. orderBy.Select((k, i) => k with { Expression = coerced[direct + i] })];
        }
        if (call.IsDistinct && orderBy.Any(k => !coerced.Any(a => ExpressionTree.Same(a, k.Expression))))
        {
            throw new SqlException(SqlState.InvalidColumnReference, "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list")
            {
                Position = call.OrderBy[0].ErrorPosition,
            };
        }
        var filter = call.Filter is null ? null : CoerceToBool(BindExpression(call.Filter, scope, inner), "FILTER", call.Filter.ErrorPosition);
        return new AggregateCall(NewColumn(call.FunctionName, ResultOf(function, coerced, call.Position), call.FunctionName != "count"), function, coerced)
        {
            Distinct = call.IsDistinct, Filter = filter, OrderBy = orderBy,
        };
    }

    /// <summary>sum(CASE WHEN c THEN price ELSE 0 END): inside an aggregate the branches may share one scale, which keeps the
    /// sum in scaled integers. Only the scale of a sum of nothing but literals could print differently.</summary>
    private Expression NarrowCase(Expression expression)
    {
        if (expression is not CaseExpression { Type: { Id: TypeId.Numeric, Precision: 0 } } @case)
            return expression;
        var values = @case.Branches.Select(b => b.Then).Append(@case.Else).Select(Unwrap).ToList();
        if (values.Exists(v => v.Type.Id != TypeId.Numeric && !v.Type.IsInteger || v.Type.Id == TypeId.Numeric && v.Type.Precision == 0 && v is not ConstantExpression { Value: null }))
            return expression;
        var bounded = values.Where(v => v is not ConstantExpression { Value: null }).Select(v => v.Type.Id == TypeId.Numeric ? v.Type : TypeRules.NumericFor(v.Type)).ToList();
        if (bounded.Count == 0)
            return expression;
        var scale = bounded.Max(t => t.Scale);
        var precision = bounded.Max(t => t.Precision - t.Scale) + scale;
        if (precision > 38)
            return expression;
        var type = SqlType.NumericOf(precision, scale);
        Expression To(Expression value) => Unwrap(value) is ConstantExpression { Value: null } ? new ConstantExpression(null, type)
            : Unwrap(value).Type.Equals(type) ? Unwrap(value) : Fold(new CastExpression(Unwrap(value), type, CastContext.Implicit), 0);
        return new CaseExpression([.. @case.Branches.Select(b => b with { Then = To(b.Then) })], To(@case.Else), type) { Position = @case.Position };
    }

    /// <summary>Takes off the casts that only unified representations.</summary>
    private static Expression Unwrap(Expression expression) =>
        expression is CastExpression { Context: CastContext.Implicit, Target.Id: TypeId.Numeric } cast && cast.Operand.Type.Id is TypeId.Numeric or TypeId.Int2 or TypeId.Int4 or TypeId.Int8
            ? Unwrap(((CastExpression)expression).Operand)
            : expression;

    /// <summary>The query level that an aggregate belongs to: the innermost one whose columns its arguments read; its own when they read none.</summary>
    private static Scope LevelOf(AggregateCall aggregate, Scope scope)
    {
        var columns = new HashSet<Column>();
        foreach (var argument in aggregate.Arguments)
            ExpressionTree.CollectColumns(argument, columns);
        if (aggregate.Filter is not null)
            ExpressionTree.CollectColumns(aggregate.Filter, columns);
        if (columns.Count == 0)
            return scope;
        for (var level = scope; level is not null; level = level.Outer)
        {
            if (columns.Any(level.Owns))
                return level;
        }
        return scope;
    }

    private static void CheckAggregatePlace(Scope level, Scope scope, ExpressionPlace place, int position)
    {
        // An aggregate of an outer query is judged where the subquery stands; only its own level's clause is known here.
        var message = !ReferenceEquals(level, scope) && level.Grouping is not null ? null : place switch
        {
            ExpressionPlace.Where => "aggregate functions are not allowed in WHERE",
            ExpressionPlace.JoinOn => "aggregate functions are not allowed in JOIN conditions",
            ExpressionPlace.GroupBy => "aggregate functions are not allowed in GROUP BY",
            ExpressionPlace.AggregateArgument => "aggregate function calls cannot be nested",
            ExpressionPlace.Values => "aggregate functions are not allowed in VALUES",
            ExpressionPlace.Limit => "aggregate functions are not allowed in LIMIT",
            ExpressionPlace.Default => "aggregate functions are not allowed in DEFAULT expressions",
            ExpressionPlace.Check => "aggregate functions are not allowed in check constraints",
            ExpressionPlace.IndexExpression => "aggregate functions are not allowed in index expressions",
            ExpressionPlace.FunctionInFrom => "aggregate functions are not allowed in functions in FROM",
            ExpressionPlace.Filter => "aggregate functions are not allowed in FILTER",
            ExpressionPlace.UpdateSet => "aggregate functions are not allowed in UPDATE",
            ExpressionPlace.Returning => "aggregate functions are not allowed in RETURNING",
            _ => level.Grouping is null ? "aggregate functions are not allowed here" : null,
        };
        if (message is not null)
            throw new SqlException(SqlState.GroupingError, message) { Position = position };
    }

    private static bool SameAggregate(AggregateCall a, AggregateCall b) =>
        ReferenceEquals(a.Function, b.Function) && a.Distinct == b.Distinct && a.Arguments.Length == b.Arguments.Length
        && a.Function.Volatility != Volatility.Volatile
        && a.Arguments.Zip(b.Arguments).All(p => ExpressionTree.Same(p.First, p.Second))
        && (a.Filter is null ? b.Filter is null : b.Filter is not null && ExpressionTree.Same(a.Filter, b.Filter))
        && SameKeys(a.OrderBy, b.OrderBy);

    private static bool SameKeys(ImmutableArray<SortKey> a, ImmutableArray<SortKey> b) => a.Length == b.Length
        && a.Zip(b).All(p => p.First.Descending == p.Second.Descending && p.First.NullsFirst == p.Second.NullsFirst
            && ExpressionTree.Same(p.First.Expression, p.Second.Expression));

    private SortKey BindSortKey(Expression expression, S.SortItem item)
    {
        var descending = item.Direction switch
        {
            S.SortDirection.Descending => true,
            S.SortDirection.Using => item.UsingOperator switch
            {
                "<" => false,
                ">" => true,
                _ => throw new SqlException(SqlState.WrongObjectType, $"operator {item.UsingOperator} is not a valid ordering operator") { Position = item.ErrorPosition },
            },
            _ => false,
        };
        if (expression.Type.Id is TypeId.Json)
        {
            throw new SqlException(SqlState.UndefinedFunction, "could not identify an ordering operator for type json")
            {
                Position = item.ErrorPosition, Hint = "Use an explicit ordering operator or modify the query.",
            };
        }
        var nullsFirst = item.Nulls == S.NullOrder.Default ? descending : item.Nulls == S.NullOrder.First;
        return new SortKey(Settle(expression), descending, nullsFirst);
    }

    private ColumnExpression BindWindowCall(S.FunctionCall call, IReadOnlyList<FunctionInfo> candidates, Scope scope, ExpressionPlace place)
    {
        var message = place switch
        {
            ExpressionPlace.Select or ExpressionPlace.OrderBy => null,
            ExpressionPlace.Where => "window functions are not allowed in WHERE",
            ExpressionPlace.GroupBy => "window functions are not allowed in GROUP BY",
            ExpressionPlace.Having => "window functions are not allowed in HAVING",
            ExpressionPlace.JoinOn => "window functions are not allowed in JOIN conditions",
            ExpressionPlace.WindowDefinition => "window function calls cannot be nested",
            ExpressionPlace.AggregateArgument => "aggregate function calls cannot contain window function calls",
            ExpressionPlace.Values => "window functions are not allowed in VALUES",
            ExpressionPlace.Returning => "window functions are not allowed in RETURNING",
            _ => "window functions are not allowed here",
        };
        if (message is not null || scope.Grouping is not { } grouping)
        {
            throw new SqlException(place == ExpressionPlace.AggregateArgument ? SqlState.GroupingError : SqlState.WindowingError,
                message ?? "window functions are not allowed here") { Position = call.ErrorPosition };
        }
        var windows = candidates.Where(c => c.Kind is FunctionKind.Window or FunctionKind.Aggregate).ToList();
        if (windows.Count == 0 && candidates.Count > 0)
        {
            throw new SqlException(SqlState.WrongObjectType, $"OVER specified, but {call.FunctionName} is not a window function nor an aggregate function")
            {
                Position = call.ErrorPosition,
            };
        }
        if (call.IsDistinct)
            throw new SqlException(SqlState.FeatureNotSupported, "DISTINCT is not implemented for window functions") { Position = call.ErrorPosition };
        if (!call.OrderBy.IsEmpty)
            throw new SqlException(SqlState.FeatureNotSupported, "aggregate ORDER BY is not implemented for window functions") { Position = call.ErrorPosition };
        // Aggregates of the same query may stand inside: they are computed first.
        const ExpressionPlace inner = ExpressionPlace.WindowDefinition;
        var arguments = call.Arguments.Select(a => BindArgument(call.FunctionName, a, scope, inner)).ToImmutableArray();
        var function = ResolveFunction(call.Schema, call.FunctionName, arguments, call.Position, windows);
        var coerced = CoerceArguments(function, arguments, call.Position);
        var (partitionBy, orderBy, frame) = ResolveWindow(call.Over!, scope, grouping);
        var filter = call.Filter is null ? null : CoerceToBool(BindExpression(call.Filter, scope, inner), "FILTER", call.Filter.ErrorPosition);
        if (filter is not null && function.Kind != FunctionKind.Aggregate)
            throw new SqlException(SqlState.FeatureNotSupported, "FILTER is not implemented for non-aggregate window functions") { Position = call.ErrorPosition };
        var window = new WindowCall(NewColumn(call.FunctionName, ResultOf(function, coerced, call.Position)), function, coerced, partitionBy, orderBy, frame)
        {
            Filter = filter,
        };
        grouping.Windows.Add(window);
        return new ColumnExpression(window.Output) { Position = call.Position };
    }

    private (ImmutableArray<Expression> PartitionBy, ImmutableArray<SortKey> OrderBy, WindowFrame Frame) ResolveWindow(
        S.WindowSpecification specification, Scope scope, GroupingContext grouping)
    {
        ImmutableArray<Expression> partitionBy = [];
        ImmutableArray<SortKey> orderBy = [];
        S.WindowFrame? frame = specification.Frame;
        if (specification.ReferencedName is { } name)
        {
            if (!grouping.NamedWindows.TryGetValue(name, out var named))
                throw new SqlException(SqlState.UndefinedObject, $"window \"{name}\" does not exist") { Position = specification.ErrorPosition };
            (partitionBy, orderBy, var _) = ResolveWindow(named with { Frame = null }, scope, grouping);
            if (!specification.IsCopy)
                frame = named.Frame;
            else if (!specification.PartitionBy.IsEmpty)
                throw new SqlException(SqlState.WindowingError, $"cannot override PARTITION BY clause of window \"{name}\"") { Position = specification.ErrorPosition };
            else if (!specification.OrderBy.IsEmpty && !orderBy.IsEmpty)
                throw new SqlException(SqlState.WindowingError, $"cannot override ORDER BY clause of window \"{name}\"") { Position = specification.ErrorPosition };
            else if (named.Frame is not null)
                throw new SqlException(SqlState.WindowingError, $"cannot copy window \"{name}\" because it has a frame clause") { Position = specification.ErrorPosition };
        }
        const ExpressionPlace inner = ExpressionPlace.WindowDefinition;
        if (!specification.PartitionBy.IsEmpty)
            partitionBy = [.. specification.PartitionBy.Select(p => Settle(BindExpression(p, scope, inner)))];
        if (!specification.OrderBy.IsEmpty)
            orderBy = [.. specification.OrderBy.Select(o => BindSortKey(BindExpression(o.Expression, scope, inner), o))];
        return (partitionBy, orderBy, BindFrame(frame, orderBy, scope));
    }

    private WindowFrame BindFrame(S.WindowFrame? syntax, ImmutableArray<SortKey> orderBy, Scope scope)
    {
        if (syntax is null)
            return new WindowFrame(FrameMode.Range, new FrameBound(FrameBoundKind.UnboundedPreceding), new FrameBound(FrameBoundKind.CurrentRow));
        var mode = syntax.Unit switch { S.FrameUnit.Rows => FrameMode.Rows, S.FrameUnit.Groups => FrameMode.Groups, _ => FrameMode.Range };
        if (mode == FrameMode.Groups && orderBy.IsEmpty)
            throw new SqlException(SqlState.WindowingError, "GROUPS mode requires an ORDER BY clause") { Position = syntax.ErrorPosition };
        FrameBound Bound(S.FrameBound bound)
        {
            if (bound.Offset is null)
                return new FrameBound((FrameBoundKind)bound.Kind);
            var offset = BindExpression(bound.Offset, new Scope(null), ExpressionPlace.Limit);
            if (mode == FrameMode.Range)
            {
                if (orderBy.Length != 1)
                    throw new SqlException(SqlState.WindowingError, "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column") { Position = syntax.ErrorPosition };
                var key = orderBy[0].Expression.Type;
                var target = key.IsDateTime ? SqlType.Interval : key.IsNumber ? TypeRules.Plain(key) : throw SqlException.NotSupported(
                    $"RANGE with offset PRECEDING/FOLLOWING for column type {TypeRules.Display(key)}", syntax.ErrorPosition);
                offset = Coerce(offset, target, CastContext.Assignment, bound.ErrorPosition);
            }
            else
            {
                offset = Coerce(offset, SqlType.Int8, CastContext.Assignment, bound.ErrorPosition);
            }
            return new FrameBound((FrameBoundKind)bound.Kind, offset);
        }
        var (start, end) = (Bound(syntax.Start), Bound(syntax.End));
        var wrong = (start.Kind, end.Kind) switch
        {
            (FrameBoundKind.UnboundedFollowing, _) => "frame start cannot be UNBOUNDED FOLLOWING",
            (_, FrameBoundKind.UnboundedPreceding) => "frame end cannot be UNBOUNDED PRECEDING",
            (FrameBoundKind.CurrentRow, FrameBoundKind.Preceding) => "frame starting from current row cannot have preceding rows",
            (FrameBoundKind.Following, FrameBoundKind.CurrentRow) => "frame starting from following row cannot end with current row",
            (FrameBoundKind.Following, FrameBoundKind.Preceding) => "frame starting from following row cannot have preceding rows",
            _ => null,
        };
        if (wrong is not null)
            throw new SqlException(SqlState.WindowingError, wrong) { Position = syntax.ErrorPosition };
        return new WindowFrame(mode, start, end, (FrameExclusion)syntax.Exclusion);
    }

    private ColumnExpression BindGrouping(S.GroupingExpression syntax, Scope scope, ExpressionPlace place)
    {
        if (scope.Grouping is not { } grouping || place is not (ExpressionPlace.Select or ExpressionPlace.Having or ExpressionPlace.OrderBy or ExpressionPlace.WindowDefinition))
            throw new SqlException(SqlState.GroupingError, "grouping operations are not allowed here") { Position = syntax.ErrorPosition };
        var arguments = syntax.Arguments.Select(a => BindExpression(a, scope, ExpressionPlace.GroupBy)).ToImmutableArray();
        var output = NewColumn("grouping", SqlType.Int4, nullable: false);
        grouping.GroupingCalls.Add((output, arguments, syntax.ErrorPosition));
        return new ColumnExpression(output) { Position = syntax.Position };
    }

    /// <summary>A set-returning function in the select list: rows multiply; collected like an aggregate, expanded below the projection.</summary>
    private Expression BindSetFunction(FunctionInfo function, ImmutableArray<Expression> arguments, S.FunctionCall call, Scope scope, ExpressionPlace place)
    {
        if (place is not (ExpressionPlace.Select or ExpressionPlace.OrderBy) || scope.Grouping is not { } grouping)
        {
            var clause = place switch
            {
                ExpressionPlace.Where => "WHERE", ExpressionPlace.Having => "HAVING", ExpressionPlace.JoinOn => "JOIN conditions",
                ExpressionPlace.Values => "VALUES", ExpressionPlace.Limit => "LIMIT", ExpressionPlace.UpdateSet => "UPDATE",
                ExpressionPlace.Default => "DEFAULT expressions", ExpressionPlace.Check => "check constraints", ExpressionPlace.Returning => "RETURNING",
                _ => "this context",
            };
            throw new SqlException(SqlState.FeatureNotSupported, $"set-returning functions are not allowed in {clause}") { Position = call.ErrorPosition };
        }
        var coerced = CoerceArguments(function, arguments, call.Position);
        var columns = function.ResultColumns(coerced.Select(a => a.Type).ToArray());
        if (columns.Length > 1)
            return SetFunctionRow(function, coerced, columns, grouping, call.Position);
        var output = NewColumn(call.FunctionName, columns.Length == 1 ? columns[0].Type : ResultOf(function, coerced, call.Position));
        grouping.SetFunctions.Add(new TableFunction(null, function, coerced, [output]));
        return new ColumnExpression(output) { Position = call.Position };
    }

    /// <summary>(f(x)).name where f gives rows of several columns. Equal calls of one select list are one call.</summary>
    /// <returns>Null: there is no such function.</returns>
    private Expression? BindSetFunctionField(S.FunctionCall call, string field, Scope scope, ExpressionPlace place)
    {
        var candidates = _catalog.FindFunctions(call.Schema, call.FunctionName).Where(f => f.Kind == FunctionKind.Table).ToList();
        if (candidates.Count == 0 || place is not (ExpressionPlace.Select or ExpressionPlace.OrderBy) || scope.Grouping is not { } grouping)
            return null;
        var arguments = call.Arguments.Select(a => BindExpression(a, scope, place)).ToImmutableArray();
        var function = ResolveFunction(call.Schema, call.FunctionName, arguments, call.Position, candidates);
        var coerced = CoerceArguments(function, arguments, call.Position);
        var columns = function.ResultColumns(coerced.Select(a => a.Type).ToArray());
        if (!columns.Any(c => c.Name == field))
            throw new SqlException(SqlState.UndefinedColumn, $"column \"{field}\" not found in data type record") { Position = call.ErrorPosition };
        return FieldOf(SetFunctionRow(function, coerced, columns, grouping, call.Position), field, call.ErrorPosition) with { Position = call.Position };
    }
}
