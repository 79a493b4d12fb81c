using System.Collections.Immutable;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;
using S = OmenDb.Planner.Syntax;

namespace OmenDb.Planner.Binding;

// Functions, operators, aggregates and window calls: overload resolution after the PostgreSQL manual, sections 10.2 and 10.3.
public sealed partial class Binder
{
    /// <summary>A call of a scalar function by its catalog name, for syntax that stands for one.</summary>
    private Expression BindCall(string name, ImmutableArray<Expression> arguments, int position)
    {
        var function = ResolveFunction("pg_catalog", name, arguments, position, null);
        return MakeCall(function, arguments, position);
    }

    private Expression BindFunctionCall(S.FunctionCall call, Scope scope, ExpressionPlace place)
    {
        var name = call.FunctionName;
        if (call.IsVariadic)
            throw SqlException.NotSupported("VARIADIC in a call", call.ErrorPosition);
        if (call.Arguments.Any(a => a is S.NamedArgument))
            throw SqlException.NotSupported("named argument notation", call.ErrorPosition);
        var candidates = _catalog.FindFunctions(call.Schema, name);
        if (candidates.Count == 0 && call.Arguments.Length == 1 && call.Schema is null or "pg_catalog" && TryTypeAsFunction(call, scope, place) is { } cast)
            return cast;
        var isAggregate = candidates.Any(c => c.Kind == FunctionKind.Aggregate);
        var isWindow = candidates.Any(c => c.Kind == FunctionKind.Window);
        if (call.Over is not null)
            return BindWindowCall(call, candidates, scope, place);
        if (isAggregate)
            return BindAggregate(call, candidates, scope, place);
        if (isWindow)
            throw new SqlException(SqlState.WrongObjectType, $"window function {name} requires an OVER clause") { Position = call.ErrorPosition };
        if (call.IsStar || call.IsDistinct || call.Filter is not null || !call.OrderBy.IsEmpty)
        {
            var what = call.IsStar ? $"{name}(*) specified, but {name} is not an aggregate function"
                : call.IsDistinct ? $"DISTINCT specified, but {name} is not an aggregate function"
                : call.Filter is not null ? $"FILTER specified, but {name} is not an aggregate function"
                : $"ORDER BY specified, but {name} is not an aggregate function";
            if (candidates.Count > 0)
                throw new SqlException(SqlState.WrongObjectType, what) { Position = call.ErrorPosition };
        }
        var arguments = call.Arguments.Select(a => BindArgument(name, a, scope, place)).ToImmutableArray();
        if (name == "row_to_json" && arguments is [RowExpression row])
            return RowJson(row);
        var function = ResolveFunction(call.Schema, name, arguments, call.Position, candidates);
        if (function.Kind == FunctionKind.Table)
            return BindSetFunction(function, arguments, call, scope, place);
        return MakeCall(function, arguments, call.Position);
    }

    /// <summary>int4('5'), text(x), date(ts): a type's name used as a function is a cast.</summary>
    private Expression? TryTypeAsFunction(S.FunctionCall call, Scope scope, ExpressionPlace place)
    {
        SqlType type;
        try
        {
            type = TypeResolver.Resolve(new S.TypeName(call.Position, call.Name), _catalog);
        }
        catch (SqlException error) when (error.SqlState == SqlState.UndefinedObject)
        {
            return null; // not a type either: reported as an unknown function
        }
        return Coerce(BindExpression(call.Arguments[0], scope, place), type, CastContext.Explicit, call.ErrorPosition);
    }

