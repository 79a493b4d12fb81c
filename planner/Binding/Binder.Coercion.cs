using System.Collections.Immutable;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Types;

namespace OmenDb.Planner.Binding;

// Casts that nobody wrote, and the common type of several expressions (PostgreSQL manual, sections 10.2 to 10.5).
public sealed partial class Binder
{
    /// <summary>True when a value of <paramref name="from"/> becomes <paramref name="to"/> in that context without more ado.</summary>
    private bool CanCoerce(SqlType from, SqlType to, CastContext context)
    {
        if (from.Id == TypeId.Unknown || from.SameBase(to) || to.Id is TypeId.Any or TypeId.AnyElement)
            return true;
        if (to.Id == TypeId.AnyArray)
            return from.Id is TypeId.Array or TypeId.Int2Vector or TypeId.OidVector;
        if (from.Id == TypeId.Array && to.Id == TypeId.Array)
            return CanCoerce(from.Element!, to.Element!, context);
        return _catalog.FindCast(from, to) is { } cast && cast <= context;
    }

    /// <summary>Makes an expression have the base type of <paramref name="target"/>; numerics keep their own precision and scale
    /// unless the target has one and <paramref name="context"/> is not Implicit.</summary>
    /// <exception cref="SqlException">42846, or the input error of a literal.</exception>
    private Expression Coerce(Expression expression, SqlType target, CastContext context, int position)
    {
        var from = expression.Type;
        if (from.Equals(target))
            return expression;
        if (from.Id == TypeId.Unknown)
            return CoerceUnknown(expression, target, context, position);
        if (context == CastContext.Implicit && from.SameBase(target) && target.TypeModifier == -1)
            return expression; // a bounded numeric or varchar(n) is a numeric or varchar already
        if (!CanCoerce(from, target, context))
        {
            throw new SqlException(SqlState.CannotCoerce, $"cannot cast type {TypeRules.Display(from)} to {TypeRules.Display(target)}")
            {
                Position = position,
            };
        }
        if (target.Id == TypeId.Numeric && target.Precision == 0 && target.NumericLimit is null && from.IsInteger)
            target = expression is ConstantExpression { Value: { } value } ? LiteralNumeric(Convert.ToInt64(value)) : TypeRules.NumericFor(from);
        return Fold(new CastExpression(expression, target, context) { Position = position - 1 }, position);
    }

    private static SqlType LiteralNumeric(long value)
    {
        var digits = 1;
        for (var rest = value / 10; rest != 0; rest /= 10)
            digits++;
        return SqlType.NumericOf(digits, 0);
    }

    private Expression CoerceUnknown(Expression expression, SqlType target, CastContext context, int position)
    {
        switch (expression)
        {
            case ParameterExpression parameter:
                if (_parameters[parameter.Index].Id == TypeId.Unknown)
                    _parameters[parameter.Index] = target.Id is TypeId.Unknown or TypeId.Any or TypeId.AnyElement ? SqlType.Text : TypeRules.Plain(target);
                var decided = parameter with { Type = _parameters[parameter.Index] };
                return decided.Type.Equals(target) ? decided : Coerce(decided, target, context, position);
            case ConstantExpression { Value: null }:
                return new ConstantExpression(null, target) { Position = expression.Position };
            case ConstantExpression:
                if (target.Id is TypeId.Any or TypeId.AnyElement or TypeId.Unknown)
                    target = SqlType.Text;
                if (target.Id == TypeId.AnyArray)
                    throw new SqlException(SqlState.IndeterminateDatatype, "could not determine polymorphic type because input has type unknown") { Position = position };
                // The type's input function; modifiers apply as in an explicit cast only when the user wrote one.
                return Fold(new CastExpression(expression, target, context) { Position = expression.Position }, position);
            default:
                // An unknown column of a subquery: text from there on.
                return Coerce(new CastExpression(expression, SqlType.Text, CastContext.Implicit), target, context, position);
        }
    }

    /// <summary>Decides literals and parameters whose type nobody asked for: text.</summary>
    private Expression Settle(Expression expression) =>
        expression.Type.Id == TypeId.Unknown ? Coerce(expression, SqlType.Text, CastContext.Implicit, expression.Position + 1) : expression;

    /// <summary>Folds a cast of a constant at once, so that bad literals are reported at their position.</summary>
    private Expression Fold(CastExpression cast, int position)
    {
        if (cast.Operand is not ConstantExpression || DependsOnSession(cast))
            return cast;
        try
        {
            return _catalog.Evaluate(cast) with { Position = cast.Position };
        }
        catch (SqlException error)
        {
            throw error.At(position);
        }
    }

    /// <summary>Casts whose result depends on the time zone or the current time may not be folded into a cached plan.</summary>
    private static bool DependsOnSession(CastExpression cast) =>
        cast.Target.Id is TypeId.TimestampTz or TypeId.TimeTz or TypeId.Date or TypeId.Timestamp or TypeId.Time
        && cast.Operand is ConstantExpression { Value: string text, Type.Id: TypeId.Unknown or TypeId.Text }
        && (cast.Target.Id is TypeId.TimestampTz or TypeId.TimeTz || text.AsSpan().Trim() is var trimmed
            && (trimmed.Equals("now", StringComparison.OrdinalIgnoreCase) || trimmed.Contains("today", StringComparison.OrdinalIgnoreCase)
                || trimmed.Contains("tomorrow", StringComparison.OrdinalIgnoreCase) || trimmed.Contains("yesterday", StringComparison.OrdinalIgnoreCase)))
        || cast.Target.Id is TypeId.Regclass or TypeId.Regtype or TypeId.Regproc or TypeId.Regnamespace or TypeId.Regrole && cast.Operand.Type.IsString;

