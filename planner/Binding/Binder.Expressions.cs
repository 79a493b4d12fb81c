using System.Collections.Immutable;
using System.Globalization;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Types;
using S = OmenDb.Planner.Syntax;

namespace OmenDb.Planner.Binding;

// Expressions: one arm per syntax node.
public sealed partial class Binder
{
    /// <summary>Binds an expression; its type may still be Unknown (a bare literal or parameter).</summary>
    private Expression BindExpression(S.SyntaxExpression syntax, Scope scope, ExpressionPlace place)
    {
        S.StackGuard.Check();
        var bound = syntax switch
        {
            S.NullLiteral => new ConstantExpression(null, SqlType.Unknown),
            S.BooleanLiteral b => b.Value ? ConstantExpression.True : ConstantExpression.False,
            S.IntegerLiteral i => i.Value is >= int.MinValue and <= int.MaxValue
                ? new ConstantExpression((int)i.Value, SqlType.Int4)
                : new ConstantExpression(i.Value, SqlType.Int8),
            S.NumericLiteral n => BindNumber(n),
            S.StringLiteral s => new ConstantExpression(s.Value, SqlType.Unknown),
            S.BitStringLiteral => throw SqlException.NotSupported("type bit", syntax.ErrorPosition),
            S.TypedLiteral t => BindTypedLiteral(t),
            S.ParameterReference p => BindParameter(p),
            S.DefaultExpression => throw new SqlException(SqlState.SyntaxError, "DEFAULT is not allowed in this context") { Position = syntax.ErrorPosition },
            S.ColumnReference c => BindColumn(c, scope, place),
            S.StarExpression => throw new SqlException(SqlState.SyntaxError, "row expansion via \"*\" is not supported here") { Position = syntax.ErrorPosition },
            S.UnaryExpression u => BindOperator(u.OperatorSchema, u.Operator, null, BindExpression(u.Operand, scope, place), u.Position),
            S.BinaryExpression b => BindBinary(b, scope, place),
            S.AndExpression a => BindLogical(true, a.Operands, scope, place),
            S.OrExpression o => BindLogical(false, o.Operands, scope, place),
            S.NotExpression n => Negate(CoerceToBool(BindExpression(n.Operand, scope, place), "NOT", n.Operand.ErrorPosition)),
            S.CastExpression c => BindCast(c, scope, place),
            S.CollateExpression c => BindCollate(c, scope, place),
            S.AtTimeZoneExpression a => BindCall("timezone",
                [BindExpression(a.Zone, scope, place), BindExpression(a.Operand, scope, place)], a.OperatorPosition),
            S.IsExpression i => BindIs(i, scope, place),
            S.DistinctExpression d => BindComparison(d.Negated ? ComparisonOperator.IsNotDistinctFrom : ComparisonOperator.IsDistinctFrom,
                BindExpression(d.Left, scope, place), BindExpression(d.Right, scope, place), d.OperatorPosition),
            S.BetweenExpression b => BindBetween(b, scope, place),
            S.InListExpression i => BindInList(i, scope, place),
            S.LikeExpression l => BindLike(l, scope, place),
            S.QuantifiedArrayExpression q => BindQuantifiedArray(q, scope, place),
            S.CaseExpression c => BindCase(c, scope, place),
            S.CoalesceExpression c => BindConditional(ConditionalKind.Coalesce, "COALESCE", c.Arguments, scope, place),
            S.MinMaxExpression m => m.IsGreatest
                ? BindConditional(ConditionalKind.Greatest, "GREATEST", m.Arguments, scope, place)
                : BindConditional(ConditionalKind.Least, "LEAST", m.Arguments, scope, place),
            S.NullIfExpression n => BindNullIf(n, scope, place),
            S.SqlValueFunction f => BindValueFunction(f),
            S.FunctionCall f => BindFunctionCall(f, scope, place),
            S.GroupingExpression g => BindGrouping(g, scope, place),
            S.ArrayExpression a => BindArray(a, scope, place),
            S.SubscriptExpression s => BindSubscript(s, scope, place),
            S.SliceExpression s => BindSlice(s, scope, place),
            S.RowExpression r => new RowExpression([.. r.Elements.Select(e => BindExpression(e, scope, place))]),
            S.FieldExpression f => BindField(f, scope, place),
            S.OverlapsExpression o => BindCall("overlaps",
                [.. o.Left.Elements.Concat(o.Right.Elements).Select(e => BindExpression(e, scope, place))], o.OperatorPosition),
            S.SubqueryExpression or S.ExistsExpression or S.InSubqueryExpression or S.QuantifiedSubqueryExpression or S.ArraySubqueryExpression
                => BindSubquery(syntax, scope, place),
            S.NamedArgument => throw SqlException.NotSupported("named argument notation", syntax.ErrorPosition),
            _ => throw SqlException.NotSupported("this expression", syntax.ErrorPosition),
        };
        return bound.Position >= 0 ? bound : bound with { Position = syntax.Position };
    }