    private Expression ResolveOperator(string? schema, string name, Expression? left, Expression right, int position)
    {
        // NOT LIKE and its relatives are the negation of the positive operator.
        var negated = name is "!~~" or "!~~*" or "!~" or "!~*";
        var positive = negated ? name[1..] : name;
        // PostgreSQL has operators for real beside double precision: any other number beside a real goes there.
        if (left is not null && left.Type.IsNumber && right.Type.IsNumber && left.Type.Id == TypeId.Float4 != (right.Type.Id == TypeId.Float4))
        {
            if (left.Type.Id == TypeId.Float4)
                left = Coerce(left, SqlType.Float8, CastContext.Implicit, position + 1);
            else
                right = Coerce(right, SqlType.Float8, CastContext.Implicit, position + 1);
        }
        ImmutableArray<Expression> operands = left is null ? [right] : [left, right];
        var candidates = _catalog.FindFunctions(schema ?? "pg_catalog", positive).Where(f => f.Arguments.Length == operands.Length).ToList();
        // A literal beside a known type is first tried as that type (rule 2a of section 10.2).
        if (left is not null && (left.Type.Id == TypeId.Unknown) != (right.Type.Id == TypeId.Unknown))
        {
            var known = left.Type.Id == TypeId.Unknown ? right.Type : left.Type;
            if (candidates.Find(c => c.Arguments[0].SameBase(known) && c.Arguments[1].SameBase(known)) is { } exact)
                return FinishOperator(exact, operands, negated, position);
        }
        var types = operands.Select(o => o.Type).ToArray();
        var function = SelectOverload(candidates, types, out var ambiguous);
        if (function is null)
        {
            if (ambiguous)
            {
                throw new SqlException(SqlState.AmbiguousFunction, $"operator is not unique: {OperatorText(name, types)}")
                {
                    Position = position + 1, Hint = "Could not choose a best candidate operator. You might need to add explicit type casts.",
                };
            }
            throw left is null ? NoPrefixOperator(name, right.Type, position) : NoOperator(name, left.Type, right.Type, position);
        }
        return FinishOperator(function, operands, negated, position);
    }

    private Expression FinishOperator(FunctionInfo function, ImmutableArray<Expression> operands, bool negated, int position)
    {
        var call = MakeCall(function, operands, position);
        return negated ? Negate(call) : call;
    }

    private static string OperatorText(string name, SqlType[] types) =>
        types.Length == 1 ? $"{name} {TypeRules.Display(types[0])}" : $"{TypeRules.Display(types[0])} {name} {TypeRules.Display(types[1])}";

    private static SqlException NoOperator(string name, SqlType left, SqlType right, int position) =>
        new(SqlState.UndefinedFunction, $"operator does not exist: {OperatorText(name, [left, right])}")
        {
            Position = position + 1, Hint = "No operator matches the given name and argument types. You might need to add explicit type casts.",
        };

    private static SqlException NoPrefixOperator(string name, SqlType operand, int position) =>
        new(SqlState.UndefinedFunction, $"operator does not exist: {OperatorText(name, [operand])}")
        {
            Position = position + 1, Hint = "No operator matches the given name and argument type. You might need to add an explicit type cast.",
        };

    private FunctionInfo ResolveFunction(
        string? schema, string name, ImmutableArray<Expression> arguments, int position, IReadOnlyList<FunctionInfo>? candidates)
    {
        candidates ??= _catalog.FindFunctions(schema, name);
        var types = arguments.Select(a => a.Type).ToArray();
        var function = SelectOverload(candidates, types, out var ambiguous);
        if (function is not null)
            return function;
        var signature = $"{name}({string.Join(", ", types.Select(TypeRules.Display))})";
        throw ambiguous
            ? new SqlException(SqlState.AmbiguousFunction, $"function {signature} is not unique")
            {
                Position = position + 1, Hint = "Could not choose a best candidate function. You might need to add explicit type casts.",
            }
            : new SqlException(SqlState.UndefinedFunction, $"function {signature} does not exist")
            {
                Position = position + 1, Hint = "No function matches the given name and argument types. You might need to add explicit type casts.",
            };
    }

    /// <summary>The declared type of the argument at <paramref name="index"/>, variadic repetition included.</summary>
    private static SqlType DeclaredArgument(FunctionInfo function, int index) =>
        function.Arguments[function.Variadic ? Math.Min(index, function.Arguments.Length - 1) : index];

    private static bool AcceptsCount(FunctionInfo function, int count) => function.Variadic
        ? count >= function.Arguments.Length - 1 - function.OptionalArguments
        : count <= function.Arguments.Length && count >= function.Arguments.Length - function.OptionalArguments;