    /// <summary>An assignment to a column: INSERT, UPDATE, DEFAULT.</summary>
    private Expression AssignTo(Expression expression, SqlType target, string columnName, int position)
    {
        var from = expression.Type;
        if (from.Equals(target))
            return expression;
        if (from.Id != TypeId.Unknown && !CanCoerce(from, target, CastContext.Assignment))
        {
            throw new SqlException(SqlState.DatatypeMismatch,
                $"column \"{columnName}\" is of type {TypeRules.Display(target)} but expression is of type {TypeRules.Display(from)}")
            {
                Position = position, Hint = "You will need to rewrite or cast the expression.",
            };
        }
        if (expression is ParameterExpression { Type.Id: TypeId.Unknown } parameter)
        {
            // $1 gets the column's type without modifiers; the modifier is enforced by the cast on top.
            if (_parameters[parameter.Index].Id == TypeId.Unknown)
                _parameters[parameter.Index] = TypeRules.Plain(target);
            expression = parameter with { Type = _parameters[parameter.Index] };
            if (expression.Type.Equals(target))
                return expression;
        }
        return Coerce(expression, target, CastContext.Assignment, position);
    }

    /// <summary>The type that UNION, CASE, VALUES, ARRAY and GREATEST give their inputs (PostgreSQL manual, 10.5).</summary>
    /// <param name="expressions">At least one.</param>
    /// <param name="what">For the message: "CASE", "UNION".</param>
    private SqlType CommonType(IReadOnlyList<Expression> expressions, string what)
    {
        SqlType? common = null;
        foreach (var expression in expressions)
        {
            var type = expression.Type;
            if (type.Id == TypeId.Unknown)
                continue;
            if (common is null || common.Equals(type))
            {
                common = type;
                continue;
            }
            if (common.SameBase(type))
            {
                common = TypeRules.Merge(common, type);
                continue;
            }
            if (TypeRules.Category(common) != TypeRules.Category(type))
            {
                throw new SqlException(SqlState.DatatypeMismatch,
                    $"{what} types {TypeRules.Display(common)} and {TypeRules.Display(type)} cannot be matched")
                {
                    Position = expression.Position + 1,
                };
            }
            if (!TypeRules.IsPreferred(common) && CanCoerce(common, type, CastContext.Implicit) && !CanCoerce(type, common, CastContext.Implicit))
                common = CommonWith(common, type);
            else if (!TypeRules.IsPreferred(common) && CanCoerce(common, type, CastContext.Implicit) && TypeRules.IsPreferred(type))
                common = type;
            else
                common = CommonWith(type, common);
        }
        return common ?? SqlType.Text;
    }

    /// <summary><paramref name="winner"/> widened so that values of <paramref name="loser"/> fit: integers beside a numeric.</summary>
    private static SqlType CommonWith(SqlType loser, SqlType winner) =>
        winner.Id == TypeId.Numeric && loser.IsInteger ? TypeRules.CommonNumeric(winner, TypeRules.NumericFor(loser)) : winner;

    private ImmutableArray<Expression> CoerceAll(IReadOnlyList<Expression> expressions, SqlType type, string what) =>
        [.. expressions.Select(e => CoerceToCommon(e, type, what))];

    private Expression CoerceToCommon(Expression expression, SqlType type, string what)
    {
        if (expression.Type.Equals(type))
            return expression;
        if (expression.Type.Id != TypeId.Unknown && !CanCoerce(expression.Type, type, CastContext.Implicit))
        {
            throw new SqlException(SqlState.CannotCoerce,
                $"{what} could not convert type {TypeRules.Display(expression.Type)} to {TypeRules.Display(type)}") { Position = expression.Position + 1 };
        }
        // All inputs must have one representation: numerics of other precision or scale are really converted.
        if (expression.Type.Id == TypeId.Numeric && type.Id == TypeId.Numeric)
            return Fold(new CastExpression(expression, type, CastContext.Implicit), expression.Position + 1);
        var coerced = Coerce(expression, type, CastContext.Implicit, expression.Position + 1);
        return coerced.Type.Id == TypeId.Numeric && !coerced.Type.Equals(type)
            ? Fold(new CastExpression(coerced, type, CastContext.Implicit), expression.Position + 1)
            : coerced;
    }

    /// <exception cref="SqlException">42804: "argument of WHERE must be type boolean, not type integer".</exception>
    private Expression CoerceToBool(Expression expression, string what, int position)
    {
        if (expression.Type.Id is not (TypeId.Bool or TypeId.Unknown))
        {
            throw new SqlException(SqlState.DatatypeMismatch,
                $"argument of {what} must be type boolean, not type {TypeRules.Display(expression.Type)}") { Position = position };
        }
        return Coerce(expression, SqlType.Bool, CastContext.Implicit, position);
    }
}