    private ConstantExpression BindNumber(S.NumericLiteral literal)
    {
        var text = literal.Text;
        var digits = text.AsSpan().TrimStart('-');
        if (digits.IndexOfAny('e', 'E') < 0)
        {
            var point = digits.IndexOf('.');
            var scale = point < 0 ? 0 : digits.Length - point - 1;
            var whole = (point < 0 ? digits : digits[..point]).TrimStart('0').Length;
            var precision = Math.Max(1, whole + scale);
            if (precision <= 38)
            {
                Span<char> plain = stackalloc char[text.Length];
                var length = 0;
                foreach (var c in text)
                {
                    if (c != '.')
                        plain[length++] = c;
                }
                var value = Int128.Parse(plain[..length], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
                var type = SqlType.NumericOf(precision, scale);
                return new ConstantExpression(type.Physical == Arrow.PhysicalType.Int64 ? (object)(long)value : value, type);
            }
        }
        return _catalog.Evaluate(new CastExpression(new ConstantExpression(text, SqlType.Unknown), SqlType.Numeric, CastContext.Explicit));
    }

    private Expression BindTypedLiteral(S.TypedLiteral literal)
    {
        var type = TypeResolver.Resolve(literal.Type, _catalog);
        var text = literal.Value;
        if (type.Id == TypeId.Interval && literal.Type.IntervalFields != S.IntervalFields.None)
        {
            // The fields say which unit a bare number has and what is cut off: the engine's input function takes them as a second argument.
            return BindCall("omendb_interval_in",
                [new ConstantExpression(text, SqlType.Text), new ConstantExpression((int)literal.Type.IntervalFields, SqlType.Int4),
                    new ConstantExpression(type.Length, SqlType.Int4)], literal.Position);
        }
        return Fold(new CastExpression(new ConstantExpression(text, SqlType.Unknown), type, CastContext.Explicit), literal.ErrorPosition);
    }

    private ParameterExpression BindParameter(S.ParameterReference parameter)
    {
        if (!_allowNewParameters || parameter.Number is < 1 or > 65535)
            throw new SqlException(SqlState.UndefinedParameter, $"there is no parameter ${parameter.Number}") { Position = parameter.ErrorPosition };
        while (_parameters.Count < parameter.Number)
            _parameters.Add(SqlType.Unknown);
        return new ParameterExpression(parameter.Number - 1, _parameters[parameter.Number - 1]);
    }

    private Expression BindBinary(S.BinaryExpression binary, Scope scope, ExpressionPlace place)
    {
        // Long chains such as a || b || c ... lean left: walk down iteratively.
        var chain = new Stack<S.BinaryExpression>();
        S.SyntaxExpression current = binary;
        while (current is S.BinaryExpression next)
        {
            chain.Push(next);
            current = next.Left;
        }
        var left = BindExpression(current, scope, place);
        while (chain.TryPop(out var node))
        {
            var right = BindExpression(node.Right, scope, place);
            left = BindOperator(node.OperatorSchema, node.Operator, left, right, node.OperatorPosition) with { Position = node.Position };
        }
        return left;
    }

    /// <summary>A prefix (left null) or infix operator.</summary>
    private Expression BindOperator(string? schema, string name, Expression? left, Expression right, int position)
    {
        if (left is not null && TryComparison(name, out var comparison))
            return BindComparison(comparison, left, right, position);
        return ResolveOperator(schema, name, left, right, position);
    }

    internal static bool TryComparison(string name, out ComparisonOperator comparison)
    {
        (comparison, var found) = name switch
        {
            "=" => (ComparisonOperator.Equal, true),
            "<>" => (ComparisonOperator.NotEqual, true),
            "<" => (ComparisonOperator.Less, true),
            "<=" => (ComparisonOperator.LessOrEqual, true),
            ">" => (ComparisonOperator.Greater, true),
            ">=" => (ComparisonOperator.GreaterOrEqual, true),
            _ => (default, false),
        };
        return found;
    }

    private static string Symbol(ComparisonOperator comparison) => comparison switch
    {
        ComparisonOperator.Equal or ComparisonOperator.IsDistinctFrom or ComparisonOperator.IsNotDistinctFrom => "=",
        ComparisonOperator.NotEqual => "<>",
        ComparisonOperator.Less => "<",
        ComparisonOperator.LessOrEqual => "<=",
        ComparisonOperator.Greater => ">",
        _ => ">=",
    };

    private Expression BindComparison(ComparisonOperator comparison, Expression left, Expression right, int position)
    {
        if (left is RowExpression leftRow && right is RowExpression rightRow)
            return BindRowComparison(comparison, leftRow, rightRow, position);
        if (left.Type.Id == TypeId.Record && right.Type.Id == TypeId.Record && comparison is not (ComparisonOperator.Equal or ComparisonOperator.NotEqual
            or ComparisonOperator.IsDistinctFrom or ComparisonOperator.IsNotDistinctFrom))
        {
            throw SqlException.NotSupported("an ordering comparison with a composite value that was stored or computed", position + 1);
        }
        var type = ComparisonType(comparison, left, right, position);
        left = Coerce(left, type, CastContext.Implicit, left.Position + 1);
        right = Coerce(right, type, CastContext.Implicit, right.Position + 1);
        return new ComparisonExpression(comparison, left, right) { Position = position };
    }

    /// <summary>The type in which two operands are compared: as PostgreSQL's operator resolution would pick it.</summary>
    private SqlType ComparisonType(ComparisonOperator comparison, Expression left, Expression right, int position)
    {
        var (l, r) = (left.Type, right.Type);
        if (l.Id == TypeId.Unknown && r.Id == TypeId.Unknown)
            return SqlType.Text;
        if (l.Id == TypeId.Unknown || r.Id == TypeId.Unknown)
        {
            var known = l.Id == TypeId.Unknown ? r : l;
            // varchar(3) = 'abcdef' compares in full length; char(n) ignores trailing blanks of both.
            return known.Id == TypeId.Varchar ? SqlType.Text : CheckComparable(TypeRules.Plain(known), comparison, l, r, position);
        }
        if (l.SameBase(r))
            return CheckComparable(TypeRules.Plain(l), comparison, l, r, position);
        if (TypeRules.Category(l) == TypeRules.Category(r) || CanCoerce(l, r, CastContext.Implicit) || CanCoerce(r, l, CastContext.Implicit))
        {
            if (l.IsString && r.IsString && l.Id != TypeId.Json && r.Id != TypeId.Json)
                return l.Id == TypeId.Char && r.Id == TypeId.Char ? SqlType.Char : SqlType.Text;
            if (l.IsFloat || r.IsFloat)
            {
                if (l.IsNumber && r.IsNumber)
                    return SqlType.Float8;
            }
            if (l.IsNumber && r.IsNumber)
            {
                if (l.Id == TypeId.Numeric || r.Id == TypeId.Numeric)
                    return SqlType.Numeric;
                return l.Id == TypeId.Int8 || r.Id == TypeId.Int8 ? SqlType.Int8 : SqlType.Int4;
            }
            if (CanCoerce(l, r, CastContext.Implicit) && (!CanCoerce(r, l, CastContext.Implicit) || TypeRules.IsPreferred(r)))
                return TypeRules.Plain(r);
            if (CanCoerce(r, l, CastContext.Implicit))
                return TypeRules.Plain(l);
            if (CanCoerce(l, r, CastContext.Implicit))
                return r;
        }
        throw NoOperator(Symbol(comparison), l, r, position);
    }

    private SqlType CheckComparable(SqlType type, ComparisonOperator comparison, SqlType left, SqlType right, int position) =>
        type.Id is TypeId.Json or TypeId.Void ? throw NoOperator(Symbol(comparison), left, right, position) : type;

    private Expression BindRowComparison(ComparisonOperator comparison, RowExpression left, RowExpression right, int position)
    {
        if (left.Fields.Length != right.Fields.Length)
            throw new SqlException(SqlState.SyntaxError, "unequal number of entries in row expressions") { Position = position + 1 };
        if (left.Fields.IsEmpty)
            throw new SqlException(SqlState.FeatureNotSupported, "cannot compare rows of zero length") { Position = position + 1 };
        Expression Pair(ComparisonOperator op, int i) => BindComparison(op, left.Fields[i], right.Fields[i], position);
        var count = left.Fields.Length;
        switch (comparison)
        {
            case ComparisonOperator.Equal or ComparisonOperator.IsNotDistinctFrom:
                return ExpressionTree.And(Enumerable.Range(0, count).Select(i => Pair(comparison, i)))!;
            case ComparisonOperator.NotEqual or ComparisonOperator.IsDistinctFrom:
                return Or([.. Enumerable.Range(0, count).Select(i => Pair(comparison, i))]);
            default:
                // (a, b) < (c, d)  is  a < c or (a = c and b < d)
                var strict = comparison is ComparisonOperator.Less or ComparisonOperator.LessOrEqual ? ComparisonOperator.Less : ComparisonOperator.Greater;
                var result = Pair(comparison, count - 1);
                for (var i = count - 2; i >= 0; i--)
                    result = Or([Pair(strict, i), ExpressionTree.And([Pair(ComparisonOperator.Equal, i), result])!]);
                return result;
        }
    }

    private static Expression Or(ImmutableArray<Expression> operands) => operands.Length == 1 ? operands[0] : new LogicalExpression(false, operands);

    private static Expression Negate(Expression operand) => operand switch
    {
        Expressions.NotExpression n => n.Operand,
        _ => new Expressions.NotExpression(operand),
    };

    private LogicalExpression BindLogical(bool isAnd, ImmutableArray<S.SyntaxExpression> operands, Scope scope, ExpressionPlace place) =>
        new(isAnd, [.. operands.Select(o => CoerceToBool(BindExpression(o, scope, place), isAnd ? "AND" : "OR", o.ErrorPosition))]);

    private Expression BindCast(S.CastExpression cast, Scope scope, ExpressionPlace place)
    {
        var type = TypeResolver.Resolve(cast.Type, _catalog);
        if (cast.Operand is S.ArrayExpression { Elements.IsEmpty: true } && type.Id == TypeId.Array)
            return new Expressions.ArrayExpression([], type);
        if (cast.Operand is S.ArrayExpression array && type.Id == TypeId.Array)
        {
            var elements = array.Elements.Select(e => e is S.ArrayExpression
                ? BindCast(new S.CastExpression(e.Position, e, cast.Type), scope, place)
                : BindExpression(e, scope, place) is { Type.Id: TypeId.Array } inner ? Coerce(inner, type, CastContext.Explicit, e.ErrorPosition)
                : Coerce(BindExpression(e, scope, place), type.Element!, CastContext.Explicit, e.ErrorPosition));
            return new Expressions.ArrayExpression([.. elements], type);
        }
        var operand = BindExpression(cast.Operand, scope, place);
        if (type.Id == TypeId.Interval && cast.Type.IntervalFields != S.IntervalFields.None)
        {
            return BindCall("omendb_interval_in", [Coerce(operand, SqlType.Text, CastContext.Explicit, cast.ErrorPosition),
                new ConstantExpression((int)cast.Type.IntervalFields, SqlType.Int4), new ConstantExpression(type.Length, SqlType.Int4)], cast.Position);
        }
        if (operand is ParameterExpression { Type.Id: TypeId.Unknown } parameter)
        {
            operand = Coerce(parameter, TypeRules.Plain(type), CastContext.Explicit, cast.ErrorPosition);
        }
        return Coerce(operand, type, CastContext.Explicit, cast.ErrorPosition);
    }

    private Expression BindCollate(S.CollateExpression collate, Scope scope, ExpressionPlace place)
    {
        var name = collate.Collation.Name;
        if (name is not ("C" or "default" or "POSIX" or "ucs_basic"))
        {
            throw new SqlException(SqlState.FeatureNotSupported, $"collation \"{name}\" is not supported")
            {
                Position = collate.ErrorPosition, Hint = "Text is compared bytewise: use collation \"C\".",
            };
        }
        var operand = BindExpression(collate.Operand, scope, place);
        if (operand.Type.Id is not TypeId.Unknown && TypeRules.Category(operand.Type) != 'S')
        {
            throw new SqlException(SqlState.DatatypeMismatch, $"collations are not supported by type {TypeRules.Display(operand.Type)}")
            {
                Position = collate.ErrorPosition,
            };
        }
        return operand;
    }

    private Expression BindIs(S.IsExpression test, Scope scope, ExpressionPlace place)
    {
        var operand = BindExpression(test.Operand, scope, place);
        switch (test.Test)
        {
            case S.IsTestKind.Null:
                if (operand is RowExpression row)
                {
                    // A row is null when all its fields are, and not null when none is.
                    return ExpressionTree.And(row.Fields.Select(f => (Expression)new NullTestExpression(f, test.Negated))) ?? ConstantExpression.True;
                }
                return new NullTestExpression(Settle(operand), test.Negated);
            case S.IsTestKind.True or S.IsTestKind.False or S.IsTestKind.Unknown:
                var what = $"IS {(test.Negated ? "NOT " : "")}{test.Test.ToString().ToUpperInvariant()}";
                var kind = (test.Test, test.Negated) switch
                {
                    (S.IsTestKind.True, false) => BooleanTest.IsTrue,
                    (S.IsTestKind.True, true) => BooleanTest.IsNotTrue,
                    (S.IsTestKind.False, false) => BooleanTest.IsFalse,
                    (S.IsTestKind.False, true) => BooleanTest.IsNotFalse,
                    (_, false) => BooleanTest.IsUnknown,
                    _ => BooleanTest.IsNotUnknown,
                };
                return new BooleanTestExpression(CoerceToBool(operand, what, test.Operand.ErrorPosition), kind);
            default:
                throw SqlException.NotSupported("IS " + test.Test.ToString().ToUpperInvariant(), test.ErrorPosition);
        }
    }

    private Expression BindBetween(S.BetweenExpression between, Scope scope, ExpressionPlace place)
    {
        var operand = BindExpression(between.Operand, scope, place);
        var low = BindExpression(between.Low, scope, place);
        var high = BindExpression(between.High, scope, place);
        Expression Range(Expression from, Expression to) => ExpressionTree.And(
        [
            BindComparison(ComparisonOperator.GreaterOrEqual, operand, from, between.OperatorPosition),
            BindComparison(ComparisonOperator.LessOrEqual, operand, to, between.OperatorPosition),
        ])!;
        var result = between.Symmetric ? Or([Range(low, high), Range(high, low)]) : Range(low, high);
        return between.Negated ? Negate(result) : result;
    }

    private Expression BindInList(S.InListExpression list, Scope scope, ExpressionPlace place)
    {
        var operand = BindExpression(list.Operand, scope, place);
        var items = list.Values.Select(v => BindExpression(v, scope, place)).ToList();
        if (operand is RowExpression)
        {
            var any = Or([.. items.Select(i => BindComparison(ComparisonOperator.Equal, operand, i, list.OperatorPosition))]);
            return list.Negated ? Negate(any) : any;
        }
        // One type for all items, as PostgreSQL does when it turns the list into an array.
        var type = operand.Type;
        foreach (var item in items)
            type = ComparisonType(ComparisonOperator.Equal, new ConstantExpression(null, type), item, list.OperatorPosition);
        if (type.Id == TypeId.Unknown)
            type = SqlType.Text;
        operand = Coerce(operand, type, CastContext.Implicit, list.Operand.ErrorPosition);
        var coerced = items.Select((item, i) => Coerce(item, type, CastContext.Implicit, list.Values[i].ErrorPosition));
        return new Expressions.InListExpression(operand, [.. coerced], list.Negated);
    }

    private Expression BindLike(S.LikeExpression like, Scope scope, ExpressionPlace place)
    {
        var operand = BindExpression(like.Operand, scope, place);
        var pattern = BindExpression(like.Pattern, scope, place);
        var escape = like.Escape is null ? null : BindExpression(like.Escape, scope, place);
        if (like.Kind == S.LikeKind.SimilarTo)
        {
            var regex = BindCall("similar_to_escape", escape is null ? [pattern] : [pattern, escape], like.OperatorPosition);
            var match = ResolveOperator(null, "~", operand, regex, like.OperatorPosition);
            return like.Negated ? Negate(match) : match;
        }
        if (escape is not null)
            pattern = BindCall("like_escape", [pattern, escape], like.OperatorPosition);
        var result = ResolveOperator(null, like.Kind == S.LikeKind.Like ? "~~" : "~~*", operand, pattern, like.OperatorPosition);
        return like.Negated ? Negate(result) : result;
    }

    private Expression BindQuantifiedArray(S.QuantifiedArrayExpression quantified, Scope scope, ExpressionPlace place)
    {
        var left = BindExpression(quantified.Left, scope, place);
        var array = BindExpression(quantified.Array, scope, place);
        if (array.Type.Id == TypeId.Unknown)
            array = Coerce(array, SqlType.ArrayOf(left.Type.Id is TypeId.Unknown or TypeId.Varchar ? SqlType.Text : left.Type), CastContext.Implicit, quantified.Array.ErrorPosition);
        var element = array.Type.Id switch
        {
            TypeId.Array => array.Type.Element!,
            TypeId.Int2Vector => SqlType.Int2,
            TypeId.OidVector => SqlType.Oid,
            _ => throw new SqlException(SqlState.WrongObjectType, "op ANY/ALL (array) requires array on right side") { Position = quantified.OperatorPosition + 1 },
        };
        var probe = new ColumnExpression(NewColumn("element", element));
        if (!TryComparison(quantified.Operator, out var comparison))
        {
            var call = ResolveOperator(quantified.OperatorSchema, quantified.Operator, left, probe, quantified.OperatorPosition);
            var negated = call is Expressions.NotExpression;
            if ((negated ? ((Expressions.NotExpression)call).Operand : call) is not FunctionExpression { Type.Id: TypeId.Bool } function)
                throw new SqlException(SqlState.WrongObjectType, "op ANY/ALL (array) requires operator to yield boolean") { Position = quantified.OperatorPosition + 1 };
            // x !~~ ALL (a) arrives as NOT (x ~~ e) for each e: NOT (x ~~ ANY (a)).
            Expression result = new ArrayComparisonExpression(ComparisonOperator.Equal, function.Arguments[0], CoerceElements(array, function.Arguments[1].Type),
                negated ? !quantified.IsAll : quantified.IsAll) { Function = function.Function };
            return negated ? Negate(result) : result;
        }
        var type = ComparisonType(comparison, left, probe, quantified.OperatorPosition);
        left = Coerce(left, type, CastContext.Implicit, quantified.Left.ErrorPosition);
        return new ArrayComparisonExpression(comparison, left, CoerceElements(array, type), quantified.IsAll);
    }

    private Expression CoerceElements(Expression array, SqlType element)
    {
        var target = SqlType.ArrayOf(element);
        return array.Type.Id == TypeId.Array && array.Type.Element!.SameBase(element) ? array : Coerce(array, target, CastContext.Implicit, array.Position + 1);
    }

    private Expression BindCase(S.CaseExpression syntax, Scope scope, ExpressionPlace place)
    {
        var operand = syntax.Operand is null ? null : Settle(BindExpression(syntax.Operand, scope, place));
        var conditions = new List<Expression>();
        var results = new List<Expression>();
        foreach (var branch in syntax.Branches)
        {
            var when = BindExpression(branch.When, scope, place);
            conditions.Add(operand is null
                ? CoerceToBool(when, "CASE/WHEN", branch.When.ErrorPosition)
                : BindComparison(ComparisonOperator.Equal, operand, when, branch.When.Position));
            results.Add(BindExpression(branch.Then, scope, place));
        }
        var otherwise = syntax.Else is null ? new ConstantExpression(null, SqlType.Unknown) : BindExpression(syntax.Else, scope, place);
        // PostgreSQL lets ELSE speak first.
        var type = CommonType([otherwise, .. results], "CASE");
        var branches = results.Select((r, i) => new Expressions.CaseBranch(conditions[i], CoerceToCommon(r, type, "CASE/THEN")));
        return new Expressions.CaseExpression([.. branches], CoerceToCommon(otherwise, type, "CASE/ELSE"), type);
    }

    private ConditionalExpression BindConditional(
        ConditionalKind kind, string name, ImmutableArray<S.SyntaxExpression> arguments, Scope scope, ExpressionPlace place)
    {
        var bound = arguments.Select(a => BindExpression(a, scope, place)).ToList();
        var type = CommonType(bound, name);
        return new ConditionalExpression(kind, CoerceAll(bound, type, name), type);
    }

    private ConditionalExpression BindNullIf(S.NullIfExpression nullIf, Scope scope, ExpressionPlace place)
    {
        var left = BindExpression(nullIf.Left, scope, place);
        var right = BindExpression(nullIf.Right, scope, place);
        var type = ComparisonType(ComparisonOperator.Equal, left, right, nullIf.Position);
        left = Coerce(left, left.Type.Id == TypeId.Unknown ? type : left.Type, CastContext.Implicit, nullIf.Left.ErrorPosition);
        right = Coerce(right, type, CastContext.Implicit, nullIf.Right.ErrorPosition);
        left = Coerce(left, type, CastContext.Implicit, nullIf.Left.ErrorPosition);
        return new ConditionalExpression(ConditionalKind.NullIf, [left, right], left.Type);
    }

    private Expression BindValueFunction(S.SqlValueFunction function)
    {
        var name = function.Kind switch
        {
            S.SqlValueFunctionKind.CurrentDate => "current_date",
            S.SqlValueFunctionKind.CurrentTime => "current_time",
            S.SqlValueFunctionKind.CurrentTimestamp => "now",
            S.SqlValueFunctionKind.LocalTime => "localtime",
            S.SqlValueFunctionKind.LocalTimestamp => "localtimestamp",
            S.SqlValueFunctionKind.SessionUser => "session_user",
            S.SqlValueFunctionKind.CurrentCatalog => "current_database",
            S.SqlValueFunctionKind.CurrentSchema => "current_schema",
            _ => "current_user",
        };
        var call = BindCall(name, [], function.Position);
        return function.Precision < 0 ? call : Coerce(call, SqlType.WithFraction(call.Type.Id, Math.Min(6, function.Precision)), CastContext.Explicit, function.ErrorPosition);
    }

    private Expressions.ArrayExpression BindArray(S.ArrayExpression array, Scope scope, ExpressionPlace place)
    {
        if (array.Elements.IsEmpty)
        {
            throw new SqlException(SqlState.IndeterminateDatatype, "cannot determine type of empty array")
            {
                Position = array.ErrorPosition, Hint = "Explicitly cast to the desired type, for example ARRAY[]::integer[].",
            };
        }
        var elements = array.Elements.Select(e => BindExpression(e, scope, place)).ToList();
        var type = CommonType(elements, "ARRAY");
        var coerced = CoerceAll(elements, type, "ARRAY");
        // Nested brackets make a multidimensional array of the same element type.
        return new Expressions.ArrayExpression(coerced, type.Id == TypeId.Array ? type : SqlType.ArrayOf(type));
    }

    private Expression BindSubscript(S.SubscriptExpression subscript, Scope scope, ExpressionPlace place)
    {
        if (BindChain(subscript, scope, place) is { } chained)
            return chained;
        var array = BindExpression(subscript.Operand, scope, place);
        var index = BindExpression(subscript.Index, scope, place);
        if (array.Type.Id == TypeId.Jsonb)
            return ResolveOperator(null, "->", array, index, subscript.Position);
        var one = new ConstantExpression(1, SqlType.Int4);
        // name[i] is its i-th byte, from 0.
        if (array.Type.Id == TypeId.Name)
        {
            var letter = BindCall("substr", [Coerce(array, SqlType.Text, CastContext.Implicit, 0), ResolveOperator(null, "+", index, one, subscript.Position), one], subscript.Position);
            return new CastExpression(letter, SqlType.InternalChar, CastContext.Explicit);
        }
        var element = array.Type.Id switch
        {
            TypeId.Array => array.Type.Element!,
            TypeId.Int2Vector => SqlType.Int2,
            TypeId.OidVector => SqlType.Oid,
            _ => throw new SqlException(SqlState.DatatypeMismatch, $"cannot subscript type {TypeRules.Display(array.Type)} because it does not support subscripting")
            {
                Position = subscript.ErrorPosition,
            },
        };
        return new Expressions.SubscriptExpression(array, Coerce(index, SqlType.Int4, CastContext.Assignment, subscript.Index.ErrorPosition), element);
    }

    /// <summary>a[1][2] and a[1:2][3]: one subscript per dimension; with a slice among them all are slices, [n] meaning [1:n].</summary>
    /// <returns>Null: there is only one, or it is no array.</returns>
    private Expression? BindChain(S.SyntaxExpression syntax, Scope scope, ExpressionPlace place)
    {
        var links = new List<S.SyntaxExpression>();
        var operand = syntax;
        while (operand is S.SubscriptExpression or S.SliceExpression)
        {
            links.Insert(0, operand);
            operand = operand is S.SubscriptExpression s ? s.Operand : ((S.SliceExpression)operand).Operand;
        }
        if (links.Count < 2)
            return null;
        var array = BindExpression(operand, scope, place);
        if (array.Type.Id != TypeId.Array)
            return null;
        Expression Index(S.SyntaxExpression? index) => index is null ? new ConstantExpression(null, SqlType.Int4)
            : Coerce(BindExpression(index, scope, place), SqlType.Int4, CastContext.Assignment, index.ErrorPosition);
        if (links.TrueForAll(l => l is S.SubscriptExpression))
            return BindCall("omendb_array_element", [array, .. links.Select(l => Index(((S.SubscriptExpression)l).Index))], syntax.Position);
        var bounds = links.SelectMany(l => l is S.SliceExpression slice ? new[] { Index(slice.Lower), Index(slice.Upper) }
            : [new ConstantExpression(1, SqlType.Int4), Index(((S.SubscriptExpression)l).Index)]);
        return BindCall("omendb_array_slice", [array, .. bounds], syntax.Position);
    }

    private Expression BindSlice(S.SliceExpression slice, Scope scope, ExpressionPlace place)
    {
        if (BindChain(slice, scope, place) is { } chained)
            return chained;
        var array = BindExpression(slice.Operand, scope, place);
        Expression Bound(S.SyntaxExpression? bound) => bound is null
            ? new ConstantExpression(null, SqlType.Int4)
            : Coerce(BindExpression(bound, scope, place), SqlType.Int4, CastContext.Assignment, bound.ErrorPosition);
        return BindCall("omendb_array_slice", [array, Bound(slice.Lower), Bound(slice.Upper)], slice.Position);
    }
}