    /// <summary>The steps of section 10.3, on declared argument types.</summary>
    private FunctionInfo? SelectOverload(IReadOnlyList<FunctionInfo> candidates, SqlType[] types, out bool ambiguous)
    {
        ambiguous = false;
        var possible = new List<FunctionInfo>();
        foreach (var candidate in candidates)
        {
            if (!AcceptsCount(candidate, types.Length))
                continue;
            var exact = true;
            var fits = true;
            for (var i = 0; i < types.Length && fits; i++)
            {
                var declared = DeclaredArgument(candidate, i);
                exact &= types[i].SameBase(declared);
                fits = CanCoerce(types[i], declared, CastContext.Implicit);
            }
            if (fits && exact && !candidate.Variadic)
                return candidate;
            if (fits && PolymorphicFits(candidate, types))
                possible.Add(candidate);
        }
        if (possible.Count <= 1)
            return possible.FirstOrDefault();

        // Most exact matches among the known types (varchar counts as text when nothing matches it exactly).
        possible = Best(possible, c => Count(types, i => types[i].Id != TypeId.Unknown && (types[i].SameBase(DeclaredArgument(c, i))
            || types[i].Id == TypeId.Varchar && DeclaredArgument(c, i).Id == TypeId.Text)));
        if (possible.Count == 1)
            return possible[0];
        // Most arguments that are exact or of a preferred type of their category.
        possible = Best(possible, c => Count(types, i => types[i].Id != TypeId.Unknown && (types[i].SameBase(DeclaredArgument(c, i))
            || TypeRules.IsPreferred(DeclaredArgument(c, i)) && TypeRules.Category(DeclaredArgument(c, i)) == TypeRules.Category(types[i]))));
        if (possible.Count == 1)
            return possible[0];

        // Unknown literals: the string category if any candidate takes it, else the one category that all agree on; then preferred types.
        for (var i = 0; i < types.Length; i++)
        {
            if (types[i].Id != TypeId.Unknown)
                continue;
            var at = i;
            var categories = possible.Select(c => TypeRules.Category(DeclaredArgument(c, at))).Distinct().ToList();
            char? chosen = categories.Contains('S') ? 'S' : categories.Count == 1 ? categories[0] : null;
            if (chosen is null)
                continue;
            possible = possible.Where(c => TypeRules.Category(DeclaredArgument(c, at)) == chosen).ToList();
            if (possible.Any(c => TypeRules.IsPreferred(DeclaredArgument(c, at))))
                possible = possible.Where(c => TypeRules.IsPreferred(DeclaredArgument(c, at))).ToList();
        }
        if (possible.Count == 1)
            return possible[0];
        // All known arguments of one type: assume the unknown ones are too.
        var known = types.Where(t => t.Id != TypeId.Unknown).ToList();
        if (known.Count > 0 && known.TrueForAll(t => t.SameBase(known[0])))
        {
            var assumedTypes = types.Select(t => t.Id == TypeId.Unknown ? known[0] : t).ToArray();
            var assumed = possible.Where(c => PolymorphicFits(c, assumedTypes) && Enumerable.Range(0, types.Length).All(i => types[i].Id != TypeId.Unknown
                ? CanCoerce(types[i], DeclaredArgument(c, i), CastContext.Implicit)
                : CanCoerce(known[0], DeclaredArgument(c, i), CastContext.Implicit))).ToList();
            if (assumed.Count == 1)
                return assumed[0];
            var same = assumed.Where(c => Enumerable.Range(0, types.Length).All(i => DeclaredArgument(c, i).SameBase(known[0]))).ToList();
            if (same.Count == 1)
                return same[0];
        }
        ambiguous = true;
        return null;
    }

    private static int Count(SqlType[] types, Func<int, bool> test)
    {
        var count = 0;
        for (var i = 0; i < types.Length; i++)
            count += test(i) ? 1 : 0;
        return count;
    }

    private static List<FunctionInfo> Best(List<FunctionInfo> candidates, Func<FunctionInfo, int> score)
    {
        var best = candidates.Max(score);
        return candidates.Where(c => score(c) == best).ToList();
    }

    /// <summary>All AnyElement arguments, and the elements of all AnyArray ones, must be of one type.</summary>
    private static bool PolymorphicFits(FunctionInfo function, SqlType[] types)
    {
        SqlType? element = null;
        for (var i = 0; i < types.Length; i++)
        {
            var declared = DeclaredArgument(function, i);
            if (types[i].Id == TypeId.Unknown || declared.Id is not (TypeId.AnyElement or TypeId.AnyArray))
                continue;
            var actual = declared.Id == TypeId.AnyElement ? types[i] : ElementOf(types[i]);
            if (actual is null || element is not null && !element.SameBase(actual) && !(element.IsNumber && actual.IsNumber) && !(element.IsString && actual.IsString))
                return false;
            element ??= actual;
        }
        return true;
    }

    private static SqlType? ElementOf(SqlType type) => type.Id switch
    {
        TypeId.Array => type.Element,
        TypeId.Int2Vector => SqlType.Int2,
        TypeId.OidVector => SqlType.Oid,
        _ => null,
    };

    /// <summary>Coerces arguments to what the overload declares; polymorphic ones to the common element type.</summary>
    private ImmutableArray<Expression> CoerceArguments(FunctionInfo function, ImmutableArray<Expression> arguments, int position)
    {
        SqlType? element = null;
        for (var i = 0; i < arguments.Length; i++)
        {
            var declared = DeclaredArgument(function, i).Id;
            var type = arguments[i].Type;
            var actual = declared == TypeId.AnyElement && type.Id != TypeId.Unknown ? type : declared == TypeId.AnyArray ? ElementOf(type) : null;
            if (actual is not null)
                element = element is null || element.SameBase(actual) ? element is null ? actual : TypeRules.Merge(element, actual) : CommonWithTypes(element, actual);
        }
        var result = ImmutableArray.CreateBuilder<Expression>(arguments.Length);
        for (var i = 0; i < arguments.Length; i++)
        {
            var declared = DeclaredArgument(function, i);
            var target = declared.Id switch
            {
                TypeId.AnyElement => element ?? SqlType.Text,
                TypeId.AnyArray => element is null
                    ? throw new SqlException(SqlState.IndeterminateDatatype, "could not determine polymorphic type because input has type unknown") { Position = position + 1 }
                    : arguments[i].Type.Id is TypeId.Int2Vector or TypeId.OidVector ? arguments[i].Type : SqlType.ArrayOf(element),
                TypeId.Any when function.Name == "pg_typeof" && arguments[i] is ConstantExpression => arguments[i].Type,
                TypeId.Any => arguments[i].Type.Id == TypeId.Unknown ? SqlType.Text : arguments[i].Type,
                _ => declared,
            };
            var errorPosition = arguments[i].Position >= 0 ? arguments[i].Position + 1 : position + 1;
            result.Add(declared.Id == TypeId.AnyElement && arguments.Length > 1
                ? CoerceToCommon(arguments[i], target, function.Name)
                : Coerce(arguments[i], target, CastContext.Implicit, errorPosition));
        }
        return result.MoveToImmutable();
    }

    private SqlType CommonWithTypes(SqlType left, SqlType right) => CommonType([new ConstantExpression(null, left), new ConstantExpression(null, right)], "argument");

    private Expression MakeCall(FunctionInfo function, ImmutableArray<Expression> arguments, int position)
    {
        var coerced = CoerceArguments(function, arguments, position);
        return new FunctionExpression(function, coerced, ResultOf(function, coerced, position)) { Position = position };
    }

    private static SqlType ResultOf(FunctionInfo function, ImmutableArray<Expression> arguments, int position)
    {
        var type = function.ResultType(arguments.Select(a => a.Type).ToArray());
        if (type.Id is not (TypeId.AnyElement or TypeId.AnyArray))
            return type;
        for (var i = 0; i < arguments.Length; i++)
        {
            var declared = DeclaredArgument(function, i).Id;
            var element = declared == TypeId.AnyElement ? arguments[i].Type : declared == TypeId.AnyArray ? ElementOf(arguments[i].Type) : null;
            if (element is not null)
                return type.Id == TypeId.AnyElement ? element : SqlType.ArrayOf(element);
        }
        throw new SqlException(SqlState.IndeterminateDatatype, "could not determine polymorphic type because input has type unknown") { Position = position + 1 };
    }
}
